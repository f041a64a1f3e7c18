"""When satellites rise, culminate and set over stations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.frames import earth_fixed_motion, sidereal_angle_rad
from qkdsim.channels.orbit.horizon import cut_at_horizon
from qkdsim.channels.orbit.pass_table import PassTable
from qkdsim.channels.orbit.satellites import Propagator, Satellite
from qkdsim.channels.orbit.stations import Station
from qkdsim.errors import InputError

_POINTS_AT_ONCE = 14_400  # ten days of one-minute steps: 14 MB for ten satellites


def find_passes(
    satellites: Sequence[Satellite],
    stations: Sequence[Station],
    start: datetime,
    duration_s: float,
    *,
    points_at_once: int = _POINTS_AT_ONCE,
) -> PassTable:
    """All passes in the window, none lost however short (with a mask that varies with azimuth: see `horizon`).

    SGP4 on a grid of one minute, cubic Hermite polynomials between in Earth-fixed axes, culminations by golden section
    and crossings of the mask by bisection. The grid is worked off `points_at_once` points at a time, which bounds the
    memory and changes nothing else; nor does a pass depend on what other satellites and stations are asked for.

    Raises InputError for names used twice, a station above a satellite's perigee, dates outside the valid span, and
    satellites that decay within the window.
    """
    satellites, stations = tuple(satellites), tuple(stations)
    _require_sound(satellites, stations)
    if points_at_once < 1:
        raise ValueError(f"points_at_once must be positive, got {points_at_once}")
    propagator = Propagator(satellites, start, duration_s)
    from qkdsim.channels.orbit.search import search

    satellite, rows = search(propagator, stations, float(duration_s), points_at_once)
    table = _table(satellites, stations, propagator.start, float(duration_s), satellite, rows)
    return _in_order(cut_at_horizon(_within_window(table, propagator), propagator))


def _table(
    satellites: tuple[Satellite, ...],
    stations: tuple[Station, ...],
    start: datetime,
    duration_s: float,
    satellite: NDArray[np.int64],
    rows: NDArray[np.float64],
) -> PassTable:
    """The rows of the search as a table, cut at the window's edges; culminations outside it are not yet mended."""
    inside = (rows[:, 3] > 0.0) & (rows[:, 1] < duration_s)
    rows, satellite = rows[inside], satellite[inside]
    return PassTable(
        satellites=satellites,
        stations=stations,
        start=start,
        duration_s=duration_s,
        satellite=satellite,
        station=rows[:, 0].astype(np.int64),
        rise_s=np.maximum(rows[:, 1], 0.0),
        culmination_s=rows[:, 2],
        set_s=np.minimum(rows[:, 3], duration_s),
        max_elevation_deg=np.where(rows[:, 4] >= -1.0, np.degrees(np.arcsin(np.clip(rows[:, 4], -1.0, 1.0))), -np.inf),
        is_cut_at_start=rows[:, 1] < 0.0,
        is_cut_at_end=rows[:, 3] > duration_s,
    )


def _within_window(table: PassTable, propagator: Propagator) -> PassTable:
    """The table with passes that are cut culminating at the window's edge, where that is the highest they stand."""
    culmination_s, elevation_deg = table.culmination_s.copy(), table.max_elevation_deg.copy()
    for index in np.flatnonzero(table.is_cut_at_start | table.is_cut_at_end):
        edges_s = np.array([table.rise_s[index], table.set_s[index]])
        position, velocity = propagator.one_at(int(table.satellite[index]), edges_s)
        place, motion = earth_fixed_motion(position, velocity, sidereal_angle_rad(table.start, edges_s))
        edges_deg = table.stations[table.station[index]].look_at(place, motion).elevation_deg
        if edges_deg.max() > elevation_deg[index]:
            best = int(edges_deg.argmax())
            culmination_s[index], elevation_deg[index] = edges_s[best], edges_deg[best]
    return replace(table, culmination_s=culmination_s, max_elevation_deg=elevation_deg)


def _in_order(table: PassTable) -> PassTable:
    """By rise, then satellite, then station."""
    order = np.lexsort((table.station, table.satellite, table.rise_s))
    return table.take(order)


def _require_sound(satellites: tuple[Satellite, ...], stations: tuple[Station, ...]) -> None:
    for key, things in (("satellites", satellites), ("stations", stations)):
        names = [thing.name for thing in things]
        for thing in things:
            if names.count(thing.name) > 1:
                raise InputError.of(thing.source, f"{key}.{thing.name}", None, "a name that is used only once")
    for station in stations:
        for satellite in satellites:
            perigee_m = satellite.elements.perigee_altitude_km * 1e3
            if station.height_m >= perigee_m:
                expected = f"a height below the perigee of {satellite.name}, {perigee_m:.0f} m"
                raise InputError.of(station.source, f"stations.{station.name}.height_m", station.height_m, expected)
