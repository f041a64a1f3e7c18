"""Which part of a pass can be used: night at the station, a satellite in sunlight or in the Earth's shadow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import compress
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.cuts import Condition, cut
from qkdsim.channels.orbit.pass_table import PassTable
from qkdsim.channels.orbit.satellites import Propagator
from qkdsim.channels.orbit.sun import NAUTICAL_DEG, height_above_shadow_km, sun_direction, sun_earth_fixed
from qkdsim.errors import InputError

_STEP_S = 60.0  # Sun and shadow change once in a low pass, and not twice within a minute of any


@dataclass(frozen=True, slots=True)
class PassConditions:
    """What a pass must meet to be used.

    sun_below_deg  greatest elevation of the Sun at the station; None lets the link work by day
    satellite      `dark` asks for the Earth's shadow (a lit satellite sends sunlight into the receiver), `lit` for
                   sunlight (a satellite that keys on solar power alone), `any` for neither

    Raises InputError for a threshold that is no elevation.
    """

    sun_below_deg: float | None = NAUTICAL_DEG
    satellite: Literal["any", "dark", "lit"] = "any"
    source: str = field(default="passes", repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.sun_below_deg is not None and not -90.0 <= self.sun_below_deg <= 90.0:
            raise InputError.of(self.source, "sun_below_deg", self.sun_below_deg, "-90 to 90, or none")
        if self.satellite not in ("any", "dark", "lit"):
            raise InputError.of(self.source, "satellite", self.satellite, "'any', 'dark' or 'lit'")


@dataclass(frozen=True, slots=True)
class UsableIntervals:
    """The usable parts of passes, by pass and time.

    pass_index, begin_s, end_s  (intervals,)
    reasons                     one per pass: why some or all of it cannot be used, empty if all of it can
    """

    pass_index: NDArray[np.int64]
    begin_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    reasons: tuple[str, ...]

    @property
    def usable_s(self) -> NDArray[np.float64]:
        """Usable seconds of each pass, (passes,)."""
        length_s = self.end_s - self.begin_s
        return np.bincount(self.pass_index, weights=length_s, minlength=len(self.reasons)).astype(np.float64)


def usable_intervals(passes: PassTable, conditions: PassConditions) -> UsableIntervals:
    """Cut passes where the conditions cease to hold; one table of passes serves every threshold."""
    named = _named_conditions(passes, conditions)
    pieces = cut(passes.rise_s, passes.set_s, _STEP_S, list(named.values()))
    usable = pieces.holds.all(axis=1)
    failing = np.zeros((len(passes), len(named)), np.bool_)
    for column in range(len(named)):
        failing[pieces.interval[~pieces.holds[:, column]], column] = True
    words = {row: " and ".join(compress(named, row)) for row in set(map(tuple, failing.tolist()))}
    return UsableIntervals(
        pass_index=pieces.interval[usable],
        begin_s=pieces.begin_s[usable],
        end_s=pieces.end_s[usable],
        reasons=tuple(words[tuple(row)] for row in failing.tolist()),
    )


def _named_conditions(passes: PassTable, conditions: PassConditions) -> dict[str, Condition]:
    """The conditions by the reason to give where they fail."""
    named: dict[str, Condition] = {}
    if conditions.sun_below_deg is not None:
        named[f"Sun above {conditions.sun_below_deg:g} deg"] = _sun_below(passes, conditions.sun_below_deg)
    if conditions.satellite == "dark":
        named["satellite in sunlight"] = _in_shadow(passes, 1.0)
    elif conditions.satellite == "lit":
        named["satellite in shadow"] = _in_shadow(passes, -1.0)
    return named


def _sun_below(passes: PassTable, threshold_deg: float) -> Condition:
    """Positive while the Sun is below the threshold at the station of the pass."""
    up = np.array([station.axes[2] for station in passes.stations]).reshape(-1, 3)
    level = math.sin(math.radians(threshold_deg))

    def below(owner: NDArray[np.int64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        sun = sun_earth_fixed(passes.start, time_s)
        return np.asarray(level - (sun * up[passes.station[owner]]).sum(axis=-1), dtype=np.float64)

    return below


def _in_shadow(passes: PassTable, sign: float) -> Condition:
    """Positive in the Earth's shadow for sign 1, in sunlight for sign -1."""
    propagator = Propagator(passes.satellites, passes.start, passes.duration_s)

    def depth_km(owner: NDArray[np.int64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        position = propagator.each_at(passes.satellite[owner], time_s)
        return -sign * height_above_shadow_km(position, sun_direction(passes.start, time_s))

    return depth_km
