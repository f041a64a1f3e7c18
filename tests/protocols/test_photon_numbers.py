"""Click tables by photon number: closed forms, the mixture that they make up, and counts with the numbers known."""

from __future__ import annotations

from math import comb, exp, factorial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.setups import setup, setups
from qkdsim.detections import DetectorMemory, Expected, Tallied, TallyTable, registered
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    Bb84Setup,
    ClickTable,
    PhotonNumberCounts,
    click_table,
    photon_number_table,
    photon_number_tables,
)
from qkdsim.protocols.clicktable import BOTH, NO_CLICK, ONLY_0, ONLY_1

NO_MEMORY = DetectorMemory(np.zeros(2), np.zeros(2))


def tally_of(table: ClickTable) -> TallyTable:
    return TallyTable.of(registered(table, NO_MEMORY), both_bases=False)


def summed_over_splits(photons: int, to: tuple[float, float], noise: tuple[float, float]) -> list[float]:
    """P(pattern) by adding up every way in which n photons go to detector 0, detector 1 or get lost."""
    patterns = [0.0] * 4
    for at_0 in range(photons + 1):
        for at_1 in range(photons + 1 - at_0):
            lost = photons - at_0 - at_1
            ways = comb(photons, at_0) * comb(photons - at_0, at_1)
            share = ways * to[0] ** at_0 * to[1] ** at_1 * (1 - to[0] - to[1]) ** lost
            fires_0, fires_1 = (1.0 if at_0 else noise[0]), (1.0 if at_1 else noise[1])
            patterns[NO_CLICK] += share * (1 - fires_0) * (1 - fires_1)
            patterns[ONLY_0] += share * fires_0 * (1 - fires_1)
            patterns[ONLY_1] += share * (1 - fires_0) * fires_1
            patterns[BOTH] += share * fires_0 * fires_1
    return patterns


@given(
    st.integers(0, 7),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.5),
    st.tuples(st.floats(0.0, 0.3), st.floats(0.0, 0.3)),
)
def test_photons_split_by_the_multinomial_law(
    photons: int, eta_0: float, eta_1: float, error: float, noise: tuple[float, float]
) -> None:
    made = setup(transmittance=[eta_0, eta_1], noise_probability=noise, error_probability=[error, 0.0])
    patterns = photon_number_table(made, photons).pattern_probability
    matched = summed_over_splits(photons, ((1 - error) * eta_0, error * eta_1), noise)
    assert patterns[0, KEY_BASIS, 0, KEY_BASIS] == pytest.approx(matched, abs=1e-12)
    mismatched = summed_over_splits(photons, (eta_0 / 2, eta_1 / 2), noise)
    assert patterns[2, KEY_BASIS, 1, TEST_BASIS] == pytest.approx(mismatched, abs=1e-12)


@pytest.mark.parametrize("photons", [1, 2, 5, 40])
def test_rare_patterns_keep_their_digits(photons: int) -> None:
    """At a loss of 100 dB inclusion and exclusion would leave nothing of a double click but rounding."""
    eta = 1e-10
    made = setup(transmittance=[eta, eta], noise_probability=[0.0, 0.0], error_probability=[0.01, 0.01])
    found = photon_number_table(made, photons).pattern_probability[0, KEY_BASIS, 0, KEY_BASIS]
    assert found[ONLY_0] == pytest.approx(photons * 0.99 * eta, rel=1e-7)  # next order: n eta
    assert found[BOTH] == pytest.approx(photons * (photons - 1) * 0.99 * 0.01 * eta**2, rel=1e-7)


@given(setups())
def test_photon_numbers_add_up_to_the_pulse(made: Bb84Setup) -> None:
    tables = photon_number_tables(made)
    assert tables.number_probability.sum(axis=1) == pytest.approx(1.0, abs=1e-14)
    assert tables.pattern_probability.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
    whole = click_table(made)
    assert tables.merged.pattern_probability == pytest.approx(whole.pattern_probability, abs=1e-12)
    assert np.array_equal(tables.merged.setting_probability, whole.setting_probability)


def test_poisson_numbers() -> None:
    means = [2.0, 0.5, 0.0]
    number = photon_number_tables(setup(mean_photon_number=means)).number_probability
    for k, mean in enumerate(means):
        law = [exp(-mean) * mean**n / factorial(n) for n in range(10)]
        assert number[k, :10] == pytest.approx(law, rel=1e-13, abs=1e-300)
    # what lies beyond the numbers told apart is below 1e-16
    told_apart = number.shape[1] - 1
    beyond = sum(exp(-2.0) * 2.0**n / factorial(n) for n in range(told_apart + 1, told_apart + 30))
    assert 0.0 < beyond < 1e-16


