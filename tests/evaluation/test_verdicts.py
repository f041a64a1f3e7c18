"""The rules by which evidence becomes a verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.evaluation import Criterion, Evidence, judge, judge_all, level_reached, level_verdict, load_criteria
from qkdsim.evaluation.catalogue import LEVELS
from qkdsim.evaluation.catalogue.criterion import Level, Op, Threshold
from qkdsim.evaluation.comparison import STRENGTH, Outcome
from qkdsim.evaluation.evidence import Basis
from qkdsim.evaluation.verdict import Verdict

ORDER: dict[Outcome, int] = {"fail": 0, "inconclusive": 1, "pass": 2}
numbers = st.floats(-1e6, 1e6)


def criterion(op: Op, threshold: Threshold | None, **more: object) -> Criterion:
    limits = {} if threshold is None else dict.fromkeys(LEVELS, threshold)
    base = load_criteria()["TX-01"]
    return replace(base, op=op, thresholds=MappingProxyType(limits), parameter=None, **more)  # type: ignore[arg-type]


def estimate(value: float, low: float, high: float, basis: Basis = "specimen") -> Evidence:
    return Evidence("TX-01", "experiment", basis, value, interval=(low, high), sample_size=100.0, planned_size=100.0)


@st.composite
def estimates(draw: st.DrawFn) -> Evidence:
    low, value, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return estimate(value, low, high)


def outcome(op: Op, threshold: Threshold | None, evidence: Evidence, level: Level = "L2") -> Outcome:
    return judge(criterion(op, threshold), level, evidence).verdict


@given(estimates(), numbers)
def test_upper_limits_follow_the_interval(evidence: Evidence, limit: float) -> None:
    assert evidence.interval is not None
    if limit == 0.0:
        limit = 1.0
    low, high = evidence.interval
    expected = "pass" if high <= limit else "fail" if low > limit else "inconclusive"
    assert outcome("<=", limit, evidence) == expected


@given(estimates(), numbers)
def test_lower_limits_mirror_upper_ones(evidence: Evidence, limit: float) -> None:
    assert evidence.interval is not None
    if limit == 0.0:
        limit = 1.0
    low, high = evidence.interval
    mirrored = replace(evidence, value=-float(evidence.value or 0.0), interval=(-high, -low))
    assert outcome(">=", limit, evidence) == outcome("<=", -limit, mirrored)
    margins = [
        judge(criterion(op, sign * limit), "L1", one).margin
        for op, sign, one in ((">=", 1.0, evidence), ("<=", -1.0, mirrored))
    ]
    assert margins[0] == margins[1]


@given(estimates(), numbers, numbers, st.sampled_from(["<=", ">="]))
def test_a_tighter_limit_is_never_easier(evidence: Evidence, one: float, two: float, op: Op) -> None:
    tight, loose = sorted((one, two), reverse=op == ">=")
    if 0.0 not in (tight, loose):
        assert ORDER[outcome(op, tight, evidence)] <= ORDER[outcome(op, loose, evidence)]


@given(estimates(), numbers, st.sampled_from(["<=", ">="]))
def test_the_margin_has_the_sign_of_the_verdict(evidence: Evidence, limit: float, op: Op) -> None:
    if limit == 0.0:
        return
    found = judge(criterion(op, limit), "L3", evidence)
    assert found.margin is not None
    assert (found.margin >= 0.0) == (found.verdict == "pass")
    assert found.relative_margin == pytest.approx(found.margin / abs(limit))


@given(st.sampled_from(sorted(load_criteria())), estimates(), st.booleans())
def test_a_higher_level_of_the_catalogue_is_never_easier(id_: str, evidence: Evidence, truth: bool) -> None:
    one = load_criteria()[id_]
    accepted = one.threshold("L1")
    values = {"bool": truth, "enum": accepted[0] if isinstance(accepted, tuple) else "none"}
    found = replace(evidence, value=values.get(one.unit, evidence.value), events=None)
    ranks = [ORDER[verdict] for level in LEVELS if (verdict := judge(one, level, found).verdict) in ORDER]
    assert ranks == sorted(ranks, reverse=True)


def test_a_set_accepts_what_a_higher_level_accepts() -> None:
    packages = load_criteria()["PS-05"]
    found = Evidence("PS-05", "inspection", "declared", "EAL4+ALC_DVS.2+AVA_VAN.5", confidence=1.0)
    assert [judge(packages, level, found).verdict for level in LEVELS] == ["pass"] * 3
    lower = replace(found, value="EAL4")
    assert [judge(packages, level, lower).verdict for level in LEVELS] == ["pass", "pass", "fail"]


@pytest.mark.parametrize("op", ["==", "<="])
@pytest.mark.parametrize(
    ("events", "trials", "planned", "expected"),
    [
        (0, 3000, 3000, "pass"),
        (0, 2999, 3000, "inconclusive"),
        (0, 3000, None, "inconclusive"),
        (0, None, 3000, "inconclusive"),
        (1, 3000, 3000, "fail"),
        (1, 5, 3000, "fail"),
    ],
)
def test_zero_events(op: Op, events: int, trials: float | None, planned: float | None, expected: str) -> None:
    found = Evidence(
        "TX-01", "attack", "specimen", float(events), sample_size=trials, planned_size=planned, events=events
    )
    verdict = judge(criterion(op, 0.0), "L1", found)
    assert verdict.verdict == expected
    if expected == "pass":
        assert verdict.interval == (0.0, pytest.approx(3.0 / 3000.0, rel=2e-3))


def test_a_zero_limit_above_a_small_one_is_not_easier() -> None:
    # RX-07: at most 0.001 at L2 and none at L3; 100 trials without an event do not show the former
    found = Evidence("RX-07", "attack", "specimen", 0.0, (0.0, 0.03), sample_size=100.0, planned_size=100.0, events=0)
    outcomes = [judge(load_criteria()["RX-07"], level, found).verdict for level in LEVELS]
    assert outcomes == ["inconclusive"] * 3


def test_each_level_has_its_own_limit_and_those_below_it() -> None:
    three = replace(criterion("<=", None), thresholds=MappingProxyType({"L1": 0.1, "L2": 0.05, "L3": 0.01}))
    found = [judge(three, level, estimate(0.07, 0.06, 0.08)) for level in LEVELS]
    assert [one.verdict for one in found] == ["pass", "fail", "fail"]
    assert [one.reason for one in found] == ["", "", ""]
    two = replace(three, thresholds=MappingProxyType({"L2": 1e-3, "L3": 0.0}))
    counted = Evidence("TX-01", "attack", "specimen", 0.0, (0.0, 0.03), sample_size=100.0, planned_size=100.0)
    outcomes = [judge(two, level, counted) for level in LEVELS]
    assert [one.verdict for one in outcomes] == ["not-applicable", "inconclusive", "inconclusive"]
    assert outcomes[2].reason == "at L2 already: the confidence interval holds the threshold"


@pytest.mark.parametrize(("value", "events", "expected"), [(0.0, None, "pass"), (0.0, 1, "fail"), (2.0, None, "fail")])
def test_without_chance_no_event_in_no_trials_is_enough(value: float, events: int | None, expected: str) -> None:
    found = Evidence("TX-01", "inspection", "declared", value, confidence=1.0, events=events, sample_size=9.0)
    verdict = judge(criterion("==", 0.0), "L1", found)
    assert (verdict.verdict, verdict.interval) == (expected, None)
    by_chance = judge(criterion("==", 0.0), "L1", replace(found, confidence=0.95, planned_size=9.0))
    assert (by_chance.verdict, by_chance.interval is None) == (expected, expected == "fail")


def test_a_number_that_must_be_met_exactly() -> None:
    found = Evidence("TX-01", "inspection", "declared", 2.0, confidence=1.0)
    assert [outcome("==", limit, found) for limit in (1.5, 2.0, 2.5)] == ["fail", "pass", "fail"]


def test_a_margin_of_nothing_has_no_sign() -> None:
    found = judge(criterion("==", 1.0), "L1", Evidence("TX-01", "experiment", "specimen", 1.0, confidence=1.0))
    assert str(found.margin) == "0.0"


def test_margins_by_hand() -> None:
    limit = criterion("<=", 0.05)
    # that of a pass from the upper end, of a failure from the lower one; undecided from the end that misses the limit
    ends = {(0.01, 0.02): 0.03, (0.09, 0.2): -0.04, (0.04, 0.07): -0.02}
    for (low, high), margin in ends.items():
        assert judge(limit, "L1", estimate((low + high) / 2.0, low, high)).margin == pytest.approx(margin)
    # of a rule of zero events that is a number below zero as well
    below = Evidence("TX-01", "inspection", "declared", -3.0, confidence=1.0)
    assert [judge(criterion("<=", 0.0), "L1", replace(below, value=one)).margin for one in (-3.0, 2.0)] == [3.0, -2.0]


def test_exceptions_of_a_fraction_follow_the_rule_of_zero_events() -> None:
    sound = Evidence("RX-13", "experiment", "specimen", 1.0, sample_size=100.0, planned_size=100.0, events=0)
    verdict = judge(criterion("==", 1.0), "L1", sound)
    assert verdict.verdict == "pass"
    assert verdict.interval == (pytest.approx(0.97, abs=1e-3), 1.0)
    assert outcome("==", 1.0, replace(sound, value=0.99, events=1)) == "fail"
    assert outcome("==", 1.0, replace(sound, sample_size=99.0)) == "inconclusive"


def test_counting_cannot_show_a_tiny_probability() -> None:
    # 1,000 runs without an event bound the probability by 3e-3, not by 1e-6
    counted = Evidence("PP-02", "attack", "specimen", 0.0, (0.0, 2.99e-3), sample_size=1e3, planned_size=1e3, events=0)
    assert outcome("<=", 1e-6, counted) == "inconclusive"
    assert outcome("<=", 1e-6, replace(counted, value=None, interval=None)) == "inconclusive"
    analytic = Evidence("PP-02", "attack", "specimen", 1e-9, (1e-10, 1e-8))
    assert outcome("<=", 1e-6, analytic) == "pass"


@pytest.mark.parametrize("basis", ["assumed", "none"])
@given(evidence=estimates(), limit=numbers)
def test_what_nobody_claims_never_decides(basis: Basis, evidence: Evidence, limit: float) -> None:
    assert outcome("<=", limit, replace(evidence, basis=basis)) == "inconclusive"


def test_missing_or_odd_values_are_inconclusive() -> None:
    good = estimate(0.01, 0.005, 0.02)
    assert outcome("<=", 0.05, replace(good, value=None)) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, value=math.nan)) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, interval=(0.0, math.nan))) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, interval=(0.02, 0.005))) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, interval=None)) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, value=True)) == "inconclusive"
    assert outcome("==", True, replace(good, value=1.0)) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, sample_size=99.0)) == "inconclusive"
    assert outcome("<=", 0.05, replace(good, interval=None, confidence=1.0)) == "pass"


def test_a_short_significance_test_does_not_pass() -> None:
    found = Evidence("RN-01", "statistical-test", "specimen", True, sample_size=10.0, planned_size=100.0)
    assert outcome("==", True, found) == "inconclusive"
    assert outcome("==", True, replace(found, sample_size=100.0)) == "pass"
    assert outcome("==", True, replace(found, value=False)) == "fail"


def test_no_threshold_or_no_such_feature_is_not_applicable() -> None:
    good = estimate(0.01, 0.005, 0.02)
    found = judge(criterion("<=", None), "L1", good)
    assert (found.verdict, found.value) == ("not-applicable", 0.01)
    assert outcome("<=", 0.001, replace(good, applicable=False)) == "not-applicable"


def test_contradictions_fail_whatever_the_value() -> None:
    found = replace(estimate(0.01, 0.005, 0.02, "declared"), contradiction="a is above b")
    verdict = judge(criterion("<=", 0.05), "L1", found)
    assert (verdict.verdict, verdict.reason, verdict.margin) == ("fail", "a is above b", None)
    assert judge(criterion("<=", 0.05), "L1", found, "specimen").verdict == "inconclusive"


@given(st.lists(st.tuples(estimates(), st.sampled_from(["declared", "specimen", "measured"])), min_size=1), numbers)
def test_the_worst_of_several_methods_counts(found: list[tuple[Evidence, Basis]], limit: float) -> None:
    evidence = [replace(one, basis=basis) for one, basis in found]
    verdict = judge_all(criterion("<=", limit), "L2", evidence)
    each = [outcome("<=", limit, one) for one in evidence]
    assert verdict.verdict == min(each, key=ORDER.__getitem__)
    alike = [one.basis for one, result in zip(evidence, each, strict=True) if result == verdict.verdict]
    assert verdict.basis == max(alike, key=STRENGTH.__getitem__)


@given(st.lists(st.tuples(estimates(), st.sampled_from(["declared", "specimen", "measured"])), min_size=1), numbers)
def test_what_is_required_never_makes_a_pass_easier(found: list[tuple[Evidence, Basis]], limit: float) -> None:
    evidence = [replace(one, basis=basis) for one, basis in found]
    free, strict = (judge_all(criterion("<=", limit), "L2", evidence, require) for require in (None, "measured"))
    if strict.verdict == "pass":
        assert strict.basis == "measured"
        assert free.verdict in ("pass", "inconclusive")  # a weaker inconclusive one is set aside
        assert all(one.basis != "measured" or outcome("<=", limit, one) == "pass" for one in evidence)
    assert not (strict.verdict == "pass" and free.verdict == "fail")


def test_weaker_evidence_is_set_aside_only_where_it_agrees() -> None:
    one = criterion("<=", 0.05)
    weak, strong = estimate(0.01, 0.0, 0.02, "declared"), estimate(0.01, 0.0, 0.02, "specimen")
    bad = estimate(0.1, 0.09, 0.2, "declared")
    assert judge_all(one, "L1", [weak], "specimen").verdict == "inconclusive"
    assert judge_all(one, "L1", [weak, strong], "specimen").verdict == "pass"
    assert judge_all(one, "L1", [bad, strong], "specimen").verdict == "inconclusive"
    assert judge_all(one, "L1", [bad, strong]).verdict == "fail"
    undecided = estimate(0.05, 0.04, 0.06, "declared")
    assert judge_all(one, "L1", [undecided, strong], "specimen").verdict == "pass"
    assert judge_all(one, "L1", [undecided, strong]).verdict == "inconclusive"
    alien = replace(strong, applicable=False)
    assert judge_all(one, "L1", [weak, alien], "specimen").verdict == "inconclusive"


def test_of_equal_verdicts_the_narrowest_margin_is_shown() -> None:
    near, far = estimate(0.03, 0.02, 0.04), estimate(0.02, 0.01, 0.03)
    assert judge_all(criterion("<=", 0.05), "L1", [far, near, far]).evidence is near


def test_without_evidence() -> None:
    endpoint = criterion("==", True, methods=("endpoint",))
    mixed = criterion("==", True, methods=("experiment", "endpoint"))
    assert judge_all(endpoint, "L1", []).verdict == "not-tested"
    assert judge_all(mixed, "L1", []).verdict == "inconclusive"
    assert judge_all(criterion("<=", None), "L1", []).verdict == "not-applicable"


def verdicts(level: Level, *outcomes: Outcome) -> list[Verdict]:
    return [Verdict(f"XX-{index:02d}", level, one, "", basis="specimen") for index, one in enumerate(outcomes)]


def test_levels() -> None:
    fine = level_verdict("L1", verdicts("L1", "pass", "not-applicable", "not-tested"))
    assert (fine.verdict, fine.basis, fine.not_tested, fine.blocking) == ("pass", "specimen", ("XX-02",), ())
    open_ = level_verdict("L2", verdicts("L2", "pass", "inconclusive"))
    assert (open_.verdict, open_.blocking) == ("inconclusive", ("XX-01",))
    bad = level_verdict("L3", verdicts("L3", "fail", "inconclusive", "pass"))
    assert (bad.verdict, bad.blocking) == ("fail", ("XX-00", "XX-01"))
    nothing = level_verdict("L1", verdicts("L1", "not-applicable", "not-tested"))
    assert (nothing.verdict, nothing.basis) == ("inconclusive", "none")
    assert level_reached([fine, open_, bad]) == "L1"
    passed = [level_verdict(level, verdicts(level, "pass")) for level in LEVELS]
    assert level_reached(passed) == "L3"
    mixed = [level_verdict("L1", verdicts("L1", "fail")), *passed[1:]]
    assert level_reached(mixed) is None
    assert level_reached(passed[:1]) == "L1"
    assert level_reached(passed[1:]) is None


def test_the_basis_of_a_level_is_the_weakest_that_decides() -> None:
    found = [
        Verdict("XX-00", "L1", "pass", "", basis="measured"),
        Verdict("XX-01", "L1", "pass", "", basis="declared"),
        Verdict("XX-02", "L1", "not-applicable", "", basis="none"),
    ]
    assert level_verdict("L1", found).basis == "declared"
    failed = [*found, Verdict("XX-03", "L1", "fail", "", basis="specimen")]
    assert level_verdict("L1", failed).basis == "specimen"


@given(estimates(), numbers, numbers, st.sampled_from([("<=", ">="), (">=", "<=")]))
def test_the_tighter_of_level_and_proof_decides(
    evidence: Evidence, limit: float, bound: float, ops: tuple[Op, Op]
) -> None:
    if 0.0 in (limit, bound):
        return
    op, opposite = ops
    both = criterion(op, limit).bound_by_proof(op, bound)
    each = [outcome(op, one, evidence) for one in (limit, bound)]
    assert judge(both, "L2", evidence).verdict == min(each, key=ORDER.__getitem__)
    is_tighter = bound < limit if op == "<=" else bound > limit
    assert both.threshold_status["L2"] == ("proof" if is_tighter else "assumed")
    assert criterion(op, limit).bound_by_proof(opposite, bound).threshold("L1") == limit
