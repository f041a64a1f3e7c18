"""Small hand-made result tables."""

from __future__ import annotations

from typing import Any

import polars as pl

from qkdsim.results.frames import frame

REQUEST = {
    "demand": "d",
    "class": "calls",
    "priority": 0,
    "from": "a",
    "to": "b",
    "arrival_s": 0.0,
    "bits": 100,
    "outcome": "served",
    "cause": "",
    "delay_s": 0.1,
    "attempts": 1,
    "paths": 1,
    "hops": 1,
    "path": "a>b",
    "consumed_bits": 100,
    "epsilon": 1e-10,
}


def requests(*rows: dict[str, Any]) -> pl.LazyFrame:
    """The `requests` table; what a row leaves out is as in REQUEST."""
    full = [{"index": index, **REQUEST, **row} for index, row in enumerate(rows)]
    return table("requests", full)


def table(name: str, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """A result table from whole rows; without any it is empty."""
    chunks = [{key: [row[key] for row in rows] for key in rows[0]}] if rows else []
    return frame(name, chunks).lazy()
