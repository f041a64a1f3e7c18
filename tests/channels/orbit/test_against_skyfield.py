"""Thirty days of passes beside Skyfield, an independent program, fed with the same SGP4 satellites."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from qkdsim.channels.orbit import Satellite, Station, find_passes, geometry_along, level_mask, mean_elements
from qkdsim.channels.orbit.satellites import sgp4_record

api = pytest.importorskip("skyfield.api", reason="the oracle is not installed")

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30.0
MASK_DEG = 10.0


def _satellite(name: str, **orbit: float) -> Satellite:
    return Satellite(name, mean_elements(START, **orbit))


# low and Sun-synchronous; low and inclined; high and fast over the poles; half-day circles; half-day ellipses
PAIRS = {
    "sun-synchronous over Tokyo": (
        _satellite("a", altitude_km=500.0, inclination_deg=97.4, raan_deg=200.0),
        Station("tokyo", 35.71, 139.49, 120.0),
    ),
    "station orbit over Matera": (
        _satellite("b", altitude_km=420.0, inclination_deg=51.6, raan_deg=75.0, mean_anomaly_deg=10.0),
        Station("matera", 40.65, 16.70, 537.0),
    ),
    "polar over Tromsø": (
        _satellite("c", altitude_km=1200.0, inclination_deg=88.0, raan_deg=310.0),
        Station("tromso", 69.66, 18.94, 100.0),
    ),
    "medium over Singapore": (
        _satellite("d", altitude_km=20_200.0, inclination_deg=55.0, raan_deg=20.0, eccentricity=0.01),
        Station("singapore", 1.35, 103.82, 15.0),
    ),
    "ellipse over Calgary": (
        _satellite(
            "e", semi_major_axis_km=26_600.0, eccentricity=0.72, inclination_deg=63.4, argument_of_perigee_deg=270.0
        ),
        Station("calgary", 50.87, -114.29, 1250.0),
    ),
}


def _skyfield(satellite: Satellite, station: Station) -> tuple[Any, Any, Any]:
    """Time scale, satellite and place of Skyfield; nothing is fetched."""
    timescale = api.load.timescale(builtin=True)
    body = api.EarthSatellite.from_satrec(sgp4_record(satellite), timescale)
    place = api.wgs84.latlon(station.latitude_deg, station.longitude_deg, elevation_m=station.height_m)
    return timescale, body, place


def _events(satellite: Satellite, station: Station) -> tuple[list[tuple[float, float, float]], Any]:
    """Skyfield's (rise, culmination, set), in seconds after the start, of the passes that begin and end within."""
    timescale, body, place = _skyfield(satellite, station)
    begin, end = timescale.from_datetime(START), timescale.tt_jd(timescale.from_datetime(START).tt + DAYS)
    times, kinds = body.find_events(place, begin, end, altitude_degrees=MASK_DEG)
    seconds = (times.tt - begin.tt) * 86_400.0
    passes: list[tuple[float, float, float]] = []
    rise_s, tops_s = None, []
    for second, kind in zip(seconds.tolist(), kinds.tolist(), strict=True):
        if kind == 0:
            rise_s, tops_s = second, []
        elif kind == 1:
            tops_s.append(second)
        elif rise_s is not None:
            elevations = [_elevation_deg(timescale, body, place, top_s) for top_s in tops_s]
            passes.append((rise_s, tops_s[int(np.argmax(elevations))], second))
    return passes, lambda second: _elevation_deg(timescale, body, place, second)


def _elevation_deg(timescale: Any, body: Any, place: Any, second: float) -> float:
    time = timescale.tt_jd(timescale.from_datetime(START).tt + second / 86_400.0)
    return float((body - place).at(time).altaz()[0].degrees)


@pytest.mark.parametrize("pair", PAIRS)
def test_thirty_days_of_passes(pair: str) -> None:
    satellite, station = PAIRS[pair]
    expected, elevation_deg = _events(satellite, station)
    found = list(find_passes([satellite], [station], START, DAYS * 86_400.0))
    found = [one for one in found if not (one.is_cut_at_start or one.is_cut_at_end)]
    assert len(expected) >= 25
    assert len(found) == len(expected)
    ours = np.array([(one.rise_s, one.set_s) for one in found])
    theirs = np.array([(rise_s, set_s) for rise_s, _, set_s in expected])
    assert np.abs(ours - theirs).max() < 1.0
    tops_deg = np.array([elevation_deg(top_s) for _, top_s, _ in expected])
    assert [one.max_elevation_deg for one in found] == pytest.approx(tops_deg, abs=0.02)


def test_geometry_along_a_pass() -> None:
    satellite, station = PAIRS["sun-synchronous over Tokyo"]
    one = max(find_passes([satellite], [station], START, 5.0 * 86_400.0), key=lambda one: one.max_elevation_deg)
    seen = geometry_along(one, 30.0)
    timescale, body, place = _skyfield(satellite, station)
    time = timescale.tt_jd(timescale.from_datetime(START).tt + seen.time_s / 86_400.0)
    elevation, azimuth, distance, _, _, speed = (body - place).at(time).frame_latlon_and_rates(place)
    # the Earth turns 12 arc seconds, 0.0033 degrees, between UT1 as Skyfield knows it and UTC; near the zenith
    # azimuths turn much faster than the sky
    assert seen.elevation_deg == pytest.approx(elevation.degrees, abs=0.005)
    turned = (seen.azimuth_deg - azimuth.degrees + 180.0) % 360.0 - 180.0
    assert np.abs(turned * np.cos(elevation.radians)).max() < 0.005
    assert seen.range_km == pytest.approx(distance.km, abs=0.05)
    assert seen.range_rate_km_per_s == pytest.approx(speed.km_per_s, abs=1e-3)


def test_a_mask_of_another_height() -> None:
    satellite, station = PAIRS["station orbit over Matera"]
    steep = Station("steep", station.latitude_deg, station.longitude_deg, station.height_m, level_mask(60.0))
    timescale, body, place = _skyfield(satellite, station)
    begin = timescale.from_datetime(START)
    times, kinds = body.find_events(place, begin, timescale.tt_jd(begin.tt + DAYS), altitude_degrees=60.0)
    found = find_passes([satellite], [steep], START, DAYS * 86_400.0)
    assert found.rise_s == pytest.approx((times.tt[kinds == 0] - begin.tt) * 86_400.0, abs=1.0)
    assert found.set_s == pytest.approx((times.tt[kinds == 2] - begin.tt) * 86_400.0, abs=1.0)
