"""Night, twilight, sunlight and shadow cut passes."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.orbit.examples import DAY_S, GEO_AXIS_KM, SINGAPORE, START, TOKYO, TROMSO, orbiting
from qkdsim.channels.orbit import (
    PassConditions,
    PassTable,
    Station,
    find_passes,
    geometry_along,
    geometry_at,
    ground_track,
    sun_elevation_deg,
    usable_intervals,
)
from qkdsim.errors import InputError

Light = Literal["any", "dark", "lit"]


@pytest.fixture(scope="module")
def passes() -> PassTable:
    satellites = [orbiting("dawn", raan_deg=250.0), orbiting("noon", raan_deg=340.0, altitude_km=1200.0)]
    return find_passes(satellites, [TOKYO, TROMSO, SINGAPORE], START, 10 * DAY_S)


@pytest.mark.parametrize("satellite", ["any", "dark", "lit"])
@pytest.mark.parametrize("sun_below_deg", [None, -12.0, -6.0, 10.0])
def test_against_a_look_every_second(passes: PassTable, sun_below_deg: float | None, satellite: Light) -> None:
    usable = usable_intervals(passes, PassConditions(sun_below_deg, satellite))
    shared = 0
    for number, one in enumerate(passes):
        seen = geometry_along(one, 1.0)
        good = np.ones(len(seen.time_s), np.bool_)
        reasons = []
        if sun_below_deg is not None:
            dark = seen.sun_elevation_deg < sun_below_deg
            good &= dark
            reasons += [] if dark.all() else [f"Sun above {sun_below_deg:g} deg"]
        if satellite != "any":
            wanted = seen.is_lit == (satellite == "lit")
            good &= wanted
            reasons += [] if wanted.all() else [f"satellite in {'sunlight' if satellite == 'dark' else 'shadow'}"]
        rows = usable.pass_index == number
        # each of at most four edges may be a second off
        assert good.sum() == pytest.approx(usable.usable_s[number], abs=4.5)
        assert usable.reasons[number] == " and ".join(reasons)
        assert (usable.begin_s[rows] >= one.rise_s).all()
        assert (usable.end_s[rows] <= one.set_s).all()
        shared += 0 < usable.usable_s[number] < one.duration_s
    if sun_below_deg is None and satellite == "any":
        assert usable.usable_s == pytest.approx(passes.set_s - passes.rise_s)
    elif satellite != "any":
        assert shared > 3


def test_edges_are_at_the_threshold(passes: PassTable) -> None:
    usable = usable_intervals(passes, PassConditions(-6.0))
    inner = 0
    for number, begin_s, end_s in zip(usable.pass_index, usable.begin_s, usable.end_s, strict=True):
        one = passes[int(number)]
        for edge_s, outer_s in ((begin_s, one.rise_s), (end_s, one.set_s)):
            if edge_s != outer_s:
                inner += 1
                sun_deg = sun_elevation_deg(one.station, START, np.array([edge_s]))[0]
                assert sun_deg == pytest.approx(-6.0, abs=1e-6)
    assert inner > 3


@settings(max_examples=25)
@given(st.floats(-90.0, 90.0), st.floats(-90.0, 90.0))
def test_a_brighter_threshold_takes_nothing_away(passes: PassTable, first_deg: float, second_deg: float) -> None:
    low, high = (usable_intervals(passes, PassConditions(one)) for one in sorted((first_deg, second_deg)))
    assert (low.usable_s <= high.usable_s + 1e-4).all()
    by_day = usable_intervals(passes, PassConditions(None))
    assert (high.usable_s <= by_day.usable_s + 1e-4).all()


def test_a_pass_of_days_is_cut_every_night() -> None:
    satellite = orbiting("geo", semi_major_axis_km=GEO_AXIS_KM, inclination_deg=0.5)
    track = ground_track(satellite, START, np.zeros(1))
    station = Station("below", 30.0, float(track.longitude_deg[0]))
    passes = find_passes([satellite], [station], START, 6 * DAY_S)
    usable = usable_intervals(passes, PassConditions(-12.0))
    assert len(usable.begin_s) in (6, 7)
    assert usable.reasons == ("Sun above -12 deg",)
    shadow = usable_intervals(passes, PassConditions(None, "dark"))
    # at the equinox a geostationary satellite is in shadow up to 72 minutes of each night; two weeks before, less
    assert 4 <= len(shadow.begin_s) <= 6
    assert ((shadow.end_s - shadow.begin_s) < 72 * 60.0).all()
    edges_s = np.concatenate([shadow.begin_s - 1.0, shadow.begin_s + 1.0, shadow.end_s - 1.0, shadow.end_s + 1.0])
    lit = geometry_at(satellite, station, START, edges_s).is_lit.reshape(4, -1)
    assert lit.tolist() == [
        [True] * lit.shape[1],
        [False] * lit.shape[1],
        [False] * lit.shape[1],
        [True] * lit.shape[1],
    ]


def test_no_passes_no_intervals() -> None:
    nothing = find_passes([orbiting()], [], START, DAY_S)
    usable = usable_intervals(nothing, PassConditions())
    assert len(usable.begin_s) == 0
    assert usable.reasons == ()
    assert usable.usable_s.tolist() == []


@pytest.mark.parametrize("threshold_deg", [-91.0, 91.0, math.nan])
def test_thresholds_that_are_refused(threshold_deg: float) -> None:
    with pytest.raises(InputError, match="passes: sun_below_deg: got"):
        PassConditions(threshold_deg)


def test_words_that_are_refused() -> None:
    with pytest.raises(InputError, match="satellite: got 'sunny', expected 'any', 'dark' or 'lit'"):
        PassConditions(satellite="sunny")  # type: ignore[arg-type]  # as a file might have it
