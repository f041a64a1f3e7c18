"""From the satellites and ground stations of a topology file to the service that brings key to pairs of stations."""

from __future__ import annotations

from datetime import datetime

from qkdsim import library
from qkdsim.channels.freespace import Extinction, TransmissionTable, ZenithTransmission
from qkdsim.channels.orbit import HorizonMask, Satellite, Station, level_mask, mean_elements, read_tle, walker_delta
from qkdsim.channels.weather import WeatherSite, clear_fraction, places
from qkdsim.devices import NamedProfile
from qkdsim.errors import InputError
from qkdsim.links.satellites import OpticalStation, SatelliteService, ServicePlan, Spacecraft
from qkdsim.scenario.device_choice import ProfileShelf
from qkdsim.space import Constellation, GroundStation, SatelliteEntry, SpaceSettings
from qkdsim.topology import NamedTopology


def space_service(
    topology: NamedTopology,
    settings: SpaceSettings,
    start: datetime,
    duration_s: float,
    seed: int,
    fidelity: str,
    shelf: ProfileShelf | None = None,
) -> SatelliteService:
    """The satellite service of a topology over a time; nothing is computed before it is asked for.

    Raises InputError with all problems of satellites, stations and their profiles.
    """
    builder = _Builder(topology, shelf or ProfileShelf(), settings.weather == "drawn")
    crafts, stations = builder.crafts(), builder.stations()
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
        module = self._profile(entry.transmitter, f"{key}.transmitter")
        try:
            satellites = _satellites(entry, f"{self._file}: {key}")
        except InputError as error:
            self.shelf.problems.extend(error.problems)
            return []
        if module is None:
            return []
        return [Spacecraft(one, module, round(entry.storage_bits)) for one in satellites]

    def stations(self) -> list[OpticalStation]:
        """All ground stations with their receivers."""
        found = []
        for index, entry in enumerate(self._named.topology.ground_station):
            key = f"ground_station[{index}]"
            receiver = self._profile(entry.receiver, f"{key}.receiver")
            try:
                station = self._station(entry, f"{self._file}: {key}", receiver)
            except InputError as error:
                self.shelf.problems.extend(error.problems)
                continue
            if station is not None:
                found.append(station)
        return found

    def _station(self, entry: GroundStation, source: str, receiver: NamedProfile | None) -> OpticalStation | None:
        node = next(one for one in self._named.topology.node if one.id == entry.node)
        latitude, longitude = float(node.latitude_deg or 0.0), float(node.longitude_deg or 0.0)
        mask = HorizonMask(entry.horizon, source=source) if entry.horizon else level_mask(entry.mask_deg, source=source)
        place = Station(entry.node, latitude, longitude, float(entry.height_m), mask, source=source)
        if entry.climate is not None and entry.climate not in places():
            raise InputError.of(source, "climate", entry.climate, f"one of {', '.join(places())}, or a clear_fraction")
        share = clear_fraction(entry.climate) if entry.climate else entry.clear_fraction
        if share is None and self._has_weather:
            raise InputError.of(source, "climate", None, "a climate or a clear_fraction, or weather = 'clear'")
        site = None
        if share is not None and self._has_weather:
            site = WeatherSite(entry.node, latitude, longitude, float(share), source=source)
        extinction = _extinction(entry, source)
        if receiver is None:
            return None
        threshold_deg = None if entry.daylight else float(entry.sun_below_deg)
        return OpticalStation(place, receiver, extinction, float(entry.sky_mag_per_arcsec2), threshold_deg, site)

    def _profile(self, name: str, key: str) -> NamedProfile | None:
        return self.shelf.named(name, self._named.path, self._file, key)


def _extinction(entry: GroundStation, source: str) -> Extinction | None:
    """Clear air as the file states it; None where it does not."""
    if entry.transmission:
        return TransmissionTable.from_pairs(entry.transmission, source)
    return None if entry.zenith_transmission is None else ZenithTransmission(float(entry.zenith_transmission))


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
