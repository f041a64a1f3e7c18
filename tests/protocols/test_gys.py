"""Asymptotic decoy theory against the published and computed figures of Ma et al. 2005."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from references import load
from scipy.optimize import brentq, minimize_scalar

from qkdsim.protocols.entropy import binary_entropy
from qkdsim.protocols.keylength import (
    DecoySettings,
    InfiniteData,
    KeyLength,
    Statistics,
    asymptotic_decoy,
    infinite_decoy_rate,
)

REFERENCE = load("gys-2005")
INPUTS, RESULTS, TOLERANCE = REFERENCE["inputs"], REFERENCE["results"], REFERENCE["tolerance"]
POINTS = {row["length_km"]: row for row in RESULTS["points"]}
Y0, E_D, MU, NU = (INPUTS[key] for key in ("vacuum_yield", "misalignment_error", "signal", "weak_decoy"))


def eta(length_km: float) -> float:
    return float(INPUTS["receiver_efficiency"] * 10 ** (-INPUTS["attenuation_db_per_km"] * length_km / 10))


def gain(mu: float, transmittance: float, y0: float = Y0) -> float:
    return y0 - math.expm1(-transmittance * mu)  # Eq. (10)


def error_gain(mu: float, transmittance: float, y0: float = Y0) -> float:
    return 0.5 * y0 - E_D * math.expm1(-transmittance * mu)  # Eq. (11)


def data(mu: float, transmittance: float, yield_1: float, error_1: float, y0: float = Y0) -> InfiniteData:
    q = gain(mu, transmittance, y0)
    return InfiniteData(q, error_gain(mu, transmittance, y0) / q, yield_1 * mu * math.exp(-mu), error_1)


def infinite_decoys(
    length_km: float, mu: float = MU, ec_efficiency: float = INPUTS["ec_efficiency"], y0: float = Y0
) -> float:
    t = eta(length_km)
    single = y0 + t
    known = data(mu, t, single, (0.5 * y0 + E_D * t) / single, y0)
    return float(INPUTS["sifting_factor"] * infinite_decoy_rate(known, ec_efficiency))


PULSES = 1e18  # so many that rounding to whole bits does not show
SHARE_OF_DECOYS = 1e-9  # the paper's rates are those of signal pulses alone


def extracted(length_km: float, intensities: list[float]) -> KeyLength:
    """Key of `PULSES` pulses in each basis, all but a vanishing share of them signals."""
    t, mu = eta(length_km), np.array(intensities)
    probability = np.full(len(mu), SHARE_OF_DECOYS)
    probability[0] = 1.0 - probability[1:].sum()
    sent = PULSES * probability
    detected = sent * np.array([gain(one, t) for one in intensities])
    errors = sent * np.array([error_gain(one, t) for one in intensities])
    leak = INPUTS["ec_efficiency"] * detected.sum() * binary_entropy(errors.sum() / detected.sum())
    statistics = Statistics(detected, errors, detected, errors, sent, sent)
    return asymptotic_decoy(statistics, DecoySettings(mu, probability, 1e-15), leak)


def bounds(length_km: float, *, nu: float = NU, vacuum_is_measured: bool = True) -> tuple[float, float]:
    """Bounds on the yield of single photons from below and on their error rate from above."""
    intensities = [MU, nu, 0.0] if vacuum_is_measured else [MU, nu]
    key = extracted(length_km, intensities)
    return float(key.single_photon_bits) / (PULSES * MU * math.exp(-MU)), float(key.phase_error_rate)


def one_decoy(length_km: float, *, vacuum_is_measured: bool) -> float:
    key = extracted(length_km, [MU, NU, 0.0] if vacuum_is_measured else [MU, NU])
    return float(INPUTS["sifting_factor"] * key.secret_bits / PULSES)


def best_signal(
    length_km: float, ec_efficiency: float = INPUTS["ec_efficiency"], y0: float = Y0
) -> tuple[float, float]:
    found = minimize_scalar(
        lambda mu: -infinite_decoys(length_km, mu, ec_efficiency, y0) * 1e6,
        bounds=(0.2, 0.8),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.x), float(-found.fun / 1e6)


def reach_km(rate: Any, low: float, high: float) -> float:
    return float(brentq(lambda length_km: 1.0 if rate(length_km) > 0.0 else -1.0, low, high, xtol=1e-6))


@pytest.mark.parametrize("length_km", POINTS)
def test_gain_and_qber_of_the_model(length_km: float) -> None:
    t, row = eta(length_km), POINTS[length_km]
    assert gain(MU, t) == pytest.approx(row["gain"], rel=1e-9)
    assert error_gain(MU, t) / gain(MU, t) == pytest.approx(row["qber"], rel=1e-9)


@pytest.mark.parametrize("length_km", POINTS)
@pytest.mark.parametrize("decoys", ["infinite_decoys", "infinite_decoys_best_signal", "vacuum_weak", "weak_alone"])
def test_rate(length_km: float, decoys: str) -> None:
    rate = {
        "infinite_decoys": infinite_decoys(length_km),
        "infinite_decoys_best_signal": best_signal(length_km)[1],
        "vacuum_weak": one_decoy(length_km, vacuum_is_measured=True),
        "weak_alone": one_decoy(length_km, vacuum_is_measured=False),
    }[decoys]
    expected = POINTS[length_km]["bits_per_pulse"][decoys]
    assert rate == pytest.approx(expected, rel=TOLERANCE["rate_same_model_relative"], abs=0.0)


@pytest.mark.parametrize("length_km", POINTS)
def test_best_signal_at_a_length(length_km: float) -> None:
    assert best_signal(length_km)[0] == pytest.approx(POINTS[length_km]["best_signal"], abs=1e-5)


@pytest.mark.parametrize(("ec_efficiency", "key"), [(1.22, "122"), (1.0, "100")])
def test_best_signal_of_a_short_line(ec_efficiency: float, key: str) -> None:
    # (1 - mu) exp(-mu) = f h(e_d) / (1 - h(e_d)): the limit of few dark counts and high loss
    found, _ = best_signal(90.0, ec_efficiency, y0=0.0)
    assert found == pytest.approx(RESULTS["computed"][f"best_signal_ec_efficiency_{key}"], abs=1e-4)
    assert found == pytest.approx(
        RESULTS["published"][f"best_signal_ec_efficiency_{key}"], abs=TOLERANCE["best_signal"]
    )


def test_reach_with_infinite_decoys() -> None:
    computed, published = RESULTS["computed"], RESULTS["published"]["max_length_km_infinite_decoys"]
    fixed, best = reach_km(infinite_decoys, 100, 160), reach_km(lambda x: best_signal(x)[1], 100, 160)
    assert fixed == pytest.approx(computed["max_length_km_infinite_decoys_signal_048"], rel=1e-6)
    assert best == pytest.approx(computed["max_length_km_infinite_decoys_best_signal"], rel=1e-5)
    for reach in (fixed, best):
        assert abs(reach - published) < TOLERANCE["max_length_published_km"]


def test_reach_with_vacuum_and_weak_decoy() -> None:
    reach = reach_km(lambda x: one_decoy(x, vacuum_is_measured=True), 100, 160)
    assert reach == pytest.approx(RESULTS["computed"]["max_length_km_vacuum_weak"], rel=1e-6)
    assert reach == pytest.approx(
        RESULTS["published"]["max_length_km_vacuum_weak"], rel=TOLERANCE["max_length_relative"]
    )


def test_reach_without_decoys() -> None:
    def rate(length_km: float) -> float:
        t = eta(length_km)

        def of(mu: float) -> float:
            return float(extracted(length_km, [mu]).secret_bits)

        return max(of(t * step / 40) for step in range(1, 80))  # the best intensity is about eta

    reach = reach_km(rate, 10, 60)
    assert reach == pytest.approx(RESULTS["computed"]["max_length_km_no_decoy"], rel=0.005)
    assert reach == pytest.approx(RESULTS["published"]["max_length_km_no_decoy_about"], abs=0.5)


def test_published_deviations_at_40_km_come_from_a_decoy_of_012() -> None:
    t = eta(40.0)
    true_yield = Y0 + t
    true_error = (0.5 * Y0 + E_D * t) / true_yield
    published = RESULTS["published"]
    yield_1, error_1 = bounds(40.0, nu=0.12)
    assert 1 - yield_1 / true_yield == pytest.approx(published["yield_1_deviation_40km"], abs=5e-4)
    assert error_1 / true_error - 1 == pytest.approx(published["error_1_deviation_40km"], abs=1e-3)
    yield_1, error_1 = bounds(40.0)  # the decoy of the paper's curves gives less
    assert 1 - yield_1 / true_yield == pytest.approx(0.0143, abs=1e-4)
    assert error_1 / true_error - 1 == pytest.approx(0.0662, abs=1e-4)


@pytest.mark.parametrize("length_km", POINTS)
@pytest.mark.parametrize("vacuum_is_measured", [True, False])
def test_decoy_bounds_are_on_the_safe_side(length_km: float, vacuum_is_measured: bool) -> None:
    t = eta(length_km)
    yield_1, error_1 = bounds(length_km, vacuum_is_measured=vacuum_is_measured)
    assert yield_1 <= Y0 + t
    assert error_1 >= (0.5 * Y0 + E_D * t) / (Y0 + t)


def test_a_higher_error_rate_never_gives_more_key() -> None:
    clean = data(MU, eta(20.0), Y0 + eta(20.0), E_D)
    rates = [infinite_decoy_rate(replace(clean, qber=step / 100), 1.16) for step in range(50)]
    assert rates == sorted(rates, reverse=True)
