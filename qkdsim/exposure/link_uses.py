"""Uses of the key of links: the hops of every share, one by one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from qkdsim.results import RunResult

WHOLE_KEY = -1  # path number of the one hop of a key taken from a link directly


def link_uses(result: RunResult, links: Sequence[str]) -> pl.LazyFrame:
    """Columns `request`, `path`, `link`, `time_s`, `bits`: uses of key of some links, in no order.

    A key, or share, that crosses one link only has no row in `relays`; it is read from `requests` and has the path
    number -1.
    """
    relayed = (
        result.lazy("relays")
        .filter(pl.col("link").is_in(links))
        .select("request", "path", "link", "time_s", bits=pl.col("key_bits") + pl.col("tag_bits"))
    )
    direct = _direct_uses(result, links).join(relayed, on=["request", "link"], how="anti")
    return pl.concat([relayed, direct.select(relayed.collect_schema().names())])


def _direct_uses(result: RunResult, links: Sequence[str]) -> pl.LazyFrame:
    """Keys and shares on one link between the ends of a request.

    Where links are parallel it may be any of them: then it counts as a use of each, and empties none.
    """
    table = result.table("links").select("id", "from", "to")
    both = pl.concat([table, table.select("id", pl.col("to").alias("from"), pl.col("from").alias("to"))])
    both = both.with_columns(parallel=pl.len().over("from", "to") > 1).filter(pl.col("id").is_in(links))
    ends = both["from"].unique().to_list()
    segment = "|" + pl.col("from") + ">" + pl.col("to") + "|"
    return (
        result.lazy("requests")
        .filter((pl.col("outcome") == "served") & pl.col("from").is_in(ends) & pl.col("to").is_in(ends))
        .filter(("|" + pl.col("path") + "|").str.contains(segment, literal=True))
        .join(both.lazy(), on=["from", "to"])
        .select(
            pl.col("index").alias("request"),
            pl.lit(WHOLE_KEY, pl.Int64).alias("path"),
            pl.col("id").alias("link"),
            (pl.col("arrival_s") + pl.col("delay_s")).alias("time_s"),
            pl.when("parallel").then(0).otherwise("bits").alias("bits"),
        )
    )
