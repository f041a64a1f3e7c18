"""Elements, two-line sets, constellations: what they mean and what is refused."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from references import load

from channels.orbit.examples import DAY_S, START, TOKYO, orbiting
from qkdsim.channels.orbit import (
    MeanElements,
    Satellite,
    find_passes,
    geometry_at,
    ground_track,
    mean_elements,
    read_tle,
    walker_delta,
)
from qkdsim.channels.orbit.satellites import Propagator, sgp4_record
from qkdsim.errors import InputError

REFERENCE = load("orbit-worked-values")
LINE_1, LINE_2 = (REFERENCE["inputs"]["sgp4"][1][f"line_{number}"] for number in (1, 2))


def _with_checksum(line: str) -> str:
    body = line[:68]
    return body + str(sum(int(sign) if sign in "0123456789" else sign == "-" for sign in body) % 10)


@pytest.mark.parametrize("row", range(3))
def test_positions_of_two_line_elements(row: int) -> None:
    given_lines, expected = REFERENCE["inputs"]["sgp4"][row], REFERENCE["results"]["sgp4"][row]
    elements = read_tle(given_lines["line_1"], given_lines["line_2"])
    propagator = Propagator([Satellite("x", elements)], elements.epoch, DAY_S)
    position, velocity = propagator.all_at(np.array([60.0 * expected["minutes"]]))
    assert position[0, 0] == pytest.approx(expected["position_km"], abs=1e-3)
    assert velocity[0, 0] == pytest.approx(expected["velocity_km_per_s"], abs=1e-6)


@given(
    axis_km=st.floats(6800.0, 50_000.0),
    share=st.floats(0.0, 0.999),
    inclination_deg=st.floats(0.0, 180.0),
)
def test_the_axis_is_the_axis_of_sgp4(axis_km: float, share: float, inclination_deg: float) -> None:
    eccentricity = share * (1.0 - 6500.0 / axis_km)
    elements = mean_elements(
        START, semi_major_axis_km=axis_km, eccentricity=eccentricity, inclination_deg=inclination_deg
    )
    assert sgp4_record(Satellite("x", elements)).a * 6378.135 == pytest.approx(elements.semi_major_axis_km, rel=1e-9)
    # Kozai's series is broken off: 18 m at the lowest orbits, which no altitude is known to
    assert elements.semi_major_axis_km == pytest.approx(axis_km, rel=5e-6)


def test_altitude_is_height_above_the_equator() -> None:
    satellite = orbiting(altitude_km=500.0, inclination_deg=0.0)
    track = ground_track(satellite, START, np.arange(0.0, 5700.0, 10.0))
    # over the equator the bulge pulls a satellite in or out by up to J2 R^2/a (3/2) = 10 km against its mean axis
    assert np.abs(track.height_km - 500.0).max() < 10.0
    assert np.abs(track.latitude_deg).max() < 0.01


def test_the_node_of_a_sun_synchronous_orbit_turns_with_the_sun() -> None:
    satellite = orbiting(**REFERENCE["inputs"]["node"])
    propagator = Propagator([satellite], START, 365.0 * DAY_S)
    period_s = DAY_S / satellite.elements.mean_motion_rev_per_day
    around_s = np.linspace(0.0, period_s, 201)[:-1]
    nodes = []
    for day in (0.0, 50.0):
        position, velocity = propagator.one_at(0, day * DAY_S + around_s)
        normal = np.cross(position, velocity).mean(axis=0)
        nodes.append(math.degrees(math.atan2(normal[0], -normal[1])))
    assert (nodes[1] - nodes[0]) / 50.0 == pytest.approx(REFERENCE["results"]["node_deg_per_day"], rel=0.01)


def test_two_lines_and_elements_of_one_orbit_give_the_same_passes() -> None:
    exporter = pytest.importorskip("sgp4.exporter", reason="an independent writer of two-line elements")
    satellite = orbiting(raan_deg=10.0, mean_anomaly_deg=200.0, eccentricity=0.001, argument_of_perigee_deg=80.0)
    written = Satellite("low", read_tle(*exporter.export_tle(sgp4_record(satellite))))
    ours, theirs = (find_passes([one], [TOKYO], START, 3 * DAY_S) for one in (satellite, written))
    assert len(ours) == len(theirs) > 5
    # 1e-4 degrees, the last printed digit, are 12 m of orbit
    assert theirs.rise_s == pytest.approx(ours.rise_s, abs=0.1)
    assert theirs.max_elevation_deg == pytest.approx(ours.max_elevation_deg, abs=0.005)


def test_a_walker_constellation() -> None:
    # Galileo's pattern, 56 deg: 24/3/1
    satellites = walker_delta(
        "g", total=24, planes=3, phasing=1, altitude_km=23_222.0, inclination_deg=56.0, epoch=START, first_raan_deg=5.0
    )
    assert [one.name for one in satellites[:2]] == ["g-1-1", "g-1-2"]
    assert len({one.name for one in satellites}) == 24
    assert [one.elements.raan_deg for one in satellites[::8]] == pytest.approx([5.0, 125.0, 245.0])
    assert [one.elements.mean_anomaly_deg for one in satellites[8:11]] == pytest.approx([15.0, 60.0, 105.0])
    assert {one.elements.eccentricity for one in satellites} == {0.0}


ORBIT: dict[str, Any] = {"inclination_deg": 50.0, "altitude_km": 500.0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"altitude_km": 90.0}, "altitude_km: got 90.0, expected a perigee at 120 km or higher: this orbit decays"),
        ({"altitude_km": 500.0, "eccentricity": 0.1}, "decays"),
        ({"eccentricity": 1.0}, "eccentricity: got 1.0, expected a closed orbit"),
        ({"eccentricity": 1.7}, "closed orbit"),
        ({"eccentricity": -0.1}, "closed orbit"),
        ({"eccentricity": math.nan}, "closed orbit"),
        ({"altitude_km": math.nan}, "decays"),
        ({"altitude_km": math.inf}, "semi-major axis of at most 150000 km"),
        ({"altitude_km": -7000.0}, "decays"),
        ({"inclination_deg": 181.0}, "inclination_deg: got 181.0, expected 0 to 180"),
        ({"inclination_deg": math.nan}, "0 to 180"),
        ({"raan_deg": math.nan}, "raan_deg: got nan, expected a finite number"),
        ({"mean_anomaly_deg": math.inf}, "finite"),
        ({"altitude_km": None}, "got 'no size', expected exactly one of altitude_km, semi_major_axis_km"),
        ({"mean_motion_rev_per_day": 15.0}, "exactly one of"),
        ({"altitude_km": None, "mean_motion_rev_per_day": -1.0}, "more than 0"),
        ({"altitude_km": None, "mean_motion_rev_per_day": 17.0}, "perigee_altitude_km"),
        ({"altitude_km": None, "semi_major_axis_km": 0.0}, "decays"),
        ({"epoch": datetime(1956, 12, 31)}, "epoch: got 1956-12-31 00:00:00+00:00, expected a date in the years 1957"),
        ({"epoch": datetime(2057, 1, 1)}, "2056"),
    ],
)
def test_orbits_that_are_refused(changes: dict[str, Any], words: str) -> None:
    orbit = {"epoch": START} | ORBIT | changes
    with pytest.raises(InputError) as error:
        mean_elements(**orbit, source="sky.toml")
    assert str(error.value).startswith("sky.toml: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line_1", "line_2", "words"),
    [
        (LINE_1[:-1] + "6", LINE_2, "line 1: got 'checksum 6', expected checksum 5"),
        (LINE_1, LINE_2.replace("58.0579", "58.0578"), "line 2: got 'checksum 4', expected checksum 3"),
        (LINE_2, LINE_1, "line 1: got '2 ', expected a line that starts with '1 '"),
        (LINE_1[:-2], LINE_2, "67 characters"),
        (LINE_1, "", "0 characters"),
        (LINE_1, _with_checksum(LINE_2.replace("06251", "06252")), "satellite number of line 1, 06251"),
        (LINE_1, _with_checksum(LINE_2.replace("58.0579", "58.x579")), "line 2: inclination: got '58.x579'"),
        (LINE_1, _with_checksum(LINE_2.replace("0030035", "nan    ")), "eccentricity"),
        (_with_checksum(LINE_1.replace("06176.8", "06400.8")), LINE_2, "epoch"),
        (_with_checksum(LINE_1.replace("12808-3", "12x08-3")), LINE_2, "drag term"),
        (LINE_1, _with_checksum(LINE_2.replace("15.5638", "17.5638")), "decays"),
        (LINE_1.replace("U", "Ü"), LINE_2, "plain characters"),
    ],
)
def test_two_line_elements_that_are_refused(line_1: str, line_2: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        read_tle(line_1, line_2, source="sky.tle")
    assert str(error.value).startswith("sky.tle: ")
    assert words in str(error.value)


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_the_reader(line_1: str, line_2: str) -> None:
    for first in (line_1, LINE_1, _with_checksum((line_1 + LINE_1)[:69]), _with_checksum("1 " + LINE_1[2:40] + line_1)):
        with pytest.raises(InputError):
            read_tle(first, line_2)


@example(59, "E")  # in the fraction of the mean motion
@example(29, "_")
@given(st.integers(0, 67), st.characters(min_codepoint=32, max_codepoint=126))
def test_a_changed_column_is_read_or_refused(column: int, sign: str) -> None:
    for lines in ((0, LINE_1), (1, LINE_2)):
        changed = _with_checksum(lines[1][:column] + sign + lines[1][column + 1 :])
        both = [LINE_1, LINE_2]
        both[lines[0]] = changed
        with suppress(InputError):
            assert read_tle(*both).perigee_altitude_km >= 120.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"planes": 0}, "planes: got 0"),
        ({"planes": 5}, "total: got 24, expected a multiple of the number of planes, 5"),
        ({"total": 0}, "total"),
        ({"phasing": 3}, "phasing: got 3, expected 0 to 2"),
        ({"altitude_km": 50.0}, "decays"),
    ],
)
def test_constellations_that_are_refused(changes: dict[str, Any], words: str) -> None:
    pattern: dict[str, Any] = {"total": 24, "planes": 3, "phasing": 1, "altitude_km": 800.0, "inclination_deg": 56.0}
    with pytest.raises(InputError, match=words):
        walker_delta("g", **(pattern | changes), epoch=START)


def test_dates_outside_the_span() -> None:
    satellite = orbiting()
    with pytest.raises(InputError, match="an epoch within 3653 days of every date of the run"):
        find_passes([satellite], [TOKYO], START + timedelta(days=3650), 5 * DAY_S)
    with pytest.raises(InputError, match="an epoch within 3653 days"):
        find_passes([satellite], [TOKYO], START - timedelta(days=3660), DAY_S)
    with pytest.raises(InputError, match="start: got 2057-01-01 00:00:00"):
        find_passes([satellite], [TOKYO], datetime(2057, 1, 1), DAY_S)
    with pytest.raises(InputError, match=r"duration_s: got 31536000000.0, expected an end in the years 1957 to 2056"):
        find_passes([satellite], [TOKYO], START, 1000 * 365 * DAY_S)
    for duration_s in (math.nan, math.inf, -1.0):
        with pytest.raises(InputError, match="duration_s"):
            find_passes([satellite], [TOKYO], START, duration_s)


def test_a_satellite_that_decays_in_the_window() -> None:
    elements = read_tle(LINE_1, LINE_2, source="sky.tle")
    heavy_drag = MeanElements(
        **{name: getattr(elements, name) for name in elements.__dataclass_fields__ if name != "bstar_per_earth_radius"},
        bstar_per_earth_radius=0.1,
    )
    falling = Satellite("falling", heavy_drag)
    with pytest.raises(
        InputError, match=r"sky.tle: satellites.falling: decays: on 2006-0.*, expected an orbit that lasts"
    ):
        find_passes([falling], [TOKYO], elements.epoch, 60 * DAY_S)
    with pytest.raises(InputError, match=r"satellites.falling: decays"):
        geometry_at(falling, TOKYO, elements.epoch, np.array([0.0, 60 * DAY_S]))
