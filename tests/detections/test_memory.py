"""Afterpulses and dead time in the mean: worked values, closed forms, and the oracle."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from protocols.setups import setup
from references import load

from detections.oracle import Clicks, Detectors, fano_factor, simulate
from qkdsim.detections import DetectorMemory, Registered, TallyTable, registered
from qkdsim.detections.memory import all_live_fano_factor, renewal_fano_factor
from qkdsim.detections.sampled import ClickSampler
from qkdsim.devices import Quantity
from qkdsim.devices.receiver import Detector, DetectorUnit
from qkdsim.protocols import ClickTable, click_table
from qkdsim.protocols.linear_model import linear_gain
from qkdsim.rng import stream

WORKED = load("worked-values")
RULES = ("blank-all", "independent", "accept-all-live")
Draw = Callable[[ClickTable, Detectors, int, int], Clicks]


def table_with(fire: tuple[float, float]) -> ClickTable:
    """One setting in which each detector fires, on its own, with the given probability: noise alone."""
    return click_table(setup(mean_photon_number=[0.0], intensity_probability=[1.0], noise_probability=list(fire)))


def memory(p_ap: tuple[float, float], gates: tuple[float, float], rule: str = "blank-all") -> DetectorMemory:
    return DetectorMemory(np.array(p_ap), np.array(gates), rule)


# --- worked values


def test_afterpulses_in_three_approximations() -> None:
    row, expected = WORKED["inputs"]["afterpulses"], WORKED["results"]["afterpulses"]
    d, p_ap = row["primary"], row["afterpulse_probability"]
    saturated = registered(table_with((d, 0.0)), memory((p_ap, 0.0), (0, 0))).table.fire_probability[0]
    assert saturated == pytest.approx(expected["saturated"], abs=5e-7)
    assert saturated == pytest.approx(d / (1 - (1 - d) * p_ap), rel=1e-12)
    # without saturation (few clicks per gate) the law tends to D / (1 - p_ap)
    sparse = registered(table_with((1e-9, 0.0)), memory((p_ap, 0.0), (0, 0))).table.fire_probability[0]
    assert sparse / 1e-9 * d == pytest.approx(expected["self_consistent"], abs=5e-7)
    # first order, as in the literature: (1 - 2 p) exp(-x) = 1 - D with no dark counts
    literature = linear_gain(np.array([-np.log1p(-d)]), 1.0, 0.0, p_ap)[0]
    assert literature == pytest.approx(expected["first_order"], abs=5e-7)


@pytest.mark.parametrize("row", WORKED["results"]["dead_time"], ids=lambda row: f"{row['dead_time_s']}s")
@pytest.mark.parametrize("rule", RULES)
def test_dead_time(row: dict[str, float], rule: str) -> None:
    inputs = WORKED["inputs"]["dead_time"]
    gates = row["dead_time_s"] * inputs["pulse_rate_hz"]
    clicks = registered(table_with((inputs["click_probability"], 0.0)), memory((0, 0), (gates, 0), rule))
    rate = clicks.table.click_probability * inputs["pulse_rate_hz"]
    assert rate == pytest.approx(row["clicks_per_s"], rel=5e-4)


def test_two_unequal_detectors() -> None:
    inputs, expected = WORKED["inputs"]["unequal"], WORKED["results"]["unequal_clicks_per_gate"]
    clicks = registered(
        table_with(tuple(inputs["click_probability"])), memory((0, 0), (inputs["blocked_gates"],) * 2, "independent")
    )
    assert clicks.table.fire_probability == pytest.approx(expected, rel=1e-9)


def test_blanking_takes_the_total_click_rate() -> None:
    fire, gates = (0.02, 0.005), 50
    clicks = registered(table_with(fire), memory((0, 0), (gates, gates)))
    total = 1 - (1 - fire[0]) * (1 - fire[1])
    assert clicks.table.click_probability == pytest.approx(total / (1 + total * gates), rel=1e-12)


def test_count_variance_of_one_detector() -> None:
    # handbook values for R d = 0.5 and 1, against the multinomial variance R' (1 - R')
    for blocked, expected in ((50, 0.41), (100, 0.27)):
        rate = 0.01 / (1 + 0.01 * blocked)
        multinomial = 1 - rate
        assert renewal_fano_factor(0.01, 0.0, blocked) / multinomial == pytest.approx(expected, abs=0.05)
    assert renewal_fano_factor(0.01, 0.0, 0) == pytest.approx(0.99)
    assert renewal_fano_factor(0.0, 0.1, 50) == 1.0


def test_count_variance_of_clusters() -> None:
    # rare clicks each breed a geometric cluster: E[S²]/E[S] = (1 + p)/(1 - p)
    assert renewal_fano_factor(1e-9, 0.1, 0) == pytest.approx(1.1 / 0.9, rel=1e-6)


def test_all_live_variance_has_its_limits() -> None:
    assert all_live_fano_factor(0.0, 0.0) == 1.0
    assert all_live_fano_factor(0.7, 0.0) == pytest.approx(1 / 1.7**2)  # one detector: a renewal process
    assert all_live_fano_factor(1.0, 1.0) == pytest.approx((4 * 7 / 12 + 1) / 16)


# --- laws


def test_no_memory_is_the_table_itself() -> None:
    table = click_table(setup())
    for rule in RULES:
        clicks = registered(table, memory((0, 0), (0, 0), rule))
        assert clicks.table is table
        assert clicks.fano_factor == pytest.approx(1 - table.click_probability)
        assert clicks.in_validity


@pytest.mark.parametrize("rule", RULES)
def test_memory_keeps_probabilities_and_their_sum(rule: str) -> None:
    table = click_table(setup(transmittance=[0.05, 0.02]))
    clicks = registered(table, memory((0.05, 0.02), (30, 10), rule))
    assert clicks.table.pattern_probability.sum(axis=-1) == pytest.approx(1.0)
    assert np.all(clicks.table.pattern_probability >= 0.0)
    assert np.all((clicks.live > 0.0) & (clicks.live <= 1.0))


@pytest.mark.parametrize(
    ("p_ap", "gates", "inside"), [(0.1, 0, True), (0.11, 0, False), (0.0, 299, True), (0.0, 301, False)]
)
def test_range_of_validity_is_flagged(p_ap: float, gates: float, inside: bool) -> None:
    clicks = registered(table_with((0.01, 0.01)), memory((p_ap, p_ap), (gates, gates)))
    assert clicks.in_validity == inside


def test_memory_of_a_profile() -> None:
    detector = Detector(
        efficiency=Quantity(0.2),
        dark_count_probability=Quantity(1e-6),
        dead_time_s=Quantity(1.05e-6),
        afterpulse_probability=Quantity(0.02),
        dead_time_rule="independent",
        unit=(
            DetectorUnit(dead_time_s=Quantity(50e-9)),
            DetectorUnit(afterpulse_probability=Quantity(0.0), afterpulse_lifetime_s=Quantity(1e-6)),
        ),
    )
    read = DetectorMemory.of(detector, 1e9)
    assert read.blocked_gates.tolist() == [50.0, 1050.0]
    assert read.afterpulse_probability.tolist() == [0.02, 0.0]
    assert read.rule == "independent"
    assert read.afterpulse_lifetime_gates == pytest.approx([10.0, 1000.0])  # 10 ns where nothing is stated
    # in spite of rounding; and of 12.5 gates the last opens after the dead time
    assert DetectorMemory.of(detector, 1.5e9).blocked_gates[0] == 75.0
    assert DetectorMemory.of(detector, 0.25e9).blocked_gates[0] == 12.0


# --- the oracle


@dataclass(frozen=True, slots=True)
class Case:
    """Clicks of a live receiver per gate, dead time, afterpulses, the two detectors' relative efficiency."""

    click_probability: float
    gates: int
    p_ap: float
    rule: str
    efficiency: tuple[float, float] = (1.0, 1.0)
    delay_share: float = 0.1  # trap lifetime over the mean time between clicks of a live receiver

    def table(self) -> ClickTable:
        made = setup(noise_probability=[1e-5, 1e-5], error_probability=[0.02, 0.02])
        low, high = 1e-7, 1.0
        for _ in range(60):
            middle = (low * high) ** 0.5
            table = click_table(replace(made, transmittance=middle * np.array(self.efficiency)))
            low, high = (middle, high) if table.click_probability < self.click_probability else (low, middle)
        return table

    def compare(self, clicks: int, seed: int, draw: Draw = simulate) -> tuple[Clicks, Registered, int]:
        table = self.table()
        model = registered(table, memory((self.p_ap,) * 2, (self.gates,) * 2, self.rule))
        gates = int(clicks / model.table.click_probability)
        delay = max(1.0, self.delay_share / self.click_probability)
        detectors = Detectors((self.p_ap,) * 2, (self.gates,) * 2, self.rule, delay)
        return draw(table, detectors, gates, seed), model, gates


