"""The table of operations on stored objects on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qkdsim.plots import bits_text, bytes_text
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.limited import Limited, limited
from qkdsim.report.words import NONE, count, length, moment
from qkdsim.results import RunResult

SHOWN_OPERATIONS = 60


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """A stored object: whose it is, who holds it, and the key that it took."""

    id: str
    size: str
    owner: str
    scheme: str
    holders: str
    key: str
    per_bit: str
    done: str


def object_rows(result: RunResult) -> list[ObjectRow]:
    """One row per object, in the order of the scenario."""
    table = result.table("objects")
    return [_object_row(one, table.filter(table["object"] == one["id"])) for one in result.summary.get("objects", ())]


def _object_row(one: Mapping[str, Any], operations: Any) -> ObjectRow:
    per_bit = one["key_bits_per_bit"]
    return ObjectRow(
        id=one["id"],
        size=bytes_text(one["object_bytes"]),
        owner=one["owner"],
        scheme=f"{one['threshold']} of {len(one['holders'])}",
        holders=", ".join(one["holders"]),
        key=bits_text(one["key_bits"]),
        per_bit=NONE if per_bit is None else f"{per_bit:.3g}",
        done=f"{count(int((operations['outcome'] == 'done').sum()))} of {count(operations.height)}",
    )


@dataclass(frozen=True, slots=True)
class OperationRow:
    """Something done with an object."""

    id: str
    operation: str
    node: str
    started: str
    took: str
    outcome: str
    reason: str
    used: str
    key: str
    matches: str


def operation_rows(result: RunResult, axis: TimeAxis) -> Limited[OperationRow]:
    """One row per operation, in order of time; where they are too many, the first."""
    rows = result.table("objects").sort("started_s", "index").to_dicts()
    return limited(rows, SHOWN_OPERATIONS, lambda row: _operation_row(row, axis))


def _operation_row(row: Mapping[str, Any], axis: TimeAxis) -> OperationRow:
    took_s = None if row["finished_s"] is None else row["finished_s"] - row["started_s"]
    return OperationRow(
        id=row["object"],
        operation=row["operation"],
        node=row["node"],
        started=moment(row["started_s"], axis),
        took=length(took_s),
        outcome=row["outcome"],
        reason=row["reason"],
        used=row["used"].replace(">", ", "),
        key=bits_text(row["key_bits"]),
        matches=row["matches"],
    )
