"""Whole links: published losses, another program, and laws."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import load
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import j0

from qkdsim.channels.freespace import (
    EvenTurbulence,
    FreeSpaceLink,
    HufnagelValley,
    PathAttenuation,
    Pointing,
    ReceiverTelescope,
    TransmissionTable,
    TransmitterTelescope,
    ZenithTransmission,
    airmass,
    gaussian_capture,
    height_moment,
    jittered_spot_radius_m,
    mean_pointing_factor,
    sky_radiance,
    slant_range_km,
    zenith_preset,
)
from qkdsim.errors import InputError
from qkdsim.units import losses_db

VALUES = load("free-space-values")
MICIUS = load("micius-2017-loss")
VACUUM = ZenithTransmission(1.0)


def elevation_at(range_km: float, altitude_km: float = 500.0) -> float:
    return float(brentq(lambda e: float(slant_range_km(e, altitude_km)) - range_km, 0.0, 90.0))


def micius_error_db(zenith_transmission: float) -> Any:
    """Computed minus digitised loss. Receiver optics 0.16 and detector 0.5 are inside; see the notes of the file."""
    given_, optics = MICIUS["results"]["loss_digitised"], MICIUS["inputs"]
    half_angle = optics["divergence_full_angle_urad"] / 2
    link = FreeSpaceLink(
        TransmitterTelescope(optics["transmitter_diameter_m"], divergence_half_angle_urad=half_angle),
        ReceiverTelescope(optics["receiver_diameter_m"]),
        optics["wavelength_nm"],
        ZenithTransmission(zenith_transmission),
        pointing=Pointing(optics["tracking_error_urad"]),
    )
    elevations = [elevation_at(range_km) for range_km in given_["range_km"]]
    inside = float(losses_db(optics["receiver_optics_transmittance"] * optics["detector_efficiency"]))
    return link.loss(given_["range_km"], elevations).total_db + inside - np.array(given_["loss_db"])


def test_micius_with_published_hardware_and_air() -> None:
    # The publication gives 3 to 8 dB of atmosphere; 8 dB is taken for 1200 km, the air of every other range follows.
    optics = MICIUS["inputs"]
    mass = float(airmass(elevation_at(1200.0)))
    zenith = 10 ** (-optics["atmosphere_db_at_1200km"] / 10 / mass)
    assert 3.0 < -10 * math.log10(zenith) * float(airmass(elevation_at(645.0))) < 4.0  # the near end of the 3 to 8 dB
    error = micius_error_db(zenith)
    assert np.abs(error).max() < MICIUS["tolerance"]["loss_db_abs"]
    assert float(np.sqrt((error**2).mean())) == pytest.approx(1.0, abs=0.1)
    assert float(np.abs(error).max()) == pytest.approx(1.8, abs=0.1)


# Known deviation: with clear air (0.895 at zenith) the loss is too low by so many dB, more at low elevation, where haze
# and tracking took more than clear air takes.
CLEAR_AIR_ERROR_DB = {"smallest": -3.05, "largest": -7.08}


def test_micius_in_clear_air() -> None:
    error = micius_error_db(zenith_preset(848.62).zenith_transmission)
    assert float(error.max()) == pytest.approx(CLEAR_AIR_ERROR_DB["smallest"], abs=0.1)
    assert float(error.min()) == pytest.approx(CLEAR_AIR_ERROR_DB["largest"], abs=0.1)


def test_a_pass_of_another_program() -> None:
    reference = load("satquma-optics")
    air = load("satellite-link-components")["results"]["atmospheric_transmittance"]
    table = TransmissionTable.from_pairs([(row["elevation_deg"], row["wavelength_810nm"]) for row in air])
    optics = reference["inputs"]
    link = FreeSpaceLink(
        TransmitterTelescope(2 * optics["transmitter_aperture_radius_m"], optics["beam_waist_m"]),
        ReceiverTelescope(2 * optics["receiver_aperture_radius_m"]),
        optics["wavelength_nm"],
        table,
    )
    given_, within = reference["results"]["zenith_pass"], reference["tolerance"]
    budget = link.loss(given_["range_km"], given_["elevation_deg"])
    assert np.abs(budget.diffraction_db - given_["diffraction_loss_db"]).max() < within["diffraction_loss_db_abs"]
    assert np.abs(budget.extinction_db - given_["atmosphere_loss_db"]).max() < within["atmosphere_loss_db_abs"]
    total = budget.total_db + optics["fixed_system_loss_db"]
    assert np.abs(total - given_["total_loss_db"]).max() < 0.01  # within 0.1 dB is asked
    assert (budget.pointing_db == 0.0).all()
    assert (budget.turbulence_db == 0.0).all()


def test_a_platform_in_the_stratosphere() -> None:
    optics, expected = VALUES["inputs"]["platform"], VALUES["results"]["platform"]
    for propagation in ("gaussian", "automatic", "far-field", "near-field"):
        still = FreeSpaceLink(
            # an aperture six times the beam, which it does not cut
            TransmitterTelescope(12 * optics["beam_radius_m"], optics["beam_radius_m"]),
            ReceiverTelescope(optics["receiver_diameter_m"]),
            optics["wavelength_nm"],
            VACUUM,
            propagation=propagation,  # type: ignore[arg-type]  # literals in a tuple become str
        )
        shaking = dataclasses.replace(still, pointing=Pointing(optics["jitter_urad"]))
        assert float(still.loss(20.0, 90.0).total_db) == pytest.approx(expected["still_db"], abs=0.1)
        assert float(shaking.loss(20.0, 90.0).total_db) == pytest.approx(expected["jitter_db"], abs=0.1)


@pytest.mark.parametrize("row", VALUES["results"]["uplink"], ids=lambda row: f"{row['elevation_deg']}deg")
def test_uplink(row: dict[str, float]) -> None:
    optics = VALUES["inputs"]["uplink"]
    beam_m = optics["transmitter_diameter_m"] / (2 * math.sqrt(2))
    link = FreeSpaceLink(
        TransmitterTelescope(12 * beam_m, beam_m),  # the beam of the table is not cut
        ReceiverTelescope(optics["receiver_diameter_m"]),
        optics["wavelength_nm"],
        VACUUM,
        "uplink",
        turbulence=HufnagelValley(),
    )
    budget = link.loss(slant_range_km(row["elevation_deg"], optics["altitude_km"]), row["elevation_deg"])
    assert float(budget.diffraction_db) == pytest.approx(row["vacuum_db"], abs=0.1)
    assert float(budget.total_db) == pytest.approx(row["turbulent_db"], abs=0.1)
    # cut by its real aperture it has 1.2 dB more in vacuum, but the air spreads a wider beam less: 0.2 dB in the end
    real = dataclasses.replace(link, transmitter=TransmitterTelescope(optics["transmitter_diameter_m"], beam_m))
    cut = real.loss(slant_range_km(row["elevation_deg"], optics["altitude_km"]), row["elevation_deg"])
    assert 1.1 < float(cut.diffraction_db - budget.diffraction_db) < 1.3
    assert 0.0 < float(cut.total_db - budget.total_db) < 0.25


def test_jitter_in_an_uplink_adds_to_the_turbulent_spot() -> None:
    link = FreeSpaceLink(
        TransmitterTelescope(0.25),
        ReceiverTelescope(0.3),
        785.0,
        VACUUM,
        "uplink",
        pointing=Pointing(3.0),
        turbulence=HufnagelValley(),
    )
    budget = link.loss(600.0, 90.0)
    assert 0.0 < float(budget.pointing_db) < 3.0
    still = dataclasses.replace(link, turbulence=None).loss(600.0, 90.0)
    assert float(still.pointing_db) > float(budget.pointing_db)


def test_between_two_roofs() -> None:
    link = FreeSpaceLink(
        TransmitterTelescope(0.05, 0.0125),
        ReceiverTelescope(0.1),
        850.0,
        PathAttenuation.of_visibility(10.0, 850.0),
        "horizontal",
        pointing=Pointing(10.0),
        turbulence=EvenTurbulence(1e-14),
    )
    budget = link.loss([0.3, 1.0, 3.0])
    assert (np.diff(budget.total_db) > 0).all()
    assert budget.extinction_db == pytest.approx(np.array([0.3, 1.0, 3.0]) * 0.964, rel=0.01)
    calm = dataclasses.replace(link, turbulence=None).loss([0.3, 1.0, 3.0])
    assert (budget.turbulence_db > calm.turbulence_db).all()
    assert float(calm.diffraction_db[1]) < 0.1  # Friis would give a gain here


def test_near_the_telescope_light_is_never_better_than_focused_on_the_receiver() -> None:
    ranges = np.array([0.1, 0.5, 2.0, 10.0, 50.0])
    link = FreeSpaceLink(
        TransmitterTelescope(0.1), ReceiverTelescope(0.08), 850.0, VACUUM, "horizontal", propagation="near-field"
    )
    near = link.loss(ranges).diffraction_db
    far = dataclasses.replace(link, propagation="far-field").loss(ranges).diffraction_db
    assert (near > far - 0.05).all()
    assert (near >= 0.0).all()
    assert float(near[0] - far[0]) > 0.5  # a collimated beam of 0.1 m does not fit into 0.08 m
    assert float(near[-1] - far[-1]) == pytest.approx(0.0, abs=0.05)


def test_an_uplink_to_a_platform_spreads_as_the_general_formula_says() -> None:
    # L. C. Andrews, R. L. Phillips (2005), ch. 12: w (1 + 4.35 mu k^(7/6) Lambda^(5/6) H^(5/6) sec^(11/6) z)^(3/5),
    # with Lambda = 2L/(k w^2) and mu = int Cn2 dh of an end far above the air
    beam_m, height_m, air = 0.05, 20_000.0, HufnagelValley(top_altitude_m=20_000.0)
    link = FreeSpaceLink(
        TransmitterTelescope(12 * beam_m, beam_m), ReceiverTelescope(0.2), 850.0, VACUUM, "uplink", turbulence=air
    )
    k = 2 * math.pi / 850e-9
    spot_m = math.hypot(beam_m, height_m * 2 / (k * beam_m))
    growth = 4.35 * height_moment(air, 0.0) * k ** (7 / 6) * (2 * height_m / (k * spot_m**2)) ** (5 / 6)
    spread_m = spot_m * (1 + growth * height_m ** (5 / 6)) ** 0.6
    expected_db = float(losses_db(gaussian_capture(spread_m, 0.1) / gaussian_capture(spot_m, 0.1)))
    assert float(link.loss(20.0, 90.0).turbulence_db) == pytest.approx(expected_db, abs=0.1)
    # a beam that is still as wide as its telescope is not yet spread
    low = dataclasses.replace(link, turbulence=HufnagelValley(top_altitude_m=50.0))
    assert 0.0 <= float(low.loss(0.05, 90.0).turbulence_db) < 0.01


def test_single_mode_and_narrow_field_cost_light() -> None:
    open_link = FreeSpaceLink(
        TransmitterTelescope(0.3), ReceiverTelescope(1.0), 850.0, VACUUM, turbulence=HufnagelValley()
    )
    assert float(open_link.loss(600.0, 60.0).turbulence_db) == 0.0
    fibre = dataclasses.replace(open_link, receiver=ReceiverTelescope(1.0, single_mode=True))
    assert 15.0 < float(fibre.loss(600.0, 60.0).turbulence_db) < 25.0  # some hundred speckles on 1 m
    calm = dataclasses.replace(fibre, turbulence=None)
    assert float(calm.loss(600.0, 60.0).turbulence_db) == pytest.approx(-10 * math.log10(0.81))
    narrow = dataclasses.replace(open_link, receiver=ReceiverTelescope(1.0, field_of_view_full_urad=10.0))
    assert 1.0 < float(narrow.loss(600.0, 60.0).turbulence_db) < 5.0
    uplink = dataclasses.replace(fibre, direction="uplink")
    assert float(uplink.loss(600.0, 60.0).turbulence_db) > 0.9


def test_state_of_the_channel() -> None:
    link = FreeSpaceLink(
        TransmitterTelescope(0.3),
        ReceiverTelescope(1.0, field_of_view_full_urad=50.0),
        850.0,
        ZenithTransmission(0.895),
    )
    night = link.state(
        600.0, 60.0, sky_radiance_w_per_m2_sr_um=sky_radiance("night-full-moon").typical, filter_width_nm=1.0
    )
    assert night.transmittance == pytest.approx(10 ** (-float(link.loss(600.0, 60.0).total_db) / 10))
    assert night.noise_photon_rate_hz == pytest.approx(float(link.noise_photon_rate_hz(1.5e-3, 1.0)))
    assert night.dispersion_ps_per_nm == 0.0
    assert link.state(600.0, 60.0).noise_photon_rate_hz == 0.0
    with pytest.raises(InputError, match="filter_width_nm"):
        link.state(600.0, 60.0, sky_radiance_w_per_m2_sr_um=1.0)


OPTICS = st.builds(
    FreeSpaceLink,
    transmitter=st.builds(
        TransmitterTelescope,
        aperture_diameter_m=st.floats(0.05, 0.5),
        beam_radius_m=st.one_of(st.none(), st.floats(0.05, 0.3)),
        divergence_half_angle_urad=st.one_of(st.none(), st.floats(2.0, 50.0)),
    ),
    receiver=st.builds(ReceiverTelescope, aperture_diameter_m=st.floats(0.05, 2.0)),
    wavelength_nm=st.sampled_from([785.0, 850.0, 1550.0]),
    extinction=st.builds(ZenithTransmission, st.floats(0.3, 1.0)),
    direction=st.sampled_from(["downlink", "uplink"]),
    pointing=st.builds(Pointing, st.sampled_from([0.0, 1.0, 5.0])),
    turbulence=st.sampled_from([None, HufnagelValley()]),
    propagation=st.sampled_from(["far-field", "gaussian"]),
)


@settings(max_examples=40)
@given(OPTICS, st.lists(st.floats(1.0, 4e4), min_size=2, max_size=8), st.floats(0.0, 90.0))
def test_loss_grows_with_range(link: FreeSpaceLink, ranges: list[float], elevation: float) -> None:
    budget = link.loss(np.sort(ranges), elevation)
    assert ((budget.transmittance >= 0.0) & (budget.transmittance <= 1.0)).all()
    # 1e-4 dB: the ripple of interpolation, where nearly all light is caught
    assert (np.diff(budget.total_db) >= -1e-4).all()


@settings(max_examples=40)
@given(OPTICS, st.floats(300.0, 4e4), st.floats(0.01, 5.0), st.floats(1.01, 5.0))
def test_loss_falls_with_the_receiver(link: FreeSpaceLink, range_km: float, diameter: float, factor: float) -> None:
    small, large = (
        dataclasses.replace(link, receiver=ReceiverTelescope(size)).loss(range_km, 70.0)
        for size in (diameter, diameter * factor)
    )
    assert float(large.total_db) <= float(small.total_db) + 1e-4
    assert float(large.diffraction_db) <= float(small.diffraction_db) + 1e-4
    huge = dataclasses.replace(link, receiver=ReceiverTelescope(1e7)).loss(range_km, 70.0)
    assert float(huge.total_db - huge.extinction_db) == pytest.approx(0.0, abs=0.01)


@settings(max_examples=30)
@given(OPTICS, st.floats(300.0, 4e4), st.floats(0.0, 3.0), st.floats(0.1, 5.0))
def test_loss_grows_with_jitter(link: FreeSpaceLink, range_km: float, jitter: float, more: float) -> None:
    steady, shaky = (
        dataclasses.replace(link, pointing=Pointing(sigma)).loss(range_km, 70.0) for sigma in (jitter, jitter + more)
    )
    assert float(steady.total_db) <= float(shaky.total_db) + 1e-4
    assert float(steady.pointing_db) >= -1e-4


def test_near_field_meets_far_field_in_a_link() -> None:
    # a step of 0.05 dB at most where the formula changes, at a Fresnel number of 0.1
    link = FreeSpaceLink(TransmitterTelescope(0.3, 0.15), ReceiverTelescope(0.1), 810.0, VACUUM)
    change_km = 0.15**2 / (810e-9 * 0.1) / 1e3
    budget = link.loss([change_km * 0.9999, change_km * 1.0001], 90.0)
    assert abs(float(np.diff(budget.diffraction_db)[0])) < 0.05
    far = dataclasses.replace(link, propagation="far-field").loss([change_km * 0.2, change_km * 2], 90.0)
    near = link.loss([change_km * 0.2, change_km * 2], 90.0)
    assert float(near.diffraction_db[0] - far.diffraction_db[0]) > 0.2
    assert float(near.diffraction_db[1]) == float(far.diffraction_db[1])


def test_measured_divergence_beats_diffraction() -> None:
    telescope = TransmitterTelescope(0.3, divergence_half_angle_urad=5.0)
    link = FreeSpaceLink(telescope, ReceiverTelescope(1.0, 0.3), 850.0, VACUUM, pointing=Pointing(2.0))
    spot_m = 5e-6 * 1000e3
    expected = math.exp(-2 * (0.3 * 0.5 / spot_m) ** 2) - math.exp(-2 * (0.5 / spot_m) ** 2)
    budget = link.loss(1000.0, 30.0)
    assert float(budget.diffraction_db) == pytest.approx(float(losses_db(expected)), abs=1e-9)
    mean = mean_pointing_factor(spot_radius_m=spot_m, range_km=1000.0, receiver_radius_m=0.5, jitter_urad=2.0)
    assert float(budget.pointing_db) == pytest.approx(float(losses_db(mean)), abs=1e-9)
    assert float(jittered_spot_radius_m(spot_m, 1000.0, 2.0)) == pytest.approx(math.sqrt(25 + 16))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: TransmitterTelescope(-0.3),
            "transmitter telescope: aperture_diameter_m: got -0.3, expected a number above 0",
        ),
        (lambda: TransmitterTelescope(0.3, 0.0), "transmitter telescope: beam_radius_m: got 0.0"),
        (lambda: TransmitterTelescope(0.3, 0.001), "beam_radius_m: got 0.001, expected at least 1/8"),
        (
            lambda: TransmitterTelescope(0.3, obscuration_ratio=1.0),
            "obscuration_ratio: got 1.0, expected 0 or more and",
        ),
        (lambda: TransmitterTelescope(0.3, divergence_half_angle_urad=-1.0), "divergence_half_angle_urad: got -1.0"),
        (lambda: ReceiverTelescope(0.0), "receiver telescope: aperture_diameter_m: got 0.0"),
        (lambda: ReceiverTelescope(1.0, -0.1), "receiver telescope: obscuration_ratio: got -0.1"),
        (lambda: ReceiverTelescope(1.0, field_of_view_full_urad=0.0), "field_of_view_full_urad: got 0.0"),
        (lambda: a_link(wavelength_nm=0.0), "free-space link: wavelength_nm: got 0.0"),
        (
            lambda: a_link(direction="sideways"),
            "direction: got 'sideways', expected one of downlink, uplink, horizontal",
        ),
        (lambda: a_link(propagation="magic"), "propagation: got 'magic'"),
        (lambda: a_link(turbulence=EvenTurbulence(0.0)), "turbulence: got 'EvenTurbulence', expected HufnagelValley"),
        (lambda: a_link(direction="horizontal", turbulence=HufnagelValley()), "expected EvenTurbulence for direction"),
    ],
)
def test_impossible_links(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def a_link(**changes: Any) -> FreeSpaceLink:
    given_ = {"wavelength_nm": 850.0, "extinction": VACUUM} | changes
    return FreeSpaceLink(TransmitterTelescope(0.3), ReceiverTelescope(1.0), **given_)


@pytest.mark.parametrize(("range_km", "elevation"), [(0.0, 50.0), (math.inf, 50.0), (500.0, -1.0), (500.0, 90.5)])
def test_geometry_that_does_not_exist(range_km: float, elevation: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        a_link().loss(range_km, elevation)


def test_a_satellite_needs_an_elevation() -> None:
    with pytest.raises(ValueError, match="elevation_deg: needed for direction downlink"):
        a_link().loss(500.0)


def test_a_constant_pointing_error_walks_down_the_pattern() -> None:
    """A small receiver in the far field sees the pattern F(k aT b)^2 at the angle b, whatever the range."""
    radius_m, wavelength_nm, error_urad = 0.15, 850.0, 2.0
    argument = 2e9 * math.pi / wavelength_nm * radius_m * error_urad * 1e-6

    def amplitude(t: float) -> float:
        return float(quad(lambda x: math.exp(-(x**2)) * j0(t * x) * x, 0.0, 1.0)[0])

    link = FreeSpaceLink(
        TransmitterTelescope(2 * radius_m, beam_radius_m=radius_m),
        ReceiverTelescope(0.1),
        wavelength_nm,
        VACUUM,
        pointing=Pointing(boresight_urad=error_urad),
    )
    expected_db = -20.0 * math.log10(amplitude(argument) / amplitude(0.0))
    assert link.loss([800.0, 2000.0], 60.0).pointing_db == pytest.approx(expected_db, abs=0.02)


@pytest.mark.parametrize("single_mode", [True, False])
def test_a_receiver_in_orbit_sees_a_plane_wave(single_mode: bool) -> None:
    """Turbulence spreads an uplink near its transmitter; in orbit the wave is flat: no seeing, and 0.81 in a fibre."""
    receiver = ReceiverTelescope(0.3, field_of_view_full_urad=None if single_mode else 10.0, single_mode=single_mode)
    plain = FreeSpaceLink(
        TransmitterTelescope(0.25), ReceiverTelescope(0.3), 785.0, VACUUM, "uplink", turbulence=HufnagelValley()
    )
    coupled = dataclasses.replace(plain, receiver=receiver)
    more_db = coupled.loss(600.0, 90.0).turbulence_db - plain.loss(600.0, 90.0).turbulence_db
    assert more_db == pytest.approx(losses_db(0.81) if single_mode else 0.0, abs=1e-9)
