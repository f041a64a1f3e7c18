"""The tables of sessions and of what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qkdsim.exposure import FailureSets, object_failure_sets, session_failure_sets
from qkdsim.plots import bytes_text
from qkdsim.report.limited import Limited, limited
from qkdsim.report.words import NONE, count, length, percent
from qkdsim.results import RunResult

SHOWN_PLANS = 40
_SETS_SHOWN = 5
_REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A plan of sessions: its policies and suites, what became of its handshakes and of its traffic."""

    id: str
    policies: str
    suites: str
    pairs: str
    handshakes: str
    established: str
    downgraded: str
    refused: str
    failed: str
    protected: str
    blocked: str
    blocked_share: str
    delay: str
    handshake_bytes: str
    note: str


def session_rows(result: RunResult) -> Limited[SessionRow]:
    """One row per plan of the run, in the order of its scenario."""
    plans = result.summary.get("sessions", [])
    if not plans:
        return Limited(())
    names, reasons = _names(result), _reasons(result)
    return limited(plans, SHOWN_PLANS, lambda plan: _row(plan, names.get(plan["id"], {}), reasons.get(plan["id"], "")))


def _row(plan: Mapping[str, Any], names: Mapping[str, Sequence[str]], reasons: str) -> SessionRow:
    protected, blocked = plan["protected_bytes"], plan["blocked_bytes"]
    suites = ", ".join(one if one != plan["id"] else _inputs(names) for one in names.get("suite", ()))
    each_bytes = plan["bytes_per_handshake"]
    return SessionRow(
        id=plan["id"],
        policies=", ".join(names.get("policy", ())),
        suites=f"{suites} (simulated)" if plan["cryptography"] == "simulated" else suites,
        pairs=count(plan["pairs"]),
        handshakes=count(plan["handshakes"]),
        established=count(plan["established"]),
        downgraded=count(plan["downgraded"]),
        refused=count(plan["refused"]),
        failed=count(plan["failed"]),
        protected=bytes_text(protected),
        blocked=bytes_text(blocked),
        blocked_share=percent(blocked / (protected + blocked)) if blocked else "",
        delay=length(plan["mean_delay_s"]),
        handshake_bytes=NONE if each_bytes is None else bytes_text(each_bytes),
        note=reasons,
    )


def _inputs(names: Mapping[str, Sequence[str]]) -> str:
    """A suite of the user's own has no other name than its plan's: what it mixed at most says more."""
    return max(names["mixed"], key=lambda mixed: mixed.count(",")).replace(",", " + ")


def _names(result: RunResult) -> dict[str, dict[str, Sequence[str]]]:
    """Policies, suites and sets of inputs of each plan, in order of first use."""
    import polars as pl

    used = pl.col("policy", "suite", "mixed").unique(maintain_order=True)
    rows = result.lazy("sessions").group_by("plan").agg(used).collect()
    return {row["plan"]: row for row in rows.iter_rows(named=True)}


def _reasons(result: RunResult) -> dict[str, str]:
    """Per plan, why there was no session, the most frequent reasons first."""
    import polars as pl

    rows = result.lazy("sessions").filter(pl.col("outcome") != "established").group_by("plan", "outcome", "reason")
    found = rows.agg(pl.len()).collect().sort("plan", "len", "reason", descending=[False, True, False])
    words: dict[str, list[str]] = {}
    for plan, outcome, reason, times in found.iter_rows():
        words.setdefault(plan, []).append(f"{count(times)} {outcome}: {reason}")
    return {plan: "; ".join(lines[:_REASONS_SHOWN]) for plan, lines in words.items()}


@dataclass(frozen=True, slots=True)
class FailureRow:
    """What fails together to expose some, and all, of the sessions of a plan, or an object."""

    id: str
    some: tuple[str, ...]
    all: tuple[str, ...]


def failure_rows(result: RunResult) -> list[FailureRow]:
    """The smallest sets of failures, per plan of sessions and per object, those with fewest failures first."""
    if not result.summary.get("sessions") and not result.summary.get("objects"):
        return []
    plans = [one for one in session_failure_sets(result) if one.ends is None]
    rows = [FailureRow(one.plan, _words(one.any), _words(one.every)) for one in plans]
    return rows + [FailureRow(one.name, (), _words(one.sets)) for one in object_failure_sets(result)]


def _words(found: FailureSets) -> tuple[str, ...]:
    lines = [" + ".join((*one.broken, *(f"node {node}" for node in one.compromised))) for one in found.sets]
    more = [f"and {count(len(lines) - _SETS_SHOWN)} more"] if len(lines) > _SETS_SHOWN else []
    return (*lines[:_SETS_SHOWN], *more)
