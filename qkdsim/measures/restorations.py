"""What faults did to the service of pairs: how long until each was served again.

A fault touches the streams whose last key before it went over what failed. Time is all that ties an outage to a fault:
those count that begin while it lasts, relock or start-up included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qkdsim.measures.outages import Flags, Floats, Outages
from qkdsim.measures.streams import Integers, Streams

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as the tables tell it; `ends` are the nodes of a link, `until_s` is when it is over for good."""

    kind: str
    on: str
    target: str
    ends: tuple[str, str] | None
    start_s: float
    until_s: float

    def touches(self, path: str) -> bool:
        """Whether a path, written as in the table of requests and not empty, goes over what fails."""
        return self.is_everywhere or any(f">{part}>" in f">{path.replace('|', '>|>')}>" for part in self._parts())

    def _parts(self) -> tuple[str, ...]:
        if self.on == "node":
            return (self.target,)
        return () if self.ends is None else (">".join(self.ends), ">".join(self.ends[::-1]))

    @property
    def is_everywhere(self) -> bool:
        """Whether no path tells whom it concerns: the controller and classical links serve all."""
        return self.on in ("controller", "classical-link")


@dataclass(frozen=True, slots=True)
class Restoration:
    """How the service of one stream fared in one fault; fields as in the table of restorations."""

    fault: Fault
    stream: int
    outages: int
    failed_s: float | None
    restored_s: float | None
    down_s: float | None

    @property
    def restoration_s(self) -> float | None:
        """From the start of the fault until its last outage was over; None if there was none, or it never was."""
        return None if self.restored_s is None else self.restored_s - self.fault.start_s

    @property
    def is_unrestored(self) -> bool:
        """Whether service did not come back while the stream asked."""
        return self.failed_s is not None and self.restored_s is None


def faults_of(
    rows: Sequence[Mapping[str, Any]], link_ends: Mapping[str, tuple[str, str]], duration_s: float
) -> list[Fault]:
    """The rows of the table of faults, in order of start; one that is never live again lasts to the end of the run."""
    found = [
        Fault(
            row["kind"],
            row["on"],
            row["target"],
            link_ends.get(row["target"]) if row["on"] == "link" else None,
            row["start_s"],
            duration_s if row["live_again_s"] is None else row["live_again_s"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda fault: fault.start_s)


def touched_by(
    waiting: deque[Fault], last_path: NDArray[np.object_], served: pl.DataFrame, stream: Integers, until_s: float
) -> Iterator[tuple[Fault, int]]:
    """The faults that start up to `until_s`, taken from those waiting, with each stream that they touch.

    `served` are the served requests up to then, by arrival; `last_path` holds the path of the last key of each stream
    before them (empty without one), and is brought up to date.
    """
    if not waiting:
        return
    arrival_s, path = served["arrival_s"].to_numpy(), served["path"].to_numpy()
    known = 0
    while waiting and waiting[0].start_s <= until_s:
        fault = waiting.popleft()
        before = max(known, int(np.searchsorted(arrival_s, fault.start_s)))
        last_path[stream[known:before]] = path[known:before]
        known = before
        yield from ((fault, one) for one, last in enumerate(last_path) if last and fault.touches(last))
    last_path[stream[known:]] = path[known:]


def begun_in(faults: Sequence[Fault], time_s: Floats) -> Flags:
    """Which times lie within any fault; `faults` in order of start."""
    if not faults:
        return np.zeros(len(time_s), dtype=np.bool_)
    start_s = np.array([fault.start_s for fault in faults])
    until_s = np.maximum.accumulate([fault.until_s for fault in faults])
    before = np.searchsorted(start_s, time_s, side="right") - 1
    return (before >= 0) & (time_s < until_s[np.maximum(before, 0)])


def restorations(touched: Sequence[tuple[Fault, int]], down: Outages) -> Iterator[Restoration]:
    """How each stream fared in each fault that touched it; `down` holds all outages that began in faults."""
    last = int(down.stream[-1]) + 1 if len(down.stream) else 0
    edges = np.searchsorted(down.stream, np.arange(last + 1))
    for fault, stream in touched:
        first, end = (int(edges[stream]), int(edges[stream + 1])) if stream < last else (0, 0)
        started = first + np.searchsorted(down.start_s[first:end], (fault.start_s, fault.until_s))
        one = _restoration(fault, stream, down, int(started[0]), int(started[1]))
        if one.outages or not fault.is_everywhere:
            yield one


def _restoration(fault: Fault, stream: int, down: Outages, first: int, end: int) -> Restoration:
    """Outages `first` ... `end - 1` began while the fault lasted."""
    if end <= first:
        return Restoration(fault, stream, 0, None, None, 0.0)
    never = bool(down.is_open[end - 1])
    return Restoration(
        fault,
        stream,
        end - first,
        float(down.start_s[first]),
        None if never else float(down.end_s[end - 1]),
        None if never else float((down.end_s[first:end] - down.start_s[first:end]).sum()),
    )


def columns(rows: Sequence[Restoration], streams: Streams) -> dict[str, list[Any]]:
    """The table of restorations."""
    keys = [streams.keys[row.stream] for row in rows]
    return {
        "kind": [row.fault.kind for row in rows],
        "on": [row.fault.on for row in rows],
        "target": [row.fault.target for row in rows],
        "start_s": [row.fault.start_s for row in rows],
        "from": [key[1] for key in keys],
        "to": [key[2] for key in keys],
        "class": [key[0] for key in keys],
        "outages": [row.outages for row in rows],
        "failed_s": [row.failed_s for row in rows],
        "restored_s": [row.restored_s for row in rows],
        "restoration_s": [row.restoration_s for row in rows],
        "down_s": [row.down_s for row in rows],
    }
