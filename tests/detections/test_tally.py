"""Tallied against expected counts."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocols.setups import setup, setups
from scipy import stats

from detections.random_profiles import random_profile
from qkdsim.channels import ChannelState
from qkdsim.detections import DetectorMemory, Expected, Tallied, TallyTable, registered
from qkdsim.detections.fidelity import draw_count
from qkdsim.links.operating_point import operating_point
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Bb84Setup, Counts, click_table

PROFILES = 1000
ENOUGH = 25.0  # expected events below which a tally is too coarse to compare with a normal law


def tally_of(made: Bb84Setup, *, both: bool = False, gates: float = 0.0, p_ap: float = 0.0) -> TallyTable:
    memory = DetectorMemory(np.full(2, p_ap), np.full(2, gates))
    return TallyTable.of(registered(click_table(made), memory), both_bases=both, has_memory=not memory.is_absent)


def aggregates(counts: Counts) -> dict[str, float]:
    """Sums that one block leaves, each a binomial number of pulses."""
    found = {
        "key detections": counts.detected(KEY_BASIS).sum(),
        "test detections": counts.detected(TEST_BASIS).sum(),
        "key errors": counts.errors(KEY_BASIS).sum(),
        "test errors": counts.errors(TEST_BASIS).sum(),
        "brightest key detections": counts.detected(KEY_BASIS)[0],
        "weakest key detections": counts.detected(KEY_BASIS)[-1],
        "brightest key errors": counts.errors(KEY_BASIS)[0],
        "mismatched detections": counts.mismatched().sum(),
        "double clicks": counts.doubles,
        "pulses with matched test bases": counts.matched_sent(TEST_BASIS).sum(),
        "recorded zeros": counts.bits[..., 0].sum(),
    }
    return {name: float(value) for name, value in found.items()}


@pytest.fixture(scope="module")
def z_scores() -> dict[str, np.ndarray]:
    """Per kind of tally, one z-score for each of the random profiles and losses that expects enough events."""
    generator = np.random.default_rng(1)
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(PROFILES):
        profile = random_profile(generator)
        loss_db = generator.uniform(0, 45)
        noise_hz = 10 ** generator.uniform(0, 5)
        state = ChannelState(10 ** (-loss_db / 10), generator.uniform(0, 1700), generator.uniform(0, 0.02), noise_hz)
        point = operating_point(profile, profile, state)
        assert not point.tally.has_memory
        pulses = np.array([np.floor(10 ** generator.uniform(7, 12))])
        tallied = Tallied(generator)
        key = tallied.key_detections(point.tally, pulses, np.inf)
        drawn = tallied.counts(point.tally, pulses, key)
        mean = Expected().counts(point.tally, pulses, pulses * point.tally.key_probability)
        observed = aggregates(Counts(drawn.sent[0], drawn.bits[0], drawn.doubles[0]))
        for name, expected in aggregates(Counts(mean.sent[0], mean.bits[0], mean.doubles[0])).items():
            variance = expected * (1 - expected / pulses[0])
            if min(expected, variance) >= ENOUGH:
                found[name].append((observed[name] - expected) / np.sqrt(variance))
    return {name: np.array(values) for name, values in found.items()}


def test_every_kind_of_tally_was_compared(z_scores: dict[str, np.ndarray]) -> None:
    assert len(z_scores) == 11
    assert len(z_scores["key detections"]) > 0.95 * PROFILES
    assert min(len(z) for z in z_scores.values()) > 200


KINDS = list(aggregates(Counts(np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 2, 2, 2)), np.zeros(()))))


@pytest.mark.parametrize("kind", KINDS)
def test_z_scores_are_standard_normal(z_scores: dict[str, np.ndarray], kind: str) -> None:
    z = z_scores[kind]
    n = len(z)
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs(z.std(ddof=1) - 1) < 4 / np.sqrt(2 * n)
    assert np.abs(z).max() < 6
    assert stats.kstest(z, "norm").pvalue > 1e-4


def test_a_wrong_table_would_be_noticed(z_scores: dict[str, np.ndarray]) -> None:
    # a bias of a third of a standard deviation fails the distribution test
    z = z_scores["key detections"] + 1 / 3
    assert stats.kstest(z, "norm").pvalue < 1e-4


@given(setups(), st.booleans())
def test_expected_counts_are_pulses_times_probability(made: Bb84Setup, both: bool) -> None:
    table = tally_of(made, both=both)
    pulses = np.array([1e9])
    counts = Expected().counts(table, pulses, pulses * table.key_probability)
    joint = click_table(made).setting_probability[..., None] * click_table(made).bit_probability()
    assert counts.bits[0] == pytest.approx(joint * 1e9, rel=1e-6, abs=1e-3)
    assert counts.sent[0] == pytest.approx(made.setting_probability * 1e9, rel=1e-6, abs=1e-3)


@given(setups(), st.booleans(), st.integers(0, 10**6))
def test_tallied_counts_are_whole_and_add_up(made: Bb84Setup, both: bool, pulses: int) -> None:
    table, tallied = tally_of(made, both=both), Tallied(np.random.default_rng(0))
    sent = np.array([float(pulses)])
    key = tallied.key_detections(table, sent, np.inf)
    counts = tallied.counts(table, sent, key)
    assert counts.pulses[0] == pulses
    assert np.array_equal(counts.bits, np.rint(counts.bits))
    expected_key = counts.detected(KEY_BASIS).sum() + (counts.detected(TEST_BASIS).sum() if both else 0.0)
    assert expected_key == key[0] <= pulses
    assert counts.doubles[0] <= counts.bits.sum()


def test_pulses_to_fill_a_block_are_negative_binomial() -> None:
    table, size, blocks = tally_of(setup()), 200.0, 20_000
    p = table.key_probability
    drawn = Tallied(np.random.default_rng(4)).pulses_to_fill(table, size, blocks)
    mean, variance = size / p, size * (1 - p) / p**2
    assert drawn.min() >= size
    assert drawn.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / blocks))
    assert drawn.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / blocks))
    assert Expected().pulses_to_fill(table, size, 3).tolist() == [mean] * 3


def test_pulses_to_fill_with_memory_have_the_corrected_variance() -> None:
    table, size, blocks = tally_of(setup(transmittance=[0.05, 0.05]), gates=100.0), 1000.0, 20_000
    p, fano = table.key_probability, table.key_fano_factor
    assert fano < 0.9
    drawn = Tallied(np.random.default_rng(4)).pulses_to_fill(table, size, blocks)
    assert drawn.mean() == pytest.approx(size / p, rel=4 * np.sqrt(fano / size / blocks))
    assert drawn.var() == pytest.approx(size * fano / p**2, rel=4 * np.sqrt(2 / blocks))


@pytest.mark.parametrize("fano", [0.05, 0.5, 1.0, 1.2, 3.0])
@pytest.mark.parametrize("mean", [40.0, 1e3, 1e8])
def test_counts_of_a_given_mean_and_variance(mean: float, fano: float) -> None:
    drawn = draw_count(np.random.default_rng(9), np.full(20_000, mean), fano)
    assert np.array_equal(drawn, np.rint(drawn))
    rounding = 0.6 / (mean * fano) if fano < 1 else 0.0  # trials of the binomial law are whole numbers
    assert drawn.mean() == pytest.approx(mean, rel=4 * np.sqrt(fano / mean / 20_000) + 1e-9)
    assert drawn.var() == pytest.approx(mean * fano, rel=4 * np.sqrt(2 / 20_000) + rounding + 0.01)
    assert draw_count(np.random.default_rng(9), np.zeros(3), fano).tolist() == [0.0] * 3


def test_a_dead_link_never_fills_a_block() -> None:
    table = tally_of(setup(transmittance=[0.0, 0.0], noise_probability=[0.0, 0.0]))
    for tally in (Expected(), Tallied(np.random.default_rng(0))):
        assert np.isinf(tally.pulses_to_fill(table, 10.0, 2)).all()
        counts = tally.counts(table, np.array([1e6]), np.array([0.0]))
        assert counts.bits.sum() == 0.0
        assert counts.pulses[0] == pytest.approx(1e6)


def test_a_nearly_dead_link_is_drawn_without_overflow() -> None:
    table = tally_of(setup(transmittance=[1e-40, 1e-40], noise_probability=[0.0, 0.0]))
    pulses = Tallied(np.random.default_rng(0)).pulses_to_fill(table, 1e6, 2)
    assert np.all(pulses > 1e30)


def test_key_detections_stay_below_the_size_that_was_not_reached() -> None:
    table = tally_of(setup())
    pulses = np.full(5000, 200 / table.key_probability)  # half of them would reach 200
    drawn = Tallied(np.random.default_rng(2)).key_detections(table, pulses, 200.0)
    assert drawn.max() == 199.0
    assert 180 < drawn.mean() < 195


@given(setups(), st.booleans(), st.integers(1, 6))
def test_what_a_block_holds_does_not_depend_on_the_blocks_after_it(made: Bb84Setup, both: bool, few: int) -> None:
    table = tally_of(made, both=both)
    pulses, key = np.linspace(1e3, 1e9, 6).round(), np.linspace(1.0, 9e2, 6).round()
    many = Tallied(np.random.default_rng(3)).counts(table, pulses, key)
    some = Tallied(np.random.default_rng(3)).counts(table, pulses[:few], key[:few])
    assert np.array_equal(some.sent, many.sent[:few])
    assert np.array_equal(some.bits, many.bits[:few])
    assert np.array_equal(some.doubles, many.doubles[:few])
