"""Turbulence: the numbers of HV5/7, adaptive integration, and laws of fading."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from references import load
from scipy.integrate import quad

from qkdsim import rng
from qkdsim.channels.freespace import (
    EvenTurbulence,
    HufnagelValley,
    LogNormalFading,
    aperture_averaging,
    beam_wander_rms_m,
    fried_parameter_m,
    gaussian_capture,
    gaussian_spot_radius_m,
    height_moment,
    horizontal_fried_parameter_m,
    horizontal_rytov_variance,
    horizontal_spot_radius_m,
    rytov_variance,
    scintillation_index,
    seeing_fwhm_urad,
    share_in_field_of_view,
    single_mode_coupling,
    slant_range_km,
    uplink_spot_radius_m,
)
from qkdsim.errors import InputError
from qkdsim.units import losses_db

VALUES = load("free-space-values")
AIR = VALUES["results"]["turbulence"]
HV57 = HufnagelValley()


def test_integrals_of_hv57() -> None:
    assert height_moment(HV57, 0.0) == pytest.approx(AIR["cn2_integral"], rel=3e-4)
    assert height_moment(HV57, 5 / 6) == pytest.approx(AIR["cn2_h56_integral"], rel=3e-4)


def test_the_ground_layer_follows_the_terrain() -> None:
    """On a mountain the layer at the ground is as strong as at sea; of the rest less is left."""
    mountain = HufnagelValley(ground_altitude_m=2400.0)
    layer = HV57.ground_cn2_m_2_3 * 100.0  # its integral
    calm = [HufnagelValley(ground_cn2_m_2_3=0.0, ground_altitude_m=altitude_m) for altitude_m in (0.0, 2400.0)]
    for whole, rest in zip((HV57, mountain), calm, strict=True):
        assert height_moment(whole, 0.0) - height_moment(rest, 0.0) == pytest.approx(layer, rel=1e-6)
    assert height_moment(calm[1], 0.0) < 0.5 * height_moment(calm[0], 0.0)


@pytest.mark.parametrize(
    "profile", [HV57, HufnagelValley(30.0, 1e-13, 2400.0), HufnagelValley(top_altitude_m=20_000.0)]
)
@pytest.mark.parametrize("power", [0.0, 5 / 6, 2.0])
def test_integrals_against_adaptive_ones(profile: HufnagelValley, power: float) -> None:
    top = profile.top_altitude_m - profile.ground_altitude_m
    expected = sum(
        quad(lambda h: float(profile.cn2(h)) * 1e16 * h**power, low, min(high, top), epsrel=1e-10)[0]
        for low, high in ((0, 200), (200, 2000), (2000, 10_000), (10_000, 40_000))
        if low < top
    )
    assert height_moment(profile, power) == pytest.approx(expected * 1e-16, rel=1e-5)


@pytest.mark.parametrize("row", AIR["r0_cm"], ids=lambda row: f"{row['wavelength_nm']}nm")
def test_fried_parameter(row: dict[str, float]) -> None:
    assert float(fried_parameter_m(HV57, row["wavelength_nm"], 90.0)) * 100 == pytest.approx(row["r0_cm"], rel=6e-3)


def test_hv57_is_named_after_its_seeing() -> None:
    # r0 = 5 cm and isoplanatic angle 7 urad at 500 nm: that is what 5/7 means
    assert float(fried_parameter_m(HV57, 500.0, 90.0)) == pytest.approx(0.05, rel=0.02)
    wavenumber = 2 * math.pi / 500e-9
    angle = (2.914 * wavenumber**2 * height_moment(HV57, 5 / 3)) ** -0.6
    assert angle == pytest.approx(7e-6, rel=0.03)


@pytest.mark.parametrize("row", AIR["rytov_850nm"], ids=lambda row: f"{row['elevation_deg']}deg")
def test_rytov_variance(row: dict[str, float]) -> None:
    assert float(rytov_variance(HV57, 850.0, row["elevation_deg"])) == pytest.approx(row["rytov"], rel=5e-3)


@pytest.mark.parametrize("row", AIR["averaged_index_850nm_30deg"], ids=lambda row: f"{row['diameter_m']}m")
def test_scintillation_in_an_aperture(row: dict[str, float]) -> None:
    index = scintillation_index(rytov_variance(HV57, 850.0, 30.0))
    averaged = index * aperture_averaging(HV57, 850.0, 30.0, row["diameter_m"])
    assert float(averaged) == pytest.approx(row["index"], abs=6e-4)


@given(st.floats(1e-6, 1e-2), st.floats(15.0, 90.0))
def test_weak_turbulence(rytov: float, elevation: float) -> None:
    # the index tends to the Rytov variance; averaging is a share that falls with the aperture
    assert float(scintillation_index(rytov)) == pytest.approx(rytov, rel=0.03)
    averaging = [float(aperture_averaging(HV57, 850.0, elevation, diameter)) for diameter in (0.0, 0.1, 1.0)]
    assert averaging[0] == 1.0
    assert averaging[0] > averaging[1] > averaging[2] > 0.0


@pytest.mark.parametrize("row", VALUES["results"]["uplink"], ids=lambda row: f"{row['elevation_deg']}deg")
def test_uplink_table(row: dict[str, float]) -> None:
    optics = VALUES["inputs"]["uplink"]
    wavelength, receiver_m = optics["wavelength_nm"], optics["receiver_diameter_m"] / 2
    beam_m = optics["transmitter_diameter_m"] / (2 * math.sqrt(2))
    distance = slant_range_km(row["elevation_deg"], optics["altitude_km"])
    coherence = fried_parameter_m(HV57, wavelength, row["elevation_deg"])
    still = gaussian_spot_radius_m(distance, wavelength * 1e-9 / (math.pi * beam_m), beam_m)
    spread = uplink_spot_radius_m(still, beam_m, coherence)
    assert float(losses_db(gaussian_capture(still, receiver_m))) == pytest.approx(row["vacuum_db"], abs=0.1)
    assert float(losses_db(gaussian_capture(spread, receiver_m))) == pytest.approx(row["turbulent_db"], abs=0.1)
    assert float(coherence) * 100 == pytest.approx(row["r0_cm"], abs=0.06)
    assert float(spread) == pytest.approx(row["spot_m"], abs=0.06)
    wander = beam_wander_rms_m(distance, wavelength, beam_m, coherence)
    assert float(wander) == pytest.approx(row["wander_m"], abs=0.06)
    assert float(wander) < float(spread)  # a part of it


def test_a_station_on_a_mountain_sees_better() -> None:
    sea, mountain = HufnagelValley(), HufnagelValley(ground_altitude_m=2400.0)
    assert float(fried_parameter_m(mountain, 850.0, 60.0)) > float(fried_parameter_m(sea, 850.0, 60.0))
    calm = HufnagelValley(ground_cn2_m_2_3=0.0)
    assert float(fried_parameter_m(calm, 850.0, 60.0)) > float(fried_parameter_m(sea, 850.0, 60.0))


def test_field_of_view_against_seeing() -> None:
    seeing = seeing_fwhm_urad(850.0, 0.094)
    assert float(seeing) == pytest.approx(8.9, abs=0.05)
    # a stop as wide as the full width at half maximum passes half of a Gaussian image
    assert float(share_in_field_of_view(float(seeing), seeing)) == pytest.approx(0.5)
    assert float(share_in_field_of_view(100.0, seeing)) > 1 - 1e-9
    assert float(share_in_field_of_view(10.0, seeing_fwhm_urad(850.0, math.inf))) == 1.0


def test_coupling_into_a_single_mode() -> None:
    assert float(single_mode_coupling(1.0, math.inf)) == pytest.approx(0.81)
    # for D >> r0 one of (D/r0)^2 speckles
    assert float(single_mode_coupling(10.0, 0.1)) == pytest.approx(0.81e-4, rel=1e-3)


def test_horizontal_paths() -> None:
    air = EvenTurbulence(1e-14)
    k = 2 * math.pi / 850e-9
    assert float(horizontal_rytov_variance(air, 850.0, 1.0)) == pytest.approx(
        1.23e-14 * k ** (7 / 6) * 1000 ** (11 / 6)
    )
    # published long-term radius (w0, far away) and the uplink's formula with a spherical wave agree within 2 %
    for km in (5.0, 20.0):
        beam_m = 0.01
        still = gaussian_spot_radius_m(km, 850e-9 / (math.pi * beam_m), 0.0)
        spread = horizontal_spot_radius_m(still, air, 850.0, km)
        other = uplink_spot_radius_m(still, beam_m, horizontal_fried_parameter_m(air, 850.0, km))
        assert float(spread) == pytest.approx(float(other), rel=0.02)
    calm = EvenTurbulence(0.0)
    assert float(horizontal_spot_radius_m(0.1, calm, 850.0, 1.0)) == 0.1
    assert math.isinf(float(horizontal_fried_parameter_m(calm, 850.0, 1.0)))


@given(st.floats(1e-3, 1.5))
def test_log_normal_law(index: float) -> None:
    law = LogNormalFading(index)
    spread = math.sqrt(law.log_variance)

    def moment(power: int) -> float:
        # over ln h, where the density is smooth
        low, high = -10 * spread - law.log_variance, 12 * spread + law.log_variance
        value: float = quad(
            lambda y: math.exp((power + 1) * y) * float(law.density(math.exp(y))), low, high, limit=200
        )[0]
        return value

    assert moment(0) == pytest.approx(1.0, rel=1e-6)
    assert moment(1) == pytest.approx(1.0, rel=1e-6)
    assert moment(2) == pytest.approx(1.0 + index, rel=1e-5)
    p = np.array([0.01, 0.5, 0.99])
    below = [
        quad(lambda y: math.exp(y) * float(law.density(math.exp(y))), -12 * spread, math.log(float(h)))[0]
        for h in law.quantile(p)
    ]
    assert below == pytest.approx(p, abs=1e-5)


def test_log_normal_samples() -> None:
    draws = LogNormalFading(0.126).sample(rng.stream(5, "scintillation"), 100_000)
    assert float(draws.mean()) == pytest.approx(1.0, abs=4 * math.sqrt(0.126 / 1e5))
    assert float(draws.var()) == pytest.approx(0.126, rel=0.04)
    still = LogNormalFading(0.0)
    assert (still.sample(rng.stream(5, "calm"), 3) == 1.0).all()
    assert float(LogNormalFading(0.1).density(-1.0)) == 0.0
    with pytest.raises(ValueError, match="no density"):
        still.density(1.0)
    with pytest.raises(ValueError, match="scintillation_index"):
        LogNormalFading(-0.1)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: HufnagelValley(wind_m_per_s=-1.0), "wind_m_per_s"),
        (lambda: HufnagelValley(ground_cn2_m_2_3=-1.0), "ground_cn2_m_2_3"),
        (lambda: HufnagelValley(ground_altitude_m=50_000.0), "ground_altitude_m"),
        (lambda: EvenTurbulence(-1e-15), "cn2_m_2_3"),
    ],
)
def test_impossible_air(make: type, key: str) -> None:
    with pytest.raises(InputError, match=f"turbulence: {key}: got"):
        make()
