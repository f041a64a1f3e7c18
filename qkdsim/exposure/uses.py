"""Which uses of link key one knows who has compromised nodes: the hops of every share, one by one.

A share is sealed on every hop with key from the store of the link, which both ends hold, and the sealed share is
public. So a share is known as soon as the key of one of its hops is. Three cases, for a hop used at a time t and one
of its ends compromised from a to b:

    a <= t < b     known: the node holds the key at t
    t < a          safe: both ends have erased it
    t >= b         known if it lay in the store when the node was cleaned, that is, in the stock at b. Stores are first
                   in, first out, so the stock at b is used up first; what was on order at b is known as well

The stock at b is taken from above: the level at the last reading before b and all deposits since. What satellites
announce is in `satellites`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from qkdsim.exposure.compromise import Compromise
from qkdsim.exposure.link_uses import link_uses
from qkdsim.exposure.satellites import known_announced
from qkdsim.results import RunResult


def known_uses(result: RunResult, compromises: Sequence[Compromise]) -> pl.LazyFrame:
    """Columns `request`, `path`, `node`: the shares that each compromised node or satellite gives away, of any request.

    Paths are numbered as `link_uses` does.
    """
    windows = _windows(result, compromises)
    touched = link_uses(result, windows["link"].unique().to_list()).join(windows.lazy(), on="link")
    known = touched.filter((pl.col("time_s") >= pl.col("from_s")) & (pl.col("time_s") < pl.col("until_s")))
    parts = [known.select("request", "path", "node")]
    parts += [frame.lazy() for frame in known_announced(result, compromises)]
    if windows["until_s"].is_finite().any():
        later = touched.filter(pl.col("time_s") >= pl.col("until_s"))
        arrivals = result.lazy("requests").select("arrival_s", request="index")
        parts.append(_from_stock(later.join(arrivals, on="request")))
    return pl.concat(parts).unique()


def _windows(result: RunResult, compromises: Sequence[Compromise]) -> pl.DataFrame:
    """One row for every link of every compromised node: when, and the stock of the link when it ended."""
    ends = result.table("links").select("id", "from", "to").iter_rows()
    links = [(link, {start, end}) for link, start, end in ends]
    rows = [
        (link, one.node, one.from_s, one.until_s, _stock_bits(result, link, one.until_s))
        for one in compromises
        for link, nodes in links
        if one.node in nodes
    ]
    schema = {"link": pl.String, "node": pl.String, "from_s": pl.Float64, "until_s": pl.Float64, "stock": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _stock_bits(result: RunResult, link: str, at_s: float) -> int:
    if math.isinf(at_s):
        return 0
    read = (
        result.lazy("stores")
        .filter((pl.col("link") == link) & (pl.col("time_s") <= at_s))
        .sort("time_s")
        .tail(1)
        .collect()
    )
    level, since_s = (int(read["stored_bits"][0]), float(read["time_s"][0])) if read.height else (0, -1.0)
    came = (pl.col("available_s") > since_s) & (pl.col("available_s") <= at_s)
    deposits = result.lazy("blocks").filter((pl.col("link") == link) & came)
    return level + int(deposits.select((pl.col("secret_bits") - pl.col("pool_refill_bits")).sum()).collect().item())


def _from_stock(later: pl.LazyFrame) -> pl.LazyFrame:
    """Of the uses after a node was cleaned, those that took key which lay there when it was."""
    on_order = pl.col("arrival_s") < pl.col("until_s")
    counted = pl.when(on_order).then(0).otherwise("bits")
    before = counted.cum_sum().over("link", "node", "from_s", "until_s", order_by="time_s") - counted
    return later.filter(on_order | (before < pl.col("stock"))).select("request", "path", "node")
