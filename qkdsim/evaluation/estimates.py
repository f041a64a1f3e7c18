"""Estimators that procedures share: largest of several deviations, means over blocks, spread of a series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qkdsim.evaluation.intervals import CONFIDENCE, clopper_pearson

FloatArray = NDArray[np.float64]
BATCHES = 30  # of consecutive blocks, so that what ties neighbours together stays inside


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the two ends of its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit. `factor` > 0."""
        return Estimate(factor * self.value, factor * self.low, factor * self.high)


def normal(value: float, standard_error: float, confidence: float = CONFIDENCE) -> Estimate:
    """An estimate of normal error."""
    half = float(stats.norm.isf((1.0 - confidence) / 2.0)) * standard_error
    return Estimate(value, value - half, value + half)


def share(events: float, trials: float, confidence: float = CONFIDENCE) -> Estimate:
    """A probability by Clopper and Pearson."""
    return Estimate(events / trials, *clopper_pearson(events, trials, confidence))


def greatest(parts: Sequence[Estimate]) -> Estimate:
    """The greatest of several quantities, each known at `several(len(parts))`.

    The lower end holds because no lower end of a part lies above its truth (Bonferroni), the upper because that of
    the part which is truly greatest does not lie below it.
    """
    return Estimate(max(one.value for one in parts), max(one.low for one in parts), max(one.high for one in parts))


def least(parts: Sequence[Estimate]) -> Estimate:
    """The least of several quantities, each known at `several(len(parts))`; the mirror image of `greatest`."""
    return Estimate(min(one.value for one in parts), min(one.low for one in parts), min(one.high for one in parts))


def several(count: int, confidence: float = CONFIDENCE) -> float:
    """The confidence of each of several intervals, so that all hold together at `confidence` (Bonferroni)."""
    return 1.0 - (1.0 - confidence) / count


def magnitude(signed: Estimate) -> Estimate:
    """The absolute value of a quantity."""
    low = 0.0 if signed.low <= 0.0 <= signed.high else min(abs(signed.low), abs(signed.high))
    return Estimate(abs(signed.value), low, max(abs(signed.low), abs(signed.high)))


def ratio_of_sums(above: FloatArray, below: FloatArray, confidence: float = CONFIDENCE) -> Estimate:
    """Sum over sum of paired values, such as bits over seconds, from blocks in order of time.

    Consecutive blocks are put together in `BATCHES` batches (or fewer, where there are fewer blocks), whose residuals
    above - r below are taken as independent: Student's t on them. Their spread is that of the blocks themselves, so
    dead time and afterpulses, which make counts vary less or more than Poisson's law, need no model.

    Raises ValueError for fewer than two blocks or a denominator that is not positive.
    """
    if len(above) < 2 or len(above) != len(below):
        raise ValueError(f"expected two or more pairs, got {len(above)} and {len(below)}")
    count = min(BATCHES, len(above))
    edges = np.linspace(0, len(above), count + 1).astype(int)[:-1]
    tops, bottoms = np.add.reduceat(above, edges), np.add.reduceat(below, edges)
    total = float(bottoms.sum())
    if total <= 0.0:
        raise ValueError("expected a denominator above 0")
    ratio = float(tops.sum()) / total
    residual = tops - ratio * bottoms
    error = math.sqrt(count / (count - 1) * float((residual**2).sum())) / total
    half = float(stats.t.isf((1.0 - confidence) / 2.0, count - 1)) * error
    return Estimate(ratio, ratio - half, ratio + half)


def relative_spread(values: FloatArray, confidence: float = CONFIDENCE) -> Estimate:
    """Standard deviation over mean of values of about normal spread, by the law of chi squared.

    Raises ValueError for fewer than two values or a mean that is not positive.
    """
    mean, count = float(values.mean()), len(values)
    if count < 2 or mean <= 0.0:
        raise ValueError(f"expected two or more values of positive mean, got {count} of mean {mean:g}")
    spread = float(values.std(ddof=1)) / mean
    tail = (1.0 - confidence) / 2.0
    low = spread * math.sqrt((count - 1) / float(stats.chi2.isf(tail, count - 1)))
    high = spread * math.sqrt((count - 1) / float(stats.chi2.ppf(tail, count - 1)))
    return Estimate(spread, low, high)
