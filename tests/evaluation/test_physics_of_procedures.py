"""Would a bad device pass? Truths that break a property in another way than the shipped defective devices do.

What a cheat of a maker would try: the other detector, the other class, the band beside the declared one, a gate that
nobody declared. Values beyond a limit by five widths of the interval must not pass, values as far inside must not fail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from attacked_devices import METRO, with_truth

from qkdsim.devices import DeviceProfile, Quantity, load_profile
from qkdsim.devices.truth import Truth
from qkdsim.evaluation import certify
from qkdsim.evaluation.procedures.attacked import Design
from qkdsim.evaluation.procedures.attacks_receiver import _imbalance
from qkdsim.evaluation.procedures.gates import gate_width_ps
from qkdsim.evaluation.specimen.observations import ReceiverCounts

Table = dict[str, Any]
SIGNAL, DECOY, VACUUM = (f"source.intensity[{place}].mean_photon_number" for place in range(3))


def detectors(first: Table, second: Table) -> Table:
    """The true detectors, where they differ from the specimen's."""
    usual: tuple[Table, Table] = (
        {"efficiency": 0.1990, "dark_count_probability": 1.7e-6},
        {"efficiency": 0.2005, "dark_count_probability": 1.5e-6},
    )
    return {"detector.unit": tuple({**one, **more} for one, more in zip(usual, (first, second), strict=True))}


def specimen(values: Mapping[str, Any], behaviour: Mapping[str, Any] | None = None) -> DeviceProfile:
    """The sound specimen with a part of its truth replaced."""
    sound = load_profile(METRO)
    assert sound.truth is not None
    usual = sound.truth.model_dump(exclude_unset=True)
    shadowed = {f"detector.{name}" for unit in values.get("detector.unit", ()) for name in unit}
    truth = {
        "values": {key: value for key, value in {**usual["values"], **values}.items() if key not in shadowed},
        "behaviour": {**usual["behaviour"], **(behaviour or {})},
    }
    return sound.model_copy(update={"truth": Truth.model_validate(truth)})


def outcome(profile: DeviceProfile, criterion: str) -> str:
    return certify(profile, level="L2", criteria=[criterion]).verdicts[0].verdict


BAD: tuple[tuple[str, Table, Table], ...] = (
    # criterion, true values, behaviour
    ("TX-01", {SIGNAL: 0.432}, {}),
    ("TX-01", {DECOY: 0.156}, {}),
    ("TX-01", {VACUUM: 0.0006}, {}),
    ("TX-01", {"source.intensity_extinction_db": 22.0}, {}),
    ("TX-03", {VACUUM: 0.0006}, {}),
    ("TX-03", {SIGNAL: 0.476}, {}),
    ("TX-04", {VACUUM: 0.005}, {}),
    ("TX-05", {"source.g2": 0.93}, {}),
    ("TX-05", {"source.g2": 1.06}, {}),
    ("TX-06", {"source.state_error_deg": 5.6}, {}),
    ("TX-07", {"receiver.test_basis_misalignment_error": 0.022}, {}),
    ("TX-07", {"receiver.misalignment_error": 0.022, VACUUM: 0.05}, {}),  # light that would pass for dark counts
    ("TX-08", {"source.phase_randomised": False}, {}),
    ("TX-08", {"source.phase_correlation_visibility": 0.055}, {}),
    ("TX-09", {"source.phase_randomised": False}, {}),
    ("TX-09", {}, {"phase_bias": 0.05}),
    ("TX-10", {"source.side_channel_distance": 0.0125}, {}),
    ("TX-11", {"source.decoy_distinguishability": 0.0125}, {}),
    ("TX-12", {"source.intensity_correlation": 0.022}, {}),
    ("TX-12", {"source.intensity_correlation": -0.022}, {}),
    ("TX-13", {"isolation.transmitter_round_trip_db": 168.0}, {}),
    ("TX-16", {"isolation.seeding_threshold_w": 1.5e-6}, {}),
    ("TX-17", {"isolation.damage_threshold_w": 9.0}, {"port": {"damaged_loss_db": 60.0}}),
    ("TX-19", {"protocol.key_basis_probability": 0.9005}, {}),
    ("TX-19", {}, {"bit_bias": -0.0005}),
    ("TX-19", {"source.intensity[0].probability": 0.751, "source.intensity[1].probability": 0.149}, {}),
    ("TX-20", {"source.pulse_rate_hz": 1.00001e9}, {}),
    ("TX-20", {"source.linewidth_hz": 1.2e10}, {}),
    ("RX-01", {"receiver.insertion_loss_db": 3.5}, {}),
    ("RX-01", {"detector.gate_width_ps": 120.0}, {}),
    ("RX-01", detectors({}, {"efficiency": 0.18}), {}),
    ("RX-02", {}, {"gate_offset_ps": 120.0}),
    ("RX-03", {}, {"gate_offset_ps": -40.0}),
    ("RX-03", {"detector.worst_efficiency_mismatch": 0.22}, {}),
    ("RX-04", detectors({"dark_count_probability": 2.9e-6}, {"dark_count_probability": 1e-6}), {}),
    ("RX-05", {"detector.afterpulse_probability": 0.06, "detector.afterpulse_lifetime_s": 100e-6}, {}),
    ("RX-05", {"detector.afterpulse_probability": 0.06, "detector.afterpulse_lifetime_s": 30e-6}, {}),
    (
        "RX-06",
        {"detector.dead_time_rule": "independent", **detectors({"dead_time_s": 100e-9}, {"dead_time_s": 80e-9})},
        {},
    ),
    ("RX-08", {}, {"bright_light": {"monitor_period_s": 11.0}}),
    ("RX-09", {"detector.blinding_threshold_w": 2.05e-6}, {"bright_light": {"monitor_power_w": 2.6e-6}}),
    ("RX-10", {}, {"bright_light": {"after_gate_acceptance": 0.02}}),
    ("RX-11", {"detector.superlinearity": 1.28}, {}),
    ("RX-12", {"detector.backflash_probability": 0.011}, {}),
    ("RX-13", {"post_processing.double_click_policy": "discard"}, {}),
    ("RX-13", {}, {"double_click_random_share": 0.97}),
    ("RX-14", {"protocol.receiver_key_basis_probability": 0.896}, {}),
    ("RX-14", {"protocol.basis_choice": "passive", "receiver.splitting_wavelength_deviation": 0.1}, {}),
    ("RX-17", {}, {"gates": {"calibration_pull_ps": 25.0}}),
    ("RX-18", {}, {"gate_offset_ps": 60.0}),
    ("RX-21", {}, {"gate_offset_ps": 40.0, "gates": {"clock_tolerance_ps": 500.0}}),
    ("PP-06", {"post_processing.verification_bits": 49.0}, {}),
    ("PP-07", {"post_processing.epsilon_secrecy": 1e-3}, {}),
    ("PP-07", {SIGNAL: 0.9, DECOY: 0.3, VACUUM: 0.001}, {}),
    ("PP-07", {"post_processing.block_size_bits": 1e8}, {}),  # too few blocks for a verdict
    ("PP-08", {"post_processing.block_size_bits": 8e5}, {}),
    ("PF-04", {"receiver.misalignment_error": 0.032}, {}),
)

