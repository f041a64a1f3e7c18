"""Pointing: mean, law and samples against each other and against integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from qkdsim import rng
from qkdsim.channels.freespace import (
    Pointing,
    SmallReceiverFading,
    WanderingSpot,
    diffraction_table,
    equivalent_divergence_rad,
    gaussian_capture,
    jittered_table,
    mean_pointing_factor,
)
from qkdsim.errors import InputError
from qkdsim.units import losses_db


@pytest.mark.parametrize(("jitter_urad", "boresight_urad"), [(0.0, 3.0), (2.0, 0.0), (2.0, 3.0)])
def test_small_receiver_has_the_closed_form(jitter_urad: float, boresight_urad: float) -> None:
    spot_m, range_km = 6.0, 800.0
    blurred = spot_m**2 + 4 * (jitter_urad * 1e-6 * range_km * 1e3) ** 2
    offset = boresight_urad * 1e-6 * range_km * 1e3
    expected = spot_m**2 / blurred * math.exp(-2 * offset**2 / blurred)
    factor = mean_pointing_factor(
        spot_radius_m=spot_m,
        range_km=range_km,
        receiver_radius_m=0.01,
        jitter_urad=jitter_urad,
        boresight_urad=boresight_urad,
    )
    assert float(factor) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("offset_m", [0.0, 0.2, 0.9])
def test_capture_off_the_axis_against_the_plane(offset_m: float) -> None:
    spot_m, radius_m = 0.7, 0.5

    def light(y: float, x: float) -> float:
        return 2 / (math.pi * spot_m**2) * math.exp(-2 * ((x - offset_m) ** 2 + y**2) / spot_m**2)

    def edge(x: float) -> float:
        return math.sqrt(max(0.0, radius_m**2 - x * x))

    plane = dblquad(light, -radius_m, radius_m, lambda x: -edge(x), edge)[0]
    assert float(gaussian_capture(spot_m, radius_m, offset_m)) == pytest.approx(plane, rel=1e-6)


@settings(max_examples=25)
@given(st.floats(0.05, 5.0), st.floats(0.05, 3.0), st.floats(0.01, 2.0), st.floats(0.0, 2.0))
@example(0.25, 0.25, 0.125, 1.0)
def test_mean_of_any_receiver_is_the_mean_of_its_law(
    spot: float, radius: float, jitter: float, boresight: float
) -> None:
    law = WanderingSpot(spot, radius, jitter, boresight)
    # quantiles at the midpoints of 20000 classes of probability: weighted, their mean is the mean of the law. Classes
    # shrink towards 1, for with a far boresight all the light comes in a few moments
    edges = 1.0 - np.append(np.linspace(1.0, 1e-3, 10_001), np.geomspace(1e-3, 1e-13, 10_001)[1:])
    p = (edges[1:] + edges[:-1]) / 2.0
    assert float(law.quantile(p) @ np.diff(edges)) == pytest.approx(law.mean, rel=2e-3, abs=1e-9)
    assert (np.diff(law.quantile(p)) >= -1e-12).all()


def test_samples_follow_the_law() -> None:
    law = WanderingSpot(spot_radius_m=0.8, receiver_radius_m=0.4, jitter_m=0.3, boresight_m=0.2)
    draws = law.sample(rng.stream(7, "pointing"), 40_000)
    assert float(draws.mean()) == pytest.approx(law.mean, abs=4 * float(draws.std()) / 200)
    for p in (0.05, 0.5, 0.95):
        below = float((draws <= law.quantile(p)).mean())
        assert below == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 40_000))


def test_a_small_receiver_joins_the_power_law() -> None:
    jitter_m, spot_m = 1.5, 4.0
    exact = WanderingSpot(spot_m, 0.001, jitter_m)
    law = SmallReceiverFading(spot_m**2 / (4 * jitter_m**2))
    p = np.linspace(0.01, 0.99, 21)
    still = float(gaussian_capture(spot_m, 0.001))
    assert exact.quantile(p) / still == pytest.approx(law.quantile(p), rel=1e-5)
    assert exact.mean / still == pytest.approx(law.mean, rel=1e-5)


@given(st.floats(0.05, 1e4))
def test_power_law_has_its_mean(beta: float) -> None:
    law = SmallReceiverFading(beta)
    assert law.mean == pytest.approx(beta / (beta + 1), rel=1e-12)
    area = quad(lambda t: float(law.density(t ** (1 / beta))) * t ** (1 / beta - 1) / beta, 0, 1)[0]
    mean = quad(lambda t: float(law.quantile(t)), 0, 1)[0]
    assert area == pytest.approx(1.0, rel=1e-6)
    assert mean == pytest.approx(law.mean, rel=1e-6)


def test_power_law_samples_and_limits() -> None:
    law = SmallReceiverFading(2.5)
    draws = law.sample(rng.stream(11, "pointing"), 40_000)
    assert float(draws.mean()) == pytest.approx(law.mean, abs=4 * float(draws.std()) / 200)
    assert float(law.density(1.5)) == 0.0
    still = SmallReceiverFading(math.inf)
    assert still.mean == 1.0
    assert (still.sample(rng.stream(1, "still"), 5) == 1.0).all()
    with pytest.raises(ValueError, match="no density"):
        still.density(0.5)
    assert WanderingSpot(1.0, 0.5, 0.0).quantile([0.1, 0.9]) == pytest.approx(float(gaussian_capture(1.0, 0.5)))


# (truncation, obscuration): how far the Gaussian formula may be from the exact mean, for jitter up to the divergence.
# Known deviation: the more the mirror shadows, the more light is in side lobes that the Gaussian spot does not have.
GAUSSIAN_FORMULA_WITHIN_DB = {(1.0, 0.0): 0.15, (1.12, 0.0): 0.15, (1.07, 0.2): 0.45, (1.0, 0.4): 1.25}


@pytest.mark.parametrize("telescope", GAUSSIAN_FORMULA_WITHIN_DB, ids=str)
def test_exact_jitter_and_the_gaussian_formula(telescope: tuple[float, float]) -> None:
    truncation, shadow = telescope
    # in units of 1/(k aT): diameter 2 and wavelength 2 pi give k aT = 1
    divergence = equivalent_divergence_rad(
        aperture_diameter_m=2.0, wavelength_nm=2e9 * math.pi, truncation_ratio=truncation, obscuration_ratio=shadow
    )
    worst = 0.0
    for jitter in (0.1, 0.3, 0.7, 1.5, divergence):
        for u in (0.05, 1.4, 3.0):
            exact = losses_db(jittered_table(truncation, shadow, jitter).encircled(u))
            factor = mean_pointing_factor(
                spot_radius_m=divergence * 1e3, range_km=1, receiver_radius_m=u * 1e3, jitter_urad=jitter * 1e6
            )
            gaussian = losses_db(diffraction_table(truncation, shadow).encircled(u) * factor)
            worst = max(worst, abs(float(exact - gaussian)))
    limit = GAUSSIAN_FORMULA_WITHIN_DB[telescope]
    assert 0.6 * limit < worst < limit


def test_exact_jitter_of_a_narrow_beam_is_gaussian() -> None:
    a, u = 5.0, 2.0
    spot = 2.0 * a  # of exp(-a^2 x^2): w = 2 a in units of 1/(k aT)
    for jitter, boresight in ((0.0, 3.0), (4.0, 0.0), (4.0, 3.0)):
        exact = float(jittered_table(a, 0.0, jitter, boresight).encircled(u))
        assert exact == pytest.approx(WanderingSpot(spot, u, jitter, boresight).mean, rel=1e-3)


def test_exact_jitter_against_drawn_directions() -> None:
    # the receiver's centre is moved about the pattern; a small receiver sees the pattern itself
    draws = rng.stream(3, "directions").standard_normal((2, 200_000)) * 1.2
    t = np.hypot(draws[0] + 0.8, draws[1])
    small = 0.05
    table = diffraction_table(1.0, 0.3)
    step = 0.02  # density of the pattern by differences of the encircled power
    pattern = (table.encircled(t + step) - table.encircled(np.maximum(t - step, 0.0))) / (
        (t + step) ** 2 - np.maximum(t - step, 0.0) ** 2
    )
    expected = float(pattern.mean()) * small**2
    error = float(pattern.std()) * small**2 / math.sqrt(t.size)
    assert float(jittered_table(1.0, 0.3, 1.2, 0.8).encircled(small)) == pytest.approx(
        expected, abs=4 * error + 1e-3 * expected
    )


@pytest.mark.parametrize(("key", "value"), [("jitter_urad", -1.0), ("boresight_urad", math.nan)])
def test_impossible_pointing(key: str, value: float) -> None:
    with pytest.raises(InputError, match=f"pointing: {key}: got {value}, expected 0 or more"):
        Pointing(**{key: value})


def test_negative_jitter_of_a_table() -> None:
    with pytest.raises(ValueError, match="jitter"):
        jittered_table(1.0, 0.0, -1.0)
