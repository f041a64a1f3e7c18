"""What figures of passes show beside the passes: the sky over stations, tracks of satellites, one pass in detail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit import (
    GroundTrack,
    PassConditions,
    Satellite,
    geometry_along,
    ground_track,
    sun_elevation_deg,
    usable_intervals,
)
from qkdsim.links.satellites import OpticalStation, PassRecord, SatelliteService
from qkdsim.links.satellites.fleet import optical_path

FloatArray = NDArray[np.float64]
LONGEST_SKY_S = 35 * 86_400.0  # night and clouds of a longer run are not drawn
_NIGHT_STEP_S = 600.0  # the Sun's elevation is a straight line over ten minutes, to 0.01 degrees
_TRACK_STEP_S = 60.0
_TRACK_POINTS = 5760  # of all satellites together: four days of one
_CONTACTS = 400  # passes marked on a map
_CONTACT_POINTS = (9, 61, 3600)  # of a pass, at least and at most, and of all together
_PROFILE_STEP_S, _PROFILE_POINTS = 2.0, 2000  # of a long contact: so many


@dataclass(frozen=True, slots=True, eq=False)
class StationSky:
    """A ground station and its sky.

    night_s  (nights, 2) begin and end of the times with the Sun below the station's limit, or below the horizon where
             it has none; seconds after the start
    cloud_s  (spells, 2) cloudy spells; None where the weather is always clear
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    night_s: FloatArray = field(repr=False)
    cloud_s: FloatArray | None = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class SatelliteTrack:
    """The points below a satellite, and those of them from which it can give key, as lines parted by NaN; degrees."""

    name: str
    length_s: float
    latitude_deg: FloatArray = field(repr=False)
    longitude_deg: FloatArray = field(repr=False)
    contact_latitude_deg: FloatArray = field(repr=False)
    contact_longitude_deg: FloatArray = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PassProfile:
    """One pass from rise to set, columns (times,); `usable_s` (parts, 2) is empty under clouds and by day."""

    record: PassRecord
    start: datetime
    time_s: FloatArray = field(repr=False)
    elevation_deg: FloatArray = field(repr=False)
    loss_db: FloatArray = field(repr=False)
    usable_s: FloatArray = field(repr=False)


@dataclass(frozen=True, slots=True)
class SkyFacts:
    """All that the figures of a satellite service show beside its passes."""

    start: datetime
    duration_s: float
    stations: tuple[StationSky, ...]
    tracks: tuple[SatelliteTrack, ...]
    best: PassProfile | None


def sky_facts(service: SatelliteService) -> SkyFacts:
    """Sky, tracks and the pass with the most key of a service.

    Raises InputError as its passes do.
    """
    start, duration_s = service.table.start, service.plan.duration_s
    return SkyFacts(
        start=start,
        duration_s=duration_s,
        stations=tuple(_station_sky(service, one, min(duration_s, LONGEST_SKY_S)) for one in service.plan.stations),
        tracks=_tracks(service),
        best=best_profile(service),
    )


def best_profile(service: SatelliteService, passes: Sequence[PassRecord] | None = None) -> PassProfile | None:
    """The usable pass that promises most key, or the highest one where none is usable; None without passes.

    `passes` are those to choose from, all when left out.
    """
    chosen = service.passes if passes is None else passes
    if not chosen:
        return None
    best = max(chosen, key=lambda one: (one.is_usable, one.is_usable * one.expected_secret_bits, one.max_elevation_deg))
    return pass_profile(service, service.passes.index(best))


