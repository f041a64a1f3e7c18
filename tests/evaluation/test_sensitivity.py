"""What would turn a verdict: applied to the profile, it does; a tenth of it does not."""

from __future__ import annotations

import pytest

from qkdsim.devices import DeviceProfile, load_profile
from qkdsim.evaluation import Device, certify, gather, judge_all, load_criteria, load_scheme
from qkdsim.evaluation.certification import Certification
from qkdsim.evaluation.level import level_verdict
from qkdsim.evaluation.loss_that_passes import loss_that_passes, rate_bps, reaches
from qkdsim.evaluation.procedures import ALL
from qkdsim.evaluation.sensitivity import Remedy, changed_profile, is_inspection, parameters, sensitivity
from qkdsim.links import key_rate

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
    return Certification(
        device, "L3", base.scheme, None, 1, criteria, verdicts, levels, evidence
    )  # fmt: skip  (in the order of its fields)


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
        changed = changed_profile(found.device.profile, change.parameter, change.needed)  # type: ignore[arg-type]
        assert changed is not None
        assert (verdict_of(changed, id_) == "pass") == (remedy.aim == "pass"), id_
        if change.relative is None or isinstance(change.now, bool) or change.relative < 1e-3:
            continue
        tenth = (float(change.now or 0.0) * 9 + float(change.needed)) / 10
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
