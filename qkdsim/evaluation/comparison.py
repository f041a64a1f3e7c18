"""One piece of evidence held against one limit.

A rule of zero events stands for `== 0`, for `<= 0`, and for `== 1` on a fraction, where the exceptions are the events.
"""

from __future__ import annotations

import math
from typing import Literal

from qkdsim.evaluation.catalogue.criterion import Criterion, Threshold
from qkdsim.evaluation.evidence import Basis, Evidence
from qkdsim.evaluation.intervals import zero_event_bound

Outcome = Literal["pass", "fail", "inconclusive", "not-applicable", "not-tested"]
Require = Literal["specimen", "measured"]
STRENGTH: dict[Basis, int] = {"none": 0, "assumed": 1, "declared": 2, "specimen": 3, "measured": 4}


def meets(basis: Basis, require: Require | None) -> bool:
    """Whether evidence of this basis is strong enough for what is required."""
    return STRENGTH[basis] >= STRENGTH[require or "declared"]


def outcome_of(  # noqa: PLR0911 (one return per rule, in the order in which they are told)
    criterion: Criterion, threshold: Threshold | None, evidence: Evidence, require: Require | None
) -> tuple[Outcome, str]:
    """The outcome, and why."""
    if not evidence.applicable:
        return "not-applicable", evidence.note or "does not concern this device"
    if evidence.contradiction:
        if not meets(evidence.basis, require):
            return "inconclusive", f"{require} evidence is required; as {evidence.basis}: {evidence.contradiction}"
        return "fail", evidence.contradiction
    if threshold is None:
        return "not-applicable", "reported only"
    if evidence.value is None:
        return "inconclusive", evidence.note or "no value"
    if evidence.basis in ("assumed", "none"):
        return "inconclusive", f"the value is {'assumed' if evidence.basis == 'assumed' else 'backed by nothing'}"
    outcome, reason = _compared(criterion, threshold, evidence)
    if not meets(evidence.basis, require):
        return "inconclusive", f"{require} evidence is required, this is {evidence.basis}"
    if outcome == "pass" and _is_short(evidence):
        size, planned = evidence.sample_size or 0.0, evidence.planned_size or 0.0
        return "inconclusive", f"sample of {size:g}, the plan asks for {planned:g}"
    return outcome, reason


def _compared(  # noqa: PLR0911 (one return per rule)
    criterion: Criterion, threshold: Threshold, evidence: Evidence
) -> tuple[Outcome, str]:
    value = evidence.value
    if isinstance(threshold, tuple):
        return ("pass" if value in threshold else "fail"), evidence.note
    if isinstance(threshold, bool):
        if not isinstance(value, bool):
            return "inconclusive", f"expected true or false, the evidence says {value}"
        return ("pass" if value is threshold else "fail"), evidence.note
    if isinstance(value, bool | str) or value is None or math.isnan(value):
        return "inconclusive", f"expected a number, the evidence says {value}"
    if _is_zero_rule(criterion, threshold):
        return _zero_events(threshold, value, evidence)
    if criterion.op == "==":
        return ("pass" if value == threshold else "fail"), evidence.note
    ends = _ends(evidence)
    if ends is None:
        return "inconclusive", "an estimate without a confidence interval"
    low, high = ends if criterion.op == "<=" else (-ends[1], -ends[0])
    limit = threshold if criterion.op == "<=" else -threshold
    if high <= limit:
        return "pass", evidence.note
    if low > limit:
        return "fail", evidence.note
    return "inconclusive", "the confidence interval holds the threshold"


def _is_zero_rule(criterion: Criterion, threshold: Threshold) -> bool:
    if isinstance(threshold, bool | tuple):
        return False
    return (threshold == 0.0 and criterion.op in ("==", "<=")) or (threshold == 1.0 and criterion.op == "==")


def _zero_events(threshold: float, value: float, evidence: Evidence) -> tuple[Outcome, str]:
    """Fail on the first event; pass only after the planned number of trials, or where nothing was left to chance."""
    strayed = value > 0.0 if threshold == 0.0 else value != threshold
    if strayed or (evidence.events or 0) > 0:
        return "fail", evidence.note
    if evidence.confidence >= 1.0:
        return "pass", evidence.note
    if evidence.sample_size is None or evidence.planned_size is None:
        return "inconclusive", "no event, but the number of trials or its plan is not stated"
    return "pass", evidence.note


def _is_short(evidence: Evidence) -> bool:
    return evidence.planned_size is not None and (evidence.sample_size or 0.0) < evidence.planned_size


def _ends(evidence: Evidence) -> tuple[float, float] | None:
    """The interval; a deterministic value is its own. None where there is none, or one that is not a number."""
    value = evidence.value
    if evidence.interval is not None:
        low, high = evidence.interval
        return None if math.isnan(low) or math.isnan(high) or low > high else (low, high)
    if evidence.confidence >= 1.0 and isinstance(value, int | float):
        return float(value), float(value)
    return None


def shown_interval(criterion: Criterion, threshold: Threshold | None, evidence: Evidence) -> tuple[float, float] | None:
    """The interval of the evidence; for zero events in n trials up to their upper bound, about 3/n."""
    if evidence.interval is not None or threshold is None or not _is_zero_rule(criterion, threshold):
        return evidence.interval
    trials = evidence.sample_size
    if evidence.confidence >= 1.0 or not trials or (evidence.events or 0) > 0 or evidence.value != threshold:
        return None
    bound = zero_event_bound(trials, evidence.confidence)
    return (0.0, bound) if threshold == 0.0 else (1.0 - bound, 1.0)


def margin_of(criterion: Criterion, threshold: Threshold | None, evidence: Evidence) -> float | None:
    """Distance to the limit from the end of the interval that decides, positive on the safe side."""
    value = evidence.value
    if threshold is None or isinstance(threshold, bool | tuple) or value is None or isinstance(value, bool | str):
        return None
    if evidence.contradiction:  # the value is not the reason
        return None
    if _is_zero_rule(criterion, threshold) or criterion.op == "==":
        return 0.0 - abs(value - threshold) if value > 0.0 or threshold != 0.0 else threshold - value  # never -0
    ends = _ends(evidence)
    if ends is None:
        return None
    near, far = (ends[1], ends[0]) if criterion.op == "<=" else (-ends[0], -ends[1])
    limit = threshold if criterion.op == "<=" else -threshold
    return limit - (far if far > limit else near)
