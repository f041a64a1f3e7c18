"""The tables of faults, restorations, incidents and messages on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from qkdsim.plots import bits_text, fault_spans
from qkdsim.plots.restoration_facts import FaultEffect, fault_effects
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.limited import Limited, limited
from qkdsim.report.words import NONE, count, length, moment
from qkdsim.results import RunResult

SHOWN_FAULTS = 60
SHOWN_RESTORATIONS = 40


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault: what, where, and from when to when."""

    kind: str
    on: str
    target: str
    start: str
    end: str
    live_again: str


def fault_rows(result: RunResult, axis: TimeAxis) -> Limited[FaultRow]:
    """One row per fault and what it hits, in order of time; where they are too many, the first."""
    table = result.table("faults").sort("start_s", "on", "target").to_dicts()
    return limited(
        table,
        SHOWN_FAULTS,
        lambda row: FaultRow(
            row["kind"],
            row["on"].replace("-", " "),
            row["target"],
            *(moment(row[column], axis) for column in ("start_s", "end_s", "live_again_s")),
        ),
    )


@dataclass(frozen=True, slots=True)
class RestorationRow:
    """A fault and the pairs it touched: how many were interrupted, and when they were served again."""

    fault: str
    start: str
    touched: str
    interrupted: str
    median: str
    longest: str
    unrestored: str


def restoration_rows(result: RunResult, axis: TimeAxis) -> Limited[RestorationRow]:
    """One row per fault that touched a pair, those first that interrupted most."""
    effects = fault_effects(result.lazy("restorations"), fault_spans(result.table("faults")))
    return limited(effects, SHOWN_RESTORATIONS, lambda effect: _restoration_row(effect, axis))


def _restoration_row(effect: FaultEffect, axis: TimeAxis) -> RestorationRow:
    after_s = [time_s - effect.fault.start_s for time_s in effect.restored_s]
    return RestorationRow(
        fault=effect.fault.name,
        start=moment(effect.fault.start_s, axis),
        touched=count(len(effect.streams)),
        interrupted=count(effect.interrupted),
        median=length(median(after_s)) if after_s else NONE,
        longest=length(max(after_s)) if after_s else NONE,
        unrestored=count(effect.unrestored),
    )


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """All incidents of a kind, and the link or node that had most of them."""

    kind: str
    incidents: str
    bits: str
    first: str
    last: str
    most: str


def incident_rows(result: RunResult, axis: TimeAxis) -> Sequence[IncidentRow]:
    """One row per kind of incident."""
    import polars as pl

    incidents = result.lazy("incidents")
    where = pl.when(pl.col("link") != "").then(pl.col("link")).otherwise(pl.col("node")).alias("where")
    places = incidents.group_by("kind", where).agg(pl.len().alias("times")).collect(engine="streaming")
    most = places.filter(pl.col("where") != "").sort("times", "where", descending=[True, False])
    first_place = {kind: (place, times) for kind, place, times in reversed(most.rows())}
    time_s = pl.col("time_s")
    sums = incidents.group_by("kind").agg(
        pl.len(), pl.col("bits").sum(), time_s.min().alias("first"), time_s.max().alias("last")
    )
    return [
        IncidentRow(
            *(kind, count(times), bits_text(bits), moment(first_s, axis), moment(last_s, axis)),
            f"{first_place[kind][0]} ({count(first_place[kind][1])})" if kind in first_place else NONE,
        )
        for kind, times, bits, first_s, last_s in sums.collect(engine="streaming").sort("kind").iter_rows()
    ]


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A kind of message, and between which layers it goes."""

    kind: str
    sender: str
    receiver: str
    reference_point: str
    messages: str


def message_rows(result: RunResult) -> Sequence[MessageRow]:
    """One row per kind of message."""
    columns = ("kind", "from_layer", "to_layer", "reference_point", "messages")
    rows = result.table("messages").select(columns).iter_rows()
    return [
        MessageRow(kind, sender, receiver, point, count(messages)) for kind, sender, receiver, point, messages in rows
    ]
