"""Result tables written by hand, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from qkdsim.measures import measure_tables
from qkdsim.results import MemorySink


@dataclass(frozen=True)
class Ask:
    """A request of 100 bit from a to b; served unless `delay_s` is None, then `outcome` says what became of it."""

    arrival_s: float
    delay_s: float | None = 0.5
    path: str = "a>b"
    ends: tuple[str, str] = ("a", "b")
    name: str = "gold"
    bits: int = 100
    outcome: str = "blocked"
    wasted_bits: int = 0


@dataclass(frozen=True)
class FaultRow:
    on: str
    target: str
    start_s: float
    live_again_s: float | None
    kind: str = "cut"


@dataclass
class Tables:
    """A triangle of nodes a, b, c with links ab, bc, ac, and what is added to it."""

    asks: Sequence[Ask]
    faults: Sequence[FaultRow] = ()
    mismatched: Sequence[int] = ()
    duration_s: float = 100.0
    asked: Sequence[tuple[str, str, str]] = ()
    order: Sequence[int] | None = None
    nodes: Sequence[str] = ("a", "b", "c")
    links: Sequence[tuple[str, str, str]] = (("ab", "a", "b"), ("bc", "b", "c"), ("ac", "a", "c"))
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    def lazy(self, name: str) -> pl.LazyFrame:
        if not self.tables:
            self.tables.update(self._made())
        return self.tables[name].lazy()

    def _made(self) -> dict[str, pl.DataFrame]:
        sink = MemorySink()
        requests = [_request(index, ask) for index, ask in enumerate(self.asks)]
        if requests:
            rows = requests if self.order is None else [requests[index] for index in self.order]
            sink.append("requests", {name: [row[name] for row in rows] for name in rows[0]})
        relays = [row for index, ask in enumerate(self.asks) for row in self._hops(index, ask)]
        if relays:
            sink.append("relays", {name: [row[name] for row in relays] for name in relays[0]})
        for index in self.mismatched:
            incident = {
                "time_s": 0.0,
                "kind": "store-mismatch",
                "link": "ab",
                "node": "",
                "request": index,
                "bits": 100,
            }
            sink.append("incidents", {name: [value] for name, value in incident.items()})
        for fault in self.faults:
            row = {"kind": fault.kind, "on": fault.on, "target": fault.target, "start_s": fault.start_s}
            row |= {"end_s": fault.live_again_s or 0.0, "live_again_s": fault.live_again_s}
            sink.append("faults", {name: [value] for name, value in row.items()})
        none = [None] * len(self.nodes)
        trusted = ["trusted"] * len(self.nodes)
        nodes = {"id": self.nodes, "label": self.nodes, "kind": trusted, "latitude_deg": none, "longitude_deg": none}
        sink.append("nodes", nodes)
        made = sink.result({}, {}).frames
        links = pl.DataFrame(self.links, schema=dict.fromkeys(("id", "from", "to"), pl.String), orient="row")
        return {**made, "links": links}

    def _hops(self, index: int, ask: Ask) -> list[dict[str, Any]]:
        paths = [path.split(">") for path in ask.path.split("|")] if ask.delay_s is not None else []
        ends = {frozenset((one, other)): link for link, one, other in self.links}
        return [
            {"request": index, "path": number, "hop": hop, "link": ends[frozenset(nodes[hop : hop + 2])]}
            | {"time_s": ask.arrival_s, "key_bits": ask.bits, "tag_bits": 10}
            for number, nodes in enumerate(paths)
            for hop in range(len(nodes) - 1)
            if len(nodes) > 2
        ]

    def measured(self) -> dict[tuple[str, str], dict[str, float | None]]:
        """The measures by scope and name."""
        columns = measure_tables(self.lazy, self.duration_s, self.asked)["measures"]
        found: dict[tuple[str, str], dict[str, float | None]] = {}
        rows = zip(columns["scope"], columns["name"], columns["measure"], columns["value"].tolist(), strict=True)
        for scope, name, measure, value in rows:
            found.setdefault((scope, name), {})[measure] = None if math.isnan(value) else value
        return found

    def restorations(self) -> list[dict[str, Any]]:
        columns = measure_tables(self.lazy, self.duration_s, self.asked)["restorations"]
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _request(index: int, ask: Ask) -> dict[str, Any]:
    served = ask.delay_s is not None
    paths = ask.path.split("|") if served else []
    hops = sum(path.count(">") for path in paths)
    tags = sum(10 * path.count(">") for path in paths if path.count(">") > 1)
    return {
        "index": index,
        "demand": ask.name,
        "class": ask.name,
        "priority": 0,
        "from": ask.ends[0],
        "to": ask.ends[1],
        "arrival_s": ask.arrival_s,
        "bits": ask.bits,
        "outcome": "served" if served else ask.outcome,
        "cause": "" if served else "no key in time",
        "delay_s": ask.delay_s,
        "attempts": 1,
        "paths": len(paths),
        "hops": hops,
        "path": ask.path if served else "",
        "consumed_bits": hops * ask.bits + tags if served else ask.wasted_bits,
        "epsilon": 1e-10 if served else None,
    }
