"""Sidereal time, the ellipsoid, the Sun, the Earth's shadow, horizons."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from references import load

from channels.orbit.examples import DAY_S, SINGAPORE, START, TOKYO, orbiting
from qkdsim.channels.orbit import (
    HorizonMask,
    Station,
    geometry_at,
    julian_date,
    level_mask,
    moment_at,
    sidereal_angle_rad,
    sky_state,
    sun_direction,
    sun_elevation_deg,
)
from qkdsim.channels.orbit.frames import geodetic, place_on_earth_km
from qkdsim.channels.orbit.satellites import Propagator
from qkdsim.channels.orbit.sun import SHADOW_RADIUS_KM, height_above_shadow_km
from qkdsim.errors import InputError

RESULTS = load("orbit-worked-values")["results"]
NOW = np.zeros(1)


@pytest.mark.parametrize("row", RESULTS["sidereal_time"])
def test_sidereal_time(row: dict[str, float | str]) -> None:
    date = datetime.fromisoformat(str(row["date"])).replace(tzinfo=UTC)
    expected_s = 3600.0 * float(row["hours"]) + 60.0 * float(row["minutes"]) + float(row["seconds"])
    assert sidereal_angle_rad(date, NOW)[0] / (2.0 * math.pi) * DAY_S == pytest.approx(expected_s, abs=1e-4)


def test_julian_dates() -> None:
    day, fraction = julian_date(datetime(2000, 1, 1, 12, tzinfo=UTC), np.array([0.0, 43_200.0, -21_600.0]))
    assert day.tolist() == [2451545.0, 2451545.0, 2451544.0]
    assert fraction.tolist() == [0.0, 0.5, 0.75]
    assert moment_at(START, 86_400.5) == datetime(2026, 3, 2, 0, 0, 0, 500_000, tzinfo=UTC)


def test_the_ellipsoid() -> None:
    row = RESULTS["ellipsoid"]
    latitude_deg, longitude_deg, height_km = geodetic(np.array(row["position_km"]))
    assert (latitude_deg, longitude_deg) == pytest.approx((row["latitude_deg"], row["longitude_deg"]), abs=1e-4)
    assert height_km == pytest.approx(row["height_km"], abs=0.01)


@given(st.floats(-90.0, 90.0), st.floats(-179.9, 179.9), st.floats(-1.0, 40_000.0))
def test_places_there_and_back(latitude_deg: float, longitude_deg: float, height_km: float) -> None:
    back = geodetic(place_on_earth_km(latitude_deg, longitude_deg, height_km))
    assert back[0] == pytest.approx(latitude_deg, abs=1e-9)
    assert back[2] == pytest.approx(height_km, abs=1e-6)
    if abs(latitude_deg) < 89.999:
        assert back[1] == pytest.approx(longitude_deg, abs=1e-9)


def test_the_sun_of_a_worked_example() -> None:
    row = RESULTS["sun"]
    x, y, z = sun_direction(datetime.fromisoformat(row["date"]).replace(tzinfo=UTC), NOW)[0]
    assert math.degrees(math.atan2(y, x)) % 360.0 == pytest.approx(row["right_ascension_deg"], abs=0.01)
    assert math.degrees(math.asin(z)) == pytest.approx(row["declination_deg"], abs=0.01)


@pytest.mark.parametrize("station", [TOKYO, SINGAPORE, Station("south", -67.6, -68.1)], ids=lambda one: one.name)
@pytest.mark.parametrize("year", [2016, 2026, 2046])
def test_the_sun_against_the_nrel_algorithm(station: Station, year: int) -> None:
    # numpy is used as it is: the compiled form of the oracle would take longer to build than to run
    spa = pytest.importorskip("pvlib.spa", reason="the oracle is not installed")
    start = datetime(year, 1, 1, tzinfo=UTC)
    time_s = np.arange(0.0, 365 * DAY_S, 3607.0)
    expected = spa.solar_position_numpy(
        start.timestamp() + time_s, station.latitude_deg, station.longitude_deg, station.height_m, 1013.0, 15.0,
        69.0, 0.5667, 1,
    )[3]  # fmt: skip  # the elevation without refraction
    error_deg = sun_elevation_deg(station, start, time_s) - expected
    assert np.abs(error_deg).max() < 0.02
    assert np.sqrt((error_deg**2).mean()) < 0.008


@pytest.mark.parametrize(
    ("elevation_deg", "state"),
    [
        (0.0, "day"),
        (-0.1, "civil twilight"),
        (-6.1, "nautical twilight"),
        (-12.1, "astronomical twilight"),
        (-18.1, "night"),
    ],
)
def test_sky_states(elevation_deg: float, state: str) -> None:
    assert sky_state(elevation_deg) == state


def test_the_edge_of_the_shadow() -> None:
    """A cylinder of the Earth's radius behind the Earth: 22 km outside is light, 8 km inside dark, ahead all light."""
    sun = np.array([1.0, 0.0, 0.0])
    places = np.array([[-3000.0, 6400.0, 0.0], [-3000.0, 0.0, 6370.0], [3000.0, 0.0, 6370.0]])
    np.testing.assert_allclose(height_above_shadow_km(places, sun), [22.0, -8.0, 3000.0])