GOOD: tuple[tuple[str, Table, Table], ...] = (
    ("TX-03", {SIGNAL: 0.436}, {}),
    ("TX-05", {"source.g2": 1.035}, {}),
    ("TX-06", {"source.state_error_deg": 4.4}, {}),
    ("TX-08", {"source.phase_correlation_visibility": 0.045}, {}),
    ("TX-10", {"source.side_channel_distance": 0.0075}, {}),
    ("TX-12", {"source.intensity_correlation": 0.018}, {}),
    ("TX-13", {"isolation.transmitter_round_trip_db": 172.0}, {}),
    ("TX-19", {"protocol.key_basis_probability": 0.9001}, {}),
    ("RX-02", detectors({"efficiency": 0.1915}, {"efficiency": 0.2}), {}),
    ("RX-03", {"detector.worst_efficiency_mismatch": 0.15}, {}),
    ("RX-11", {"detector.superlinearity": 1.12}, {}),
    ("RX-12", {"detector.backflash_probability": 0.009}, {}),
    ("PP-06", {"post_processing.verification_bits": 64.0}, {}),
)


@pytest.mark.parametrize(("criterion", "values", "behaviour"), BAD, ids=lambda one: str(one)[:60])
def test_a_truth_beyond_the_limit_does_not_pass(criterion: str, values: Table, behaviour: Table) -> None:
    assert outcome(specimen(values, behaviour), criterion) in ("fail", "inconclusive")


@pytest.mark.parametrize(("criterion", "values", "behaviour"), GOOD, ids=lambda one: str(one)[:60])
def test_a_truth_inside_the_limit_does_not_fail(criterion: str, values: Table, behaviour: Table) -> None:
    assert outcome(specimen(values, behaviour), criterion) == "pass"


def declaring(profile: DeviceProfile, table: str, **values: Any) -> DeviceProfile:
    """The same with other declarations in one of its tables."""
    return profile.model_copy(update={table: getattr(profile, table).model_copy(update=values)})


@pytest.mark.parametrize("criterion", ["TX-13", "TX-15"])
def test_a_band_declared_narrow_leaves_no_window_beside_it(criterion: str) -> None:
    narrow = declaring(
        specimen({"isolation.transmitter_wide_band_db": 60.0}),
        "isolation",
        band_nm=(Quantity(1550.0), Quantity(1550.3)),
    )
    assert outcome(narrow, criterion) == "fail"


def test_a_damage_threshold_declared_low_lets_no_less_light_in() -> None:
    melts = specimen({"isolation.transmitter_round_trip_db": 150.0, "isolation.damage_threshold_w": 10.0})
    assert outcome(declaring(melts, "isolation", damage_threshold_w=Quantity(1e-3)), "TX-13") == "fail"


