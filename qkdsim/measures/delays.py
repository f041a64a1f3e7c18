"""Response delays of any number of requests, in memory that does not grow with them.

Delays are counted in bins 0.1 % wide; a bin remembers its least and greatest delay. So a percentile is exact where the
delays of a bin are equal, as those of routes without waiting are, and within 0.1 % elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qkdsim.measures.streams import Integers

if TYPE_CHECKING:
    import polars as pl

_PER_FOLD = 1000.0  # bins to a factor of e
_LEAST_S = 1e-12  # shorter delays share a bin


@dataclass(frozen=True, slots=True)
class DelayCounts:
    """How many delays a group has in each bin, bins by length."""

    count: Integers
    low_s: NDArray[np.float64]
    high_s: NDArray[np.float64]

    def percentile_s(self, share: float) -> float:
        """The least delay that a share of all delays does not exceed (nearest rank); NaN without any."""
        total = int(self.count.sum())
        if total == 0:
            return float("nan")
        rank = max(ceil(share * total - 1e-9), 1)  # less a hair: 0.95 * 20 is 19, not 19.000000000000004
        reached = np.cumsum(self.count)
        place = int(np.searchsorted(reached, rank))
        inside = rank - (int(reached[place]) - int(self.count[place]))
        part = (inside - 1) / max(int(self.count[place]) - 1, 1)
        return float(self.low_s[place] + part * (self.high_s[place] - self.low_s[place]))

    @property
    def least_s(self) -> float:
        """The least delay; NaN without any."""
        return float(self.low_s[0]) if len(self.low_s) else float("nan")

    @property
    def greatest_s(self) -> float:
        """The greatest delay; NaN without any."""
        return float(self.high_s[-1]) if len(self.high_s) else float("nan")


def binned(stream: Integers, delay_s: NDArray[np.float64]) -> pl.DataFrame:
    """Delays of served requests in bins: columns group, bin, count, low_s, high_s."""
    import polars as pl

    number = np.floor(np.log(np.maximum(delay_s, _LEAST_S)) * _PER_FOLD).astype(np.int64)
    rows = pl.DataFrame({"group": stream, "bin": number, "delay_s": delay_s})
    seconds = pl.col("delay_s")
    return rows.group_by("group", "bin").agg(
        pl.len().cast(pl.Int64).alias("count"), seconds.min().alias("low_s"), seconds.max().alias("high_s")
    )


def merged(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Several such frames as one."""
    import polars as pl

    return (
        pl.concat(parts)
        .group_by("group", "bin")
        .agg(pl.col("count").sum(), pl.col("low_s").min(), pl.col("high_s").max())
    )


def by_group(bins: pl.DataFrame, groups: Integers, count: int) -> list[DelayCounts]:
    """The bins of streams, joined to those of `count` groups; `groups` holds the group of each stream."""
    import polars as pl

    joined = merged([bins.with_columns(pl.Series("group", groups[bins["group"].to_numpy()]))]).sort("group", "bin")
    edges = np.searchsorted(joined["group"].to_numpy(), np.arange(count + 1))
    columns = [joined[name].to_numpy() for name in ("count", "low_s", "high_s")]
    return [DelayCounts(*(column[start:end] for column in columns)) for start, end in pairwise(edges)]
