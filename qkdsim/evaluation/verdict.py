"""From evidence to a verdict on one criterion at one level. Pure; docs/explanation/certification.md tells the rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qkdsim.evaluation.catalogue.criterion import LEVELS, Criterion, Level, Threshold
from qkdsim.evaluation.comparison import STRENGTH, Outcome, Require, margin_of, meets, outcome_of, shown_interval
from qkdsim.evaluation.evidence import Basis, Evidence, Method, Value

_RANK: dict[Outcome, int] = {"not-tested": 0, "not-applicable": 1, "pass": 2, "inconclusive": 3, "fail": 4}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one criterion at one level, and what decided it.

    `margin` is the distance to the threshold in the unit of the metric, positive on the safe side, from the end of the
    interval that decided; `relative_margin` is that over |threshold|. Both are None for booleans and sets.
    `evidence` is the evidence that decided, None where there was none.
    """

    criterion: str
    level: Level
    verdict: Outcome
    reason: str
    threshold: Threshold | None = None
    value: Value | None = None
    interval: tuple[float, float] | None = None
    margin: float | None = None
    relative_margin: float | None = None
    method: Method | None = None
    basis: Basis = "none"
    evidence: Evidence | None = None


def judge(criterion: Criterion, level: Level, evidence: Evidence, require: Require | None = None) -> Verdict:
    """The verdict on one piece of evidence; a level asks for all that the levels below it ask for."""
    threshold = criterion.threshold(level)
    outcome, reason = outcome_of(criterion, threshold, evidence, require)
    for lower in LEVELS[: LEVELS.index(level)]:
        below, why = outcome_of(criterion, criterion.threshold(lower), evidence, require)
        if _RANK[below] > _RANK[outcome]:
            outcome, reason = below, f"at {lower} already: {why}"
    margin = margin_of(criterion, threshold, evidence)
    relative = margin / abs(threshold) if margin is not None and isinstance(threshold, float) and threshold else None
    return Verdict(
        criterion=criterion.id,
        level=level,
        verdict=outcome,
        reason=reason,
        threshold=threshold,
        value=evidence.value,
        interval=shown_interval(criterion, threshold, evidence),
        margin=margin,
        relative_margin=relative,
        method=evidence.method,
        basis=evidence.basis,
        evidence=evidence,
    )


def judge_all(
    criterion: Criterion, level: Level, evidence: Sequence[Evidence], require: Require | None = None
) -> Verdict:
    """The verdict on a criterion from all evidence there is: each gives one, and the worst counts.

    Where stronger evidence meets `require`, weaker one is set aside unless it would fail.
    """
    threshold = criterion.threshold(level)
    if not evidence:
        if threshold is None:
            return Verdict(criterion.id, level, "not-applicable", "reported only; no evidence", threshold)
        if set(criterion.methods) == {"endpoint"}:
            return Verdict(criterion.id, level, "not-tested", "needs a live endpoint", threshold)
        return Verdict(criterion.id, level, "inconclusive", _no_evidence(criterion), threshold)
    counted = [one for one in evidence if not _is_set_aside(criterion, level, one, evidence, require)]
    return max((judge(criterion, level, one, require) for one in counted), key=_weight)


def _is_set_aside(
    criterion: Criterion, level: Level, one: Evidence, evidence: Sequence[Evidence], require: Require | None
) -> bool:
    if require is None or meets(one.basis, require):
        return False
    stronger = any(other.applicable and meets(other.basis, require) for other in evidence)
    return stronger and judge(criterion, level, one).verdict != "fail"


def _weight(verdict: Verdict) -> tuple[int, int, float]:
    """Which of several verdicts counts: the worst; among equals the strongest basis, then the narrowest margin."""
    margin = math.inf if verdict.relative_margin is None else verdict.relative_margin
    return _RANK[verdict.verdict], STRENGTH[verdict.basis], -margin


def _no_evidence(criterion: Criterion) -> str:
    methods = [one for one in criterion.methods if one != "endpoint"]
    return f"no evidence: calls for {' or '.join(methods)} on a specimen or a laboratory's records"