@pytest.mark.parametrize(
    ("criterion", "values", "behaviour"),
    [
        ("RX-03", {}, {"gate_offset_ps": 60.0}),
        ("RX-10", {}, {"bright_light": {"after_gate_acceptance": 0.1}}),
        ("RX-11", {"detector.superlinearity": 1.3}, {}),
        ("RX-18", {}, {"gate_offset_ps": 60.0}),
    ],
)
def test_a_gate_that_nobody_declares_is_found(criterion: str, values: Table, behaviour: Table) -> None:
    hidden = specimen({**values, "detector.gate_width_ps": 300.0}, behaviour)
    assert outcome(declaring(hidden, "detector", gate_width_ps=None), criterion) == "fail"


def test_a_dead_time_declared_away_is_found() -> None:
    hidden = specimen({"detector.dead_time_s": 100e-9})
    assert outcome(declaring(hidden, "detector", dead_time_s=Quantity(0.0)), "RX-06") == "fail"


def test_without_a_declared_filter_there_is_no_band_over_which_a_splitter_passes() -> None:
    passive = declaring(specimen({}), "protocol", basis_choice="passive")
    open_port = declaring(passive, "receiver", filter_width_nm=None)
    assert outcome(open_port, "RX-15") == "inconclusive"


@pytest.mark.parametrize("width_ps", [250.0, 300.0, 700.0])
def test_the_measured_gate_is_the_true_one(width_ps: float) -> None:
    device = with_truth({"values": {"detector.gate_width_ps": width_ps}})
    assert gate_width_ps(device, 1, "RX-11") == pytest.approx(width_ps, abs=2.0)


def test_the_imbalance_of_counts_has_the_spread_that_it_states() -> None:
    """2,000 draws of 1e4 clicks each way: the relative error of a standard deviation is 1.6 %."""
    generator, gates = np.random.default_rng(20261121), 1e7
    draws = []
    for clicks in generator.binomial(int(gates), (0.01, 0.0096), size=(2000, 2)):
        patterns = np.zeros((2, 4))
        patterns[0, 1:3] = clicks
        draws.append(_imbalance(ReceiverCounts(patterns, np.zeros((2, 2)), np.zeros(2), gates)))
    values, errors = np.array(draws).T
    assert values.std() == pytest.approx(errors.mean(), rel=0.07)  # four of its standard errors, and more
    assert values.mean() == pytest.approx(1.0 - math.log1p(-0.0096) / math.log1p(-0.01), abs=4.0 * errors.mean() / 44.0)


def test_the_audit_is_the_secret_share_of_gottesman_lo_lutkenhaus_and_preskill() -> None:
    """By hand from the declared numbers: gain and error of no photon and of one (Quant. Inf. Comput. 4, 325, 2004)."""
    sent = np.array([0.45, 0.15, 0.0005])
    mean, probability = sent + (0.45 - sent) * 1e-3, np.array([0.75, 0.15, 0.10])  # extinction of 30 dB
    half_gate = 150.0 / (math.hypot(100.0, 50.0) / 2.3548)  # jitter and pulse width, in standard deviations
    efficiency = 0.1 * 10.0**-0.3 * 0.2 * math.erf(half_gate / math.sqrt(2.0))
    leak = 10.0**-2.5 / (1.0 + 10.0**-2.5)
    optical = 0.01 * (1.0 - leak) + leak * 0.99
    lit = 1.0 - np.exp(-efficiency * mean)
    noise = 2.0 * 2e-6
    noise += 0.01 * (probability @ lit + noise)  # afterpulses follow the mean gain
    error = (noise / 2.0 + optical * efficiency) / (noise + efficiency)
    entropy = -error * math.log2(error) - (1.0 - error) * math.log2(1.0 - error)
    alone = mean * np.exp(-mean) * (noise + efficiency) * (1.0 - entropy)
    share = probability @ (np.exp(-mean) * noise + alone) / (probability @ (noise + lit))
    device = with_truth({})
    assert device.bench is not None
    assert device.bench.audit.secret_share(Design.of(device).span, None) == pytest.approx(share, rel=1e-3)


def test_notes_of_an_eavesdropper_cost_single_photons_and_nothing_else() -> None:
    """Empty pulses stay secret, multi-photon pulses never were: what is known of single photons scales their share."""
    device = with_truth({})
    assert device.bench is not None
    span, audit = Design.of(device).span, device.bench.audit
    whole, empty = audit.secret_share(span, None), audit.secret_share(span, None, 1.0)
    shares = [audit.secret_share(span, None, known) for known in (0.1, 0.2, 0.3)]
    assert 0.0 < empty < 0.02 * whole
    assert np.allclose(np.diff([whole, *shares]), shares[0] - whole)
    assert whole - shares[0] < 0.1  # less than a tenth: not all sifted bits are of single photons
