"""What sessions rest on over time, as numbers: time in sessions per plan, set of assumptions and bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from qkdsim.errors import InputError
from qkdsim.hybrid.assumptions import QKD_PAD, names_in, parse_assumptions
from qkdsim.plots.binning import FloatArray, Table

_AT_ONCE = 20_000
KINDS = ("pad", "qkd and pqc", "qkd", "pqc", "classical", "other")  # the order in which they are stacked


@dataclass(frozen=True, slots=True)
class PlanSpan:
    """A plan of sessions: how many pairs of nodes it is for, and from when to when."""

    id: str
    pairs: int
    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True, order=True)
class Basis:
    """What was mixed into a session: its kind (a place in KINDS), the inputs, and whether the policy wanted more."""

    kind: int
    inputs: str
    is_downgraded: bool


def plan_spans(summary: Mapping[str, Any]) -> list[PlanSpan]:
    """The plans of sessions of a run, in the order of its scenario."""
    return [PlanSpan(one["id"], one["pairs"], one["start_s"], one["stop_s"]) for one in summary.get("sessions", ())]


@cache
def basis(rests_on: str, is_downgraded: bool) -> Basis:
    """The basis of a session by its line of assumptions."""
    clauses = parse_assumptions(rests_on)
    if QKD_PAD in names_in(clauses):
        return Basis(KINDS.index("pad"), "one-time pad of QKD key", is_downgraded)
    inputs = clauses[0] if clauses else ()
    kinds = {_kind(name) for name in inputs}
    kind = "qkd and pqc" if {"qkd", "pqc"} <= kinds else next((one for one in KINDS if one in kinds), "other")
    return Basis(KINDS.index(kind), " + ".join(inputs), is_downgraded)


def _kind(name: str) -> str:
    from qkdsim.crypto.kem import kem_facts

    if name == "qkd":
        return name
    try:
        return "classical" if kem_facts(name).family == "classical" else "pqc"
    except InputError:  # of a run made where another library was installed
        return "other"


def session_shares(
    sessions: Table, plans: Sequence[PlanSpan], edges_s: FloatArray
) -> dict[str, dict[Basis, FloatArray]]:
    """Per plan and basis, the share of the time of its pairs in such sessions, per bin; NaN where it is not on."""
    import polars as pl

    columns = ("plan", "rests_on", "downgraded", "established_s", "ended_s")
    of_plans = pl.col("plan").is_in([one.id for one in plans])
    used = sessions.lazy().filter(of_plans & pl.col("established_s").is_not_null()).select(columns)
    rows = used.collect(engine="streaming")
    on_s = {one.id: np.diff(np.clip(edges_s, one.start_s, one.stop_s)) * one.pairs for one in plans}
    shares: dict[str, dict[Basis, FloatArray]] = {one.id: {} for one in plans}
    for (plan, line, is_downgraded), part in rows.partition_by(*columns[:3], as_dict=True).items():
        of_plan, key = shares[str(plan)], basis(str(line), bool(is_downgraded))
        start_s = part["established_s"].to_numpy()
        end_s = part["ended_s"].fill_null(float(edges_s[-1])).to_numpy()
        held = _held_s(start_s, end_s, edges_s)
        asked = on_s[str(plan)]
        share = np.divide(held, asked, out=np.full(len(held), np.nan), where=asked > 0.0)
        of_plan[key] = of_plan.get(key, np.zeros(len(held))) + share
    return {plan: dict(sorted(found.items())) for plan, found in shares.items()}


def _held_s(start_s: FloatArray, end_s: FloatArray, edges_s: FloatArray) -> FloatArray:
    """Time of all stretches together, per bin."""
    before = np.zeros(len(edges_s))
    for one in range(0, len(start_s), _AT_ONCE):
        part = slice(one, one + _AT_ONCE)
        before += (np.clip(edges_s[:, np.newaxis], start_s[part], end_s[part]) - start_s[part]).sum(axis=1)
    return np.diff(before)


def handshake_places(sessions: Table, outcomes: Sequence[str], edges_s: FloatArray) -> dict[str, FloatArray]:
    """Handshakes per plan and bin that ended so, by when they were due."""
    import polars as pl

    rows = sessions.lazy().filter(pl.col("outcome").is_in(list(outcomes))).select("plan", "wanted_s")
    parts = rows.collect(engine="streaming").partition_by("plan", as_dict=True)
    return {str(plan): np.histogram(part["wanted_s"].to_numpy(), edges_s)[0] for (plan,), part in parts.items()}
