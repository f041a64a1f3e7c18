"""What would turn a verdict: applied to the profile, it does; a tenth of it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qkdsim.devices import DeviceProfile, load_named_profile, load_profile
from qkdsim.evaluation import Device, Evidence, certify, gather, judge_all, load_criteria, load_scheme
from qkdsim.evaluation.certification import Certification
from qkdsim.evaluation.least_change import changed_profile, parameters
from qkdsim.evaluation.level import level_verdict
from qkdsim.evaluation.loss_that_passes import loss_that_passes, rate_bps, reaches
from qkdsim.evaluation.procedures import ALL
from qkdsim.evaluation.sensitivity import Remedy, is_inspection, sensitivity
from qkdsim.links import key_rate
from qkdsim.report.remedy_words import remedy_words

INSPECTIONS = [one for one in ALL if is_inspection(one)]


@pytest.fixture(scope="module")
def found() -> Certification:
    """A device judged at the highest level by what it declares alone."""
    criteria = tuple(load_scheme("default").criteria.values())
    device = Device("generic-ingaas-metro", load_profile("generic-ingaas-metro"))
    evidence = gather(device, criteria, 1, procedures=INSPECTIONS)
    verdicts = tuple(judge_all(one, "L3", evidence[one.id]) for one in criteria)
    levels = (level_verdict("L3", verdicts),) * 3
    base = certify("generic-ingaas-metro", criteria=["IF-01"], level="L3")
    return replace(base, device=device, criteria=criteria, verdicts=verdicts, levels=levels, evidence=evidence)


@pytest.fixture(scope="module")
def remedies(found: Certification) -> dict[str, Remedy]:
    return sensitivity(found)


def verdict_of(profile: DeviceProfile, criterion: str) -> str:
    chosen = load_criteria()[criterion]
    evidence = gather(Device("changed", profile), [chosen], 1, procedures=INSPECTIONS)
    return judge_all(chosen, "L3", evidence[criterion]).verdict


def test_every_change_turns_its_verdict_and_a_tenth_of_it_does_not(
    found: Certification, remedies: dict[str, Remedy]
) -> None:
    turned = {id_: one for id_, one in remedies.items() if one.change is not None}
    assert len(turned) >= 15
    for id_, remedy in turned.items():
        change = remedy.change
        assert change is not None
        changed = changed_profile(found.device.profile, change.parameter, change.needed)
        assert changed is not None
        assert (verdict_of(changed, id_) == "pass") == (remedy.aim == "pass"), id_
        if not isinstance(change.now, float) or not isinstance(change.needed, float) or (change.relative or 0.0) < 1e-3:
            continue
        tenth = (change.now * 9 + change.needed) / 10
        nearly = changed_profile(found.device.profile, change.parameter, tenth)
        assert nearly is not None
        assert (verdict_of(nearly, id_) == "pass") != (remedy.aim == "pass"), id_


def test_what_is_a_parameter_needs_just_its_limit(remedies: dict[str, Remedy]) -> None:
    change = remedies["RX-04"].change
    assert change is not None
    assert (change.parameter, change.now, change.needed) == ("detector.dark_count_probability", 2e-6, 1e-6)


def test_nothing_is_found_for_what_passes_widely(found: Certification, remedies: dict[str, Remedy]) -> None:
    wide = {
        one.criterion
        for one in found.verdicts
        if one.verdict == "pass" and (one.relative_margin is None or one.relative_margin > 0.1)
    }
    assert wide
    assert not wide & remedies.keys()


def test_the_loss_that_passes_is_where_the_rate_crosses_the_limit() -> None:
    profile, criterion = load_profile("generic-ingaas-metro"), load_criteria()["PF-01"]
    found = loss_that_passes(profile, criterion, "L3")
    assert found is not None
    assert found.length_km == pytest.approx(found.loss_db / 0.2)
    assert rate_bps(profile, found.loss_db) >= 1e5 > rate_bps(profile, found.loss_db + 0.02)
    assert rate_bps(profile, 10.0) == pytest.approx(key_rate(profile, loss_db=10.0).secret_key_rate_bps)


def test_a_limit_that_no_loss_meets_has_none() -> None:
    profile = changed_profile(load_profile("generic-ingaas-metro"), "receiver.misalignment_error", 0.2)
    assert profile is not None
    assert loss_that_passes(profile, load_criteria()["PF-04"], "L2") is None
    assert loss_that_passes(profile, load_criteria()["TX-01"], "L2") is None


@pytest.mark.parametrize(("claim", "limit"), [(20.0, 18.0), (20.0, 24.0), (25.0, 24.0), (30.0, 24.0), (12.0, 12.0)])
def test_reaching_a_loss_is_what_the_inspection_finds(claim: float, limit: float) -> None:
    profile = changed_profile(load_profile("generic-ingaas-metro"), "performance.max_loss_db", claim)
    assert profile is not None
    level = {12.0: "L1", 18.0: "L2", 24.0: "L3"}[limit]
    chosen = load_criteria()["PF-03"]
    evidence = gather(Device("changed", profile), [chosen], 1, procedures=INSPECTIONS)
    judged = judge_all(chosen, level, evidence["PF-03"])  # type: ignore[arg-type]
    assert (judged.verdict == "pass") == reaches(profile, limit)


def test_a_change_keeps_uncertainty_and_basis() -> None:
    profile = load_profile("generic-ingaas-metro")
    stated = dict(parameters(profile, ("source", "detector")))
    assert stated["detector.efficiency"] == 0.2
    assert stated["source.intensity[0].mean_photon_number"] == 0.45
    table = {"value": 0.2, "uncertainty": 0.004, "basis": "measured"}
    assert profile.detector is not None
    detector = type(profile.detector).model_validate({**profile.detector.model_dump(), "efficiency": table})
    measured = profile.model_copy(update={"detector": detector})
    changed = changed_profile(measured, "detector.efficiency", 0.3)
    assert changed is not None
    assert changed.detector is not None
    assert (float(changed.detector.efficiency), changed.detector.efficiency.uncertainty) == (0.3, 0.004)
    assert changed.detector.efficiency.basis == "measured"
    assert changed_profile(profile, "detector.efficiency", 1.7) is None


# defects that stand in what is declared, and what they fail
DECLARED_DEFECTS = (
    ("hy-context-incomplete", "HY-02"),
    ("hy-kem-category-low", "HY-03"),
    ("km-metadata-incomplete", "KM-13"),
    ("km-keys-in-logs", "KM-16"),
    ("pf-loss-beyond-reach", "PF-03"),
    pytest.param("pf-rate-above-physics", "PF-02", marks=pytest.mark.slow),
    ("pp-abort-threshold-high", "PP-01"),
    ("pp-amplification-seed-reused", "PP-11"),
    ("pp-error-correction-beyond-shannon", "PP-09"),
    ("pp-proof-assumption-missing", "PP-17"),
    ("pp-proof-bound-broken", "PP-18"),
    ("pp-tags-too-short", "PP-12"),
    ("ps-firmware-unsigned", "PS-04"),
    ("ps-self-test-ignored", "PS-02"),
    ("ps-tampering-unnoticed", "PS-01"),
    ("rn-pseudo-random", "RN-05"),
    ("rx-dark-counts-high", "RX-04"),
    ("rx-efficiency-mismatch-declared", "RX-02"),
    ("tx-encoding-error-high", "TX-07"),
    ("tx-isolation-low", "TX-15"),
    ("tx-round-trip-attenuation-low", "TX-13"),
    ("tx-vacuum-bright", "TX-04"),
)


@pytest.mark.parametrize(("name", "criterion"), DECLARED_DEFECTS)
def test_every_failure_has_a_remedy(name: str, criterion: str) -> None:
    named, chosen = load_named_profile(f"defective/{name}"), load_criteria()[criterion]
    device = Device(named.name, named.profile)
    evidence = gather(device, [chosen], 1, procedures=INSPECTIONS)
    verdict = judge_all(chosen, "L2", evidence[criterion])
    assert verdict.verdict == "fail"
    base = certify("generic-ingaas-metro", criteria=["IF-01"])
    found = replace(base, device=device, criteria=(chosen,), verdicts=(verdict,), evidence=evidence)
    remedy = sensitivity(found)[criterion]
    assert remedy_words(chosen, remedy)
    # no single change adds an assumption to a proof, lowers a table of rates, or gives another kind of generator
    assert remedy.change is not None or criterion in ("PP-17", "PF-02", "RN-05")


def test_every_narrow_pass_says_what_would_lose_it(found: Certification, remedies: dict[str, Remedy]) -> None:
    for criterion, verdict in zip(found.criteria, found.verdicts, strict=True):
        share, is_limit = verdict.relative_margin, criterion.op in ("<=", ">=") and verdict.threshold != 0.0
        if verdict.verdict == "pass" and is_limit and share is not None and share < 0.1:
            assert remedy_words(criterion, remedies[criterion.id]), criterion.id


def judged(
    criterion: str, value: float, interval: tuple[float, float], facts: tuple[tuple[str, float], ...] = ()
) -> Remedy:
    """The remedy for an estimate from a specimen."""
    base, chosen = certify("generic-ingaas-metro", criteria=["IF-01"]), load_criteria()[criterion]
    one = Evidence(criterion, "experiment", "specimen", value, interval, 0.95, 1e6, 1e6, seed=1, facts=facts)
    verdict = judge_all(chosen, "L2", [one])
    found = replace(base, criteria=(chosen,), verdicts=(verdict,), evidence={criterion: (one,)})
    return sensitivity(found)[criterion]


def test_a_reading_stands_beside_its_declaration_with_the_value_that_would_pass() -> None:
    """0.522 photons where 0.45 are declared, known to 1 %: within 5 % of 0.45 it would pass, less the error."""
    deviation, error = 0.522 / 0.45 - 1.0, 0.01
    facts = (("mean photon number of class 0", 0.522), ("mean photon number of class 1", 0.15))
    remedy = judged("TX-01", deviation, (deviation - error, deviation + error), facts)
    shown = remedy.shown
    assert shown is not None
    assert (shown.what, shown.value, shown.declared, shown.op) == ("mean photon number of signal", 0.522, 0.45, "<=")
    assert shown.interval == pytest.approx((0.522 - 0.0045, 0.522 + 0.0045))
    assert shown.needed == pytest.approx(0.45 * 1.04)
    assert remedy_words(load_criteria()["TX-01"], remedy)[0].what == (
        "mean photon number of signal: 0.522 [0.518, 0.526]; declared: 0.45; would pass at ≤ 0.468"
    )


def test_an_estimate_stands_beside_the_declared_metric() -> None:
    shown = judged("RX-04", 5e-6, (4.5e-6, 5.5e-6)).shown
    assert shown is not None
    assert (shown.what, shown.declared, shown.op) == ("", 2e-6, "<=")
    assert shown.needed == pytest.approx(1.5e-6)  # its upper end at the limit of 2e-6


def test_a_narrow_estimate_says_where_it_would_be_lost() -> None:
    remedy = judged("RX-04", 1.8e-6, (1.7e-6, 1.9e-6))
    assert (remedy.aim, remedy.shown is not None and remedy.shown.op) == ("lose", ">=")
    assert remedy.shown is not None
    assert remedy.shown.needed == pytest.approx(1.9e-6)


def test_the_loss_that_passes_follows_what_is_shown() -> None:
    """A specimen with half the rate meets the limit where the declared curve gives twice the limit."""
    profile, criterion = load_profile("generic-ingaas-metro"), load_criteria()["PF-01"]
    at_nominal = rate_bps(profile, 10.0)
    found = loss_that_passes(profile, criterion, "L2", at_nominal / 2.0)
    assert found is not None
    assert rate_bps(profile, found.loss_db) >= 2e4 > rate_bps(profile, found.loss_db + 0.02)
    reach = loss_that_passes(profile, load_criteria()["PF-03"], "L2", 16.0)
    assert reach is not None
    assert (reach.loss_db, reach.length_km) == (16.0, pytest.approx(80.0))
