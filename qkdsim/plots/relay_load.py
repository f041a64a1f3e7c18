"""How much key links and nodes relay, from result tables. No pictures here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qkdsim.measures.relaying import relayed
from qkdsim.plots.binning import Table


@dataclass(frozen=True, slots=True)
class RelayLoad:
    """Key relayed per second, mean over a run: sent over links hop by hop, and passed on by nodes.

    What relays nothing is not in it.
    """

    link_bps: Mapping[str, float]
    node_bps: Mapping[str, float]


def relay_load(relays: Table, requests: Table, duration_s: float) -> RelayLoad:
    """The load of every link from the `relays` table, and of every node from the paths of served `requests`.

    Both are read in streams: memory grows with links and routes, not with requests.
    """
    import polars as pl

    sent = relays.lazy().group_by("link").agg(pl.col("key_bits").sum()).collect(engine="streaming")
    served = requests.lazy().filter((pl.col("outcome") == "served") & (pl.col("hops") > 1))
    routes = served.group_by("path").agg(pl.col("bits").sum()).collect(engine="streaming")
    through = relayed(routes).select("node", "relayed_bits")
    return RelayLoad(
        {link: bits / duration_s for link, bits in sorted(sent.iter_rows()) if bits},
        {node: bits / duration_s for node, bits in sorted(through.iter_rows()) if bits},
    )
