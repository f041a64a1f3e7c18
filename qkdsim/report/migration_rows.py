"""The table of a migration on the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qkdsim.plots import bytes_text
from qkdsim.plots.migration import migration_curves
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.words import count, moment, number, percent
from qkdsim.results import RunResult

_ROWS = 24


@dataclass(frozen=True, slots=True)
class MigrationTable:
    """Stages, and one row per time at which something changed: time, pairs at each stage, cost, bytes."""

    stages: tuple[str, ...]
    rows: tuple[MigrationRow, ...]


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """The state of a migration at a time."""

    time: str
    pairs: tuple[str, ...]
    cost: str
    sent: str
    readable: str
    share: str
    still: str


def migration_table(result: RunResult, axis: TimeAxis) -> MigrationTable | None:
    """The start, every time at which pairs changed their stage, and the end; None without a migration."""
    table = result.table("migration")
    if not table.height:
        return None
    curves = migration_curves(table)
    changed = np.flatnonzero((np.diff(curves.nodes, axis=1) != 0).any(axis=0)) + 1
    last = len(curves.time_s) - 1
    places = sorted({0, *changed.tolist()[: _ROWS - 2], last})

    def row(at: int) -> MigrationRow:
        sent, readable = float(curves.protected_bytes[:, at].sum()), float(curves.readable_bytes[:, at].sum())
        cost = float(curves.cost[:, at].sum())
        return MigrationRow(
            time=moment(float(curves.time_s[at]), axis),
            pairs=tuple(count(round(float(one))) for one in curves.pairs[:, at]),
            cost=count(round(cost)) if cost >= 100 else number(cost),
            sent=bytes_text(sent),
            readable=bytes_text(readable),
            share=percent(readable / sent) if sent else "",
            still=bytes_text(float(curves.still_readable_bytes[:, at].sum())),
        )

    return MigrationTable(curves.stages, tuple(row(at) for at in places))
