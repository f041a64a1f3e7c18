"""Figures of satellite passes: what is drawn, where, and that it stays light."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from links.satellites.service_files import write
from matplotlib.backends.backend_agg import FigureCanvasAgg

from qkdsim.errors import InputError
from qkdsim.links.satellites import PassRecord, SatelliteService
from qkdsim.plots import (
    MapLink,
    MapNode,
    SatelliteTrack,
    StationSky,
    best_profile,
    ground_tracks_figure,
    network_figure,
    pass_profile_figure,
    pass_timetable_figure,
    sky_facts,
    to_svg,
)
from qkdsim.plots.longitudes import around, parted
from qkdsim.plots.pass_facts import below_zero_s, gaps_s
from qkdsim.scenario.space_plan import space_service
from qkdsim.space import SpaceSettings
from qkdsim.topology import load_named_topology

START = datetime(2026, 4, 1, tzinfo=UTC)
DAY_S = 86_400.0


def record(satellite: str, station: str, time_s: float, elevation_deg: float, kind: str = "taken") -> PassRecord:
    is_usable, is_taken = kind != "not usable", kind == "taken"
    return PassRecord(
        satellite=satellite,
        station=station,
        rise_s=time_s - 200.0,
        culmination_s=time_s,
        set_s=time_s + 200.0,
        max_elevation_deg=elevation_deg,
        usable_s=400.0 * is_usable,
        is_usable=is_usable,
        is_taken=is_taken,
        reason="" if is_taken else kind,
        min_loss_db=20.0 if is_usable else None,
        expected_secret_bits=1000 * is_usable,
        sifted_bits=1e4 if is_taken else None,
        qber=0.01 if is_taken else None,
        secret_bits=1000 * is_taken,
    )


def sky(name: str, latitude_deg: float, longitude_deg: float, days: int = 7) -> StationSky:
    nights = np.array([[day * DAY_S + 36_000.0, day * DAY_S + 72_000.0] for day in range(days)])
    return StationSky(name, latitude_deg, longitude_deg, nights, nights + 20_000.0)


def track(name: str, points: int = 1440) -> SatelliteTrack:
    turn = np.linspace(0.0, 30.0 * math.pi, points)
    longitude = (np.degrees(turn) * 0.94 + 180.0) % 360.0 - 180.0
    nothing = np.empty(0)
    return SatelliteTrack(name, DAY_S, 80.0 * np.sin(turn), longitude, nothing, nothing)


def service(folder: Path, days: float, weather: str = "drawn", **changes: tuple[str, str]) -> SatelliteService:
    write(folder, **changes)
    topology = load_named_topology(str(folder / "net.toml"))
    return space_service(topology, SpaceSettings(weather=weather), START, days * DAY_S, 1, "expected")


def test_strokes_stand_at_the_highest_point_as_long_as_the_elevation() -> None:
    passes = [
        record("a", "north", 40_000.0, 90.0),
        record("a", "south", 50_000.0, 45.0, "busy"),
        record("b", "south", 60_000.0, 30.0, "not usable"),
    ]
    figure = pass_timetable_figure(passes, [sky("north", 43.0, 141.0), sky("south", 26.0, 128.0)], START, DAY_S)
    (axes,) = figure.axes
    lines = [line for line in axes.lines if len(line.get_xydata()) == 3]  # foot, top, gap
    strokes = [line.get_xydata()[:2] for line in lines]
    assert len(strokes) == 3
    full = 0.9  # of a row, for 90 degrees
    for (foot, top), one, row in zip(strokes, passes, (0, 1, 1), strict=True):
        assert foot[0] == top[0] == one.culmination_s
        assert row < top[1] < foot[1] < row + 1  # rows count downwards
        assert foot[1] - top[1] == pytest.approx(full * one.max_elevation_deg / 90.0)
    assert len({(line.get_color(), line.get_linewidth(), line.get_alpha()) for line in lines}) == 3


def test_a_long_contact_reaches_from_rise_to_set_in_every_week_that_it_touches() -> None:
    """A geostationary satellite stands at its highest point once, by day perhaps, and serves all nights."""
    always = replace(record("geo", "north", 40_000.0, 45.0), rise_s=0.0, set_s=9 * DAY_S)
    figure = pass_timetable_figure([always], [sky("north", 43.0, 141.0, 14)], START, 9 * DAY_S)
    for axes in figure.axes:
        (box,) = [line.get_xydata() for line in axes.lines if len(line.get_xydata()) == 5]
        assert box[:4, 0].tolist() == [0.0, 0.0, 9 * DAY_S, 9 * DAY_S]
        assert box[0, 1] - box[1, 1] == pytest.approx(0.45)  # half of a full stroke
    assert len(figure.axes) == 2
    assert "from rise to set" in to_svg(figure)
    short = pass_timetable_figure([record("leo", "north", 4e4, 45.0)], [sky("north", 43.0, 141.0)], START, DAY_S)
    assert "from rise to set" not in to_svg(short)


def test_night_and_clouds_are_drawn_and_named() -> None:
    north = sky("north", 43.0, 141.0)
    svg = to_svg(pass_timetable_figure([record("a", "north", 4e4, 50.0)], [north], START, 7 * DAY_S))
    for words in ("night", "clouds", "not usable", "usable, not taken", "04-02", "Satellite passes from 2026-04-01"):
        assert words in svg
    clear = StationSky("north", 43.0, 141.0, north.night_s, None)
    assert "clouds" not in to_svg(pass_timetable_figure([record("a", "north", 4e4, 50.0)], [clear], START, DAY_S))


@pytest.mark.parametrize(("days", "stations", "weeks"), [(7, 4, 1), (8, 4, 2), (30, 4, 5), (30, 20, 2), (400, 2, 5)])
def test_long_runs_are_shown_by_weeks_and_say_how_much_they_show(days: int, stations: int, weeks: int) -> None:
    skies = [sky(f"s{number}", 30.0 + number, 130.0) for number in range(stations)]
    figure = pass_timetable_figure([record("a", "s0", 1e4, 50.0)], skies, START, days * DAY_S)
    assert len(figure.axes) == weeks
    assert (f"of {days} days" in to_svg(figure)) == (days > 7 * weeks)


def test_a_month_of_ten_satellites_over_four_stations_stays_light_and_the_same() -> None:
    random = np.random.default_rng(5)
    names = [f"s{number}" for number in range(4)]
    passes = [
        record(f"sat-{random.integers(10)}", str(random.choice(names)), float(time_s), 10 + 80 * random.random(), kind)
        for kind in ("taken", "busy", "not usable")
        for time_s in np.sort(random.uniform(0, 30 * DAY_S, 1500))
    ]
    skies = [sky(name, 30.0 + number, 130.0, 35) for number, name in enumerate(names)]
    svgs = [to_svg(pass_timetable_figure(passes, skies, START, 30 * DAY_S)) for _ in range(2)]
    assert svgs[0] == svgs[1]
    assert len(svgs[0]) < 500_000
    tracks = [track(f"sat-{number}", 576) for number in range(10)]
    assert len(to_svg(ground_tracks_figure(tracks, skies))) < 500_000


def test_lines_over_the_date_line_are_parted() -> None:
    assert around([179.0, -179.0, 0.0], 180.0).tolist() == [179.0, 181.0, 0.0]
    x, y = parted([170.0, 178.0, -174.0], [0.0, 1.0, 2.0], 0.0)
    np.testing.assert_array_equal(x, [170.0, 178.0, np.nan, -174.0])
    np.testing.assert_array_equal(y, [0.0, 1.0, np.nan, 2.0])
    x, _ = parted([170.0, 178.0, -174.0], [0.0, 1.0, 2.0], 180.0)
    assert x.tolist() == [170.0, 178.0, 186.0]


@given(st.lists(st.floats(-180, 180), min_size=2, max_size=50), st.floats(-180, 180))
def test_a_parted_line_never_crosses_the_map(longitudes_deg: list[float], centre_deg: float) -> None:
    x, y = parted(longitudes_deg, np.zeros(len(longitudes_deg)), centre_deg)
    steps = np.abs(np.diff(x))
    assert (steps[np.isfinite(steps)] <= 180.0).all()
    assert (np.abs(x[np.isfinite(x)] - centre_deg) <= 180.0 + 1e-9).all()
    assert np.isfinite(x).sum() == len(longitudes_deg) == np.isfinite(y).sum()


def test_the_map_shows_a_region_or_the_world() -> None:
    near = ground_tracks_figure([track("a")], [sky("naha", 26.2, 127.7), sky("sapporo", 43.1, 141.4)]).axes[0]
    assert near.get_xlim()[1] - near.get_xlim()[0] < 90.0
    assert near.get_xlim()[0] < 127.7 - 10.0
    over = ground_tracks_figure([track("a")], [sky("fiji", -18.0, 178.0), sky("samoa", -14.0, -172.0)]).axes[0]
    low, high = over.get_xlim()
    assert low < 178.0 - 360.0  # runs on over the date line
    assert high > -172.0
    assert high - low < 60.0
    world = ground_tracks_figure([track("a")], [sky("tokyo", 35.7, 139.7), sky("london", 51.5, -0.1)])
    assert world.axes[0].get_xlim() == (-180.0, 180.0)
    svg = to_svg(world)
    for words in ("tokyo", "london", "Ground tracks", "60° E", "60° N", "first 24 h"):
        assert words in svg
    with pytest.raises(InputError, match="at least one ground station"):
        ground_tracks_figure([track("a")], [])


def test_the_map_holds_high_satellites_and_poles() -> None:
    hours = np.linspace(0.0, 24.0, 25)
    there = np.full(25, 135.0) + 0.02 * np.sin(hours), 0.05 * np.cos(hours)  # longitude, latitude
    geo = SatelliteTrack("geo", DAY_S, there[1], there[0], there[1], there[0])
    near = [sky("naha", 26.2, 127.7), sky("sapporo", 43.1, 141.4)]
    axes = ground_tracks_figure([geo], near).axes[0]
    assert axes.get_xlim() == (-180.0, 180.0)
    (dot,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert dot.get_xydata()[0] == pytest.approx([135.0, 0.05], abs=0.05)
    assert not [one for one in ground_tracks_figure([track("a")], near).axes[0].lines if one.get_marker() == "o"]
    polar = ground_tracks_figure([track("a")], [sky("north", 90.0, 0.0), sky("south", -90.0, 0.0)]).axes[0]
    assert polar.get_xlim() == (-180.0, 180.0)
    low, high = polar.get_ylim()
    assert low < -90.0 < 90.0 < high  # whole triangles


def test_the_profile_of_a_long_contact_counts_hours_and_fits_the_page(tmp_path: Path) -> None:
    best = best_profile(service(tmp_path, 3.0, weather="clear"))
    assert best is not None
    assert "highest point (min)" in to_svg(pass_profile_figure(best))
    middle_s = best.record.culmination_s
    long = replace(
        best,
        record=replace(best.record, is_taken=False, reason="in part: Sun above -12 deg, satellite or station busy"),
        time_s=middle_s + 100.0 * (best.time_s - middle_s),
        usable_s=middle_s + 100.0 * (best.usable_s - middle_s),
    )
    figure = pass_profile_figure(long)
    assert "highest point (h)" in to_svg(figure)
    assert len(figure.axes[1].get_xticks()) <= 16
    renderer = FigureCanvasAgg(figure).get_renderer()
    assert all(text.get_window_extent(renderer).x1 < figure.bbox.x1 for text in figure.texts)
    assert "Not taken: in part" in to_svg(figure)


def test_nights_are_those_of_the_sun(tmp_path: Path) -> None:
    """At the equator the Sun is below -12 degrees while cos(hour angle) < sin(-12 deg) / cos(declination)."""
    equator = ("latitude_deg = 26.21\nlongitude_deg = 127.68", "latitude_deg = 0.0\nlongitude_deg = 0.0")
    south = sky_facts(service(tmp_path, 3.0, net=equator)).stations[1]
    hour_angle_deg = math.degrees(math.acos(math.sin(math.radians(-12.0)) / math.cos(math.radians(4.6))))
    length_h = (360.0 - 2.0 * hour_angle_deg) / 15.0  # declination of 2 April: 4.6 to 5 degrees
    # three nights, the first of which had begun, and the last goes on
    whole = south.night_s[1:-1]
    assert len(whole) == 2
    np.testing.assert_allclose((whole[:, 1] - whole[:, 0]) / 3600.0, length_h, atol=1 / 60)
    middle_h = whole.mean(axis=1) / 3600.0 % 24.0
    # the Sun is lowest at midnight plus the equation of time, 4 minutes late on that date
    np.testing.assert_allclose(np.minimum(middle_h, 24.0 - middle_h), 4 / 60, atol=1.5 / 60)


def test_clouds_are_what_clear_spells_leave(tmp_path: Path) -> None:
    found = service(tmp_path, 5.0)
    for station in sky_facts(found).stations:
        assert station.cloud_s is not None
        assert found.weather is not None
        middle_s = station.cloud_s.mean(axis=1)
        assert not found.weather.is_clear(station.name, middle_s).any()
        clear_s = (np.diff(found.weather.clear_intervals(station.name), axis=1)).sum()
        assert clear_s + np.diff(station.cloud_s, axis=1).sum() == pytest.approx(5 * DAY_S)
    assert all(one.cloud_s is None for one in sky_facts(service(tmp_path, 1.0, "clear")).stations)


def test_times_below_zero_have_straight_ends() -> None:
    time_s = np.arange(5.0)
    assert below_zero_s(time_s, np.array([-1.0, 1.0, -1.0, -1.0, 3.0])).tolist() == [[0.0, 0.5], [1.5, 3.25]]
    assert below_zero_s(time_s, np.ones(5)).shape == (0, 2)
    assert below_zero_s(time_s, -np.ones(5)).tolist() == [[0.0, 4.0]]
    assert gaps_s(np.array([[0.0, 1.0], [3.0, 9.0]]), 9.0).tolist() == [[1.0, 3.0]]
    assert gaps_s(np.empty((0, 2)), 9.0).tolist() == [[0.0, 9.0]]


def test_the_profile_is_that_of_the_best_pass(tmp_path: Path) -> None:
    found = service(tmp_path, 3.0, "clear")
    best = best_profile(found)
    assert best is not None
    assert best.record.expected_secret_bits == max(one.expected_secret_bits for one in found.passes if one.is_usable)
    assert best.elevation_deg[[0, -1]] == pytest.approx([10.0, 10.0], abs=0.02)  # the stations' mask
    # sampled every two seconds, in which it climbs by half a degree at most
    assert best.elevation_deg.max() == pytest.approx(best.record.max_elevation_deg, abs=0.5)
    assert best.record.min_loss_db == pytest.approx(best.loss_db.min(), abs=0.1)  # the width of a slice
    assert np.diff(best.usable_s, axis=1).sum() == pytest.approx(best.record.usable_s)
    svg = to_svg(pass_profile_figure(best))
    for words in ("elevation (degrees)", "loss (dB)", "usable (shaded)", "between the telescopes", "UTC"):
        assert words in svg
    by_day = next(one for one in found.passes if not one.is_usable)
    pale = best_profile(found, [by_day])
    assert pale is not None
    assert pale.usable_s.shape == (0, 2)
    assert "No key: Sun above -12 deg" in to_svg(pass_profile_figure(pale))
    assert best_profile(found, []) is None


def test_contacts_lie_where_a_station_sees_the_satellite(tmp_path: Path) -> None:
    """At 500 km and 10 degrees of elevation: acos(Re cos(e) / (Re + h)) - e = 14.0 degrees; 15 for the ellipsoid."""
    facts = sky_facts(service(tmp_path, 3.0, "clear"))
    stations = [(one.latitude_deg, one.longitude_deg) for one in facts.stations]
    seen = 0
    for one in facts.tracks:
        known = np.isfinite(one.contact_latitude_deg)
        lines = np.split(known, np.flatnonzero(~known) + 1)[:-1]  # each ends in its only NaN
        assert all(len(line) > 9 and line[:-1].all() for line in lines)
        for latitude, longitude in zip(one.contact_latitude_deg[known], one.contact_longitude_deg[known], strict=True):
            assert min(arc_deg(latitude, longitude, *station) for station in stations) < 15.0
            seen += 1
    assert seen > 30


def arc_deg(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    a, b, turn = (math.radians(angle) for angle in (latitude_a, latitude_b, longitude_a - longitude_b))
    return math.degrees(math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)))


CITIES = [
    MapNode("tokyo", "Tokyo", 35.7, 139.5),
    MapNode("london", "London", 51.5, -0.1),
    MapNode("singapore", "Singapore", 1.35, 103.8),
    MapNode("brussels", "Brussels", 50.85, 4.35),
]


def test_satellite_links_are_dashed_on_the_network_map() -> None:
    links = [
        MapLink("space", ("tokyo", "london"), 100.0, None, by_satellite=True),
        MapLink("fibre", ("london", "brussels"), 1000.0, 300.0),
    ]
    figure = network_figure(CITIES, links)
    lines = [line for line in figure.axes[0].lines if line.get_linewidth() == 3.4]
    assert [line.is_dashed() for line in lines] == [True, False]
    assert "Dashed: by satellite." in to_svg(figure)
    assert "Dashed" not in to_svg(network_figure(CITIES, links[1:]))


def test_a_map_of_the_world_has_coasts_and_holds_its_links() -> None:
    pairs = [(a.id, b.id) for number, a in enumerate(CITIES) for b in CITIES[:number]]
    links = [MapLink(f"{a}{b}", (a, b), 100.0, None, by_satellite=True) for a, b in pairs]
    figure = network_figure(CITIES, links)
    (axes, *_) = figure.axes
    assert len(axes.lines) > 50  # coasts
    for line in axes.lines:
        if line.get_linewidth() == 3.4:
            for values, (low, high) in zip(line.get_xydata().T, (axes.get_xlim(), axes.get_ylim()), strict=True):
                assert low < values.min() <= values.max() < high
    assert len(to_svg(figure)) < 500_000
    town = [MapNode("a", "A", 35.0, 139.0), MapNode("b", "B", 35.1, 139.1)]
    assert len(network_figure(town, [MapLink("ab", ("a", "b"), 1.0)]).axes[0].lines) < 10
