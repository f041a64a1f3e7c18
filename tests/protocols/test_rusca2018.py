"""Rusca et al. 2018: one decoy, with both sampling terms in use."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from references import load

from qkdsim.protocols.keylength import DecoySettings, Statistics, planned_leak_ec_bits, rusca2018

REFERENCE = load("rusca-2018")
INPUTS, POINTS = REFERENCE["inputs"], REFERENCE["results"]["points"]


def rate_bps(point: dict[str, Any], sampling_bound: str) -> float:
    mu, share = np.array(INPUTS["mean_photon_number"]), np.array(INPUTS["probability"])
    eta = INPUTS["receiver_efficiency"] * 10 ** (-INPUTS["attenuation_db_per_km"] * point["length_km"] / 10)
    dark = INPUTS["dark_count_rate_hz"] / INPUTS["pulse_rate_hz"]
    gain = share * (1 - (1 - dark) * np.exp(-eta * mu))
    error = share * (INPUTS["misalignment_error"] * -np.expm1(-eta * mu) + dark / 2)
    bias = INPUTS["key_basis_probability"]
    matched = bias**2 + (1 - bias) ** 2
    pulses = point["size"] if point["fixed"] == "pulses" else point["size"] / (matched * gain.sum())
    key, test = pulses * bias**2, pulses * (1 - bias) ** 2
    counts = Statistics(key * gain, key * error, test * gain, test * error)
    leak = planned_leak_ec_bits(counts.sifted_bits, counts.qber, INPUTS["ec_efficiency"], INPUTS["epsilon_correctness"])
    settings = DecoySettings(mu, share, INPUTS["epsilon_correctness"])
    length = rusca2018(counts, settings, INPUTS["epsilon_secrecy"], leak, sampling_bound=sampling_bound)
    return float(length.secret_bits / pulses * INPUTS["pulse_rate_hz"])


@pytest.mark.parametrize("sampling_bound", ["serfling", "gamma"])
@pytest.mark.parametrize("point", POINTS, ids=lambda p: f"{p['length_km']}km-{p['size']:g}-{p['fixed'][:6]}")
def test_rate(point: dict[str, Any], sampling_bound: str) -> None:
    rate, expected = rate_bps(point, sampling_bound), point["secret_key_rate_bps"][sampling_bound]
    assert rate == pytest.approx(expected, rel=REFERENCE["tolerance"]["rate_relative"])
    # same formulas: the rest is rounding to whole bits and to the digits of the table
    assert rate == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("point", POINTS, ids=lambda p: f"{p['length_km']}km-{p['size']:g}")
def test_the_sampling_terms_differ_by_1_to_17_percent(point: dict[str, Any]) -> None:
    excess = rate_bps(point, "gamma") / rate_bps(point, "serfling") - 1
    assert 0.005 < excess < 0.175


@pytest.mark.parametrize("mu", [[0.2, 0.5], [0.5, 0.5], [0.5, 0.0], [0.5, 0.2, 0.0]])
def test_intensities_outside_the_analysis_are_refused(mu: list[float]) -> None:
    settings = DecoySettings(np.array(mu), np.full(len(mu), 1 / len(mu)), 1e-15)
    with pytest.raises(ValueError, match="Rusca 2018 needs"):
        rusca2018(Statistics(*(np.full(len(mu), 10.0) for _ in range(4))), settings, 1e-9, 0.0)


def test_without_statistical_terms_the_bounds_meet_the_truth() -> None:
    # a channel without noise: every detection of a non-empty pulse; exact counts for infinite data
    mu, share, eta = np.array([0.5, 0.2]), np.array([0.5, 0.5]), 1e-3
    gain = share * -np.expm1(-eta * mu) * 1e12
    none = np.zeros(2)
    settings = DecoySettings(mu, share, 1e-15)
    length = rusca2018(Statistics(gain, none, gain, none), settings, 1e-9, 0.0, tail_bound="none")
    tau_1 = float((share * mu * np.exp(-mu)).sum())
    truth = tau_1 * eta * 1e12
    # three photons and more, which one decoy cannot tell apart, cost some per cent
    assert 0.9 * truth < float(length.single_photon_bits) <= truth
    assert math.isclose(float(length.phase_error_rate), 0.0, abs_tol=1e-12)
