"""Means over replicas and their confidence intervals.

Replicas differ by their seed only, so the values of a measure are independent draws. The interval is Student's: mean
± t(0.975, n - 1) s / sqrt(n). It is exact for normal values and close for means of many requests. For ratios it is cut
at 0 and 1. Where every replica gave exactly 0 or exactly 1, s is 0 and says nothing; then the far end is 3 / N from it,
the rule of three for N trials (requests) without an exception, as if these were independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from qkdsim.measures import measure

if TYPE_CHECKING:
    import polars as pl

CONFIDENCE = 0.95
_RULE_OF_THREE = 3.0  # -ln(0.05), rounded: with N trials and no exception, 95 % upper bound of its probability times N
_KEY = ("scope", "name", "measure")

Floats = NDArray[np.float64]


def student_interval(values: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high end of each row of values, shape (measures, replicas); NaN values are left out.

    An end is NaN where fewer than two values are left, and a mean where there is none.
    """
    count = (~np.isnan(values)).sum(axis=1)
    held = np.maximum(count, 1)
    base = np.fmin.reduce(values, axis=1)  # NaN without any value; equal values have exactly their mean
    mean = base + np.nansum(values - base[:, None], axis=1) / held
    square = np.nansum((values - mean[:, None]) ** 2, axis=1)
    freedom = np.maximum(count - 1, 1)
    half = stdtrit(freedom, 0.5 + confidence / 2.0) * np.sqrt(square / freedom / held)
    half = np.where(count > 1, half, np.nan)
    return mean, mean - half, mean + half


def with_intervals(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """One table of measures from those of replicas: means, 95 % intervals, and in how many replicas each exists.

    Rows follow the first replica that has them. Raises ValueError without any table.
    """
    import polars as pl

    keys = pl.concat([frame.select(*_KEY, "unit") for frame in frames]).unique(_KEY, maintain_order=True)
    values = _values(keys, frames)
    mean, low, high = student_interval(values)
    names = list(zip(*(keys[name].to_list() for name in _KEY), strict=True))
    total = dict(zip(names, np.nansum(values, axis=1).tolist(), strict=True))
    for row, (scope, name, one) in enumerate(names):
        trials = measure(scope, one).trials
        if trials and not np.isnan(low[row]):
            ends = _within_bounds(float(low[row]), float(high[row]), total[scope, name, trials])
            low[row], high[row] = ends
    return keys.select(
        *_KEY,
        pl.Series("value", mean),
        "unit",
        pl.Series("low", low),
        pl.Series("high", high),
        pl.Series("replicas", (~np.isnan(values)).sum(axis=1)),
    ).with_columns(pl.col("value", "low", "high").fill_nan(None))


def _values(keys: pl.DataFrame, frames: Sequence[pl.DataFrame]) -> Floats:
    """The values of each replica in a column, NaN where it has none."""
    columns = [
        keys.join(frame.select(*_KEY, "value"), on=_KEY, how="left", maintain_order="left")["value"]
        .cast(float)
        .fill_null(float("nan"))
        .to_numpy()
        for frame in frames
    ]
    return np.column_stack(columns)


def _within_bounds(low: float, high: float, trials: float) -> tuple[float, float]:
    """The interval of a ratio, cut at 0 and 1, and opened by the rule of three where all replicas gave 0 or 1."""
    if low == high and low in (0.0, 1.0):
        open_by = min(_RULE_OF_THREE / trials, 1.0)
        return (0.0, open_by) if low == 0.0 else (1.0 - open_by, 1.0)
    return max(low, 0.0), min(high, 1.0)
