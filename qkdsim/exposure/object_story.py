"""What happened to a stored object: its operations, and the keys that carried its shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class Carried:
    """A share, or part of one, on its way under a one-time pad: the request of the pad, and who sent it to whom."""

    request: int
    sender: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of `objects`, without what belongs to the object as a whole.

    used  holders whose shares were used, which in a refresh are those that dealt and were dealt to
    """

    kind: str
    node: str
    started_s: float
    finished_s: float
    is_done: bool
    used: tuple[str, ...]
    carried: tuple[Carried, ...]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object and all that was done with it, in order."""

    name: str
    bytes: int
    holders: tuple[str, ...]
    threshold: int
    rests_on: str
    operations: tuple[Operation, ...]

    @property
    def requests(self) -> frozenset[int]:
        """Of all keys that carried anything of it."""
        return frozenset(one.request for operation in self.operations for one in operation.carried)

    def place(self, holder: str) -> int:
        """Where the share of a holder lies on the polynomial."""
        return self.holders.index(holder) + 1


def stored_objects(result: RunResult) -> tuple[StoredObject, ...]:
    """The objects of a run, in the order in which they were first stored."""
    carried = _carried(result)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in result.lazy("objects").sort("index").collect().iter_rows(named=True):
        rows.setdefault(row["object"], []).append(row)
    return tuple(_stored(name, found, carried) for name, found in rows.items())


def _carried(result: RunResult) -> Mapping[int, list[Carried]]:
    """By operation: each request was made by the sender."""
    ends = result.lazy("requests").select("from", "to", request="index")
    table = result.lazy("object_keys").join(ends, on="request").sort("operation", "request").collect()
    found: dict[int, list[Carried]] = {}
    for operation, request, sender, receiver in table.select("operation", "request", "from", "to").iter_rows():
        found.setdefault(operation, []).append(Carried(request, sender, receiver))
    return found


def _stored(name: str, rows: list[dict[str, Any]], carried: Mapping[int, list[Carried]]) -> StoredObject:
    last = rows[-1]
    return StoredObject(
        name,
        last["object_bytes"],
        _names(last["holders"]),
        last["threshold"],
        last["rests_on"],
        tuple(
            Operation(
                row["operation"],
                row["node"],
                row["started_s"],
                math.inf if row["finished_s"] is None else row["finished_s"],
                row["outcome"] == "done",
                _names(row["used"]),
                tuple(carried.get(row["index"], ())),
            )
            for row in rows
        ),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(">")) if text else ()
