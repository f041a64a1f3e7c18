"""Confidence intervals of what procedures count and average. All are two-sided unless their name says otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

CONFIDENCE = 0.95


def clopper_pearson(events: float, trials: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact interval of a binomial probability from `events` in `trials` (Clopper and Pearson, Biometrika 26, 1934).

    Raises ValueError unless 0 <= events <= trials and trials > 0.
    """
    if not 0 <= events <= trials or trials <= 0:
        raise ValueError(f"expected 0 <= events <= trials, got {events} of {trials}")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if events == 0 else float(special.betaincinv(events, trials - events + 1, tail))
    high = 1.0 if events == trials else float(special.betainccinv(events + 1, trials - events, tail))
    return low, high


def student(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a mean by Student's t, from independent values of about normal spread.

    Raises ValueError for fewer than two values.
    """
    if len(values) < 2:
        raise ValueError(f"expected at least 2 values, got {len(values)}")
    sample = np.asarray(values, dtype=float)
    half = float(special.stdtrit(len(sample) - 1, (1.0 + confidence) / 2.0)) * float(sample.std(ddof=1))
    mean, half = float(sample.mean()), half / math.sqrt(len(sample))
    return mean - half, mean + half


def normal(mean: float, standard_error: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a quantity whose estimate is normal with a known standard error."""
    half = float(special.ndtri((1.0 + confidence) / 2.0)) * standard_error
    return mean - half, mean + half


def zero_event_bound(trials: float, confidence: float = CONFIDENCE) -> float:
    """One-sided upper bound of a probability after no event in `trials`: 1 - (1 - c)^(1/n), about 3/n at 95 %.

    Raises ValueError unless trials > 0.
    """
    if trials <= 0:
        raise ValueError(f"expected trials > 0, got {trials}")
    return -math.expm1(math.log1p(-confidence) / trials)


def zero_event_trials(probability: float, confidence: float = CONFIDENCE) -> int:
    """How many trials without an event bound its probability by `probability`.

    Raises ValueError unless 0 < probability < 1.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"expected a probability between 0 and 1, got {probability}")
    return math.ceil(math.log1p(-confidence) / math.log1p(-probability))
