"""What the sky over each station is, at every moment of a span."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.errors import InputError

_LONGEST_S = 200 * 366 * 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Clear and cloudy spells of one station: each lasts until the next begins, the last one to the end.

    begin_s   (spells,) seconds since the start, rising; the first is at or before 0
    is_clear  (spells,)
    """

    begin_s: NDArray[np.float64]
    is_clear: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """The sky over stations from `start` (UTC) for `duration_s`; two states, clear and cloudy.

    A pass should be given one state, that of its culmination: the model's clouds move by the hour.
    """

    start: datetime
    duration_s: float
    spells: Mapping[str, Spells] = field(repr=False)

    def is_clear(self, station: str, time_s: ArrayLike) -> NDArray[np.bool_]:
        """Whether the sky is clear at times since the start: the shape of `time_s`.

        Raises InputError for a station without weather, ValueError for a time outside the span.
        """
        time = np.asarray(time_s, dtype=np.float64)
        if time.size and not (time.min() >= 0.0 and time.max() <= self.duration_s):
            raise ValueError(f"time_s: expected 0 to {self.duration_s:g}")
        spells = self._of(station)
        return np.asarray(spells.is_clear[np.searchsorted(spells.begin_s, time, side="right") - 1])

    def clear_intervals(self, station: str) -> NDArray[np.float64]:
        """Begin and end [s] of the clear spells within the span, (intervals, 2).

        Raises InputError for a station without weather.
        """
        spells = self._of(station)
        edges = np.clip(np.append(spells.begin_s, np.inf), 0.0, self.duration_s)
        intervals = np.column_stack([edges[:-1], edges[1:]])[spells.is_clear]
        return intervals[intervals[:, 0] < intervals[:, 1]]

    def _of(self, station: str) -> Spells:
        if station not in self.spells:
            raise InputError.of("weather", "station", station, f"one of {', '.join(self.spells)}")
        return self.spells[station]


def steady_weather(stations: Iterable[str], start: datetime, duration_s: float, *, clear: bool) -> Weather:
    """The same sky over all stations, always: `clear` or cloudy. Raises InputError for a span that is none."""
    begin, length_s = span(start, duration_s)
    spells = Spells(np.zeros(1), np.array([clear]))
    return Weather(begin, length_s, dict.fromkeys(stations, spells))


def span(start: datetime, duration_s: float) -> tuple[datetime, float]:
    """The start in UTC (one without time zone is taken as UTC) and the length.

    Raises InputError unless the length is above 0 and at most 200 years.
    """
    if not (math.isfinite(duration_s) and 0.0 < duration_s <= _LONGEST_S):
        raise InputError.of("weather", "duration_s", duration_s, "above 0, at most 200 years")
    begin = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    return begin, float(duration_s)


def spells_of(begin_s: NDArray[np.float64], is_clear: NDArray[np.bool_]) -> Spells:
    """Spells from states that hold from `begin_s` on: equal neighbours are one spell."""
    changes = np.append(True, is_clear[1:] != is_clear[:-1])
    return Spells(begin_s[changes], is_clear[changes])
