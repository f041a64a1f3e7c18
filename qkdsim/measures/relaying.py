"""What nodes pass on: the key of served requests, or its shares, on every path that leads through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def relayed(served: pl.DataFrame) -> pl.DataFrame:
    """Of served requests (columns path, bits): node, relayed (requests) and relayed_bits.

    A share is as long as the key, so each path carries the bits of the request.
    """
    import polars as pl

    return (
        served.group_by("path")
        .agg(pl.len().cast(pl.Int64).alias("relayed"), pl.col("bits").sum().alias("relayed_bits"))
        .with_columns(pl.col("path").str.split("|"))
        .explode("path")
        .with_columns(pl.col("path").str.split(">").alias("node"))
        .with_columns(pl.col("node").list.slice(1, (pl.col("node").list.len().cast(pl.Int64) - 2).clip(0)))
        .explode("node")
        .drop_nulls("node")
        .group_by("node")
        .agg(pl.col("relayed").sum(), pl.col("relayed_bits").sum())
    )


def joined(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Several such frames as one."""
    import polars as pl

    return pl.concat(parts).group_by("node").agg(pl.col("relayed").sum(), pl.col("relayed_bits").sum())


def tag_bits(relays: pl.LazyFrame, link_ends: dict[str, tuple[str, str]]) -> dict[str, int]:
    """Key spent on tags of relay hops, by node; a hop counts at both of its ends."""
    import polars as pl

    total: dict[str, int] = {}
    spent = relays.group_by("link").agg(pl.col("tag_bits").sum()).collect(engine="streaming")
    for link, bits in spent.rows():
        for node in link_ends.get(link, ()):
            total[node] = total.get(node, 0) + bits
    return total
