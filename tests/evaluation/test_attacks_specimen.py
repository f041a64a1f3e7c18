"""The eavesdroppers of the bench: what they do to clicks, what they know, and which key is left."""

from __future__ import annotations

import math

import numpy as np
import pytest
from attacked_devices import as_declared, sound, with_truth
from scipy import stats

from qkdsim import rng
from qkdsim.devices.attack_surface import KeyRule, Messages
from qkdsim.evaluation.intervals import clopper_pearson
from qkdsim.evaluation.procedures.attacked import Design, excess_bits
from qkdsim.evaluation.procedures.attacks_messages import tampering
from qkdsim.evaluation.procedures.attacks_receiver import after_gate_leak, blinding_noticed, time_shift_leak
from qkdsim.evaluation.specimen.faked_states import FakedStates, TimeShift
from qkdsim.evaluation.specimen.fed_processing import clean_feed, wire_of
from qkdsim.postprocessing.wire import Wire
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, PhotonNumberTables, photon_number_tables
from qkdsim.protocols.clicktable import BOTH, ONLY_0, matched_gain_and_error
from qkdsim.protocols.keylength import DecoySettings


def tables() -> tuple[Design, PhotonNumberTables]:
    design = Design.of(as_declared())
    return design, photon_number_tables(design.honest.setup)


def test_faked_states_keep_the_gain_of_light_and_make_no_error() -> None:
    design, honest = tables()
    attacked = FakedStates()(honest)
    assert np.allclose(attacked.pattern_probability.sum(axis=-1), 1.0)
    symbols = design.honest.setup.symbol_probability
    usual, _ = matched_gain_and_error(honest.merged.bit_probability(), symbols)
    gain, error = matched_gain_and_error(attacked.merged.bit_probability(), symbols)
    empty = honest.pattern_probability[0, ..., ONLY_0:].sum(axis=-1).max()
    assert np.allclose(gain, usual, atol=1.01 * empty)  # dark counts are gone, and nothing else
    assert not error.any()
    assert not attacked.pattern_probability[..., BOTH].any()


def test_faked_states_that_are_not_accepted_leave_noise_alone() -> None:
    _, honest = tables()
    attacked = FakedStates(0.0, is_blind=False)(honest)
    noise = honest.pattern_probability[0]
    assert np.allclose(attacked.pattern_probability, noise[None])


def test_time_shift_to_nowhere_is_no_attack() -> None:
    _, honest = tables()
    attack = TimeShift((1.0, 1.0), (1.0, 1.0))
    assert np.allclose(attack(honest).pattern_probability, honest.pattern_probability)
    assert attack.known_share == 0.0


def test_what_a_time_shift_tells_is_what_a_guess_of_so_many_clicks_tells() -> None:
    attack = TimeShift((0.9, 0.3), (0.2, 0.8))
    draw, trials = rng.stream(1, "guess"), 200_000
    late = draw.integers(0, 2, trials)
    bit = draw.integers(0, 2, trials)
    efficiency = np.array([attack.early, attack.late])[late, bit]
    clicked = draw.random(trials) < efficiency
    known = 0.0
    for shift in range(2):
        share = bit[clicked & (late == shift)].mean()
        weight = (clicked & (late == shift)).sum() / clicked.sum()
        known += weight * (1.0 + share * math.log2(share) + (1.0 - share) * math.log2(1.0 - share))
    assert attack.known_share == pytest.approx(known, abs=0.005)
    assert attack.clicks == pytest.approx(clicked.mean(), abs=0.005)


def test_an_alarm_comes_as_often_as_the_reading_of_the_monitor_says() -> None:
    device = with_truth({"behaviour": {"bright_light": {"monitor_power_w": 1e-6, "monitor_relative_error": 0.5}}})
    assert device.bench is not None
    each = float(stats.norm.cdf((0.7e-6 - 1e-6) / (0.5 * 0.7e-6)))
    reading = device.bench.attacker.bright_light(0.7e-6, 0.5, 20_000, rng.stream(2, "alarm"))
    low, high = clopper_pearson(int(np.isfinite(reading.alarm_s).sum()), 20_000, 0.999)
    assert low <= 1.0 - (1.0 - each) ** 5 <= high
    assert reading.probe_clicks.all()  # far too weak to blind


