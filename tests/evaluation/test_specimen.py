"""The specimen's bench: what its instruments show follows from the truth, and agrees with the physics of the house."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qkdsim import rng
from qkdsim.channels import ChannelState
from qkdsim.devices import NamedProfile, load_profile
from qkdsim.evaluation.estimates import share
from qkdsim.evaluation.procedures import (
    click_times,
    efficiency,
    encoding,
    interruptions,
    key_processing,
    performance,
    receiver,
    receiver_choices,
    source,
    source_drive,
)
from qkdsim.evaluation.specimen import Light, device_under_test
from qkdsim.evaluation.specimen.simulated import SimulatedBench
from qkdsim.links.operating_point import operating_point
from qkdsim.links.rate import key_rate
from qkdsim.links.timeline import Disruption
from qkdsim.postprocessing.wire import Message
from qkdsim.protocols import TEST_BASIS, InterceptResend, bb84_setup, binary_entropy, matched_gain_and_error
from qkdsim.protocols.clicktable import ONLY_0

SPECIMEN = "generic-ingaas-metro"
OWN = (
    source,
    source_drive,
    encoding,
    efficiency,
    receiver,
    receiver_choices,
    click_times,
    key_processing,
    performance,
    interruptions,
)


def bench(day: int = 1, **changes: Any) -> SimulatedBench:
    return SimulatedBench(load_profile(SPECIMEN, overrides=changes), day)


def true(**values: Any) -> dict[str, Any]:
    """Overrides of a specimen with this truth and no other."""
    return {"truth": {"values": {key.replace("__", "."): value for key, value in values.items()}}}


def nature(*names: str | int) -> np.random.Generator:
    return rng.stream(1, "test", *names)


def test_a_procedure_sees_no_truth() -> None:
    named = NamedProfile("specimen", load_profile(SPECIMEN), "")
    device = device_under_test(named)
    assert device.bench is not None
    assert device.profile.truth is None
    assert device.profile == named.profile.model_copy(update={"truth": None})


def test_a_profile_without_truth_has_no_bench() -> None:
    assert device_under_test(NamedProfile("lim-2014", load_profile("lim-2014"), "")).bench is None


def test_same_generator_same_observation() -> None:
    first, second = (bench().intensity_counts(0, 1e8, nature("same")) for _ in range(2))
    assert first == second
    assert first != bench().intensity_counts(0, 1e8, nature("other"))


def test_the_calibration_is_off_by_the_same_on_one_day_and_by_another_on_the_next() -> None:
    errors = [bench(day).hidden.calibration_error("photon counter") for day in range(200)]
    assert np.std(errors) == pytest.approx(0.004, rel=0.2)
    assert bench(3).hidden.calibration_error("photon counter") == errors[3]
    assert bench(3).hidden.calibration_error("laser") != errors[3]


def test_counts_in_the_dark_and_in_light_are_those_of_the_click_table() -> None:
    # the receiver of the bench against the click table of `protocols`, one state in its own basis
    one = bench(**true())
    profile = one.hidden.true
    assert profile.detector is not None
    gates, mean = 2e9, 0.3
    light = Light(mean * (1.0 - one.hidden.calibration_error("laser")), state=(0, 0))
    counts = one.receiver_counts(light, gates, nature("light")).patterns[0]
    setup = bb84_setup(profile, profile, ChannelState(transmittance=0.0))
    efficiency = one.light_efficiency(light)
    shares = np.array([1.0 - 0.01, 0.01])
    fire = 1.0 - (1.0 - setup.noise_probability) * np.exp(-mean * shares * efficiency)
    expected = gates * 0.9 * fire[0] * (1.0 - fire[1])
    assert counts[ONLY_0] == pytest.approx(expected, abs=5.0 * math.sqrt(expected) + 2e-5 * expected)


def test_an_operation_agrees_with_the_key_rate_of_the_house_where_the_truth_is_as_declared() -> None:
    record = bench(**true()).operation(10.0, 3600.0, nature("operation"), is_warm=True)
    measured = performance.key_rate(record)
    expected = key_rate(SPECIMEN, loss_db=10.0)
    # the pool's refill is not released; the mean over blocks of a concave bound lies a little below that of the mean
    refill_bps = 768.0 / float(np.mean(record.end_s - record.start_s))
    assert measured.value + refill_bps == pytest.approx(expected.secret_key_rate_bps, rel=0.01)
    assert expected.qber is not None
    error = performance.error_rate(record)
    assert abs(error.value - expected.qber) < 3.0 * (error.high - error.low) / 3.92


def test_key_processing_believes_what_is_declared_not_what_is_true() -> None:
    # all classes a fifth brighter than declared: decoys notice nothing, key comes faster, and less of it is secret
    means = {"0": 0.54, "1": 0.18, "2": 0.0006}
    bright = bench(**true(**{f"source__intensity[{place}]__mean_photon_number": mean for place, mean in means.items()}))
    fair = bench(**true())
    rates = [one.operation(10.0, 1800.0, nature("belief"), is_warm=True) for one in (bright, fair)]
    assert performance.key_rate(rates[0]).value > performance.key_rate(rates[1]).value > 0.0
    true_share = [one.audit.secret_share(one._span(10.0), None) for one in (bright, fair)]
    assert true_share[0] < true_share[1]


def test_released_key_of_a_sound_device_lies_below_what_the_audit_finds() -> None:
    one = bench()
    record = one.session(3.0, 1, nature("session"), block_bits=2.5e6)
    block = record.blocks[0]
    assert 0 < record.released_bits == len(block.alice_key)
    assert np.array_equal(block.alice_key, block.bob_key)
    assert record.released_bits < one.audit.secure_bits(3.0, block)


def test_intercept_resend_takes_away_what_the_audit_calls_secure() -> None:
    one = bench(**true(detector__afterpulse_probability=0.0))  # afterpulses of empty pulses would be secret
    shares = [one.audit.secret_share(one._span(10.0), InterceptResend(fraction)) for fraction in (0.0, 0.3, 1.0)]
    assert shares[0] > shares[1] > shares[2]
    # what is left are single photons, whose phase error rate goes from e to e + (1 - 2 e)/4
    state = one._span(10.0).state(wavelength_nm=1550.12)
    single = operating_point(one.hidden.true, one.hidden.true, state).single_photons.bit_probability()
    gain, error = matched_gain_and_error(single, np.full((2, 2), 0.5))
    usual = float(error[0, TEST_BASIS] / gain[0, TEST_BASIS])
    left = [1.0 - float(binary_entropy(np.array(one))) for one in (usual, usual + (1.0 - 2.0 * usual) / 4.0)]
    assert shares[2] / shares[0] == pytest.approx(left[1] / left[0], rel=0.02)
    aborted = one.session(10.0, 1, nature("attacked"), block_bits=1e5, attack=InterceptResend(1.0))
    assert aborted.released_bits == 0
    assert aborted.aborted == 1


def test_a_cut_stops_the_link_for_as_long_as_it_takes_to_lock_again() -> None:
    one = bench(**true(performance__relock_s=100.0))
    cut = [Disruption("cut", 300.0, 360.0)]
    record = one.operation(10.0, 900.0, nature("cut"), faults=cut, is_warm=True)
    open_across = (record.start_s < 300.0) & (record.end_s > 300.0)
    assert int(open_across.sum()) == 1
    assert float(record.end_s[open_across][0]) > 460.0


def test_a_forged_transcript_gives_no_key() -> None:
    def forge(message: Message) -> bytes:
        return bytes([message.body[0] ^ 1]) + message.body[1:] if message.kind == "bases" else message.body

    record = bench().session(10.0, 1, nature("forged"), block_bits=1e5, tamper=forge)
    assert record.released_bits == 0
    assert record.blocks[0].ledger.reason == "a message was not authentic"


def test_each_criterion_has_one_procedure_and_all_need_the_bench() -> None:
    procedures = [one for module in OWN for one in module.PROCEDURES]
    names = [one.criterion for one in procedures]
    assert len(set(names)) == len(names)
    assert all(one.needs in ("bench", "link") for one in procedures)


@pytest.mark.parametrize("deviation", [0.01, 0.3])
def test_a_passive_splitter_that_runs_with_the_wavelength(deviation: float) -> None:
    profile = load_profile(
        SPECIMEN,
        overrides={
            "protocol.basis_choice": "passive",
            "protocol.key_basis_probability": 0.5,
            "truth": {"values": {"receiver.splitting_wavelength_deviation": deviation}},
            "security_model": {},
        },
    )
    found = receiver_choices.splitting(device_under_test(NamedProfile("passive", profile, "")), 1)
    assert found.interval is not None
    assert found.interval[0] <= deviation <= found.interval[1]


def test_dark_counts_of_few_events_are_covered_too() -> None:
    one = bench()
    gates, truth = 5e6, 1.7e-6  # 8.5 counts
    hits = 0
    for seed in range(500):
        counts = one.receiver_counts(Light(0.0), gates, rng.stream(seed, "few"))
        estimate = share(float(counts.fired[0]), gates)
        hits += estimate.low <= truth <= estimate.high
    assert hits / 500 > 0.94


def test_efficiency_of_a_device_without_gate() -> None:
    changes = {"detector.gate_width_ps": 1000.0, "truth": {"values": {}}}
    device = device_under_test(NamedProfile("wide", load_profile(SPECIMEN, overrides=changes), ""), 4)
    for one in efficiency.efficiencies(device, 4, "RX-01", 0.999):
        assert one.low <= 0.2 <= one.high
