"""From the satellites and ground stations of a topology file to the service that brings key to pairs of stations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from qkdsim import library
from qkdsim.channels.freespace import Extinction, TransmissionTable, ZenithTransmission
from qkdsim.channels.orbit import HorizonMask, Satellite, Station, level_mask, mean_elements, read_tle, walker_delta
from qkdsim.channels.weather import WeatherSite, WeatherTable
from qkdsim.devices import NamedProfile
from qkdsim.errors import InputError, Problem
from qkdsim.links.satellites import (
    OpticalStation,
    SatelliteService,
    ServicePlan,
    Spacecraft,
    SpaceFault,
    link_direction,
)
from qkdsim.scenario.device_choice import ProfileShelf
from qkdsim.scenario.weather_source import clear_share
from qkdsim.space import Constellation, GroundStation, SatelliteEntry, SpaceSegment, SpaceSettings
from qkdsim.topology import NamedTopology


def space_service(
    topology: NamedTopology,
    settings: SpaceSettings,
    start: datetime,
    duration_s: float,
    seed: int,
    fidelity: str,
    shelf: ProfileShelf | None = None,
    faults: Sequence[SpaceFault] = (),
    weather: WeatherTable | None = None,
) -> SatelliteService:
    """The satellite service of a topology over a time; nothing is computed before it is asked for.

    Raises InputError with all problems of satellites, stations and their profiles, and for a table of weather without
    a station.
    """
    builder = _Builder(topology, shelf or ProfileShelf(), settings.weather == "drawn")
    crafts, stations = builder.crafts(), builder.stations()
    if not builder.shelf.problems:
        builder.shelf.problems.extend(_lonely(topology, crafts, stations))
    if builder.shelf.problems:
        raise InputError(*builder.shelf.problems)
    pairs = tuple(link.ends for link in topology.topology.link if link.kind == "satellite")
    plan = ServicePlan(
        crafts=tuple(crafts),
        stations=tuple(stations),
        pairs=pairs,
        start=start,
        duration_s=duration_s,
        seed=seed,
        fidelity="tallied" if fidelity == "declared" else fidelity,
        policy=settings.policy,
        slice_db=float(settings.slice_db),
        announcement_tag_bits=round(settings.announcement_tag_bits),
        passes_per_block=settings.passes_per_block,
        raw_record_bits=float(settings.raw_record_bits),
        faults=tuple(faults),
        weather=None if weather is None else weather.over([one.name for one in stations], start, duration_s),
    )
    return SatelliteService(plan)


class _Builder:
    """Makes satellites and stations; what is wrong gathers on the shelf, named by file and key."""

    def __init__(self, named: NamedTopology, shelf: ProfileShelf, has_weather: bool) -> None:
        self.shelf = shelf
        self._named, self._has_weather = named, has_weather
        self._file = library.display_name(named.path)

    def crafts(self) -> list[Spacecraft]:
        """All satellites with their modules."""
        found: list[Spacecraft] = []
        for index, entry in enumerate(self._named.topology.satellite):
            found += self._crafts(f"satellite[{index}]", entry)
        for index, constellation in enumerate(self._named.topology.constellation):
            found += self._crafts(f"constellation[{index}]", constellation)
        return found

    def _crafts(self, key: str, entry: SatelliteEntry | Constellation) -> list[Spacecraft]:
        end = "receiver" if entry.transmitter is None else "transmitter"
        module = self._module(entry, end, key)
        try:
            satellites = _satellites(entry, f"{self._file}: {key}")
        except InputError as error:
            self.shelf.problems.extend(error.problems)
            return []
        if module is None:
            return []
        modules = {"transmitter": None, "receiver": None, end: module}
        return [Spacecraft(one, storage_bits=round(entry.storage_bits), **modules) for one in satellites]

    def stations(self) -> list[OpticalStation]:
        """All ground stations with their receivers."""
        found = []
        for index, entry in enumerate(self._named.topology.ground_station):
            key = f"ground_station[{index}]"
            receiver, transmitter = (self._module(entry, end, key) for end in ("receiver", "transmitter"))
            try:
                station = self._station(entry, f"{self._file}: {key}", receiver, transmitter)
            except InputError as error:
                self.shelf.problems.extend(error.problems)
                continue
            if station is not None:
                found.append(station)
        return found

    def _station(
        self, entry: GroundStation, source: str, receiver: NamedProfile | None, transmitter: NamedProfile | None
    ) -> OpticalStation | None:
        node = next(one for one in self._named.topology.node if one.id == entry.node)
        latitude, longitude = float(node.latitude_deg or 0.0), float(node.longitude_deg or 0.0)
        mask = HorizonMask(entry.horizon, source=source) if entry.horizon else level_mask(entry.mask_deg, source=source)
        place = Station(entry.node, latitude, longitude, float(entry.height_m), mask, source=source)
        share = clear_share(entry.climate, entry.clear_fraction, source, is_drawn=self._has_weather)
        site = None if share is None else WeatherSite(entry.node, latitude, longitude, share, source=source)
        extinction = self._extinction(entry, source)
        if receiver is None and transmitter is None:
            return None
        return OpticalStation(
            place,
            receiver,
            extinction,
            float(entry.sky_mag_per_arcsec2),
            None if entry.daylight else float(entry.sun_below_deg),
            site,
            transmitter,
            float(entry.albedo),
            float(entry.city_radiance_w_per_m2_sr_um),
        )

    def _extinction(self, entry: GroundStation, source: str) -> Extinction | None:
        """Clear air as the file states it; None where it does not."""
        if entry.transmission_table is not None:
            name, key = entry.transmission_table, "transmission_table"
            return self.shelf.tables.transmission(name, self._named.path, source, key)
        if entry.transmission:
            return TransmissionTable.from_pairs(entry.transmission, source)
        return None if entry.zenith_transmission is None else ZenithTransmission(float(entry.zenith_transmission))

    def _module(self, entry: SpaceSegment | GroundStation, end: str, key: str) -> NamedProfile | None:
        """The profile at one end of the light, or None where there is none, or none that can be read."""
        name = getattr(entry, end)
        return None if name is None else self.shelf.named(name, self._named.path, self._file, f"{key}.{end}")


def _lonely(
    topology: NamedTopology, crafts: Sequence[Spacecraft], stations: Sequence[OpticalStation]
) -> Iterator[Problem]:
    """Satellites and stations that have no module for each other, and pairs of stations that no satellite joins."""
    file, entries = library.display_name(topology.path), topology.topology
    fits = {(a.name, b.name) for a in crafts for b in stations if link_direction(a, b) is not None}
    if not crafts or not stations:
        return
    for craft in crafts:
        if not any((craft.name, one.name) in fits for one in stations):
            own, other = ("transmitter", "receiver") if craft.receiver is None else ("receiver", "transmitter")
            text = f"a ground station with a {other} for the {own} of satellite {craft.name}"
            yield Problem(file, "ground_station", "none", text)
    for index, station in enumerate(stations):
        if not any((one.name, station.name) in fits for one in crafts):
            other = "transmitter" if station.transmitter is None else "receiver"
            text = f"a satellite with a {other} for the station at {station.name}"
            yield Problem(file, f"ground_station[{index}]", "none", text)
    for index, link in enumerate(entries.link):
        joined = any(all((one.name, end) in fits for end in link.ends) for one in crafts)
        if link.kind == "satellite" and not joined:
            text = f"two stations with modules for one satellite, not {' and '.join(link.ends)}"
            yield Problem(file, f"link[{index}].ends", "", text)


def _satellites(entry: SatelliteEntry | Constellation, source: str) -> tuple[Satellite, ...]:
    if isinstance(entry, Constellation):
        return walker_delta(
            entry.id,
            total=entry.total,
            planes=entry.planes,
            phasing=entry.phasing,
            altitude_km=float(entry.altitude_km),
            inclination_deg=float(entry.inclination_deg),
            epoch=entry.epoch,
            first_raan_deg=float(entry.first_raan_deg),
            source=source,
        )
    if entry.tle is not None:
        return (Satellite(entry.id, read_tle(*entry.tle, source=f"{source}.tle")),)
    orbit = entry.orbit
    if orbit is None:
        raise ValueError("a satellite has an orbit or a TLE")  # its model guarantees it
    elements = mean_elements(
        orbit.epoch,
        altitude_km=float(orbit.altitude_km),
        inclination_deg=float(orbit.inclination_deg),
        eccentricity=float(orbit.eccentricity),
        raan_deg=float(orbit.raan_deg),
        argument_of_perigee_deg=float(orbit.argument_of_perigee_deg),
        mean_anomaly_deg=float(orbit.mean_anomaly_deg),
        source=f"{source}.orbit",
    )
    return (Satellite(entry.id, elements),)