def test_a_weak_attack_that_nobody_notices_is_no_failure() -> None:
    device = sound()
    evidence = time_shift_leak(device, 5)
    assert evidence.value == 0.0
    facts = dict(evidence.facts)
    assert float(facts["bits released under attack"]) > 0.0
    assert 0.0 < float(facts["most that the eavesdropper knew of a sifted bit"]) < 0.05


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_after_gate_clicks_leak_as_soon_as_enough_are_accepted(share: float) -> None:
    device = with_truth({"behaviour": {"bright_light": {"after_gate_acceptance": share}}})
    evidence = after_gate_leak(device, 5)
    assert isinstance(evidence.value, float)
    assert evidence.value > 1e5


def test_a_monitor_between_the_light_that_blinds_and_the_light_that_alarms_is_found_out() -> None:
    late = with_truth({"behaviour": {"bright_light": {"blinding_power_w": 1e-5, "monitor_power_w": 5e-5}}})
    evidence = blinding_noticed(late, 5)
    assert evidence.value == 0.0
    bursts = with_truth({"behaviour": {"bright_light": {"blinding_power_w": 1e-5, "monitor_power_w": 5e-6}}})
    facts = dict(blinding_noticed(bursts, 5).facts)
    assert facts["noticed, continuous, 1 times"] == 1.0
    assert facts["noticed, in bursts"] == 0.0


def test_the_judge_finds_no_excess_in_a_sound_device_and_one_where_all_is_known() -> None:
    device, design = as_declared(), Design.of(as_declared())
    assert device.bench is not None
    record = device.bench.operation(design.loss_db, design.duration_s(5), rng.stream(1, "judge"), is_warm=True)
    assert record.released_bits.all()
    assert not excess_bits(device, design, record).any()
    assert np.array_equal(excess_bits(device, design, record, known_share=1.0), record.released_bits)


def test_a_clean_feed_has_single_photons_in_equal_bases_and_its_error_rate() -> None:
    settings = DecoySettings(np.array([0.5, 0.1]), np.array([0.7, 0.3]), 1e-15)
    feed = clean_feed(settings, 40_000, 0.02, rng.stream(1, "feed"))
    counts = feed.counts
    assert counts.bits.sum() == 40_000
    assert counts.mismatched().sum() == 0.0
    wrong = counts.errors(KEY_BASIS).sum() + counts.errors(TEST_BASIS).sum()
    assert abs(float(wrong) - 800.0) < 4.0 * math.sqrt(800.0)
    weight = settings.probability * settings.mean_photon_number * np.exp(-settings.mean_photon_number)
    found = counts.detected(KEY_BASIS)[0] + counts.detected(TEST_BASIS)[0]
    assert stats.chisquare(found, 40_000 * weight / weight.sum()).pvalue > 1e-4


def test_a_device_without_mistakes_has_the_wire_of_the_library() -> None:
    assert wire_of(Messages()) is Wire
    assert wire_of(Messages(checks_tags=False)) is not Wire


@pytest.mark.parametrize("kind", ["detections", "bases", "seed"])
def test_a_kind_of_message_that_the_tags_leave_out_is_found(kind: str) -> None:
    evidence = tampering(with_truth({"behaviour": {"messages": {"unprotected": [kind]}}}), 5)
    assert isinstance(evidence.value, float)
    assert evidence.value > 0.0 or kind != "seed"
    assert evidence.sample_size is not None
    assert evidence.sample_size > 100


def test_a_key_rule_without_mistakes_changes_nothing() -> None:
    plain, again = as_declared(), with_truth({"behaviour": {"key_rule": KeyRule().model_dump()}})
    design = Design.of(plain)
    assert plain.bench is not None
    assert again.bench is not None
    released = [
        bench.operation(design.loss_db, design.duration_s(3), rng.stream(1, "rule"), is_warm=True).released_bits
        for bench in (plain.bench, again.bench)
    ]
    assert np.array_equal(*released)
