"""The ways that chosen keys took: who saw their shares, path by path."""

from __future__ import annotations

import polars as pl

from qkdsim.exposure.keys import delivered
from qkdsim.exposure.pair import crossed_by, relays_of
from qkdsim.exposure.smallest import PathFamily
from qkdsim.results import RunResult


def key_ways(result: RunResult, requests: pl.Series) -> tuple[pl.DataFrame, tuple[PathFamily, ...]]:
    """Columns `request`, `way` (a number), and what the numbers mean, of those of the requests that were delivered.

    Raises InputError if the summary does not say how the keys of a class are shared.
    """
    wanted = pl.DataFrame({"index": requests.unique()}, schema={"index": pl.Int64}).lazy()
    mine = delivered(result).join(wanted, on="index", how="semi").select("index", "path", "threshold")
    crossed, crossings = crossed_by(result, mine)
    table = mine.join(crossed.lazy(), left_on="index", right_on="request", how="left").collect()
    columns = ["path", "threshold", "crossed"]
    ways = table.select(columns).unique().sort(columns).with_row_index("way")
    numbers = table.join(ways, on=columns, nulls_equal=True).select(request="index", way=pl.col("way").cast(pl.Int64))
    return numbers.sort("request"), tuple(
        PathFamily(relays_of(path, [crossings[int(code)] for code in (codes or "").split()]), threshold)
        for _, path, threshold, codes in ways.iter_rows()
    )
