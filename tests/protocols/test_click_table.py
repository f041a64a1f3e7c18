"""Click tables: worked values, laws, and the photon numbers behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from references import load

from protocols.setups import setup, setups
from qkdsim.protocols import KEY_BASIS, Bb84Setup, ClickTable, click_table, matched_gain_and_error, photon_number_table
from qkdsim.protocols.clicktable import BOTH, NO_CLICK, ONLY_0, ONLY_1
from qkdsim.protocols.linear_model import linear_click_table, linear_error, linear_gain

WORKED = load("worked-values")["results"]
REL = 1e-6
# in the order of `setup()`: 0.5, 0.1, 0
ROWS = list(enumerate(WORKED["clicks"]))


@pytest.mark.parametrize(("index", "row"), ROWS, ids=lambda value: "" if isinstance(value, int) else None)
def test_worked_values(index: int, row: dict[str, Any]) -> None:
    made = setup()
    assert made.mean_photon_number[index] == row["mean_photon_number"]
    table = click_table(made)
    gain, error = matched_gain_and_error(table.bit_probability(), made.symbol_probability)
    for basis in range(2):
        assert gain[index, basis] == pytest.approx(row["click"], rel=REL)
        assert error[index, basis] == pytest.approx(row["error"], rel=REL)
        assert error[index, basis] / gain[index, basis] == pytest.approx(row["qber"], rel=5e-6)  # digits printed
    patterns = table.pattern_probability[index]
    assert patterns[0, 0, 0, BOTH] == pytest.approx(row["double"], rel=5e-6)
    assert patterns[0, 0, 1, BOTH] == pytest.approx(row["double_mismatched"], rel=5e-6)


def test_mean_click_probability_of_a_mixture() -> None:
    assert click_table(setup()).click_probability == pytest.approx(WORKED["mixture_click"], rel=REL)


def test_linear_against_exact_error_rate() -> None:
    row = WORKED["linear_against_exact_qber"]
    made = setup(
        mean_photon_number=[1.0],
        intensity_probability=[1.0],
        transmittance=[row["received_photons"]] * 2,
        noise_probability=[row["noise_probability"]] * 2,
        error_probability=[row["error_probability"]] * 2,
    )
    for table, expected in ((click_table(made), row["exact"]), (linear_click_table(made, 0.0), row["linear"])):
        gain, error = matched_gain_and_error(table.bit_probability(), made.symbol_probability)
        assert error[0, KEY_BASIS] / gain[0, KEY_BASIS] == pytest.approx(expected, abs=5e-7)


@given(setups())
def test_probabilities(made: Bb84Setup) -> None:
    table = click_table(made)
    assert np.all(table.pattern_probability >= 0.0)
    assert np.all(table.pattern_probability <= 1.0)
    assert table.pattern_probability.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
    assert table.joint_probability.sum() == pytest.approx(1.0, abs=1e-12)
    assert table.click_probability <= table.fire_probability.sum() + 1e-12


@given(setups())
def test_with_equal_detectors_a_click_does_not_depend_on_the_bases(made: Bb84Setup) -> None:
    equal = setup(
        mean_photon_number=made.mean_photon_number,
        intensity_probability=made.intensity_probability,
        transmittance=[made.transmittance[0]] * 2,
        noise_probability=[made.noise_probability[0]] * 2,
        error_probability=made.error_probability,
    )
    clicks = 1.0 - click_table(equal).pattern_probability[..., NO_CLICK]
    assert clicks == pytest.approx(np.broadcast_to(clicks[:, :1, :1, :1], clicks.shape), rel=1e-12, abs=1e-15)


def test_unequal_detectors_favour_the_better_one() -> None:
    table = click_table(setup(transmittance=[4e-3, 1e-3], noise_probability=[0.0, 0.0], error_probability=[0.0, 0.0]))
    matched = table.pattern_probability[0, 0, :, 0]
    # each bit reaches its own detector only: 1 - exp(-eta mu)
    assert matched[0, ONLY_0] == pytest.approx(-np.expm1(-4e-3 * 0.5), rel=1e-12)
    assert matched[1, ONLY_1] == pytest.approx(-np.expm1(-1e-3 * 0.5), rel=1e-12)
    assert matched[0, ONLY_1] == matched[1, ONLY_0] == 0.0


def test_three_states_leave_the_missing_symbol_unsent() -> None:
    table = click_table(setup(symbol_probability=[[0.5, 0.5], [1.0, 0.0]]))
    assert table.setting_probability[:, 1, 1].sum() == 0.0
    assert table.setting_probability.sum() == pytest.approx(1.0)


@given(setups(), st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2))
def test_memory_moves_probability_and_keeps_it(made: Bb84Setup, share: list[float]) -> None:
    table, shares = click_table(made), np.array(share)
    for changed in (table.with_extra_clicks(shares), table.thinned(shares), table.accepted(share[0])):
        assert changed.pattern_probability.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
        assert np.all(changed.pattern_probability >= -1e-15)
    fires = table.fire_probability
    assert table.with_extra_clicks(shares).fire_probability == pytest.approx(fires + (1 - fires) * shares, abs=1e-12)
    assert table.thinned(shares).fire_probability == pytest.approx(fires * shares, abs=1e-12)
    assert table.accepted(share[0]).click_probability == pytest.approx(table.click_probability * share[0], abs=1e-12)


@given(setups())
def test_discarded_doubles_are_missing_from_both_bits(made: Bb84Setup) -> None:
    table = click_table(made)
    lost = table.bit_probability() - table.bit_probability(discard_doubles=True)
    assert lost == pytest.approx(np.repeat(table.pattern_probability[..., BOTH, None] / 2, 2, axis=-1), abs=1e-15)


def test_photon_numbers_make_up_the_pulse() -> None:
    made = setup(mean_photon_number=[1e-3], intensity_probability=[1.0], noise_probability=[1e-5, 3e-5])
    whole = click_table(made).pattern_probability
    parts = [photon_number_table(made, n).pattern_probability for n in (0, 1)]
    few = np.exp(-1e-3) * (parts[0] + 1e-3 * parts[1])
    remainder = whole - few
    assert np.all(remainder >= -1e-18)
    assert np.all(remainder <= 1 - np.exp(-1e-3) * (1 + 1e-3) + 1e-15)  # P(n >= 2)


@given(setups())
def test_photon_numbers_never_exceed_the_pulse_they_are_part_of(made: Bb84Setup) -> None:
    poisson = setup(
        **{name: getattr(made, name) for name in ("mean_photon_number", "intensity_probability", "transmittance")},
        noise_probability=made.noise_probability,
        error_probability=made.error_probability,
    )
    mu = poisson.mean_photon_number[:, None, None, None, None]
    parts = [photon_number_table(poisson, n).pattern_probability for n in (0, 1)]
    few = np.exp(-mu) * (parts[0] + mu * parts[1])
    rest = click_table(poisson).pattern_probability - few
    assert np.all(rest >= -1e-12)
    assert rest.sum(axis=-1) == pytest.approx(
        1 - np.exp(-mu[..., 0]) * (1 + mu[..., 0]) + 0.0 * rest.sum(axis=-1), abs=1e-12
    )


def test_a_negative_photon_number_is_refused() -> None:
    with pytest.raises(ValueError, match="got -1, expected 0 or more"):
        photon_number_table(setup(), -1)


def test_a_single_photon_source_never_makes_both_detectors_fire_on_light_alone() -> None:
    table: ClickTable = click_table(setup(single_photons=True, noise_probability=[0.0, 0.0]))
    assert np.all(table.pattern_probability[..., BOTH] == 0.0)
    assert table.click_probability == pytest.approx(3e-3, rel=1e-12)


def test_linear_model_of_the_literature() -> None:
    made = setup()
    table = linear_click_table(made, 0.04)
    gain, error = matched_gain_and_error(table.bit_probability(), made.symbol_probability)
    mu = made.mean_photon_number
    assert gain[:, 0] == pytest.approx(linear_gain(mu, 3e-3, 1e-6, 0.04), rel=1e-12)
    assert error[:, 0] == pytest.approx(linear_error(mu, 3e-3, 1e-6, 0.04, 0.01), rel=1e-9)
    assert np.all(table.pattern_probability[..., BOTH] == 0.0)
