"""Runs made by hand: links, keys on chosen paths at chosen times, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import polars as pl

from qkdsim.results import TABLES, RunResult
from qkdsim.results.frames import frame

TAG_BITS = 8
HOP_S = 0.001  # from one hop to the next
DTYPES = {"str": "", "i64": 0, "f64": None, "bool": False}


@dataclass(frozen=True)
class MadeKey:
    """A key on `paths` such as ("a>b>c", "a>d>c"), whose first hops take place at `at_s`."""

    paths: tuple[str, ...]
    at_s: float
    bits: int = 100
    key_class: str = "c"
    outcome: str = "served"
    arrival_s: float | None = None

    @property
    def ends(self) -> tuple[str, str]:
        nodes = self.paths[0].split(">")
        return nodes[0], nodes[-1]

    @property
    def delivered_s(self) -> float:
        return self.at_s + HOP_S * max(path.count(">") for path in self.paths)


def made_run(
    links: Sequence[tuple[str, str]],
    keys: Sequence[MadeKey],
    classes: Mapping[str, tuple[str, int]] | None = None,
    *,
    users: Sequence[str] = (),
    stores: Sequence[Mapping[str, Any]] = (),
    blocks: Sequence[Mapping[str, Any]] = (),
    announcements: Sequence[Mapping[str, Any]] = (),
    destroyed_bits: int = 0,
    more: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType({}),
) -> RunResult:
    """A run whose links are called `a--b`; `classes`: name -> (sharing, threshold); `more`: rows of other tables.

    Each store lost `destroyed_bits`.
    """
    tables = {
        "nodes": [
            {"id": node, "kind": "user" if node in users else "trusted"}
            for node in sorted({end for link in links for end in link})
        ],
        "links": [{"id": f"{a}--{b}", "from": a, "to": b, "destroyed_bits": destroyed_bits} for a, b in links],
        "requests": [_request(index, key) for index, key in enumerate(keys)],
        "relays": [row for index, key in enumerate(keys) for row in _hops(index, key, links)],
        "stores": stores,
        "blocks": blocks,
        "announcements": announcements,
        "passes": [{"satellite": name} for name in sorted({one["satellite"] for one in announcements})],
        **more,
    }
    summary = {
        "scenario": "made",
        "duration_s": 1000.0,
        "classes": [
            {"name": name, "paths": 0, "threshold": threshold, "sharing": sharing}
            for name, (sharing, threshold) in (classes or {}).items()
        ],
    }
    return RunResult(summary, {}, frames={name: _frame(name, tables.get(name, ())) for name in TABLES})


def link_of(a: str, b: str, links: Sequence[tuple[str, str]]) -> str:
    return f"{a}--{b}" if (a, b) in links else f"{b}--{a}"


def _request(index: int, key: MadeKey) -> dict[str, Any]:
    arrival_s = key.at_s if key.arrival_s is None else key.arrival_s
    return {
        "index": index,
        "class": key.key_class,
        "from": key.ends[0],
        "to": key.ends[1],
        "arrival_s": arrival_s,
        "bits": key.bits,
        "outcome": key.outcome,
        "delay_s": key.delivered_s - arrival_s,
        "paths": len(key.paths),
        "path": "|".join(key.paths),
    }


def _hops(index: int, key: MadeKey, links: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for number, path in enumerate(key.paths):
        nodes = path.split(">")
        if len(nodes) > 2:
            rows += [
                {
                    "request": index,
                    "path": number,
                    "hop": hop,
                    "link": link_of(a, b, links),
                    "time_s": key.at_s + HOP_S * hop,
                    "key_bits": key.bits,
                    "tag_bits": TAG_BITS,
                }
                for hop, (a, b) in enumerate(pairwise(nodes))
            ]
    return rows


def _frame(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    if not rows:
        return frame(table, [])
    columns = {column.name: [row.get(column.name, DTYPES[column.dtype]) for row in rows] for column in TABLES[table]}
    return frame(table, [columns])
