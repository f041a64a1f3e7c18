"""Inspection: what follows from a declared profile, and what does not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.devices import load_profile
from qkdsim.devices.operation import Assumption
from qkdsim.evaluation import Evidence, certify, gather, load_criteria
from qkdsim.evaluation.applicability import why_not
from qkdsim.evaluation.declared import DERIVED, declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedures import ALL
from qkdsim.evaluation.procedures.inspection_proof import check, required_assumptions
from qkdsim.links import key_rate

METRO = "generic-ingaas-metro"
FROM_PROFILE = [one for one in ALL if one.needs == "profile"]


def profile(**overrides: Any) -> Device:
    loaded = load_profile(METRO, overrides={key.replace("__", "."): value for key, value in overrides.items()})
    return Device(METRO, loaded.model_copy(update={"truth": None}))


def evidence(criterion: str, device: Device | None = None) -> Evidence:
    found = gather(device or profile(), [load_criteria()[criterion]], 1, procedures=FROM_PROFILE)[criterion]
    return next(one for one in found if one.method in ("inspection", "experiment"))


def verdict(criterion: str, **overrides: Any) -> str:
    from qkdsim.evaluation import judge_all

    found = gather(profile(**overrides), [load_criteria()[criterion]], 1, procedures=FROM_PROFILE)[criterion]
    return judge_all(load_criteria()[criterion], "L2", found).verdict


def test_pairs_of_photons_are_no_weak_pulses() -> None:
    entangled = load_profile("tokyo-2010-vienna")
    assert entangled.source is None
    assert why_not("weak-pulses", "device", entangled) == "no weak coherent pulses"
    assert why_not("weak-pulses", "device", load_profile("tokyo-2010-nec")) is None


@pytest.mark.parametrize("name", [METRO, "generic-snspd-longhaul"])
def test_the_generic_specimens_conform_as_declared_at_l2(name: str) -> None:
    ids = [one.criterion for one in FROM_PROFILE if load_criteria()[one.criterion].part == "core"]
    device = Device(name, load_profile(name).model_copy(update={"truth": None}))
    found = gather(device, [load_criteria()[one] for one in ids], 1, procedures=FROM_PROFILE)
    from qkdsim.evaluation import judge_all

    outcomes = {id_: judge_all(load_criteria()[id_], "L2", one).verdict for id_, one in found.items()}
    assert not {id_ for id_, one in outcomes.items() if one in ("fail", "inconclusive")}
    assert sum(one == "pass" for one in outcomes.values()) >= 40


@pytest.mark.parametrize(
    ("criterion", "key"),
    [
        ("RX-05", "detector__afterpulse_probability"),
        ("TX-12", "source__intensity_correlation"),
        ("PF-11", "platform__mtbf_h"),
    ],
)
def test_assumed_is_inconclusive_and_measured_by_the_maker_is_declared(criterion: str, key: str) -> None:
    value = {"detector__afterpulse_probability": 0.001, "source__intensity_correlation": -0.001}.get(key, 90_000.0)
    assert verdict(criterion, **{key: value}) == "pass"
    assert verdict(criterion, **{key: {"value": value, "basis": "assumed"}}) == "inconclusive"
    found = evidence(criterion, profile(**{key: {"value": value, "basis": "measured"}}))
    assert found.basis == "declared"


def test_the_worse_end_of_a_declared_uncertainty_decides() -> None:
    key = "detector__backflash_probability"
    assert verdict("RX-12", **{key: {"value": 0.009, "uncertainty": 0.0001}}) == "pass"
    assert verdict("RX-12", **{key: {"value": 0.009, "uncertainty": 0.001}}) == "inconclusive"
    assert verdict("RX-12", **{key: {"value": 0.02, "uncertainty": 0.001}}) == "fail"


def test_trojan_light_against_the_paper() -> None:
    # Lucamarini et al., PRX 5, 031030 (2015): 1e20 photon/s at 1 GHz and 170 dB leave 1e-6 photons per pulse
    found = evidence("TX-13", profile(isolation__transmitter_round_trip_db=170.0))
    assert found.value == pytest.approx(1e-6, rel=1e-9)
    # 1 W at 1550.12 nm are 7.80e18 photon/s
    weaker = evidence("TX-13", profile(isolation__damage_threshold_w=1.0, isolation__transmitter_round_trip_db=170.0))
    assert weaker.value == pytest.approx(7.80e-8, rel=1e-3)


def test_optical_error_is_that_of_the_worse_basis_with_the_extinction() -> None:
    found = evidence("TX-07", profile(receiver__misalignment_error=0.0))
    assert found.value == pytest.approx(1.0 / (1.0 + 10.0**2.5))
    worse = evidence("TX-07", profile(receiver__test_basis_misalignment_error=0.03))
    assert worse.value == pytest.approx(0.03 + 0.00315 - 2 * 0.03 * 0.00315, rel=1e-2)
    visibility = evidence("PF-05")
    assert visibility.value == pytest.approx(1.0 - 2.0 * float(evidence("TX-07").value or 0.0))


def test_vacuum_carries_the_leak_of_the_modulator() -> None:
    assert evidence("TX-04").value == pytest.approx(10.0 * math.log10(0.45 / (0.0005 + 0.4495e-3)), rel=1e-6)
    overrides = {"source.intensity[2].mean_photon_number": 0.0}
    dark = load_profile(METRO, overrides=overrides).model_copy(update={"truth": None})
    assert evidence("TX-04", Device(METRO, dark)).value == pytest.approx(30.0)


def test_unequal_detectors_are_seen() -> None:
    units = [{"efficiency": 0.20}, {"efficiency": 0.18, "dark_count_probability": 9e-6}]
    assert evidence("RX-02", profile(detector__unit=units)).value == pytest.approx(0.1)
    assert evidence("RX-04", profile(detector__unit=units)).value == pytest.approx(9e-6)
    slow = [{"dead_time_s": 100e-9}, {"dead_time_s": 80e-9}]
    assert evidence("RX-06", profile(detector__unit=slow)).value == pytest.approx(0.2)


def test_rates_are_those_of_the_rate_command() -> None:
    device = profile()
    for criterion, figure in (("PF-01", "secret_key_rate_bps"), ("PF-04", "qber")):
        expected = getattr(key_rate(device.profile, loss_db=10.0), figure)
        assert evidence(criterion).value == pytest.approx(expected, rel=1e-12)
    energy = 1000.0 * 150.0 / key_rate(device.profile, loss_db=10.0).secret_key_rate_bps
    assert evidence("PF-12").value == pytest.approx(energy)


def test_a_declared_rate_above_the_physics_is_told() -> None:
    found = evidence("PF-02", profile(performance__rate_table=[{"loss_db": 10.0, "secret_key_rate_bps": 1e6}]))
    rate = key_rate(profile().profile, loss_db=10.0).secret_key_rate_bps
    assert found.value == pytest.approx(rate / 1e6)
    assert "at 10 dB 1e+06 bit/s are declared" in found.note


@pytest.mark.parametrize(
    ("pulse_ps", "width_nm", "contradicted"),
    [
        (50.0, 0.03, False),  # 0.4407: a Gaussian pulse at its limit
        (50.0, 0.3, False),  # chirped
        (31.6, 0.034, False),  # 0.3155: sech²
        (50.0, 0.015, True),
        (40.0, 0.01, True),
        (None, 0.01, False),
    ],
)
def test_no_pulse_is_short_and_narrow_at_once(pulse_ps: float | None, width_nm: float, contradicted: bool) -> None:
    found = evidence("TX-20", profile(source__pulse_width_fwhm_ps=pulse_ps, source__spectral_width_sigma_nm=width_nm))
    assert found.value is True
    assert ("time-bandwidth product" in found.contradiction) == contradicted


def test_reach_is_where_the_key_ends() -> None:
    found = evidence("PF-03", profile(performance__max_loss_db=40.0))
    assert found.contradiction
    reach = dict(found.facts)["reach of the declared components"]
    assert key_rate(profile().profile, loss_db=float(reach)).secret_key_rate_bps > 0.0
    assert key_rate(profile().profile, loss_db=float(reach) + 0.02).secret_key_rate_bps == 0.0


def test_a_rate_that_rests_on_an_assumption_is_inconclusive() -> None:
    assumed = {"value": 3.0, "basis": "assumed"}
    for criterion in ("PF-01", "PF-02", "PF-03", "PF-04"):
        assert verdict(criterion, receiver__insertion_loss_db=assumed) == "inconclusive"


def test_tags_are_never_better_than_their_length() -> None:
    assert evidence("PP-12").value == pytest.approx(1e-15 / 6)
    assert verdict("PP-12", post_processing__authentication_tag_bits=32) == "fail"
    assert verdict("PP-12", post_processing__authentication_scheme="hmac-sha-256") == "fail"
    assert verdict("PP-06", post_processing__verification_bits=20) == "fail"


def assumption(parameter: str, op: str, bound: object) -> Assumption:
    return Assumption.model_validate({"parameter": parameter, "op": op, "bound": bound})


@given(
    value=st.floats(0.1, 10.0), sigma=st.floats(0.0, 1.0), bound=st.floats(0.1, 10.0), op=st.sampled_from(["<=", ">="])
)
def test_an_assumption_is_kept_by_the_worse_end(value: float, sigma: float, bound: float, op: str) -> None:
    device = profile(source__state_error_deg={"value": value, "uncertainty": sigma})
    found = check(device.profile, assumption("source.state_error_deg", op, bound))
    reach = 1.959963984540054 * sigma
    kept = value + reach <= bound if op == "<=" else value - reach >= bound
    assert found.state == ("kept" if kept else "broken")


@pytest.mark.parametrize(
    ("parameter", "op", "bound", "state"),
    [
        ("post_processing.double_click_policy", "==", "random", "kept"),
        ("post_processing.double_click_policy", "==", "discard", "broken"),
        ("post_processing.double_click_policy", "in", ["random", "discard"], "kept"),
        ("protocol.key_basis_probability", "==", 0.9, "kept"),
        ("protocol.key_basis_probability", "==", 0.91, "broken"),
        ("source.decoy_count", "==", 2, "kept"),
        ("source.phase_randomised", "==", 1, "kept"),
        ("source.g2", "<=", 1.0, "open"),  # not stated
        ("detector.afterpulse_lifetime_s", "<=", 1.0, "open"),  # assumed
        ("source.nonsense", "<=", 1.0, "open"),
        ("nonsense", "<=", 1.0, "open"),
        ("detector.type", "<=", 1.0, "open"),  # a text has no order
        ("detector.efficiency", "<=", "high", "open"),
        ("identity", "==", "x", "open"),
    ],
)
def test_assumptions_of_every_kind(parameter: str, op: str, bound: object, state: str) -> None:
    assert check(profile().profile, assumption(parameter, op, bound)).state == state


def test_one_broken_assumption_fails_and_an_open_one_is_inconclusive() -> None:
    kept = {"parameter": "source.state_error_deg", "op": "<=", "bound": 5}
    broken = {"parameter": "source.state_error_deg", "op": "<=", "bound": 1}
    unknown = {"parameter": "source.g2", "op": "<=", "bound": 1.1}
    for listed, expected in (
        ([kept], "pass"),
        ([kept, unknown], "inconclusive"),
        ([kept, unknown, broken], "fail"),
        ([], "inconclusive"),
    ):
        assert verdict("PP-18", security_model__assumptions=listed) == expected


def test_every_assumption_that_is_missing_is_named() -> None:
    listed = load_profile(METRO).model_dump(mode="json")["security_model"]["assumptions"]
    required = {one for alternatives in required_assumptions(profile().profile) for one in alternatives}
    for index, one in enumerate(listed):
        rest = [*listed[:index], *listed[index + 1 :]]
        found = evidence("PP-17", profile(security_model__assumptions=rest))
        assert found.value is (one["parameter"] not in required)
        assert (one["parameter"] in found.note) == (one["parameter"] in required)
    assert evidence("PP-17", profile(security_model__attack_class="collective")).value is False


def test_proof_bounds_tighten_limits() -> None:
    # TX-01 asks for 0.05 at L2; the proof of the specimen for 0.025
    found = certify(METRO, criteria=["TX-01"])
    assert found.verdicts[0].threshold == 0.025
    assert found.criteria[0].threshold_status["L2"] == "proof"


@pytest.mark.parametrize(
    "overrides",
    [
        {"detector__unit": [{"efficiency": 0.0}, {"efficiency": 0.0}]},
        {"detector__unit": [{"dead_time_s": 0.0}, {"dead_time_s": 0.0}]},
        {"source__state_extinction_db": 1e300},
        {"isolation__transmitter_round_trip_db": 1e300},
        {"post_processing__verification_bits": 1e300},
        {"post_processing__authentication_tags_per_block": 0.0},
        {"detector__efficiency": 0.0},
        {"receiver__insertion_loss_db": 1e5},
    ],
)
def test_valid_but_absurd_values_are_judged_without_a_crash(overrides: dict[str, Any]) -> None:
    criteria = list(load_criteria().values())
    found = gather(profile(**overrides), criteria, 1, procedures=FROM_PROFILE)
    assert set(found) == set(load_criteria())
    assert all(one.note or not one.applicable for evidence in found.values() for one in evidence)


def test_what_cannot_be_computed_is_no_value() -> None:
    noise = {"cv.excess_noise_snu": 1e300}
    noisy = load_profile("generic-cv-metro", overrides=noise).model_copy(update={"truth": None})
    found = evidence("PF-01", Device("noisy", noisy))
    assert (found.value, found.basis) == (None, "none")
    assert found.note.startswith("cannot be computed from these values")


def test_every_derived_parameter_is_stated_by_the_specimen() -> None:
    for name in DERIVED:
        assert declared(profile().profile, name).basis == "declared", name


@pytest.mark.parametrize(
    "name", ["secoqc-2008-cv", "secoqc-2008-cow", "micius-2017-transmitter", "micius-2017-receiver"]
)
def test_published_devices_are_never_passed_for_lack_of_data(name: str) -> None:
    found = certify(name, level="L1", criteria=["all"])
    assert found.verdict.verdict != "pass"
    by_id = {one.criterion: one.verdict for one in found.verdicts}
    if name == "secoqc-2008-cv":
        assert by_id["RX-04"] == by_id["TX-08"] == "not-applicable"
        assert by_id["CV-01"] == "inconclusive"
    else:
        assert by_id["CV-01"] == "not-applicable"
    if name == "micius-2017-transmitter":
        assert by_id["RX-04"] == "not-applicable"
    if name == "micius-2017-receiver":
        assert by_id["TX-01"] == "not-applicable"


def test_imperfections_inside_a_declared_bound_are_a_caveat_of_the_rate() -> None:
    kept = key_rate(METRO, loss_db=10.0)
    assert kept.covered_by_proof
    assert "within the bounds of the declared proof are taken as ideal" in kept.coverage
    broken = key_rate(METRO, loss_db=10.0, overrides={"source.side_channel_distance": 0.02})
    assert not broken.covered_by_proof
    assert "other properties of the light" in broken.coverage
    free = key_rate(METRO, loss_db=10.0, overrides={"security_model.assumptions": []})
    assert not free.covered_by_proof
    assert kept.secret_key_rate_bps == broken.secret_key_rate_bps == free.secret_key_rate_bps
