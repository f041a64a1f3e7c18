"""The search for passes over a grid of positions: the compiled heart of `passes`.

Positions and velocities are Earth-fixed, on an even grid; between two points a cubic Hermite polynomial stands for the
orbit (0.5 m at 60 s in low orbit). A moment is a grid point k and an offset of -1 to 1 steps from it, so it comes out
the same whatever part of the grid is in memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel

# what a station keeps from one part of the grid to the next: 1 while the satellite is up; when it rose; when it stood
# highest within the window so far, and the sine of that elevation (below -1: not yet)
UP, RISE, BEST_TIME, BEST_SINE = range(4)
NOT_YET = -2.0
COLUMNS = 5  # of a pass: station, rise, culmination, set, sine of the greatest elevation
_GREATEST_SPEED_KM_PER_S = 12.0  # escape velocity at 120 km is 11.1, the turning ground adds less than 0.6
_GOLDEN = 0.6180339887498949
_GOLDEN_ROUNDS = 24  # 2 steps * golden^24 = 2e-5 steps
_HALVINGS = 26  # 60 s * 2^-26 = 1 us


@kernel
def _sine(
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    k: int,
    offset: float,
    step_s: float,
    place: NDArray[np.float64],
) -> float:
    """Sine of the elevation `offset` steps, -1 to 1, from grid point k."""
    u = offset
    if offset < 0.0:
        k -= 1
        u += 1.0
    v = 1.0 - u
    before, after = (1.0 + 2.0 * u) * v * v, u * u * (3.0 - 2.0 * u)
    speed_before, speed_after = u * v * v * step_s, -u * u * v * step_s
    up, squared = 0.0, 0.0
    for axis in range(3):
        offset_km = (
            before * position[axis, k]
            + after * position[axis, k + 1]
            + speed_before * velocity[axis, k]
            + speed_after * velocity[axis, k + 1]
            - place[axis]
        )
        up += offset_km * place[3 + axis]
        squared += offset_km * offset_km
    return float(up / np.sqrt(squared))


@kernel
def _crossing(
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    k: int,
    low: float,
    high: float,
    level: float,
    step_s: float,
    place: NDArray[np.float64],
) -> float:
    """Offset from k, between low and high, at which the sine passes the level; its two ends lie on either side."""
    is_below = _sine(position, velocity, k, low, step_s, place) < level
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if (_sine(position, velocity, k, middle, step_s, place) < level) == is_below:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def _turning_point(
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    k: int,
    sign: float,
    step_s: float,
    place: NDArray[np.float64],
) -> float:
    """Offset from k, -1 to 1, at which `sign` times the sine is greatest: golden section."""
    low, high = -1.0, 1.0
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left = sign * _sine(position, velocity, k, left, step_s, place)
    at_right = sign * _sine(position, velocity, k, right, step_s, place)
    for _ in range(_GOLDEN_ROUNDS):
        if at_left < at_right:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = sign * _sine(position, velocity, k, right, step_s, place)
        else:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = sign * _sine(position, velocity, k, left, step_s, place)
    return 0.5 * (low + high)


@kernel
def _may_reach(position: NDArray[np.float64], k: int, gap: float, step_s: float, place: NDArray[np.float64]) -> bool:
    """Whether a turning point next to k can differ from the sine at k by the gap.

    The direction turns by at most speed over distance; the turning point is within half a step of one of the two
    points around it, of which k is the more extreme.
    """
    squared = 0.0
    for axis in range(3):
        squared += (position[axis, k] - place[axis]) ** 2
    nearest_km = np.sqrt(squared) - _GREATEST_SPEED_KM_PER_S * step_s
    return bool(gap * nearest_km <= 0.5 * _GREATEST_SPEED_KM_PER_S * step_s)


@kernel
def _fill_sines(position: NDArray[np.float64], place: NDArray[np.float64], sines: NDArray[np.float64]) -> None:
    """Sine of the elevation at every grid point."""
    up_at_station = place[0] * place[3] + place[1] * place[4] + place[2] * place[5]
    for k in range(len(sines)):
        x, y, z = position[0, k], position[1, k], position[2, k]
        up = x * place[3] + y * place[4] + z * place[5] - up_at_station
        squared = (x - place[0]) ** 2 + (y - place[1]) ** 2 + (z - place[2]) ** 2
        # np.divide, since a plain division asks each time for a zero and so is not done four at once
        sines[k] = np.divide(up, np.sqrt(squared))


@kernel
def _keep(
    passes: NDArray[np.float64], found: int, station: int, rise_s: float, top_s: float, set_s: float, sine: float
) -> int:
    """Write a pass down; returns how many there are now."""
    passes[found, 0], passes[found, 1], passes[found, 2] = station, rise_s, top_s
    passes[found, 3], passes[found, 4] = set_s, sine
    return found + 1


@kernel
def _at_turning_point(
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    k: int,
    is_top: bool,
    is_up: bool,
    time_s: float,
    step_s: float,
    begin_s: float,
    end_s: float,
    place: NDArray[np.float64],
    level: float,
    station: int,
    state: NDArray[np.float64],
    passes: NDArray[np.float64],
    found: int,
) -> int:
    """Work off a highest or lowest point next to k: a culmination, or a pass or a gap between grid points."""
    turn = _turning_point(position, velocity, k, 1.0 if is_top else -1.0, step_s, place)
    sine, turn_s = _sine(position, velocity, k, turn, step_s, place), time_s + turn * step_s
    best = sine if begin_s <= turn_s <= end_s else NOT_YET
    if is_top and is_up:
        if best > state[BEST_SINE]:
            state[BEST_SINE], state[BEST_TIME] = best, turn_s
    elif is_up != (sine >= level):
        low_s = time_s + step_s * _crossing(position, velocity, k, -1.0, turn, level, step_s, place)
        high_s = time_s + step_s * _crossing(position, velocity, k, turn, 1.0, level, step_s, place)
        if is_top:  # up and down again
            return _keep(passes, found, station, low_s, turn_s, high_s, best)
        found = _keep(passes, found, station, state[RISE], state[BEST_TIME], low_s, state[BEST_SINE])
        state[RISE], state[BEST_SINE] = high_s, NOT_YET
    return found


@kernel
def scan(
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    first: int,
    step_s: float,
    begin_s: float,
    end_s: float,
    places: NDArray[np.float64],
    levels: NDArray[np.float64],
    states: NDArray[np.float64],
    sines: NDArray[np.float64],
    passes: NDArray[np.float64],
) -> int:
    """Find the passes of one satellite that end within a part of the grid; returns how many.

    position, velocity  (3, n), n >= 3: of grid points first to first + n - 1. The first and the last belong to the
                        neighbouring parts, so parts overlap by two points
    begin_s, end_s      the window in which the culmination is looked for
    places, levels      (stations, 6) position and up axis; (stations,) sine of the mask
    states              (stations, 4), see UP; carried from part to part
    sines               (n,) working space
    passes              (stations * n, COLUMNS), filled from the top: n points cannot hold more passes
    """
    found = 0
    for station in range(len(places)):
        place, level, state = places[station], levels[station], states[station]
        _fill_sines(position, place, sines)
        for k in range(1, len(sines) - 1):
            before, here, after = sines[k - 1], sines[k], sines[k + 1]
            is_up, is_top, is_bottom = here >= level, before < here >= after, before >= here < after
            # of interest are the culminations above the mask, and what may reach through it from either side
            is_near = (is_top or is_bottom) and is_top != is_up
            if (is_top and is_up) or (is_near and _may_reach(position, k, abs(here - level), step_s, place)):
                found = _at_turning_point(
                    position,
                    velocity,
                    k,
                    is_top,
                    is_up,
                    (first + k) * step_s,
                    step_s,
                    begin_s,
                    end_s,
                    place,
                    level,
                    station,
                    state,
                    passes,
                    found,
                )
            if is_up != (after >= level):
                crossing = _crossing(position, velocity, k, 0.0, 1.0, level, step_s, place)
                crossing_s = (first + k) * step_s + crossing * step_s
                if is_up:
                    found = _keep(passes, found, station, state[RISE], state[BEST_TIME], crossing_s, state[BEST_SINE])
                    state[UP] = 0.0
                else:
                    state[UP], state[RISE], state[BEST_SINE] = 1.0, crossing_s, NOT_YET
    return found
