"""How often a device notices an attack, against the theory: binomial tails and the law of the key length."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from attacked_devices import LONG_HAUL, METRO, as_declared, sound
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdsim import rng
from qkdsim.evaluation.detection_power import abort_power, fraction_for, intercepted_qber, release_tail
from qkdsim.evaluation.procedures.attacked import Design
from qkdsim.evaluation.procedures.attacks_light import (
    intercept_resend,
    photon_number_splitting,
    splitting_power,
    splitting_transition,
    strongest_splitting,
)
from qkdsim.postprocessing.ledger import ABORTED, KEY
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Counts, InterceptResend

BLOCKS = 400
STANDARD_ERRORS = 3.0


def agrees(noticed: int, tried: int, power: float) -> bool:
    """Within three standard errors of the theory, and one event for powers next to 0 or 1."""
    return abs(noticed - tried * power) <= STANDARD_ERRORS * math.sqrt(tried * power * (1.0 - power)) + 1.0


def mean_qber(design: Design, attack: InterceptResend | None = None) -> float:
    point = design.honest if attack is None else design.attacked(attack)
    joint = point.clicks.table.setting_probability[..., None] * point.clicks.table.bit_probability()
    means = Counts(np.zeros(joint.shape[:-1]), joint, np.zeros(()))
    return float(means.errors(KEY_BASIS).sum() / means.detected(KEY_BASIS).sum())


@pytest.mark.parametrize("name", [METRO, LONG_HAUL])
@pytest.mark.parametrize("deviation", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_intercept_resend_is_noticed_as_often_as_the_binomial_tail_says(name: str, deviation: float) -> None:
    device, design = as_declared(name), Design.of(as_declared(name))
    assert device.bench is not None
    threshold = float(design.profile.post_processing.qber_abort)  # type: ignore[union-attr]  # the specimen states it
    sigma = math.sqrt(threshold * (1.0 - threshold) / design.block_bits)
    base = mean_qber(design)
    attack = InterceptResend(fraction_for(base, threshold + deviation * sigma))
    power = abort_power(mean_qber(design, attack), threshold, design.block_bits)
    draw = rng.stream(3, "power", name, str(deviation))
    record = device.bench.operation(design.loss_db, design.duration_s(BLOCKS), draw, attack=attack, is_warm=True)
    assert len(record.outcome) >= BLOCKS - 25
    assert agrees(int((record.outcome == ABORTED).sum()), len(record.outcome), power)


@pytest.mark.parametrize("name", [METRO, LONG_HAUL])
@pytest.mark.parametrize("deviation", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_splitting_is_noticed_as_often_as_the_law_of_the_key_length_says(name: str, deviation: float) -> None:
    device, design = as_declared(name), Design.of(as_declared(name))
    assert device.bench is not None
    splitting = strongest_splitting(design)
    middle, spread = splitting_transition(design, splitting)
    attack = replace(splitting, fraction=middle + deviation * spread)
    power = splitting_power(design, attack)
    assert 0.001 < power <= 1.0
    draw = rng.stream(4, "power", name, str(deviation))
    record = device.bench.operation(design.loss_db, design.duration_s(BLOCKS), draw, attack=attack, is_warm=True)
    assert len(record.outcome) >= BLOCKS - 25
    assert agrees(int((record.outcome != KEY).sum()), len(record.outcome), power)


def test_intercept_resend_raises_the_error_rate_of_either_basis_as_the_law_says() -> None:
    device, design = as_declared(), Design.of(as_declared())
    assert device.bench is not None
    for fraction in (0.1, 0.5, 1.0):
        draw = rng.stream(5, "law", str(fraction))
        attack = InterceptResend(fraction)
        block = device.bench.session(design.loss_db, 1, draw, block_bits=1e5, attack=attack).blocks[0]
        for basis in (KEY_BASIS, TEST_BASIS):
            detected, wrong = float(block.counts.detected(basis).sum()), float(block.counts.errors(basis).sum())
            expected = intercepted_qber(mean_qber(design), fraction)
            assert abs(wrong - detected * expected) <= 4.0 * math.sqrt(detected * expected * (1.0 - expected))


def test_the_figures_of_a_sound_specimen_show_its_power_beside_the_theory() -> None:
    for procedure in (intercept_resend, photon_number_splitting):
        evidence = procedure(sound(), 11)
        assert evidence.value is True
        measured, theory = evidence.series
        assert len(measured.x) == len(measured.y) == len(measured.y_low or ()) == len(measured.y_high or ())
        assert len(theory.x) == len(theory.y)
        assert min(measured.y) < 0.2
        assert max(measured.y) > 0.8
        assert all(a <= b + 1e-9 for a, b in zip(theory.y, theory.y[1:], strict=False))
        assert dict(evidence.facts)["false alarms"] == 0.0


@given(error_rate=st.floats(0.0, 0.2), threshold=st.floats(0.01, 0.3), bits=st.integers(100, 10**7))
def test_noticed_or_released_there_is_no_third(error_rate: float, threshold: float, bits: int) -> None:
    assert abort_power(error_rate, threshold, bits) + release_tail(error_rate, threshold, bits) == pytest.approx(1.0)


@given(error_rate=st.floats(0.0, 0.2), fraction=st.floats(0.0, 1.0))
def test_the_fraction_for_a_qber_is_the_inverse_of_the_law(error_rate: float, fraction: float) -> None:
    assert fraction_for(error_rate, intercepted_qber(error_rate, fraction)) == pytest.approx(fraction, abs=1e-9)


def test_the_tail_of_a_block_far_above_the_threshold_is_that_of_the_normal_law() -> None:
    bits, threshold = 1_000_000, 0.08
    sigma = math.sqrt(threshold * (1.0 - threshold) / bits)
    assert release_tail(threshold + 3.0 * sigma, threshold, bits) == pytest.approx(stats.norm.cdf(-3.0), rel=0.05)
