"""Lim et al. 2014 on the fixed points that were computed from its printed formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from references import load

from qkdsim.protocols.entropy import binary_entropy
from qkdsim.protocols.keylength import DecoySettings, Statistics, lim2014, planned_leak_ec_bits
from qkdsim.protocols.keylength.lim2014 import single_photon_errors, yields
from qkdsim.protocols.linear_model import linear_error, linear_gain
from qkdsim.protocols.tailbounds import TAIL_BOUNDS

REFERENCE = load("lim-2014")
INPUTS, REL = REFERENCE["inputs"], REFERENCE["tolerance"]["fixed_relative"]
FIXED = REFERENCE["results"]["fixed"]
NAMES = [f"{row['settings']['block_bits']:g}-{row['settings']['length_km']}km" for row in FIXED]
hoeffding = TAIL_BOUNDS["hoeffding"]
rows = pytest.mark.parametrize("row", FIXED, ids=NAMES)


def settings_of(row: dict[str, Any]) -> DecoySettings:
    chosen = row["settings"]
    return DecoySettings(
        np.array(chosen["mean_photon_number"]), np.array(chosen["probability"]), chosen["epsilon_correctness"]
    )


def published_counts(row: dict[str, Any]) -> Statistics:
    return Statistics(*(np.array(row[key]) for key in ("key", "key_errors", "test", "test_errors")))


def modelled_counts(row: dict[str, Any]) -> tuple[Statistics, float]:
    """Counts from the channel model of the paper, and the pulses sent."""
    chosen = row["settings"]
    mu, share = np.array(chosen["mean_photon_number"]), np.array(chosen["probability"])
    eta = INPUTS["receiver_efficiency"] * 10 ** (-INPUTS["attenuation_db_per_km"] * chosen["length_km"] / 10)
    p, p_ap = INPUTS["dark_count_probability"], INPUTS["afterpulse_probability"]
    gain = share * linear_gain(mu, eta, p, p_ap)
    error = share * linear_error(mu, eta, p, p_ap, INPUTS["misalignment_error"])
    bias = chosen["key_basis_probability"]
    pulses = chosen["block_bits"] / (bias**2 * gain.sum())
    key, test = pulses * bias**2, pulses * (1 - bias) ** 2
    return Statistics(key * gain, key * error, test * gain, test * error), pulses


@rows
def test_channel_model(row: dict[str, Any]) -> None:
    counts, pulses = modelled_counts(row)
    assert pulses == pytest.approx(row["pulses"], rel=REL)
    assert counts.qber == pytest.approx(row["qber"], rel=REL)
    for name in ("key", "key_errors", "test", "test_errors"):
        assert getattr(counts, name) == pytest.approx(row[name], rel=REL), name


@rows
def test_intermediate_values(row: dict[str, Any]) -> None:
    counts, settings = published_counts(row), settings_of(row)
    epsilon = np.asarray(row["settings"]["epsilon_secrecy"] / 21)
    assert yields(counts.key, settings, epsilon, hoeffding) == pytest.approx(
        (row["vacuum_key"], row["single_key"]), rel=REL
    )
    assert yields(counts.test, settings, epsilon, hoeffding) == pytest.approx(
        (row["vacuum_test"], row["single_test"]), rel=REL
    )
    wrong = single_photon_errors(counts.test_errors, settings, epsilon, hoeffding)
    assert wrong == pytest.approx(row["single_errors_test"], rel=REL)
    leak = planned_leak_ec_bits(counts.sifted_bits, counts.qber, INPUTS["ec_efficiency"], 1e-15)
    assert leak == pytest.approx(row["leak_ec_bits"], rel=REL)


@rows
def test_key_length(row: dict[str, Any]) -> None:
    counts, pulses = modelled_counts(row)
    leak = planned_leak_ec_bits(counts.sifted_bits, counts.qber, INPUTS["ec_efficiency"], 1e-15)
    length = lim2014(counts, settings_of(row), row["settings"]["epsilon_secrecy"], leak)
    assert length.phase_error_rate == pytest.approx(row["phase_error_rate"], rel=REL)
    assert float(length.secret_bits) == row["secret_bits"]  # whole bits
    # the reference divides before it rounds down to whole bits
    assert length.secret_bits / pulses == pytest.approx(row["bits_per_pulse"], rel=REL, abs=1 / pulses)


@rows
def test_leakage_and_fixed_costs_are_subtracted_once(row: dict[str, Any]) -> None:
    counts, settings = published_counts(row), settings_of(row)
    epsilon, leak = row["settings"]["epsilon_secrecy"], row["leak_ec_bits"]
    with_leak, without = lim2014(counts, settings, epsilon, leak), lim2014(counts, settings, epsilon, 0.0)
    assert float(without.secret_bits - with_leak.secret_bits) == pytest.approx(leak, abs=1.0)
    gained = row["vacuum_key"] + row["single_key"] * (1 - binary_entropy(row["phase_error_rate"]))
    fixed = 6 * math.log2(21 / epsilon) + math.log2(2 / row["settings"]["epsilon_correctness"])
    assert float(with_leak.secret_bits + leak + fixed) == pytest.approx(float(gained), abs=1.0)


def test_fixed_costs() -> None:
    costs = load("worked-values")["results"]["fixed_costs_bits"]
    settings = DecoySettings(np.array([0.4, 0.1, 0.0]), np.array([0.5, 0.3, 0.2]), 1e-15)
    assert 6 * math.log2(21 / 1e-10) == pytest.approx(costs["lim_2014_epsilon_1e10"], abs=0.05)
    assert settings.correctness_cost_bits == pytest.approx(costs["correctness_1e15"], abs=0.05)


def test_many_blocks_at_once_are_each_block_alone() -> None:
    settings = settings_of(FIXED[0])
    stacked = Statistics(*(np.stack([np.array(row[key]) for row in FIXED[:2]]) for key in (
        "key", "key_errors", "test", "test_errors"
    )))  # fmt: skip
    leak = np.array([row["leak_ec_bits"] for row in FIXED[:2]])
    both = lim2014(stacked, settings, 1e-10, leak)
    assert both.secret_bits.tolist() == [row["secret_bits"] for row in FIXED[:2]]


@pytest.mark.parametrize("mu", [[0.4, 0.3, 0.1], [0.4, 0.1, 0.1], [0.4, 0.1]])
def test_intensities_outside_the_theorem_are_refused(mu: list[float]) -> None:
    settings = DecoySettings(np.array(mu), np.full(len(mu), 1 / len(mu)), 1e-15)
    counts = Statistics(*(np.full(len(mu), 100.0) for _ in range(4)))
    with pytest.raises(ValueError, match="Lim 2014 needs"):
        lim2014(counts, settings, 1e-10, 0.0)


def test_nothing_detected_gives_no_key_and_no_warning() -> None:
    length = lim2014(Statistics(*(np.zeros(3) for _ in range(4))), settings_of(FIXED[0]), 1e-10, 0.0)
    assert float(length.secret_bits) == 0.0
    assert float(length.phase_error_rate) == 0.5