# R d of each detector from 0.025 to 2.9
SPREAD = [(0.01, 5), (0.01, 100), (0.02, 100), (0.003, 1900)]
CASES = [Case(p, d, a, rule) for (p, d), a, rule in itertools.product(SPREAD, (0.0, 0.02, 0.1), RULES)]
CASES += [Case(0.01, 0, 0.1, "blank-all"), Case(0.01, 0, 0.02, "independent")]
CASES += [Case(0.02, 60, a, rule, (1.0, 0.25)) for a, rule in itertools.product((0.0, 0.05), RULES)]


def check(case: Case, clicks: int, seed: int, draw: Draw = simulate) -> None:
    drawn, model, gates = case.compare(clicks, seed, draw)
    n = len(drawn.gate)
    standard_error = float(np.sqrt(model.fano_factor / n))
    assert n / gates == pytest.approx(model.table.click_probability, rel=0.01 + 4 * standard_error)
    # sifted key detections: both ends in the key basis
    is_key = np.zeros((3, 2, 2, 2, 4), dtype=bool)
    is_key[:, 0, :, 0] = True
    key = is_key.ravel()[drawn.cell]
    tally = TallyTable.of(model, both_bases=False, has_memory=True)
    assert key.sum() / gates == pytest.approx(tally.key_probability, rel=0.01 + 4 / np.sqrt(key.sum()))
    windows = n // 400
    for keep, expected in ((None, model.fano_factor), (key, tally.key_fano_factor)):
        measured = fano_factor(drawn, gates, windows, keep)
        assert measured == pytest.approx(expected, rel=0.10 + 4 * np.sqrt(2 / windows))