def test_a_single_photon_source_has_one_photon() -> None:
    made = setup(single_photons=True)
    tables = photon_number_tables(made)
    assert tables.number_probability.tolist() == [[0.0, 1.0]] * 3
    assert np.array_equal(tables.exactly(1).pattern_probability, click_table(made).pattern_probability)


@given(setups(), st.integers(1, 40))
def test_resolved_tables_hold_the_same_pulses(made: Bb84Setup, classes: int) -> None:
    tables = photon_number_tables(made)
    resolved, merged = tables.resolved(classes), tables.merged
    count = len(made.mean_photon_number)
    assert resolved.setting_probability.shape == (count * classes, 2, 2, 2)
    assert resolved.pattern_probability.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
    assert np.all(resolved.pattern_probability >= 0.0)
    joint = resolved.joint_probability.reshape(count, classes, 2, 2, 2, 4).sum(axis=1)
    assert joint == pytest.approx(merged.joint_probability, abs=1e-12)
    assert resolved.click_probability == pytest.approx(merged.click_probability, abs=1e-12)


def test_classes_are_exact_numbers_and_a_rest() -> None:
    made = setup()
    tables = photon_number_tables(made)
    resolved = tables.resolved(3)
    patterns = resolved.pattern_probability.reshape(3, 3, 2, 2, 2, 4)
    for photons in (0, 1):
        assert np.array_equal(patterns[:, photons], tables.exactly(photons).pattern_probability)
    weight = resolved.setting_probability.reshape(3, 3, -1).sum(axis=-1) / made.intensity_probability[:, None]
    assert weight[0] == pytest.approx([exp(-0.5), 0.5 * exp(-0.5), 1 - 1.5 * exp(-0.5)], rel=1e-12)
    assert weight[2] == pytest.approx([1.0, 0.0, 0.0])
    # the rest of the signal is what is left of the whole pulse
    whole, few = click_table(made).pattern_probability[0], patterns[0, :2]
    rest = (whole - weight[0, 0] * few[0] - weight[0, 1] * few[1]) / weight[0, 2]
    assert patterns[0, 2] == pytest.approx(rest, rel=1e-9, abs=1e-14)


@given(setups(), st.integers(1, 5))
def test_counts_taken_apart_and_put_together(made: Bb84Setup, classes: int) -> None:
    tables, pulses = photon_number_tables(made), np.array([1e9, 1e6])
    resolved, merged = tally_of(tables.resolved(classes)), tally_of(tables.merged)
    apart = PhotonNumberCounts.of(Expected().counts(resolved, pulses, pulses * resolved.key_probability), classes)
    together = Expected().counts(merged, pulses, pulses * merged.key_probability)
    assert apart.seen.sent == pytest.approx(together.sent, rel=1e-9, abs=1e-3)
    assert apart.seen.bits == pytest.approx(together.bits, rel=1e-9, abs=1e-3)
    assert apart.seen.doubles == pytest.approx(together.doubles, rel=1e-9, abs=1e-3)
    for basis in (KEY_BASIS, TEST_BASIS):
        assert apart.detected(basis).shape == (2, len(made.mean_photon_number), classes)
        assert apart.detected(basis).sum(axis=-1) == pytest.approx(apart.seen.detected(basis))
        assert apart.errors(basis).sum(axis=-1) == pytest.approx(apart.seen.errors(basis))


def test_tallied_classes_follow_their_yields() -> None:
    made = setup(transmittance=[0.05, 0.05], noise_probability=[1e-3, 1e-3])
    tables, pulses, blocks = photon_number_tables(made), 1e6, 200
    table = tally_of(tables.resolved(3))
    sent = np.full(blocks, pulses)
    tallied = Tallied(np.random.default_rng(6))
    counts = PhotonNumberCounts.of(tallied.counts(table, sent, tallied.key_detections(table, sent, np.inf)), 3)
    p_setting = (tables.resolved(3).setting_probability[:, KEY_BASIS, :, KEY_BASIS]).sum(axis=-1).reshape(3, 3)
    clicks = 1.0 - tables.resolved(3).pattern_probability[:, KEY_BASIS, 0, KEY_BASIS, NO_CLICK].reshape(3, 3)
    mean = pulses * p_setting * clicks
    drawn = counts.detected(KEY_BASIS)
    often = mean > 0.0
    z = (drawn.mean(axis=0) - mean)[often] / np.sqrt(mean[often] / blocks)
    assert np.abs(z).max() < 4.0
    assert np.all(drawn[:, ~often] == 0.0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda tables: tables.exactly(-1), "photons: got -1, expected 0 to"),
        (lambda tables: tables.exactly(99), "photons: got 99, expected 0 to"),
        (lambda tables: tables.resolved(0), "classes: got 0, expected 1 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(call: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call(photon_number_tables(setup()))
