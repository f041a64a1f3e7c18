"""The tables of measures and of restorations, from the other tables of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qkdsim.measures import relaying
from qkdsim.measures.catalogue import NODE, SERVICE
from qkdsim.measures.outages import Floats, asked_until_s, by_stream, unended
from qkdsim.measures.restorations import columns, faults_of, restorations
from qkdsim.measures.service import service
from qkdsim.measures.streams import Asked, Streams, streams_of
from qkdsim.measures.tally import Tally, tally

if TYPE_CHECKING:
    import polars as pl

SCOPES = ("all", "class", "pair")


def measure_tables(
    lazy: Callable[[str], pl.LazyFrame], duration_s: float, asked: Sequence[Asked] = ()
) -> dict[str, dict[str, Any]]:
    """The tables `measures` and `restorations` as columns, for a sink.

    `lazy` gives the tables requests, relays, faults, incidents, links and nodes by name; `asked` are the class and
    nodes of every demand, so that one which made no request is in the table, without a value. Memory grows with
    streams, faults and the outages that begin in them, not with requests.
    """
    import polars as pl

    links = lazy("links").select("id", "from", "to").collect()
    ends = {link: (one, other) for link, one, other in links.rows()}
    incidents = lazy("incidents").filter((pl.col("kind") == "store-mismatch") & (pl.col("request") >= 0))
    mismatched = incidents.select("request").collect().to_series().to_numpy()
    requests = lazy("requests")
    streams = streams_of(requests, asked)
    found = tally(requests, streams, faults_of(lazy("faults").collect().to_dicts(), ends, duration_s), mismatched)
    until_s = asked_until_s(found.sums["requests"], found.first_s, found.last_s, duration_s)
    still_down = unended(found.last, until_s)
    restored = list(restorations(found.touched, by_stream([*found.in_faults, still_down])))
    down = found.downtime.with_more(still_down)
    rows: list[tuple[Any, ...]] = []
    for scope in SCOPES:
        names, groups = streams.grouped(scope)
        values = service(found, groups, len(names), duration_s, down, until_s, restored)
        rows += _rows(scope, names, values)
    nodes = lazy("nodes").select("id").collect().to_series().to_list()
    rows += _rows("node", nodes, _nodes(nodes, found, streams, relaying.tag_bits(lazy("relays"), ends), duration_s))
    return {"measures": _columns(rows), "restorations": columns(restored, streams)}


def _nodes(
    nodes: Sequence[str], found: Tally, streams: Streams, tag_bits: Mapping[str, int], duration_s: float
) -> dict[str, Floats]:
    """Every measure of nodes; what a node did not do is zero."""
    number = {node: index for index, node in enumerate(nodes)}
    values = {name: np.zeros(len(nodes)) for name in NODE}
    for stream, (_, *ends) in enumerate(streams.keys):
        for end in set(ends):
            for name in ("requests", "served", "delivered_bits"):
                values[name][number[end]] += found.sums[name][stream]
    for node, requests, bits in found.relayed.rows():
        values["relayed"][number[node]] = requests
        values["relayed_bits"][number[node]] = bits
    for node, bits in tag_bits.items():
        values["tag_bits"][number[node]] = bits
    values["relay_load_bps"] = values["relayed_bits"] / duration_s
    return values


def _rows(scope: str, names: Sequence[str], values: Mapping[str, Floats]) -> list[tuple[Any, ...]]:
    catalogue = NODE if scope == "node" else SERVICE
    lists = {measure: values[measure].tolist() for measure in catalogue}
    return [
        (scope, name, measure, lists[measure][index], about.unit)
        for index, name in enumerate(names)
        for measure, about in catalogue.items()
    ]


def _columns(rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    names = ("scope", "name", "measure", "value", "unit")
    columns: dict[str, Any] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    value = np.array(columns["value"], dtype=np.float64)
    nothing = np.full(len(rows), np.nan)
    return {**columns, "value": value, "low": nothing, "high": nothing, "replicas": (~np.isnan(value)).astype(np.int64)}
