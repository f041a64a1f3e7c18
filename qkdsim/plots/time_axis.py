"""Simulated time as figures show it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from qkdsim.plots.facts import FaultSpan

# unit, its length in seconds, and the longest run it serves
_UNITS = (
    ("s", 1.0, 180.0),
    ("min", 60.0, 7200.0),
    ("h", 3600.0, 4 * 86_400.0),
    ("d", 86_400.0, 3 * 365.25 * 86_400),
)
_YEAR_S = 365.25 * 86_400.0


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Simulated time from 0 to `duration_s`, and the unit it is shown in."""

    duration_s: float
    start: datetime | None
    unit: str
    unit_s: float

    @classmethod
    def of(cls, duration_s: float, start: datetime | None = None) -> TimeAxis:
        """The axis of a run, in the unit that fits its length."""
        for unit, size, limit in _UNITS:
            if duration_s <= limit:
                return cls(duration_s, start, unit, size)
        return cls(duration_s, start, "years", _YEAR_S)

    @property
    def label(self) -> str:
        """What stands under the axis."""
        since = f"{self.start:%Y-%m-%d %H:%M} UTC" if self.start is not None else "start"
        return f"time since {since} ({self.unit})"

    @property
    def step(self) -> float:
        """Distance between ticks, in the unit: about ten of them, at round numbers of that unit."""
        span = self.duration_s / self.unit_s
        steps = {"h": (0.5, 1, 2, 3, 6, 12, 24), "d": (0.5, 1, 2, 5, 7, 14, 30, 60, 90, 180)}
        sizes = steps.get(self.unit, (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60))
        return float(next((size for size in sizes if span / size <= 13), 10 ** math.ceil(math.log10(span / 13))))

    def ends(self, fault: FaultSpan) -> tuple[float, float, float]:
        """Start, end and live again of a fault in the unit of the axis, none beyond its end."""
        times = (fault.start_s, fault.end_s, max(fault.live_again_s, fault.end_s))
        start, end, live = (min(time, self.duration_s) / self.unit_s for time in times)
        return start, end, live
