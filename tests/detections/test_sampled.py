"""Sampled clicks: laws, closed forms, and the promises of the sampler."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocols.setups import setup, setups
from scipy import stats

from qkdsim.detections import DetectorMemory, registered
from qkdsim.detections.alias import WORD_BITS, AliasTable
from qkdsim.detections.clicks import Clicks, Stretch
from qkdsim.detections.sampled import ClickSampler
from qkdsim.protocols import Bb84Setup, ClickTable, click_table
from qkdsim.protocols.clicktable import BOTH
from qkdsim.rng import stream

RULES = ("blank-all", "independent", "accept-all-live")
NO_MEMORY = DetectorMemory(np.zeros(2), np.zeros(2))
METRO = setup(transmittance=[0.1, 0.08], noise_probability=[1e-5, 3e-5])


def memory(
    p_ap: tuple[float, float], gates: tuple[int, int], rule: str = "blank-all", lifetime: float = 5.0
) -> DetectorMemory:
    return DetectorMemory(np.array(p_ap), np.array(gates, dtype=np.float64), rule, np.full(2, lifetime))


def noise(*fire: float) -> ClickTable:
    return click_table(setup(mean_photon_number=[0.0], intensity_probability=[1.0], noise_probability=list(fire)))


def same(one: Stretch, other: Stretch) -> bool:
    arrays = [(one.clicks.slot, other.clicks.slot), (one.clicks.cell, other.clicks.cell), (one.sent, other.sent)]
    return all(np.array_equal(*pair) for pair in arrays) and one.end_slot == other.end_slot


# --- laws


@st.composite
def memories(draw: st.DrawFn) -> DetectorMemory:
    def pair(values: st.SearchStrategy[Any]) -> np.ndarray:
        return np.array([draw(values), draw(values)], dtype=np.float64)

    return DetectorMemory(
        pair(st.sampled_from([0.0, 0.02, 0.3, 0.9, 1.0 - 1e-9])),
        pair(st.integers(0, 300)),
        draw(st.sampled_from(RULES)),
        pair(st.sampled_from([0.0, 1.0, 40.0, 1e4, 1e13])),
    )


@given(setups(), memories(), st.integers(0, 2**60), st.integers(0, 3000), st.integers(0, 2**32))
def test_clicks_are_ordered_possible_and_accounted_for(
    made: Bb84Setup, remembered: DetectorMemory, first: int, gates: int, seed: int
) -> None:
    table, sampler = click_table(made), ClickSampler(remembered, first)
    stretch = sampler.stretch(table, first + gates, stream(seed))
    slot, cell = stretch.clicks.slot, stretch.clicks.cell
    assert stretch.end_slot == sampler.slot == first + gates
    assert slot.dtype == np.int64
    assert np.all(np.diff(slot) > 0)
    assert np.all((slot >= first) & (slot < first + gates))
    assert np.isin(stretch.clicks.pattern, (1, 2, 3)).all()
    assert np.all(table.setting_probability.ravel()[stretch.clicks.setting] > 0.0)
    assert stretch.sent.sum() == gates
    assert np.all(stretch.sent.ravel() >= np.bincount(stretch.clicks.setting, minlength=stretch.sent.size))
    assert np.all(stretch.sent[table.setting_probability == 0.0] == 0)
    if not remembered.afterpulse_probability.any():
        assert np.all(table.joint_probability.ravel()[cell] > 0.0)
    assert stretch.counted == len(slot)
    assert not stretch.is_full
    for detector in range(2):  # nobody fires while dead
        own = slot[stretch.clicks.pattern & 1 << detector > 0]
        dead = remembered.blocked_gates
        assert np.all(np.diff(own) > (dead.max() if remembered.rule == "blank-all" else dead[detector]))
    if remembered.rule == "accept-all-live":
        patterns = stretch.clicks.pattern[:-1]
        dead = np.max([np.where(patterns & 1 << j, remembered.blocked_gates[j], 0) for j in (0, 1)], axis=0)
        assert np.all(np.diff(slot) > dead)
    elif remembered.rule == "blank-all":
        assert np.all(np.diff(slot) > remembered.blocked_gates.max())


@given(setups(), memories(), st.integers(1, 50), st.integers(1, 60), st.integers(0, 2**32))
def test_a_stretch_stops_right_after_the_click_that_reaches_the_target(
    made: Bb84Setup, remembered: DetectorMemory, target: int, most: int, seed: int
) -> None:
    table, generator = click_table(made), stream(seed)
    counted = np.zeros(table.pattern_probability.shape, dtype=bool)
    counted[:, 0, :, 0, 1:] = True
    stretch = ClickSampler(remembered).stretch(table, 5000, generator, counted=counted, target=target, most_clicks=most)
    flags = counted.ravel()[stretch.clicks.cell]
    assert stretch.counted == flags.sum() <= target
    assert stretch.is_full == (stretch.counted == target)
    assert stretch.sent.sum() == stretch.end_slot
    assert len(stretch.clicks) <= most
    if stretch.is_full:
        assert flags[-1]
    if stretch.is_full or len(stretch.clicks) == most:
        assert stretch.end_slot == stretch.clicks.slot[-1] + 1
    else:
        assert stretch.end_slot == 5000


@given(setups(), memories(), st.integers(0, 2**32))
def test_same_seed_same_clicks(made: Bb84Setup, remembered: DetectorMemory, seed: int) -> None:
    def twice(sampler: ClickSampler) -> list[Stretch]:
        generator = stream(seed)
        return [sampler.stretch(table, end, generator) for end in (300, 900)]

    table = click_table(made)
    for one, other in zip(twice(ClickSampler(remembered)), twice(ClickSampler(remembered)), strict=True):
        assert same(one, other)


@given(setups(), memories(), st.integers(0, 2**32), st.integers(1, 400), st.integers(1, 6000), st.booleans())
def test_the_end_changes_no_click_before_it(
    made: Bb84Setup, remembered: DetectorMemory, seed: int, target: int, end: int, has_target: bool
) -> None:
    table, goal = click_table(made), target if has_target else None
    samplers, generators = [ClickSampler(remembered) for _ in range(2)], [stream(seed) for _ in range(2)]
    short, long = (
        sampler.stretch(table, to, generator, target=goal)
        for sampler, generator, to in zip(samplers, generators, (end, 10_000), strict=True)
    )
    before = int(np.searchsorted(long.clicks.slot, end))
    assert np.array_equal(short.clicks.slot, long.clicks.slot[:before])
    assert np.array_equal(short.clicks.cell, long.clicks.cell[:before])
    if short.is_full:  # then the end was out of sight, for what follows too
        assert same(short, long)
        again = [s.stretch(table, 20_000, g) for s, g in zip(samplers, generators, strict=True)]
        assert same(*again)


@given(st.lists(st.sampled_from([0.0, 1e-12, 1e-5, 0.1, 0.5, 1.0, 7.0]), min_size=1, max_size=200).filter(any))
def test_alias_tables_hold_their_probabilities(weights: list[float]) -> None:
    probability = np.array(weights) / sum(weights)
    table = AliasTable.of(np.array(weights), np.arange(len(weights)))
    columns = len(table.threshold)
    # words below the threshold of a column, low bits being the column's
    below = np.clip(np.ceil((table.threshold.astype(np.float64) - np.arange(columns)) / columns), 0, None)
    below *= columns / 2.0**WORD_BITS
    share = np.zeros(2**16)
    np.add.at(share, table.outcome[:, 0], below / columns)
    np.add.at(share, table.outcome[:, 1], (1.0 - below) / columns)
    assert share[: len(weights)] == pytest.approx(probability, abs=columns * 2.0**-50)
    assert share.sum() == pytest.approx(1.0)
    assert np.all(share[: len(weights)][probability == 0.0] == 0.0)


# --- no memory: closed forms


def test_without_memory_clicks_are_those_of_the_table() -> None:
    table, gates = click_table(METRO), 20_000_000
    stretch = ClickSampler(NO_MEMORY).stretch(table, gates, stream(1))
    expected = table.joint_probability.copy()
    expected[..., 0] = 0.0
    observed = np.bincount(stretch.clicks.cell, minlength=expected.size)
    often = expected.ravel() * gates > 10
    assert (
        stats.chisquare(
            np.append(observed[often], gates - observed[often].sum()),
            np.append(expected.ravel()[often], 1.0 - expected.ravel()[often].sum()) * gates,
        ).pvalue
        > 1e-4
    )


def test_without_memory_gaps_are_geometric_and_neighbours_independent() -> None:
    table = click_table(METRO)
    p = table.click_probability
    clicks = ClickSampler(NO_MEMORY).stretch(table, 1 << 40, stream(2), most_clicks=500_000).clicks
    gaps = np.diff(clicks.slot, prepend=-1)
    edges = np.unique(np.floor(np.log(np.linspace(1.0, 1e-4, 40)) / np.log1p(-p)).astype(np.int64))
    observed = np.histogram(gaps, np.append(edges + 1, 1 << 62))[0]
    survival = np.append((1.0 - p) ** edges, 0.0)
    assert stats.chisquare(observed, -np.diff(survival) * len(gaps)).pvalue > 1e-4
    pairs = np.zeros((3, 3))
    np.add.at(pairs, (clicks.pattern[:-1] - 1, clicks.pattern[1:] - 1), 1)
    assert stats.chi2_contingency(pairs).pvalue > 1e-4
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 4.5 / np.sqrt(len(gaps))
    assert abs(np.corrcoef(gaps, clicks.setting)[0, 1]) < 4.5 / np.sqrt(len(gaps))


def test_independent_dead_times_leave_neighbours_anticorrelated() -> None:
    table = click_table(setup(transmittance=[0.05, 0.05]))
    alternates = {}
    for rule in ("independent", "blank-all"):
        clicks = ClickSampler(memory((0, 0), (200, 200), rule)).stretch(table, 4_000_000, stream(3)).clicks
        single = clicks.pattern[clicks.pattern < BOTH]
        alternates[rule] = float(np.mean(single[1:] != single[:-1]))
    assert alternates["blank-all"] == pytest.approx(0.5, abs=0.02)
    assert alternates["independent"] > 0.6


def test_every_gate_fires() -> None:
    stretch = ClickSampler(NO_MEMORY).stretch(noise(1.0, 1.0), 1000, stream(1))
    assert stretch.clicks.slot.tolist() == list(range(1000))
    assert np.all(stretch.clicks.pattern == BOTH)
    dead = ClickSampler(memory((0, 0), (9, 9))).stretch(noise(1.0, 1.0), 1000, stream(1))
    assert dead.clicks.slot.tolist() == list(range(0, 1000, 10))
    assert dead.sent.sum() == 1000


def test_a_dark_receiver_registers_nothing() -> None:
    stretch = ClickSampler(memory((0.5, 0.5), (9, 9))).stretch(noise(0.0, 0.0), 1 << 60, stream(1))
    assert len(stretch.clicks) == 0
    assert stretch.sent.sum() == 1 << 60


def test_rare_clicks_come_at_their_rate() -> None:
    table = noise(1e-13, 0.0)
    clicks = ClickSampler(NO_MEMORY).stretch(table, 10**18, stream(5)).clicks
    assert len(clicks) == pytest.approx(1e5, abs=4.5 * np.sqrt(1e5))


# --- afterpulses


def test_afterpulses_wait_an_exponential_time_after_the_dead_time() -> None:
    """One detector, hardly any noise: nearly every click within reach of another is its afterpulse."""
    p_ap, dead, lifetime = 0.3, 20, 30.0
    sampler = ClickSampler(memory((p_ap, 0.0), (dead, 0), "independent", lifetime))
    gaps = np.diff(sampler.stretch(noise(1e-6, 0.0), 1 << 60, stream(6), most_clicks=400_000).clicks.slot)
    close = gaps[gaps < 1000]
    assert len(close) / len(gaps) == pytest.approx(p_ap, abs=4.5 * np.sqrt(0.21 / len(gaps)) + 1e-3)
    # shares of an exponential law between whole gates; 1 in 1400 is a dark count
    edges = np.array([0, 5, 10, 20, 30, 45, 60, 90, 150])
    observed = np.histogram(close, dead + 1 + edges)[0]
    expected = -np.diff(np.exp(-edges / lifetime)) * len(close)
    assert np.abs((observed - expected) / np.sqrt(expected)).max() < 4.5
    assert close.min() == dead + 1


def test_immediate_afterpulses_come_with_the_first_gate_after_the_dead_time() -> None:
    sampler = ClickSampler(memory((0.5, 0.0), (7, 0), "blank-all", lifetime=0.0))
    gaps = np.diff(sampler.stretch(noise(1e-9, 0.0), 1 << 60, stream(6), most_clicks=10_000).clicks.slot)
    assert gaps.min() == 8
    assert np.mean(gaps == 8) == pytest.approx(0.5, abs=0.025)


def test_both_detectors_of_a_double_click_leave_afterpulses_on_their_own() -> None:
    sampler, generator = ClickSampler(memory((0.3, 0.3), (7, 7), lifetime=0.0)), stream(13)
    both, nothing, cycles = noise(1.0, 1.0), noise(0.0, 0.0), 3000
    patterns = np.zeros(4)
    for cycle in range(cycles):
        start = 1000 * cycle
        assert sampler.stretch(both, start + 1, generator).clicks.pattern.tolist() == [BOTH]
        later = sampler.stretch(nothing, start + 1000, generator).clicks
        assert np.all((later.slot - start) % 8 == 0)
        patterns[later.pattern[0] if len(later.slot) and later.slot[0] == start + 8 else 0] += 1
    expected = cycles * np.array([0.49, 0.21, 0.21, 0.09])
    assert stats.chisquare(patterns, expected).pvalue > 1e-4


def test_thousands_of_pending_afterpulses_are_kept() -> None:
    """Traps that live long: nothing is lost until it is due, and then rates are those of breeding clusters."""
    p_ap, lifetime, p = 0.5, 1e6, 0.01
    sampler = ClickSampler(memory((p_ap, 0.0), (0, 0), "independent", lifetime))
    table, generator = noise(p, 0.0), stream(7)
    sampler.stretch(table, 20_000_000, generator)
    clicks = sampler.stretch(table, 40_000_000, generator).clicks
    # a click in a gate that fires already is the same click: f = p / (1 - (1 - p) p_ap)
    expected = p / (1.0 - (1.0 - p) * p_ap)
    assert len(clicks) / 20e6 == pytest.approx(expected, rel=0.01)


# --- stretches


@pytest.mark.parametrize("rule", RULES)
def test_many_short_stretches_are_one_long(rule: str) -> None:
    remembered, table = memory((0.3, 0.1), (30, 12), rule, 20.0), click_table(METRO)
    whole = ClickSampler(remembered).stretch(table, 3_000_000, stream(8), most_clicks=1 << 22)
    sampler, generator = ClickSampler(remembered), stream(9)
    parts = [sampler.stretch(table, end, generator) for end in range(500, 1_000_001, 500)]
    cut = Clicks(*(np.concatenate([getattr(p.clicks, n) for p in parts]) for n in ("slot", "setting", "pattern")))
    assert sum(part.sent.sum() for part in parts) == 1_000_000
    rate = len(whole.clicks) / 3e6
    fano = 3.0  # more than that of these clusters
    assert len(cut) / 1e6 == pytest.approx(rate, abs=4.5 * np.sqrt(fano * rate / 1e6 * 4 / 3))
    gaps = [np.bincount(np.minimum(np.diff(c.slot), 99), minlength=100)[1:] for c in (cut, whole.clicks)]
    seen = gaps[0] + gaps[1] > 40
    assert stats.chi2_contingency(np.array(gaps)[:, seen]).pvalue > 1e-4


@pytest.mark.parametrize("rule", RULES)
def test_pulses_sent_have_their_probabilities_however_dead_the_receiver(rule: str) -> None:
    table = click_table(setup(transmittance=[0.5, 0.3], sent_basis_probability=[0.8, 0.2]))
    gates = 3_000_000
    stretch = ClickSampler(memory((0.1, 0.1), (40, 15), rule)).stretch(table, gates, stream(10), most_clicks=1 << 22)
    expected = table.setting_probability.ravel() * gates
    assert stats.chisquare(stretch.sent.ravel(), expected).pvalue > 1e-4
    # clicks and pulses of a setting belong together: few pulses cannot have left many clicks
    assert np.all(stretch.sent.ravel() >= np.bincount(stretch.clicks.setting, minlength=len(expected)))


def test_a_channel_that_changes_is_followed() -> None:
    tables = [click_table(setup(transmittance=[t, t])) for t in (0.2, 0.02)]
    remembered = memory((0.02, 0.02), (20, 20))
    sampler, generator = ClickSampler(remembered), stream(11)
    counts = np.zeros(2)
    for turn in range(400):
        table = tables[turn % 2]
        counts[turn % 2] += len(sampler.stretch(table, 10_000 * (turn + 1), generator).clicks)
    for count, table in zip(counts, tables, strict=True):
        clicks = registered(table, remembered)
        mean = clicks.table.click_probability * 2e6
        assert count == pytest.approx(mean, abs=4.5 * np.sqrt(clicks.fano_factor * mean) + 0.01 * mean)


def test_dark_time_lets_detectors_recover() -> None:
    everything, nothing = noise(1.0, 0.0), noise(0.0, 0.0)
    sampler, generator = ClickSampler(memory((0.999999, 0.0), (1000, 0), lifetime=0.0)), stream(12)
    assert sampler.stretch(everything, 10, generator).clicks.slot.tolist() == [0]
    sampler.skip_to(5000)  # the afterpulse was due in slot 1001
    assert len(sampler.stretch(nothing, 5010, generator).clicks) == 0
    assert sampler.stretch(everything, 5020, generator).clicks.slot.tolist() == [5010]
    sampler.skip_to(5500)  # still dead, and its afterpulse still to come
    assert sampler.stretch(nothing, 7000, generator).clicks.slot.tolist() == [6011]


def test_what_makes_no_sense_is_refused() -> None:
    sampler, table, generator = ClickSampler(NO_MEMORY, 100), click_table(METRO), stream(1)
    for call in (
        lambda: sampler.stretch(table, 99, generator),
        lambda: sampler.stretch(table, 1 << 62, generator),
        lambda: sampler.skip_to(99),
        lambda: sampler.stretch(table, 200, generator, target=0),
        lambda: sampler.stretch(table, 200, generator, most_clicks=0),
        lambda: sampler.stretch(table, 200, generator, counted=np.ones((3, 2, 2, 2), dtype=bool)),
        lambda: sampler.stretch(
            click_table(setup(mean_photon_number=[0.1] * 1100, intensity_probability=[1 / 1100] * 1100)), 200, generator
        ),
    ):
        with pytest.raises(ValueError, match=r"got .*, expected"):
            call()