def sampled(table: ClickTable, detectors: Detectors, gates: int, seed: int) -> Clicks:
    """The same from the package's own sampler; a mean delay of 1 / (1 - exp(-1/lifetime)) gates, as the oracle's."""
    delay = detectors.delay_gates
    lifetime = -1.0 / np.log1p(-1.0 / delay) if delay > 1.0 else 0.0
    remembered = DetectorMemory(
        np.array(detectors.afterpulse_probability),
        np.array(detectors.blocked_gates, dtype=np.float64),
        detectors.rule,
        np.full(2, lifetime),
    )
    clicks = ClickSampler(remembered).stretch(table, gates, stream(seed, "sampled"), most_clicks=gates).clicks
    return Clicks(clicks.slot, clicks.cell)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_sampled_clicks(case: Case) -> None:
    check(case, 600_000, 12, sampled)


@pytest.mark.parametrize("index", range(len(CASES)))
def test_against_the_oracle(index: int) -> None:
    check(CASES[index], 600_000, 100 + index)


@pytest.mark.parametrize("rule", RULES)
def test_long_lived_traps_cost_at_most_what_is_stated(rule: str) -> None:
    case = Case(0.003, 1900, 0.1, rule, delay_share=6.0)
    drawn, model, gates = case.compare(50_000, 5)
    rate = len(drawn.gate) / gates
    limit = 0.04 if rule == "accept-all-live" else 0.025
    assert rate == pytest.approx(model.table.click_probability, rel=limit + 0.012)
    cells = np.bincount(drawn.cell, minlength=96).reshape(3, 2, 2, 2, 4)
    assert _error_rate(cells) < _error_rate(model.table.joint_probability)  # too high, never too low


def _error_rate(cells: np.ndarray) -> float:
    bits = cells[:, 0, :, 0].sum(axis=0)
    return float((bits[0, 2] + bits[1, 1] + bits[:, 3].sum() / 2) / bits[:, 1:].sum())


def test_the_oracle_without_memory_is_the_click_table() -> None:
    table = Case(0.02, 0, 0.0, "independent").table()
    gates = 3_000_000
    drawn = simulate(table, Detectors((0.0, 0.0), (0, 0), "independent"), gates, 3)
    expected = table.joint_probability.ravel() * gates
    observed = np.bincount(drawn.cell, minlength=expected.size)
    clicks = np.tile([False, True, True, True], expected.size // 4) & (expected > 25)
    z = (observed[clicks] - expected[clicks]) / np.sqrt(expected[clicks])
    assert np.abs(z).max() < 4.5
    assert np.sum(z**2) < clicks.sum() + 5 * np.sqrt(2 * clicks.sum())


def test_independent_dead_times_leave_neighbouring_bits_anticorrelated() -> None:
    # after a click of one detector the next tends to come from the other: an information leak
    table = Case(0.02, 200, 0.0, "independent").table()
    alternates = {}
    for rule in ("independent", "blank-all"):
        drawn = simulate(table, Detectors((0.0, 0.0), (200, 200), rule), 4_000_000, 8)
        single = drawn.cell[(drawn.cell % 4 == 1) | (drawn.cell % 4 == 2)] % 4
        alternates[rule] = float(np.mean(single[1:] != single[:-1]))
    assert alternates["blank-all"] == pytest.approx(0.5, abs=0.02)
    assert alternates["independent"] > 0.6
