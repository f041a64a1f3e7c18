"""The search over the grid, part by part, between the orbits and the compiled heart. Imported late: it compiles."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.frames import earth_fixed_motion, sidereal_angle_rad
from qkdsim.channels.orbit.pass_kernels import BEST_SINE, BEST_TIME, COLUMNS, NOT_YET, RISE, UP, scan
from qkdsim.channels.orbit.satellites import Propagator
from qkdsim.channels.orbit.stations import Station

GRID_STEP_S = 60.0


def search(
    propagator: Propagator, stations: tuple[Station, ...], duration_s: float, points_at_once: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Passes above the lowest point of each mask, of all satellites: their satellites (n,) and rows (n, COLUMNS).

    The grid reaches two steps beyond the window on both sides, so that its edges are no edges of the search: passes
    that begin before 0 or end after `duration_s` were up there, and their ends out there mean nothing more.
    """
    places = np.array([[*station.position_km, *station.axes[2]] for station in stations]).reshape(-1, 6)
    levels = np.array([math.sin(math.radians(station.mask.lowest_deg)) for station in stations])
    satellites = range(propagator.count)
    states = np.zeros((len(satellites), len(stations), 4))
    last = math.ceil(duration_s / GRID_STEP_S) + 2
    satellite, found = [np.empty(0, np.int64)], [np.empty((0, COLUMNS))]
    for low in range(-1, last, points_at_once):
        count = min(points_at_once, last - low) + 2  # with a neighbour on either side
        time_s = np.arange(low - 1, low - 1 + count, dtype=np.float64) * GRID_STEP_S
        position, velocity = _motion(propagator, time_s)
        sines, rows = np.empty(count), np.empty((len(stations) * count, COLUMNS))
        for index in satellites:
            part, state = (position[index], velocity[index]), states[index]
            if low == -1:
                state[:] = _first_state(position[index], places, levels, float(time_s[1]))
            new = scan(*part, low - 1, GRID_STEP_S, 0.0, duration_s, places, levels, state, sines, rows)
            satellite.append(np.full(new, index))
            found.append(rows[:new].copy())
    for index in satellites:
        found.append(_still_up(states[index], last * GRID_STEP_S))
        satellite.append(np.full(len(found[-1]), index))
    return np.concatenate(satellite), np.concatenate(found)


def _motion(propagator: Propagator, time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Earth-fixed positions and velocities, (satellites, 3, times) and contiguous, as the search wants them."""
    place, motion = earth_fixed_motion(*propagator.all_at(time_s), sidereal_angle_rad(propagator.start, time_s))
    return np.ascontiguousarray(place.swapaxes(1, 2)), np.ascontiguousarray(motion.swapaxes(1, 2))


def _first_state(
    position: NDArray[np.float64], places: NDArray[np.float64], levels: NDArray[np.float64], time_s: float
) -> NDArray[np.float64]:
    """What the stations know at the second grid point, where the search begins: (stations, 4)."""
    offset = position[:, 1] - places[:, :3]
    sine = (offset * places[:, 3:]).sum(axis=1) / np.sqrt((offset * offset).sum(axis=1))
    state = np.zeros((len(places), 4))
    state[:, UP] = sine >= levels
    state[:, RISE] = time_s
    state[:, BEST_SINE] = NOT_YET
    return state


def _still_up(state: NDArray[np.float64], last_s: float) -> NDArray[np.float64]:
    """The passes that have not ended where the grid does, as rows (passes, COLUMNS)."""
    up = np.flatnonzero(state[:, UP] > 0.0)
    end_s = np.full(len(up), last_s)
    return np.column_stack([up, state[up, RISE], state[up, BEST_TIME], end_s, state[up, BEST_SINE]])
