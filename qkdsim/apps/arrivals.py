"""When requests come: evenly, or at random without memory. Times are made in lots of fixed size, without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

LOT = 1024  # times made at a time; part of what a seed means, since sums are rounded lot by lot


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Requests of a demand in order of time: when, and which of its pairs asks; shapes (n,)."""

    times_s: FloatArray
    pair: IntArray


def regular_times(start_s: float, interval_s: float) -> Iterator[FloatArray]:
    """Times from `start_s` on, one per interval; multiplied, not added up, so that they do not drift."""
    for first in count(0, LOT):
        times_s: FloatArray = start_s + np.arange(first, first + LOT, dtype=np.float64) * interval_s
        yield times_s


def poisson_times(
    start_s: float, interval_s: float, draws: np.random.Generator, lot: int = LOT
) -> Iterator[FloatArray]:
    """Times of a Poisson process after `start_s`, `interval_s` apart on average."""
    last_s = start_s
    while True:
        times_s: FloatArray = last_s + np.cumsum(draws.exponential(interval_s, lot))
        yield times_s
        last_s = float(times_s[-1])


def before(stop_s: float, lots: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """What of ascending lots comes before `stop_s`; nothing is drawn beyond the lot that reaches it."""
    for times_s in lots:
        inside = int(np.searchsorted(times_s, stop_s))
        if inside:
            yield times_s[:inside]
        if inside < len(times_s):
            return
