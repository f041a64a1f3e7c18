"""How a rate follows the hour of day, and the clock on which such a rate is steady."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np

from qkdsim.apps.arrivals import FloatArray

HOUR_S = 3600.0
HOURS = 24
DAY_S = HOURS * HOUR_S

ShapeName = Literal["office", "residential"]

# assumed: drawn by hand after the familiar look of such traffic, not measured. Offices: two humps with a lunch dip, a
# tenth of the peak at night. Homes: lowest before dawn, highest in the late evening.
NAMED_SHAPES: Mapping[ShapeName, tuple[float, ...]] = MappingProxyType(
    {
        "office": (
            *(0.10, 0.10, 0.10, 0.10, 0.10, 0.12, 0.20, 0.45, 0.80, 1.00, 1.00, 0.95),
            *(0.75, 0.90, 1.00, 1.00, 0.95, 0.80, 0.50, 0.30, 0.20, 0.15, 0.12, 0.10),
        ),
        "residential": (
            *(0.55, 0.38, 0.27, 0.22, 0.20, 0.22, 0.30, 0.40, 0.47, 0.50, 0.52, 0.55),
            *(0.58, 0.58, 0.58, 0.60, 0.65, 0.72, 0.80, 0.90, 0.97, 1.00, 0.92, 0.75),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class DayShape:
    """The relative rate in each hour of the local day, and how long after local midnight simulated time 0 is.

    `busy_s` is a clock that runs fast in busy hours and slow in quiet ones, 24 h a day: in it the rate is steady.
    """

    hourly: tuple[float, ...]
    local_start_s: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError unless there are 24 finite values >= 0, not all of them 0."""
        values = np.array(self.hourly)
        if values.shape != (HOURS,) or not np.isfinite(values).all() or (values < 0.0).any() or not values.any():
            raise ValueError(f"hourly: got {self.hourly}, expected 24 numbers >= 0, not all 0")

    def busy_s(self, time_s: float) -> float:
        """What the busy clock shows at a simulated time."""
        starts_s, pace = _busy_clock(self.hourly)
        days, second_s = divmod(time_s + self.local_start_s, DAY_S)
        hour = min(int(second_s // HOUR_S), HOURS - 1)
        return days * DAY_S + float(starts_s[hour] + (second_s - hour * HOUR_S) * pace[hour])

    def times_s(self, busy_s: FloatArray) -> FloatArray:
        """When the busy clock shows `busy_s`: the inverse of `busy_s`, ascending for ascending input; any shape."""
        starts_s, pace = _busy_clock(self.hourly)
        days = np.floor(busy_s / DAY_S)
        second_s = busy_s - days * DAY_S
        # an hour without requests takes no busy time: the side skips it, and the limit keeps to an hour that has some
        hour = np.minimum(np.searchsorted(starts_s, second_s, side="right") - 1, np.flatnonzero(pace)[-1])
        within_s = np.minimum((second_s - starts_s[hour]) / pace[hour], HOUR_S)
        return np.asarray(days * DAY_S + hour * HOUR_S + within_s - self.local_start_s)


@lru_cache(maxsize=64)
def _busy_clock(hourly: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Busy seconds from midnight to each full hour, shape (25,), and per second in each hour, mean 1, shape (24,)."""
    relative = np.array(hourly) / max(hourly)
    pace = relative / relative.mean()
    starts_s = np.append(0.0, np.cumsum(pace)) * HOUR_S
    return starts_s * (DAY_S / starts_s[-1]), pace
