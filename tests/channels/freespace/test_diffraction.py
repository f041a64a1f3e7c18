"""Far-field diffraction against published formulas, an outside program and slow integration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import load
from scipy.integrate import quad
from scipy.special import j0, j1

from qkdsim.channels.freespace import (
    best_truncation_ratio,
    diffraction_table,
    equivalent_divergence_rad,
    far_field_transmittance,
    jittered_table,
    passed_share,
    transmitter_gain,
)
from qkdsim.units import losses_db

VALUES = load("free-space-values")
RESULTS = VALUES["results"]
SATQUMA = load("satquma-optics")
WITHIN_DB = VALUES["tolerance"]["loss_db_abs"]
TELESCOPES = [(0.0, 0.0), (1.0, 0.0), (1.12, 0.0), (1.07, 0.2), (1.0, 0.4), (2.5, 0.1)]


def default_optics(range_km: Any) -> Any:
    return losses_db(
        far_field_transmittance(
            range_km=range_km,
            wavelength_nm=810,
            transmitter_radius_m=0.15,
            receiver_radius_m=0.6,
            truncation_ratio=1.0,
        )
    )


def friis_db(
    *, transmitter_gain_: float, receiver_m: float, hole: float, wavelength_nm: float, range_km: float
) -> float:
    wavelength_m = wavelength_nm * 1e-9
    receiver_gain = (math.pi * receiver_m / wavelength_m) ** 2 * (1.0 - hole**2)
    return -10 * math.log10(transmitter_gain_ * receiver_gain * (wavelength_m / (4e3 * math.pi * range_km)) ** 2)


@pytest.mark.parametrize("row", RESULTS["diffraction"], ids=lambda row: f"{row['range_km']}km")
def test_the_trap_table(row: dict[str, float]) -> None:
    exact = float(default_optics(row["range_km"]))
    assert exact == pytest.approx(row["exact_db"], abs=0.01)
    # the two tempting formulas are too optimistic, by as much as the table says
    spot_m = math.hypot(0.15, 810e-9 * row["range_km"] * 1e3 / (math.pi * 0.15))
    untruncated = -10 * math.log10(1 - math.exp(-2 * 0.6**2 / spot_m**2))
    assert untruncated == pytest.approx(row["untruncated_db"], abs=0.01)
    gain = transmitter_gain(aperture_diameter_m=0.3, wavelength_nm=810, truncation_ratio=1.0)
    friis = friis_db(transmitter_gain_=gain, receiver_m=1.2, hole=0, wavelength_nm=810, range_km=row["range_km"])
    assert friis == pytest.approx(row["friis_db"], abs=0.01)
    assert friis < exact
    assert untruncated < exact - 2.0


def test_a_pass_of_another_program() -> None:
    given_ = SATQUMA["results"]["zenith_pass"]
    difference = default_optics(given_["range_km"]) - np.array(given_["diffraction_loss_db"])
    assert np.abs(difference).max() < 1e-4  # the file asks for 0.05 dB
    for row in SATQUMA["results"]["closest_approach"]:
        assert float(default_optics(row["range_km"])) == pytest.approx(row["diffraction_loss_db"], abs=1e-4)


@pytest.mark.parametrize("row", RESULTS["on_axis_gain"], ids=lambda row: f"{row['obscuration']}")
def test_gain_of_the_best_truncation(row: dict[str, float]) -> None:
    shadow = row["obscuration"]

    def of_laser_power_db(truncation: float) -> float:
        # wavelength pi and diameter 1: an evenly lit aperture has gain 1
        gain = transmitter_gain(
            aperture_diameter_m=1.0,
            wavelength_nm=math.pi * 1e9,
            truncation_ratio=truncation,
            obscuration_ratio=shadow,
        )
        return 10 * math.log10(gain * passed_share(truncation, shadow))

    best = best_truncation_ratio(shadow)
    assert of_laser_power_db(best) == pytest.approx(row["db"], abs=0.006)
    grid = np.linspace(0.5, 2.0, 301)
    optimum = max(of_laser_power_db(float(a)) for a in grid)
    assert of_laser_power_db(best) == pytest.approx(optimum, abs=0.001)  # a fit by Klein and Degnan, and a flat top


def test_an_evenly_lit_aperture_has_the_gain_of_its_area() -> None:
    gain = transmitter_gain(aperture_diameter_m=0.3, wavelength_nm=810, truncation_ratio=0.0)
    assert gain == pytest.approx((math.pi * 0.3 / 810e-9) ** 2, rel=1e-12)


@pytest.mark.parametrize("row", RESULTS["geostationary"]["rows"], ids=lambda row: f"{row['loss_db']}dB")
def test_from_geostationary_orbit(row: dict[str, float]) -> None:
    common = RESULTS["geostationary"]
    loss = far_field_transmittance(
        range_km=common["range_km"],
        wavelength_nm=row["wavelength_nm"],
        transmitter_radius_m=row["transmitter_diameter_m"] / 2,
        receiver_radius_m=row["receiver_diameter_m"] / 2,
        truncation_ratio=common["truncation_ratio"],
    )
    assert float(losses_db(loss)) == pytest.approx(row["loss_db"], abs=WITHIN_DB)


def test_from_alphasat() -> None:
    row = RESULTS["alphasat"]
    loss = far_field_transmittance(
        range_km=row["range_km"],
        wavelength_nm=row["wavelength_nm"],
        transmitter_radius_m=row["transmitter_diameter_m"] / 2,
        receiver_radius_m=row["receiver_diameter_m"] / 2,
        truncation_ratio=best_truncation_ratio(0.0),
    )
    assert float(losses_db(loss)) == pytest.approx(row["loss_db"], abs=WITHIN_DB)


@pytest.mark.parametrize(("truncation", "shadow"), TELESCOPES)
@pytest.mark.parametrize("u", [0.004, 0.031, 0.77, 3.3, 17.0])
def test_table_against_adaptive_integration(truncation: float, shadow: float, u: float) -> None:
    def field(t: float) -> float:
        value: float = quad(lambda x: math.exp(-((truncation * x) ** 2)) * j0(t * x) * x, shadow, 1, epsabs=1e-11)[0]
        return value

    power = quad(lambda x: math.exp(-2 * (truncation * x) ** 2) * x, shadow, 1)[0]
    circles = quad(lambda t: field(t) ** 2 * t, 0, u, epsrel=1e-7, limit=200)[0]
    error_db = float(losses_db(diffraction_table(truncation, shadow).encircled(u))) - float(losses_db(circles / power))
    assert abs(error_db) < 0.01


@pytest.mark.parametrize(("truncation", "shadow"), TELESCOPES)
def test_two_ways_to_the_same_table(truncation: float, shadow: float) -> None:
    # the squared transform of the field, and the transform of the aperture's autocorrelation: no common step
    u = np.geomspace(1e-3, 300.0, 2000)
    squared = diffraction_table(truncation, shadow).encircled(u)
    correlated = jittered_table(truncation, shadow, 0.0).encircled(u)
    assert np.abs(losses_db(squared) - losses_db(correlated)).max() < 0.002


def test_open_evenly_lit_aperture_is_the_airy_pattern() -> None:
    u = np.linspace(0.01, 90.0, 700)
    rayleigh = 1.0 - j0(u) ** 2 - j1(u) ** 2  # encircled energy of the Airy disc, Lord Rayleigh
    assert diffraction_table(0.0).encircled(u) == pytest.approx(rayleigh, abs=2e-5)


def test_a_narrow_beam_is_gaussian() -> None:
    # aperture five times the beam: w = lambda L/(pi w0)
    spot_m = 850e-9 * 600e3 / (math.pi * 0.03)
    eta = far_field_transmittance(
        range_km=600, wavelength_nm=850, transmitter_radius_m=0.15, receiver_radius_m=0.5, truncation_ratio=5.0
    )
    assert float(eta) == pytest.approx(1 - math.exp(-2 * 0.5**2 / spot_m**2), rel=1e-4)
    divergence = equivalent_divergence_rad(aperture_diameter_m=0.3, wavelength_nm=850, truncation_ratio=5.0)
    assert divergence == pytest.approx(850e-9 / (math.pi * 0.03), rel=1e-9)


def test_far_away_it_is_friis() -> None:
    gain = transmitter_gain(aperture_diameter_m=0.3, wavelength_nm=810, truncation_ratio=1.1, obscuration_ratio=0.3)
    expected = friis_db(transmitter_gain_=gain, receiver_m=0.8, hole=0.25, wavelength_nm=810, range_km=2e6)
    eta = far_field_transmittance(
        range_km=2e6,
        wavelength_nm=810,
        transmitter_radius_m=0.15,
        receiver_radius_m=0.4,
        truncation_ratio=1.1,
        obscuration_ratio=0.3,
        receiver_obscuration_ratio=0.25,
    )
    assert float(losses_db(eta)) == pytest.approx(expected, abs=0.002)


@settings(max_examples=30)
@given(st.sampled_from(TELESCOPES), st.lists(st.floats(0.0, 1e4), min_size=2, max_size=30))
def test_encircled_power_is_a_rising_share(telescope: tuple[float, float], arguments: list[float]) -> None:
    u = np.sort(arguments)
    share = diffraction_table(*telescope).encircled(u)
    assert ((share >= 0.0) & (share <= 1.0)).all()
    assert (np.diff(share) >= -1e-12).all()
    assert float(diffraction_table(*telescope).encircled(1e6)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("truncation", "shadow"), [(-1.0, 0.0), (1.0, 1.0), (1.0, -0.1), (math.nan, 0.0), (math.inf, 0.0)]
)
def test_impossible_telescopes(truncation: float, shadow: float) -> None:
    with pytest.raises(ValueError, match="expected truncation"):
        diffraction_table(truncation, shadow)