@pytest.mark.parametrize("raan_deg", [0.0, 60.0, 100.0, 160.0])
def test_the_share_of_an_orbit_in_shadow(raan_deg: float) -> None:
    satellite = orbiting(raan_deg=raan_deg, inclination_deg=60.0, altitude_km=700.0)
    axis_km = satellite.elements.semi_major_axis_km
    time_s = np.linspace(0.0, DAY_S / satellite.elements.mean_motion_rev_per_day, 20_001)[:-1]
    position, velocity = Propagator([satellite], START, DAY_S).one_at(0, time_s)
    normal = np.cross(position, velocity).mean(axis=0)
    beta = math.asin(float(sun_direction(START, NOW)[0] @ normal / np.linalg.norm(normal)))
    # half the arc behind a cylinder as wide as the Earth, for a circle tilted by beta against the Sun
    cosine = math.sqrt(1.0 - (SHADOW_RADIUS_KM / axis_km) ** 2) / math.cos(beta)
    expected = math.acos(min(cosine, 1.0)) / math.pi
    seen = geometry_at(satellite, TOKYO, START, time_s)
    # the orbit is round to 0.15 %, which moves the edges of the shadow by about as much
    assert 1.0 - seen.is_lit.mean() == pytest.approx(expected, abs=0.003)


def test_a_horizon_is_straight_between_its_vertices_and_round_through_north() -> None:
    mask = HorizonMask(((20.0, 10.0), (100.0, 30.0), (340.0, 6.0)))
    assert mask.at(np.array([20.0, 60.0, 220.0, 350.0, 0.0, 360.0])) == pytest.approx([10, 20, 18, 7, 8, 8])
    assert mask.lowest_deg == 6.0
    assert not mask.is_level
    assert level_mask(12.0).at(np.array([0.0, 77.0])) == pytest.approx([12.0, 12.0])
    assert level_mask(12.0).is_level


@pytest.mark.parametrize("elevation_deg", [90.1, -5.1, math.nan, math.inf])
def test_masks_that_are_refused(elevation_deg: float) -> None:
    with pytest.raises(InputError, match=r"sky.toml: mask_deg: got .*, expected an elevation from -5 to 90 degrees"):
        level_mask(elevation_deg, source="sky.toml")


@pytest.mark.parametrize("vertices", [(), ((10.0, 5.0), (10.0, 6.0)), ((360.0, 5.0),), ((math.nan, 5.0),)])
def test_horizons_that_are_refused(vertices: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InputError, match="horizon"):
        HorizonMask(vertices)


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ((90.1, 0.0), "latitude_deg"),
        ((math.nan, 0.0), "latitude_deg"),
        ((0.0, 361.0), "longitude_deg"),
        ((0.0, 0.0, math.inf), "height_m"),
        ((0.0, 0.0, -2000.0), "height_m"),
    ],
)
def test_stations_that_are_refused(place: tuple[float, ...], word: str) -> None:
    with pytest.raises(InputError, match=f"x.{word}: got"):
        Station("x", *place)
