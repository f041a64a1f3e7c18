"""Passes: laws, a slow search second by second, edges of the window, what is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from channels.orbit.examples import DAY_S, GEO_AXIS_KM, SINGAPORE, START, TOKYO, TROMSO, orbiting
from qkdsim.channels.orbit import (
    HorizonMask,
    Pass,
    PassTable,
    Satellite,
    Station,
    find_passes,
    geometry_along,
    geometry_at,
    ground_track,
    level_mask,
)
from qkdsim.errors import InputError

HILLS = HorizonMask(((0.0, 5.0), (60.0, 25.0), (80.0, 8.0), (200.0, 30.0), (290.0, 12.0)))
# examples of this length take about 20 ms each
few = settings(max_examples=25)

orbits = st.builds(
    lambda altitude_km, inclination_deg, raan_deg, anomaly_deg: orbiting(
        altitude_km=altitude_km, inclination_deg=inclination_deg, raan_deg=raan_deg, mean_anomaly_deg=anomaly_deg
    ),
    st.floats(300.0, 2000.0),
    st.floats(0.0, 180.0),
    st.floats(0.0, 360.0),
    st.floats(0.0, 360.0),
)
stations = st.builds(
    lambda latitude_deg, longitude_deg, mask_deg: Station(
        "ground", latitude_deg, longitude_deg, 500.0, level_mask(mask_deg)
    ),
    st.floats(-90.0, 90.0),
    st.floats(-180.0, 180.0),
    st.floats(-5.0, 60.0),
)


def columns(passes: PassTable) -> dict[str, list[float]]:
    return {
        one.name: getattr(passes, one.name).tolist()
        for one in fields(passes)
        if isinstance(getattr(passes, one.name), np.ndarray)
    }


def second_by_second(satellite: Satellite, station: Station, duration_s: float) -> NDArray[np.float64]:
    """Begin, end and greatest elevation, (passes, 3), from each whole second."""
    seen = geometry_at(satellite, station, START, np.arange(0.0, duration_s + 0.5))
    up = np.concatenate([[False], seen.elevation_deg >= station.mask.at(seen.azimuth_deg), [False]])
    begins, ends = np.flatnonzero(~up[:-1] & up[1:]), np.flatnonzero(up[:-1] & ~up[1:]) - 1
    highest = [seen.elevation_deg[low : high + 1].max() for low, high in zip(begins, ends, strict=True)]
    return np.column_stack([begins, ends, highest])


@few
@given(orbits, stations)
def test_laws_of_every_pass(satellite: Satellite, station: Station) -> None:
    passes = find_passes([satellite], [station], START, 2 * DAY_S)
    assert (np.diff(passes.rise_s) >= 0.0).all()
    assert (passes.set_s[:-1] < passes.rise_s[1:]).all()
    for one in passes:
        assert 0.0 <= one.rise_s <= one.culmination_s <= one.set_s <= 2 * DAY_S
        seen = geometry_along(one, one.duration_s / 40.0)
        mask_deg = station.mask.lowest_deg
        # 0.5 m between grid points, seen from 300 km, are 1e-4 degrees
        if not one.is_cut_at_start:
            assert seen.elevation_deg[0] == pytest.approx(mask_deg, abs=2e-4)
        if not one.is_cut_at_end:
            assert seen.elevation_deg[-1] == pytest.approx(mask_deg, abs=2e-4)
        assert (seen.elevation_deg >= mask_deg - 2e-4).all()
        # near the zenith 0.6 ms of culmination are 1e-3 degrees
        assert (seen.elevation_deg <= one.max_elevation_deg + 1e-3).all()
        at_top = geometry_at(satellite, station, START, np.array([one.culmination_s]))
        assert at_top.elevation_deg[0] == pytest.approx(one.max_elevation_deg, abs=1e-3)


@few
@given(orbits, stations, st.integers(1, 200))
def test_the_size_of_the_parts_changes_nothing(satellite: Satellite, station: Station, points: int) -> None:
    whole = find_passes([satellite], [station], START, DAY_S)
    in_parts = find_passes([satellite], [station], START, DAY_S, points_at_once=points)
    assert columns(in_parts) == columns(whole)


@pytest.mark.parametrize(
    ("axis_km", "eccentricity"), [(GEO_AXIS_KM, 0.001), (26_560.0, 0.72), (26_560.0, 0.01), (12_000.0, 0.1)]
)
def test_nor_do_parts_of_orbits_that_are_integrated_step_by_step(axis_km: float, eccentricity: float) -> None:
    # SGP4 walks resonant orbits on from where it was asked last
    satellite = orbiting(semi_major_axis_km=axis_km, eccentricity=eccentricity, inclination_deg=63.4)
    start = START - timedelta(days=5)
    whole = find_passes([satellite], [TOKYO, TROMSO], start, 10 * DAY_S)
    assert len(whole) > 5
    for points in (100, 1001):
        in_parts = find_passes([satellite], [TOKYO, TROMSO], start, 10 * DAY_S, points_at_once=points)
        assert columns(in_parts) == columns(whole)


def test_other_satellites_and_stations_change_nothing() -> None:
    satellites = [
        orbiting("a"),
        orbiting("b", raan_deg=90.0, altitude_km=1000.0),
        orbiting("c", semi_major_axis_km=26_600.0, eccentricity=0.7, inclination_deg=63.4),
    ]
    stations = [TOKYO, replace(TROMSO, mask=HILLS), SINGAPORE]
    together = find_passes(satellites, stations, START, 3 * DAY_S)
    assert together.rise_s.tolist() == sorted(together.rise_s.tolist())
    for number, satellite in enumerate(satellites):
        for place, station in enumerate(stations):
            rows = np.flatnonzero((together.satellite == number) & (together.station == place))
            alone = columns(find_passes([satellite], [station], START, 3 * DAY_S))
            assert len(rows)
            both = columns(together.take(rows))
            for name in set(alone) - {"satellite", "station"}:
                assert both[name] == alone[name]


@few
@given(orbits, stations, st.floats(0.0, 360.0))
def test_turning_node_and_station_together_changes_nothing(
    satellite: Satellite, station: Station, turn_deg: float
) -> None:
    # a low orbit feels only the zonal terms of the Earth, so nothing tells one meridian from another
    moved = replace(satellite.elements, raan_deg=satellite.elements.raan_deg + turn_deg)
    longitude_deg = (station.longitude_deg + turn_deg + 180.0) % 360.0 - 180.0
    here = find_passes([satellite], [station], START, DAY_S)
    there = find_passes([Satellite("low", moved)], [replace(station, longitude_deg=longitude_deg)], START, DAY_S)
    # views of an instant appear or vanish with the last digit
    ours, theirs = (table.take(np.flatnonzero(table.set_s - table.rise_s > 1.0)) for table in (here, there))
    assert len(ours) == len(theirs)
    assert theirs.rise_s == pytest.approx(ours.rise_s, abs=1e-3)
    assert theirs.set_s == pytest.approx(ours.set_s, abs=1e-3)


@pytest.mark.parametrize("mask", [level_mask(0.0), level_mask(25.0), HILLS], ids=["plain", "high", "hills"])
@pytest.mark.parametrize("station", [TOKYO, TROMSO, SINGAPORE], ids=lambda one: one.name)
def test_against_a_search_second_by_second(station: Station, mask: HorizonMask) -> None:
    station = replace(station, mask=mask)
    satellite = orbiting(altitude_km=550.0, inclination_deg=70.0)
    expected = second_by_second(satellite, station, 2 * DAY_S)
    passes = find_passes([satellite], [station], START, 2 * DAY_S)
    assert len(passes) == len(expected) > 3
    # the second-by-second pass begins at the first whole second after the rise
    assert ((expected[:, 0] - passes.rise_s > -1e-3) & (expected[:, 0] - passes.rise_s < 1.001)).all()
    assert ((passes.set_s - expected[:, 1] > -1e-3) & (passes.set_s - expected[:, 1] < 1.001)).all()
    # half a second beside the culmination, at up to a degree per second
    assert passes.max_elevation_deg == pytest.approx(expected[:, 2], abs=0.3)


def test_no_pass_is_lost_between_grid_points() -> None:
    satellite = orbiting()
    found = find_passes([satellite], [TOKYO], START, 20 * DAY_S)
    assert len(found) > 50
    for margin_deg in (1e-1, 1e-3, 1e-5):
        for one in list(found)[:50]:
            station = replace(TOKYO, mask=level_mask(one.max_elevation_deg - margin_deg))
            short = [
                other
                for other in find_passes([satellite], [station], START, one.set_s + 100.0)
                if other.rise_s <= one.culmination_s + 0.01 and other.set_s >= one.culmination_s - 0.01
            ]
            assert len(short) == 1
            assert short[0].duration_s < 120.0
            assert short[0].max_elevation_deg == pytest.approx(one.max_elevation_deg, abs=1e-9)
        break_even = replace(TOKYO, mask=level_mask(min(90.0, found.max_elevation_deg.max() + 1e-3)))
        assert not len(find_passes([satellite], [break_even], START, 20 * DAY_S))


def test_no_gap_is_lost_between_grid_points() -> None:
    # a tilted day-long orbit swings over Tokyo's sky and never sets; the mask is put just above its lowest point
    satellite = orbiting(semi_major_axis_km=GEO_AXIS_KM, inclination_deg=20.0, raan_deg=300.0)
    track = ground_track(satellite, START, np.arange(0.0, DAY_S, 600.0))
    station = Station("below", 20.0, float(track.longitude_deg[0]), 0.0, level_mask(5.0))
    whole = find_passes([satellite], [station], START, 3 * DAY_S)
    assert len(whole) == 1
    seen = geometry_at(satellite, station, START, np.arange(DAY_S, 2 * DAY_S, 10.0))
    lowest = int(seen.elevation_deg.argmin())
    close = geometry_at(satellite, station, START, seen.time_s[lowest] + np.arange(-20.0, 20.0, 0.1))
    mask_deg = float(close.elevation_deg.min()) + 1e-6
    cut = find_passes([satellite], [replace(station, mask=level_mask(mask_deg))], START, 3 * DAY_S)
    gaps = [
        (before.set_s, after.rise_s)
        for before, after in zip(list(cut)[:-1], list(cut)[1:], strict=True)
        if abs(before.set_s - close.time_s[200]) < 300.0
    ]
    assert len(gaps) == 1
    assert 1.0 < gaps[0][1] - gaps[0][0] < 60.0


def test_a_satellite_that_never_sets() -> None:
    satellite = orbiting(semi_major_axis_km=GEO_AXIS_KM, inclination_deg=1.0, raan_deg=290.0)
    track = ground_track(satellite, START, np.arange(0.0, 10 * DAY_S, 3600.0))
    station = Station("below", 10.0, float(track.longitude_deg[0]))
    (one,) = find_passes([satellite], [station], START, 10 * DAY_S + 17.0)
    assert one.is_cut_at_start
    assert one.is_cut_at_end
    assert (one.rise_s, one.set_s) == (0.0, 10 * DAY_S + 17.0)
    seen = geometry_along(one, 60.0)
    assert one.max_elevation_deg == pytest.approx(seen.elevation_deg.max(), abs=1e-4)
    other_side = Station("behind", -10.0, float((track.longitude_deg[0] + 360.0) % 360.0 - 180.0))
    assert not len(find_passes([satellite], [other_side], START, 10 * DAY_S))


@pytest.fixture(scope="module")
def long_pass() -> Pass:
    return max(find_passes([orbiting()], [TOKYO], START, 3 * DAY_S), key=lambda one: one.max_elevation_deg)


@pytest.mark.parametrize("share", [0.001, 0.2, 0.45, 0.55, 0.9, 0.999])
def test_the_edges_of_the_window_cut(long_pass: Pass, share: float) -> None:
    satellite, middle_s = orbiting(), long_pass.rise_s + share * long_pass.duration_s
    before = list(find_passes([satellite], [TOKYO], START, middle_s))[-1]
    assert not before.is_cut_at_start
    assert before.is_cut_at_end
    assert before.rise_s == long_pass.rise_s
    assert before.set_s == middle_s
    after = find_passes([satellite], [TOKYO], START + timedelta(seconds=middle_s), 3600.0)[0]
    assert after.is_cut_at_start
    assert not after.is_cut_at_end
    assert after.rise_s == 0.0
    assert after.set_s == pytest.approx(long_pass.set_s - middle_s, abs=1e-3)
    edge_deg = geometry_at(satellite, TOKYO, START, np.array([middle_s])).elevation_deg[0]
    if middle_s < long_pass.culmination_s:
        assert (before.culmination_s, before.max_elevation_deg) == pytest.approx((middle_s, edge_deg))
        assert after.max_elevation_deg == pytest.approx(long_pass.max_elevation_deg, abs=1e-3)
    else:
        assert before.max_elevation_deg == long_pass.max_elevation_deg
        assert (after.culmination_s, after.max_elevation_deg) == pytest.approx((0.0, edge_deg), abs=1e-4)


def test_an_empty_sky() -> None:
    assert len(find_passes([], [TOKYO], START, DAY_S)) == 0
    assert len(find_passes([orbiting()], [], START, DAY_S)) == 0
    assert len(find_passes([orbiting()], [TOKYO], START, 0.0)) == 0


def test_the_rate_of_range_is_its_derivative(long_pass: Pass) -> None:
    seen = geometry_along(long_pass, 1.0)
    slope = (seen.range_km[2:-1] - seen.range_km[:-3]) / 2.0
    assert seen.range_rate_km_per_s[1:-2] == pytest.approx(slope, abs=1e-3)
    assert seen.time_s[0] == long_pass.rise_s
    assert seen.time_s[-1] == long_pass.set_s
    with pytest.raises(ValueError, match="step_s"):
        geometry_along(long_pass, 0.0)


def test_the_satellite_stands_in_the_zenith_of_its_track() -> None:
    satellite = orbiting()
    track = ground_track(satellite, START, np.array([1234.5]))
    below = Station("below", float(track.latitude_deg[0]), float(track.longitude_deg[0]))
    seen = geometry_at(satellite, below, START, track.time_s)
    assert seen.elevation_deg[0] == pytest.approx(90.0, abs=1e-5)
    assert seen.range_km[0] == pytest.approx(track.height_km[0], abs=1e-6)


def test_what_is_refused() -> None:
    tower = Station("tower", 0.0, 0.0, 600e3, source="net.toml")
    with pytest.raises(
        InputError, match=r"net.toml: stations.tower.height_m: got 600000.0, expected a height below the perigee of low"
    ):
        find_passes([orbiting()], [TOKYO, tower], START, DAY_S)
    with pytest.raises(InputError, match=r"satellites.low: a name that is used only once"):
        find_passes([orbiting(), orbiting(raan_deg=1.0)], [TOKYO], START, DAY_S)
    with pytest.raises(InputError, match=r"stations.tokyo: a name that is used only once"):
        find_passes([orbiting()], [TOKYO, TOKYO], START, DAY_S)
