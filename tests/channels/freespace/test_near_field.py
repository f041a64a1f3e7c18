"""Near field: closed forms on the axis, rays, and the way to the far field."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.channels.freespace import (
    FAR_FIELD_FRESNEL_NUMBER,
    far_field_transmittance,
    fresnel_number,
    fresnel_transmittance,
    gaussian_capture,
    gaussian_spot_radius_m,
)
from qkdsim.units import losses_db


def range_km(number: float, radius_m: float = 0.15, wavelength_nm: float = 810.0) -> float:
    return radius_m**2 / (wavelength_nm * 1e-9 * number) / 1e3


def test_fresnel_distance_of_the_default_optics() -> None:
    assert float(fresnel_number(27.78, 810, 0.15)) == pytest.approx(1.0, abs=1e-3)
    assert range_km(1.0) == pytest.approx(28.0, abs=0.3)


@pytest.mark.parametrize("number", [0.05, 0.4, 1.0, 1.7, 5.0, 21.0])
def test_axis_of_an_evenly_lit_aperture(number: float) -> None:
    # intensity on the axis over that in the aperture is 4 sin^2(pi N/2): bright and dark in turns
    receiver_m = 1e-5
    eta = fresnel_transmittance(
        range_km=range_km(number),
        wavelength_nm=810,
        transmitter_radius_m=0.15,
        receiver_radius_m=receiver_m,
        truncation_ratio=0.0,
    )
    expected = 4 * math.sin(math.pi * number / 2) ** 2 * (receiver_m / 0.15) ** 2
    assert float(eta) == pytest.approx(expected, rel=1e-3)


@settings(max_examples=25)
@given(st.floats(0.02, 20.0), st.floats(0.1, 3.0))
def test_a_narrow_beam_is_gaussian(number: float, size: float) -> None:
    # aperture four times the beam: what the rim cuts is 1e-14
    distance = range_km(number)
    beam_m, receiver_m = 0.15 / 4, 0.15 * size
    eta = fresnel_transmittance(
        range_km=distance,
        wavelength_nm=810,
        transmitter_radius_m=0.15,
        receiver_radius_m=receiver_m,
        truncation_ratio=4.0,
    )
    spot = gaussian_spot_radius_m(distance, 810e-9 / (math.pi * beam_m), beam_m)
    assert float(eta) == pytest.approx(float(gaussian_capture(spot, receiver_m)), rel=1e-5)


@settings(max_examples=40)
@given(st.floats(0.0, 3.0), st.floats(0.0, 0.5), st.floats(0.05, 6.0), st.floats(0.01, FAR_FIELD_FRESNEL_NUMBER))
def test_it_joins_the_far_field(truncation: float, shadow: float, size: float, number: float) -> None:
    optics = {
        "range_km": range_km(number),
        "wavelength_nm": 810.0,
        "transmitter_radius_m": 0.15,
        "receiver_radius_m": 0.15 * size,
        "truncation_ratio": truncation,
        "obscuration_ratio": shadow,
    }
    near, far = float(losses_db(fresnel_transmittance(**optics))), float(losses_db(far_field_transmittance(**optics)))
    # the error goes with the square of the Fresnel number: 0.05 dB where the budget changes over
    assert near == pytest.approx(far, abs=0.05 * (number / FAR_FIELD_FRESNEL_NUMBER) ** 2 + 0.003)


def test_fraunhofer_is_wrong_nearby() -> None:
    optics = {"wavelength_nm": 810.0, "transmitter_radius_m": 0.15, "receiver_radius_m": 0.02, "truncation_ratio": 1.0}
    near = fresnel_transmittance(range_km=range_km(1.0), **optics)
    far = far_field_transmittance(range_km=range_km(1.0), **optics)
    assert float(losses_db(near) - losses_db(far)) == pytest.approx(3.6, abs=0.1)


@pytest.mark.parametrize(("receiver_m", "hole"), [(0.05, 0.0), (0.2, 0.0), (0.14, 0.5), (0.05, 0.3)])
def test_rays_at_the_shortest_ranges(receiver_m: float, hole: float) -> None:
    a, shadow = 1.1, 0.2
    low, high = max(shadow, hole * receiver_m / 0.15), min(1.0, receiver_m / 0.15)
    light = math.exp(-2 * (a * shadow) ** 2) - math.exp(-2 * a * a)
    expected = max(0.0, math.exp(-2 * (a * low) ** 2) - math.exp(-2 * (a * high) ** 2)) / light
    for number in (90.0, 101.0, 1e6):  # the integral, then rays
        eta = fresnel_transmittance(
            range_km=range_km(number),
            wavelength_nm=810,
            transmitter_radius_m=0.15,
            receiver_radius_m=receiver_m,
            truncation_ratio=a,
            obscuration_ratio=shadow,
            receiver_obscuration_ratio=hole,
        )
        assert float(eta) == pytest.approx(expected, abs=0.03)


def test_a_receiver_in_the_shadow_of_the_mirror_gets_nothing() -> None:
    eta = fresnel_transmittance(
        range_km=1e-4,
        wavelength_nm=810,
        transmitter_radius_m=0.15,
        receiver_radius_m=0.03,
        truncation_ratio=1.0,
        obscuration_ratio=0.3,
    )
    assert float(eta) == 0.0


def test_many_ranges_are_interpolated() -> None:
    optics = {"wavelength_nm": 850.0, "transmitter_radius_m": 0.1, "receiver_radius_m": 0.2, "truncation_ratio": 1.1}
    ranges = np.linspace(20.0, 80.0, 1500).reshape(3, 500)
    many = fresnel_transmittance(range_km=ranges, **optics)
    assert many.shape == (3, 500)
    few = fresnel_transmittance(range_km=ranges[1, ::50], **optics)
    assert np.abs(losses_db(many[1, ::50]) - losses_db(few)).max() < 0.001


def test_between_two_roofs() -> None:
    # 5 cm to 10 cm over 1 km at 850 nm: nearly all light arrives; Friis would promise more than was sent
    eta = fresnel_transmittance(
        range_km=[0.05, 1.0, 3.0],
        wavelength_nm=850,
        transmitter_radius_m=0.025,
        receiver_radius_m=0.05,
        truncation_ratio=1.0,
    )
    assert (np.diff(eta) < 0).all()
    assert 0.95 < float(eta[1]) < 0.99


def test_ranges_below_zero() -> None:
    with pytest.raises(ValueError, match="range_km"):
        fresnel_transmittance(
            range_km=0.0, wavelength_nm=850, transmitter_radius_m=0.1, receiver_radius_m=0.1, truncation_ratio=1.0
        )
