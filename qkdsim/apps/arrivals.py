"""When requests come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_DRAWS = 1024  # inter-arrival times drawn at a time


def regular_times(start_s: float, interval_s: float, stop_s: float) -> Iterator[float]:
    """Times from `start_s`, one per interval, before `stop_s`; multiplied, not added up, so that they do not
    drift.
    """
    count = 0
    while (time_s := start_s + count * interval_s) < stop_s:
        yield time_s
        count += 1


def poisson_times(start_s: float, rate_per_s: float, stop_s: float, draws: np.random.Generator) -> Iterator[float]:
    """Times of a Poisson process of `rate_per_s` after `start_s` and before `stop_s`."""
    last_s = start_s
    while True:
        times_s = last_s + np.cumsum(draws.exponential(1.0 / rate_per_s, _DRAWS))
        inside = int(np.searchsorted(times_s, stop_s))
        yield from times_s[:inside].tolist()
        if inside < _DRAWS:
            return
        last_s = float(times_s[-1])
