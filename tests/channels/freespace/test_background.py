"""Background light: the counts of the table, city sky, Earth seen from orbit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from references import load

from qkdsim import units
from qkdsim.channels.freespace import (
    SKY_RADIANCE,
    GroundLight,
    ReceiverTelescope,
    background_photon_rate_hz,
    city_sky_radiance,
    faded_radiance,
    sky_radiance,
    solar_irradiance_w_per_m2_um,
)
from qkdsim.errors import InputError

VALUES = load("free-space-values")
OPTICS = VALUES["inputs"]["background"]
RESULTS = VALUES["results"]


def rate_hz(radiance: float, field_urad: float = OPTICS["field_of_view_full_urad"], width_nm: float = 1.0) -> float:
    receiver = ReceiverTelescope(OPTICS["receiver_diameter_m"], field_of_view_full_urad=field_urad)
    return float(
        background_photon_rate_hz(
            radiance_w_per_m2_sr_um=radiance,
            receiver=receiver,
            wavelength_nm=OPTICS["wavelength_nm"],
            filter_width_nm=width_nm,
        )
    )


@pytest.mark.parametrize("row", RESULTS["background_per_gate"], ids=lambda row: row["condition"])
def test_counts_in_a_gate(row: dict[str, float]) -> None:
    radiance = sky_radiance(str(row["condition"])).typical
    # the table counts behind the detector; the rate here is at the receiver's entrance
    counts = rate_hz(radiance) * OPTICS["efficiency"] * OPTICS["gate_s"]
    assert counts == pytest.approx(row["counts"], rel=7e-3)


def test_day_with_all_filters() -> None:
    row = RESULTS["day_with_all_filters"]
    rate = rate_hz(row["radiance"], row["field_of_view_full_urad"], row["filter_width_nm"])
    assert rate * OPTICS["efficiency"] * OPTICS["gate_s"] == pytest.approx(row["counts"], rel=7e-3)


def test_conditions_are_those_of_the_reference() -> None:
    named = load("satellite-link-components")["results"]["sky_radiance_w_per_m2_sr_um"]
    assert sorted(radiance.typical for radiance in SKY_RADIANCE.values()) == sorted(named.values())
    for radiance in SKY_RADIANCE.values():
        assert radiance.low <= radiance.typical <= radiance.high
        assert radiance.basis == "assumed"
    assert (SKY_RADIANCE["day-low"].low, SKY_RADIANCE["day-high"].high) == (1.5, 150.0)


def test_city_sky() -> None:
    dark = SKY_RADIANCE["night-moonless"].typical
    assert city_sky_radiance(18.0).typical / dark == pytest.approx(RESULTS["city_sqm_18_factor"], abs=0.5)
    assert city_sky_radiance(21.9).typical == pytest.approx(dark)
    with pytest.raises(InputError, match=r"sqm_mag_per_arcsec2: got 30.0, expected 10 to 23"):
        city_sky_radiance(30.0)


def test_area_field_and_filter() -> None:
    assert rate_hz(1.0, 200.0, 3.0) == pytest.approx(12 * rate_hz(1.0, 100.0, 1.0))
    shaded = ReceiverTelescope(1.0, obscuration_ratio=0.5, field_of_view_full_urad=100.0)
    rate = background_photon_rate_hz(
        radiance_w_per_m2_sr_um=np.array([1.0, 2.0]), receiver=shaded, wavelength_nm=850.0, filter_width_nm=1.0
    )
    assert rate == pytest.approx([0.75 * rate_hz(1.0), 1.5 * rate_hz(1.0)])


def test_a_single_mode_sees_one_mode() -> None:
    # black body of n photons per mode and polarisation: radiance 2 n h c^2/lambda^5, rate 2 n times the bandwidth
    wavelength_m = 850e-9
    photons = 1e-3
    radiance = 2 * photons * units.PLANCK_J_S * units.SPEED_OF_LIGHT_M_PER_S**2 / wavelength_m**5 * 1e-6
    rate = background_photon_rate_hz(
        radiance_w_per_m2_sr_um=radiance,
        receiver=ReceiverTelescope(0.4, single_mode=True),
        wavelength_nm=850.0,
        filter_width_nm=0.1,
    )
    bandwidth_hz = units.SPEED_OF_LIGHT_M_PER_S * 0.1e-9 / wavelength_m**2
    assert float(rate) == pytest.approx(2 * photons * bandwidth_hz, rel=1e-9)


def test_sunlight() -> None:
    # all wavelengths together are the solar constant, 1361 W/m^2
    step_nm = 2.0
    total = sum(solar_irradiance_w_per_m2_um(nm) for nm in np.arange(150.0, 20_000.0, step_nm)) * step_nm * 1e-3
    assert total == pytest.approx(1361.0, rel=0.005)


def test_the_earth_from_orbit() -> None:
    day, moon, dark = (GroundLight(light).radiance(785.0).typical for light in ("day", "full-moon", "moonless"))
    assert day == pytest.approx(0.3 * solar_irradiance_w_per_m2_um(785.0) / math.pi)
    assert day > 1e5 * moon > 1e7 * dark
    city = GroundLight("moonless", city_radiance_w_per_m2_sr_um=1e-3).radiance(785.0)
    assert city.typical == pytest.approx(dark + 1e-3)
    assert city.basis == "assumed"


def test_twilight_is_even_in_decibels() -> None:
    shares = np.array([0.0, 0.25, 0.5, 1.0])
    np.testing.assert_allclose(faded_radiance(1e-4, 1e2, shares), 10.0 ** np.array([-4.0, -2.5, -1.0, 2.0]))
    np.testing.assert_allclose(faded_radiance(0.0, 8.0, shares), 8.0 * shares)  # from a night without light


def test_bad_light() -> None:
    with pytest.raises(InputError, match="sky: condition: got 'dusk', expected one of night-moonless"):
        sky_radiance("dusk")
    with pytest.raises(InputError, match="illumination"):
        GroundLight("dusk")  # type: ignore[arg-type]  # what a user may write in a file
    with pytest.raises(InputError, match=r"albedo: got 1\.5"):
        GroundLight("day", albedo=1.5)
    with pytest.raises(InputError, match="city_radiance"):
        GroundLight("day", city_radiance_w_per_m2_sr_um=-1.0)
    with pytest.raises(InputError, match="field_of_view_full_urad"):
        background_photon_rate_hz(
            radiance_w_per_m2_sr_um=1.0, receiver=ReceiverTelescope(1.0), wavelength_nm=850.0, filter_width_nm=1.0
        )
    with pytest.raises(InputError, match=r"filter_width_nm: got 0\.0"):
        rate_hz(1.0, width_nm=0.0)