def pass_profile(service: SatelliteService, index: int) -> PassProfile:
    """Elevation and loss along the pass of that number."""
    one, record = service.table[index], service.passes[index]
    craft = next(craft for craft in service.plan.crafts if craft.name == record.satellite)
    station = next(station for station in service.plan.stations if station.name == record.station)
    seen = geometry_along(one, max(_PROFILE_STEP_S, (one.set_s - one.rise_s) / _PROFILE_POINTS))
    loss_db = optical_path(craft, station).loss(seen.range_km, np.maximum(seen.elevation_deg, 0.1)).total_db
    found = usable_intervals(service.table.take(np.array([index])), PassConditions(station.sun_below_deg))
    spans_s = list(zip(found.begin_s.tolist(), found.end_s.tolist(), strict=True)) if record.is_usable else []
    faults = service.faults(record.satellite, record.station)
    usable_s = np.array(spans_s if faults is None else faults.lit(spans_s)).reshape(-1, 2)
    return PassProfile(record, one.start, seen.time_s, seen.elevation_deg, np.asarray(loss_db), usable_s)


def _station_sky(service: SatelliteService, station: OpticalStation, length_s: float) -> StationSky:
    time_s = np.append(np.arange(0.0, length_s, _NIGHT_STEP_S), length_s)
    limit_deg = 0.0 if station.sun_below_deg is None else station.sun_below_deg
    above_deg = sun_elevation_deg(station.station, service.table.start, time_s) - limit_deg
    cloud_s = None
    if station.site is not None and service.weather is not None:
        cloud_s = gaps_s(service.weather.clear_intervals(station.name), length_s)
    place = station.station
    return StationSky(station.name, place.latitude_deg, place.longitude_deg, below_zero_s(time_s, above_deg), cloud_s)


def below_zero_s(time_s: FloatArray, value: FloatArray) -> FloatArray:
    """Begin and end of the times at which a sampled value is below zero, straight between samples; (parts, 2)."""
    below = value < 0.0
    last = np.flatnonzero(below[1:] != below[:-1])
    step = value[last + 1] - value[last]
    edges = time_s[last] - value[last] * (time_s[last + 1] - time_s[last]) / step
    edges = np.concatenate([time_s[:1][below[:1]], edges, time_s[-1:][below[-1:]]])
    return np.asarray(edges.reshape(-1, 2), dtype=np.float64)


def gaps_s(intervals_s: FloatArray, length_s: float) -> FloatArray:
    """What the intervals leave of 0 to `length_s`; (gaps, 2)."""
    edges = np.clip(np.concatenate([[0.0], intervals_s.ravel(), [length_s]]), 0.0, length_s).reshape(-1, 2)
    return np.asarray(edges[edges[:, 0] < edges[:, 1]], dtype=np.float64)


def _tracks(service: SatelliteService) -> tuple[SatelliteTrack, ...]:
    """A day of every satellite, less of it where there are many."""
    satellites = service.table.satellites
    points = min(1440, max(100, _TRACK_POINTS // max(1, len(satellites))))
    length_s = min(service.plan.duration_s, points * _TRACK_STEP_S)
    time_s = np.linspace(0.0, length_s, math.ceil(length_s / _TRACK_STEP_S) + 1)
    usable = [one for one in service.passes if one.is_usable]
    marked = sorted(usable, key=lambda one: -one.expected_secret_bits)[:_CONTACTS]
    least, most, together = _CONTACT_POINTS
    of_pass = max(least, min(most, together // max(1, len(marked))))
    found = []
    for satellite in satellites:
        track = ground_track(satellite, service.table.start, time_s)
        own = [one for one in marked if one.satellite == satellite.name]
        contact = _contacts(satellite, service.table.start, own, of_pass)
        found.append(
            SatelliteTrack(
                satellite.name,
                length_s,
                track.latitude_deg,
                track.longitude_deg,
                _parted(contact.latitude_deg, of_pass),
                _parted(contact.longitude_deg, of_pass),
            )
        )
    return tuple(found)


def _contacts(satellite: Satellite, start: datetime, passes: Sequence[PassRecord], points: int) -> GroundTrack:
    time_s = np.array([np.linspace(one.rise_s, one.set_s, points) for one in passes])
    return ground_track(satellite, start, time_s.ravel())


def _parted(values: FloatArray, points: int) -> FloatArray:
    rows = values.reshape(-1, points)
    return np.column_stack([rows, np.full(len(rows), np.nan)]).ravel()
