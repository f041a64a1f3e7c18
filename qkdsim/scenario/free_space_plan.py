"""From the free-space links of a topology file to the channel between their ends and the sky over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from qkdsim import library
from qkdsim.channels.freespace import FreeSpaceLink, FreeSpaceSpan, TransmissionTable
from qkdsim.channels.orbit import Station
from qkdsim.channels.weather import WeatherSite, WeatherTable
from qkdsim.devices import NamedProfile, is_modelled_pair
from qkdsim.errors import InputError
from qkdsim.links.free_space import Sky
from qkdsim.links.free_space_optics import require_background_is_known
from qkdsim.scenario.free_space_air import by_day, mean_loss_db, optics, radiances
from qkdsim.scenario.free_space_route import FreeSpaceRoute, free_space_route
from qkdsim.scenario.model import NamedScenario
from qkdsim.scenario.user_tables import UserTables
from qkdsim.scenario.weather_source import ANY_DAY, clear_share, weather_table
from qkdsim.topology import NamedTopology

Pair = tuple[NamedProfile, NamedProfile]


@dataclass(frozen=True, slots=True)
class _Conditions:
    """When a scenario begins, and its weather: drawn, from a table, or none."""

    start: datetime
    is_drawn: bool = False
    table: WeatherTable | None = field(default=None, repr=False)


class FreeSpaceChannels:
    """The free-space links of a topology under the sky of a scenario; of any day, and clear, without one."""

    def __init__(self, topology: NamedTopology, named: NamedScenario | None, tables: UserTables) -> None:
        """Nothing is read yet."""
        self._topology, self._named, self._tables = topology, named, tables

    def route(self, index: int) -> FreeSpaceRoute:
        """Where `link[index]` of the topology goes. Raises InputError if its ends do not see each other."""
        return free_space_route(self._topology, index)

    def channel(self, index: int, pair: Pair, fidelity: str) -> tuple[FreeSpaceSpan, Sky]:
        """The channel of `link[index]` on a clear night, and what Sun and weather make of it.

        A measured loss needs no telescopes where the rate is declared. Raises InputError where they are needed and
        missing, for what is wrong with the air, and for a scenario without a start.
        """
        route, measured_db = self.route(index), self._topology.topology.link[index].loss_db
        length_km = float(route.sight.range_km.mean())
        modelled = fidelity != "declared" and is_modelled_pair(pair[0].profile, pair[1].profile)
        if measured_db is not None and not modelled:
            return FreeSpaceSpan(length_km, float(measured_db)), self._sky(route)
        night = optics(route, pair, self._transmission(route))
        night_db = mean_loss_db(night, route)
        more_db = max(mean_loss_db(by_day(night, route), route) - night_db, 0.0)
        total_db = night_db if measured_db is None else float(measured_db)
        noise_hz = _noise_hz(night, route, pair[1]) if modelled else (0.0, 0.0)
        return FreeSpaceSpan(length_km, total_db, noise_hz[0]), self._sky(route, noise_hz, more_db)

    def _transmission(self, route: FreeSpaceRoute) -> TransmissionTable | None:
        name = route.path.transmission_table
        if name is None:
            return None
        return self._tables.transmission(name, self._topology.path, f"{route.source}.free_space", "transmission_table")

    def _sky(self, route: FreeSpaceRoute, noise_hz: tuple[float, float] = (0.0, 0.0), day_loss_db: float = 0.0) -> Sky:
        """The sky over the lower end. A level path has weather of its own, that of a slant one is its ground node's."""
        node, path, source = route.lower, route.path, f"{route.source}.free_space"
        place = Station(
            node.id,
            float(node.latitude_deg or 0.0),
            float(node.longitude_deg or 0.0),
            float(node.height_m or 0.0),
            source=route.source,
        )
        name = route.link.id if route.direction == "horizontal" else node.id
        conditions, site, table = self._conditions, None, None
        if not route.is_high:
            share = clear_share(path.climate, path.clear_fraction, source, is_drawn=conditions.is_drawn)
            if share is not None:
                site = WeatherSite(name, place.latitude_deg, place.longitude_deg, share, source=source)
            table = conditions.table
        if table is not None:
            table.over([name], conditions.start, 1.0)  # covers the path, or says so before anything runs
        return Sky(
            place=place,
            start=conditions.start,
            sun_below_deg=None if path.daylight else float(path.sun_below_deg),
            night_noise_hz=noise_hz[0],
            day_noise_hz=noise_hz[1],
            day_loss_db=day_loss_db,
            name=name,
            site=site,
            table=table,
        )

    @cached_property
    def _conditions(self) -> _Conditions:
        if self._named is None:
            return _Conditions(ANY_DAY)
        scenario = self._named.scenario
        if scenario.start is None:
            file = library.display_name(self._named.path)
            raise InputError.of(file, "start", None, "a date and time: the sky over free-space links depends on it")
        return _Conditions(scenario.start, scenario.space.weather == "drawn", weather_table(self._named, self._tables))


def _noise_hz(night: FreeSpaceLink, route: FreeSpaceRoute, receiver: NamedProfile) -> tuple[float, float]:
    """Background at the receiver's entrance, by night and by day."""
    require_background_is_known(receiver)
    width_nm = float(receiver.profile.receiver.filter_width_nm or 0.0)
    dark, lit = night.noise_photon_rate_hz(radiances(route, night.wavelength_nm), width_nm)
    return float(dark), float(lit)
