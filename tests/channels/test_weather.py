"""Drawn weather follows the law of its chain, and nothing but seed, place and date changes it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from qkdsim.channels import weather
from qkdsim.channels.weather import Weather, WeatherSite, cells
from qkdsim.errors import InputError
from tests.references import load

REFERENCE = load("weather")
START = datetime(2000, 1, 1, tzinfo=UTC)
HOUR_S, DAY_S = 3600.0, 86_400.0
YEARS = 50
YEAR_H = 8766
SITES = (
    WeatherSite("tokyo", 35.68, 139.77, 0.44),
    WeatherSite("yokohama", 35.44, 139.65, 0.46),
    WeatherSite("osaka", 34.68, 135.52, 0.46, 12.0),
    WeatherSite("kochi", 33.57, 133.55, 0.70, 3.0),
    WeatherSite("sapporo", 43.06, 141.33, 0.40),
    WeatherSite("naha", 26.21, 127.69, 0.39, 24.0),
)
BY_NAME = {site.name: site for site in SITES}


def hourly(drawn: Weather, name: str) -> NDArray[np.bool_]:
    hours = math.floor(drawn.duration_s / HOUR_S)
    return drawn.is_clear(name, (np.arange(hours) + 0.5) * HOUR_S)


# --- the law of the grid, against outside values and a slow way to the same


def test_the_chain_has_the_worked_values() -> None:
    clear, time_h = REFERENCE["inputs"]["clear_fraction"], REFERENCE["inputs"]["correlation_time_h"]
    results = REFERENCE["results"]
    spell_h = weather.mean_clear_spell_h(clear, time_h)
    assert spell_h == pytest.approx(results["hourly_grid_clear_spell_h"], abs=0.005)
    assert 1.0 - 1.0 / spell_h == pytest.approx(results["clear_after_a_clear_hour"], abs=0.00005)
    # spells in continuous time: the limit of a correlation time long beside the step
    long_h = 1e6
    assert weather.mean_clear_spell_h(clear, long_h) * time_h / long_h == pytest.approx(
        results["continuous_clear_spell_h"], rel=1e-5
    )
    assert weather.mean_cloudy_spell_h(clear, long_h) * time_h / long_h == pytest.approx(
        results["continuous_cloudy_spell_h"], rel=1e-5
    )
    assert weather.mean_clear_spell_h(1.0, 6.0) == weather.mean_cloudy_spell_h(0.0, 6.0) == math.inf
    assert weather.autocorrelation(6.0, 6) == weather.autocorrelation(6.0, -6) == pytest.approx(math.exp(-1.0))


@given(
    st.floats(0.02, 0.98),
    st.floats(0.02, 0.98),
    st.floats(0.5, 100.0),
    st.floats(0.5, 100.0),
    st.floats(0.0, 15.0),
)
def test_pairs_follow_the_stationary_law_of_the_chain_of_four_states(
    clear_a: float, clear_b: float, time_a_h: float, time_b_h: float, longitude_deg: float
) -> None:
    a = WeatherSite("a", 0.0, 0.0, clear_a, time_a_h)
    b = WeatherSite("b", 0.0, longitude_deg, clear_b, time_b_h)
    shared = math.exp(-6371.0 * math.radians(longitude_deg) / 350.0)
    chain = np.zeros((4, 4))  # states 2 a + b, 1 = clear
    for old in range(4):
        p, q = (
            clear + ((old >> bit) & 1) * math.exp(-1.0 / time_h) - clear * math.exp(-1.0 / time_h)
            for clear, time_h, bit in ((clear_a, time_a_h, 1), (clear_b, time_b_h, 0))
        )
        both = shared * min(p, q) + (1.0 - shared) * p * q
        chain[old] = (1.0 - p - q + both, q - both, p - both, both)
    stationary = np.linalg.lstsq(
        np.vstack([chain.T - np.eye(4), np.ones(4)]), np.array([0.0, 0.0, 0.0, 0.0, 1.0]), rcond=None
    )[0]
    assert weather.both_clear(a, b, 350.0) == pytest.approx(stationary[3], abs=1e-9)
    correlation = (stationary[3] - clear_a * clear_b) / math.sqrt(clear_a * (1.0 - clear_a) * clear_b * (1.0 - clear_b))
    assert weather.correlation(a, b, 350.0) == pytest.approx(correlation, abs=1e-6)


def test_correlation_falls_from_one_to_none_with_distance() -> None:
    here = SITES[0]
    same = replace(here, name="same")
    other_side = replace(here, name="other", latitude_deg=-35.68, longitude_deg=-40.23)
    assert weather.distance_km(here, other_side) == pytest.approx(math.pi * 6371.0, rel=1e-6)
    assert weather.correlation(here, same) == pytest.approx(1.0)
    assert weather.correlation(here, other_side) == pytest.approx(0.0, abs=1e-12)
    along = [weather.correlation(here, replace(here, name="x", latitude_deg=35.68 + step)) for step in range(8)]
    assert along == sorted(along, reverse=True)
    one_h = replace(here, correlation_time_h=0.02)  # no memory: what is shared in the hour is all there is
    north = replace(one_h, name="north", latitude_deg=38.0)
    expected = math.exp(-weather.distance_km(one_h, north) / 350.0)
    assert weather.correlation(one_h, north) == pytest.approx(expected, rel=1e-9)


# --- what is drawn


@pytest.fixture(scope="module")
def fifty_years() -> dict[str, NDArray[np.bool_]]:
    drawn = weather.draw_weather(SITES, START, YEARS * YEAR_H * HOUR_S, seed=2026)
    return {site.name: hourly(drawn, site.name) for site in SITES}


def standard_errors_off(sums: NDArray[np.float64], weights: NDArray[np.float64], expected: float) -> float:
    """A ratio of yearly sums against its expectation, in standard errors from the scatter of the years."""
    ratio = sums.sum() / weights.sum()
    error = (sums - ratio * weights).std(ddof=1) * math.sqrt(len(sums)) / weights.sum()
    return float(abs(ratio - expected) / error)


def by_year(values: NDArray[np.generic]) -> NDArray[np.float64]:
    return values.reshape(YEARS, YEAR_H).sum(axis=1).astype(np.float64)


@pytest.mark.parametrize("name", BY_NAME)
def test_fifty_years_of_one_site_follow_its_law(name: str, fifty_years: dict[str, NDArray[np.bool_]]) -> None:
    site, clear = BY_NAME[name], fifty_years[name]
    fraction, time_h = site.monthly_clear_fraction[0], site.correlation_time_h
    hours = np.full(YEARS, float(YEAR_H))
    clears = by_year(clear & ~np.roll(clear, 1))  # as many spells begin as end
    clouds = by_year(~clear & np.roll(clear, 1))
    assert standard_errors_off(by_year(clear), hours, fraction) < 4.0
    assert standard_errors_off(by_year(clear), clears, weather.mean_clear_spell_h(fraction, time_h)) < 4.0
    assert standard_errors_off(by_year(~clear), clouds, weather.mean_cloudy_spell_h(fraction, time_h)) < 4.0
    for lag_h in (1, 6, 24):
        product = (clear - fraction) * (np.roll(clear, lag_h) - fraction) / (fraction * (1.0 - fraction))
        assert standard_errors_off(by_year(product), hours, weather.autocorrelation(time_h, lag_h)) < 4.0


@pytest.mark.parametrize("pair", list(combinations(BY_NAME, 2)), ids="--".join)
def test_fifty_years_of_two_sites_correlate_as_the_law_says(
    pair: tuple[str, str], fifty_years: dict[str, NDArray[np.bool_]]
) -> None:
    a, b = (BY_NAME[name] for name in pair)
    p, q = a.monthly_clear_fraction[0], b.monthly_clear_fraction[0]
    scale = math.sqrt(p * (1.0 - p) * q * (1.0 - q))
    product = (fifty_years[a.name] - p) * (fifty_years[b.name] - q) / scale
    hours = np.full(YEARS, float(YEAR_H))
    assert standard_errors_off(by_year(product), hours, weather.correlation(a, b)) < 4.0


def test_the_yardstick_sees_a_wrong_law(fifty_years: dict[str, NDArray[np.bool_]]) -> None:
    """The spells of continuous time, 10 h for 10.86 h, would be refused."""
    clear = fifty_years["sapporo"]
    clears = by_year(clear & ~np.roll(clear, 1))
    assert standard_errors_off(by_year(clear), clears, REFERENCE["results"]["continuous_clear_spell_h"]) > 4.0


def test_far_sites_are_clear_together_no_more_than_by_chance() -> None:
    sites = [WeatherSite(f"site {n}", 0.0, 100.0 * n, 0.4) for n in range(3)]
    drawn = weather.draw_weather(sites, START, 20 * YEAR_H * HOUR_S, seed=7)
    any_clear = np.any([hourly(drawn, site.name) for site in sites], axis=0)
    # four standard errors: with a memory of 6 h, 12 hours count as one independent sample
    assert any_clear.mean() == pytest.approx(1.0 - 0.6**3, abs=0.014)
    assert round(1.0 - 0.6**3, 2) == REFERENCE["results"]["three_sites_at_40_percent"]


def test_states_follow_the_rule_of_the_chain_hour_by_hour() -> None:
    """The textbook loop, clear if u < P(clear | own last state), over the same numbers."""
    hours, first = 2000, 1000 * cells.BLOCK_H
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=first)
    drawn = weather.draw_weather(SITES, start, hours * HOUR_S, seed=5)
    directions = np.array([site.direction for site in SITES])
    blocks = [cells.uniform_block(directions, 350.0, 5, 1000 + n) for n in range(8)]
    numbers = np.concatenate(blocks, axis=1)
    for site, row in zip(SITES, numbers, strict=True):
        fraction, keep = site.monthly_clear_fraction[0], math.exp(-1.0 / site.correlation_time_h)
        states = hourly(drawn, site.name)
        for hour in range(1, hours):
            last = states[hour - 1]
            clear = fraction + (1.0 - fraction) * keep if last else fraction * (1.0 - keep)
            assert states[hour] == (row[hour] < clear)


def test_places_share_a_number_as_often_as_their_distance_says() -> None:
    directions = np.array([site.direction for site in SITES])
    numbers = np.concatenate([cells.uniform_block(directions, 350.0, 3, block) for block in range(160)], axis=1)
    count = numbers.shape[1]
    for row in numbers:
        assert 0.0 <= row.min() <= row.max() < 1.0
        assert stats.kstest(row, "uniform").pvalue > 1e-4
    for i in range(len(SITES)):
        for j in range(i):
            shared = math.exp(-weather.distance_km(SITES[i], SITES[j]) / 350.0)
            together = numbers[i] == numbers[j]
            error = math.sqrt(max(shared * (1.0 - shared), 1.0 / count) / count)
            assert abs(together.mean() - shared) < 4.0 * error
            apart = stats.pearsonr(numbers[i][~together], numbers[j][~together]).statistic
            assert abs(apart) < 4.0 / math.sqrt((~together).sum())


def test_three_cells_do_not_foretell_the_fourth() -> None:
    """A number per cell made by XOR alone is fixed by those of three cells around one crossing of two circles."""
    square = [WeatherSite(f"{lat} {lon}", lat, lon, 0.4) for lat in (34.0, 36.0) for lon in (135.0, 137.0)]
    directions = np.array([site.direction for site in square])
    numbers = np.concatenate([cells.uniform_block(directions, 350.0, 9, block) for block in range(8)], axis=1)
    apart = [len(set(hour)) == 4 for hour in numbers.T]
    assert sum(apart) > 50
    bits = (numbers * 2.0**53).astype(np.uint64)
    assert not (np.bitwise_xor.reduce(bits, axis=0)[apart] == 0).any()


def test_clear_fractions_follow_the_calendar() -> None:
    months = tuple(0.05 + 0.9 * (month in (11, 12, 1, 2)) for month in range(1, 13))
    site = WeatherSite("pacific coast", 35.0, 138.0, months)
    drawn = weather.draw_weather([site], START, 50 * YEAR_H * HOUR_S, seed=1)
    states = hourly(drawn, site.name)
    month = (np.datetime64("2000-01-01T00") + np.arange(len(states))).astype("datetime64[M]").astype(int) % 12
    for number in range(12):
        steady = states[
            (month == number) & (np.roll(month, 72) == number)
        ]  # three days after the first, it has settled
        # 50 months are about 2900 independent samples: four standard errors at most
        assert steady.mean() == pytest.approx(months[number], abs=0.018)
    with pytest.raises(InputError, match=r"pacific coast.clear_fraction: got 'twelve', expected one number"):
        weather.both_clear(site, SITES[0])


@pytest.mark.parametrize(("fraction", "always"), [(0.0, False), (1.0, True)])
def test_skies_that_never_change(fraction: float, always: bool) -> None:
    site = WeatherSite("a", 0.0, 0.0, fraction)
    drawn = weather.draw_weather([site], START, 100 * DAY_S, seed=1)
    assert drawn.spells["a"].is_clear.tolist() == [always]
    with pytest.raises(InputError, match="between 0 and 1"):
        weather.correlation(site, SITES[0])


# --- what does not change the weather


@settings(max_examples=25, deadline=None)
@given(st.permutations(SITES), st.integers(1, len(SITES)), st.integers(0, 400), st.integers(1, 400))
def test_other_sites_order_start_and_length_change_nothing(
    order: list[WeatherSite], kept: int, late_h: int, hours: int
) -> None:
    whole = weather.draw_weather(SITES, START, 800 * HOUR_S, seed=11)
    part = weather.draw_weather(order[:kept], START + timedelta(hours=late_h), hours * HOUR_S, seed=11)
    for site in order[:kept]:
        assert np.array_equal(hourly(part, site.name), hourly(whole, site.name)[late_h : late_h + hours])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    draws = [weather.draw_weather(SITES, START, 90 * DAY_S, seed=seed) for seed in (1, 1, 2)]
    first, again, other = ({site.name: hourly(drawn, site.name).tobytes() for site in SITES} for drawn in draws)
    assert first == again
    assert all(first[name] != other[name] for name in BY_NAME)


def test_a_name_is_only_a_name_and_one_place_has_one_weather() -> None:
    twins = [replace(SITES[0], name=name) for name in ("a", "b")]
    drawn = weather.draw_weather(twins, START, 90 * DAY_S, seed=1)
    alone = weather.draw_weather(SITES[:1], START, 90 * DAY_S, seed=1)
    assert hourly(drawn, "a").tobytes() == hourly(drawn, "b").tobytes() == hourly(alone, "tokyo").tobytes()


# --- looking it up


def test_lookups_agree_with_intervals_and_hours_begin_on_the_clock() -> None:
    start = datetime(2026, 3, 5, 18, 30, tzinfo=timezone(timedelta(hours=9)))
    drawn = weather.draw_weather(SITES, start, 30.6 * DAY_S, seed=4)
    assert drawn.start == datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    for site in SITES:
        intervals = drawn.clear_intervals(site.name)
        flat = intervals.ravel()
        assert (np.diff(flat) > 0.0).all()
        inner = flat[(flat > 0.0) & (flat < drawn.duration_s)]
        assert np.array_equal(np.mod(inner, HOUR_S), np.full(len(inner), 1800.0))
        time_s = np.linspace(0.0, drawn.duration_s, 5001).reshape(3, -1)
        inside = ((intervals[:, 0] <= time_s[..., None]) & (time_s[..., None] < intervals[:, 1])).any(axis=-1)
        inside[-1, -1] = drawn.is_clear(site.name, drawn.duration_s)  # the last interval ends there
        assert np.array_equal(drawn.is_clear(site.name, time_s), inside)
    assert drawn.is_clear("tokyo", 0.0).shape == ()
    assert drawn.is_clear("tokyo", []).shape == (0,)


def test_steady_weather() -> None:
    clear = weather.steady_weather(["a", "b"], START, 100.0, clear=True)
    assert clear.is_clear("b", [0.0, 50.0, 100.0]).all()
    assert clear.clear_intervals("a").tolist() == [[0.0, 100.0]]
    cloudy = weather.steady_weather(["a"], START, 100.0, clear=False)
    assert not cloudy.is_clear("a", [0.0, 100.0]).any()
    assert cloudy.clear_intervals("a").shape == (0, 2)


def test_a_table_of_weather(tmp_path: Path) -> None:
    path = tmp_path / "sky.csv"
    path.write_text(
        "station,time,clear\n"
        "tokyo,2026-01-01T12:00,0\n"
        "tokyo,2025-12-31T20:00Z,yes\n"
        "tokyo, 2026-01-02T00:00+09:00 ,true\n"
        "\n"
        "elsewhere,2027-01-01,0\n",
        encoding="utf-8",
    )
    sky = weather.read_weather(path, ["tokyo"], datetime(2026, 1, 1), DAY_S)
    assert sky.clear_intervals("tokyo").tolist() == [[0.0, 12 * HOUR_S], [15 * HOUR_S, DAY_S]]
    assert list(sky.spells) == ["tokyo"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first row: got 'nothing', expected station,time,clear"),
        ("station,clear\n", "first row: got 'station,clear'"),
        ("station,time,clear\na,2026-01-01\n", "row 2: got 'a,2026-01-01', expected three values"),
        ("station,time,clear\na,noon,1\n", "row 2.time: got 'noon', expected a date and time"),
        ("station,time,clear\na,0001-01-01T00:00+09:00,1\n", "row 2.time: got"),
        ("station,time,clear\na,2026-01-01,maybe\n", "row 2.clear: got 'maybe', expected 1"),
        ("station,time,clear\na,2025-01-01,1\na,2025-01-01T00:00Z,0\n", "row 3.time: got '2025-01-01T00:00Z'"),
        ("station,time,clear\n\n\na,2026-01-01,maybe\n", "row 4.clear: got 'maybe', expected 1"),
        (
            "station,time,clear\na,2026-01-02,1\n",
            "station: the first one is at 2026-01-02T00:00:00+00:00, expected a row for a",
        ),
        (
            "station,time,clear\nb,2025-01-02,1\n",
            "station: missing, expected a row for a at or before the start, 2026-01-01",
        ),
    ],
)
def test_malformed_tables_are_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sky.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        weather.read_weather(path, ["a"], datetime(2026, 1, 1, tzinfo=UTC), DAY_S)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) == 1


def test_a_table_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.csv", "bytes.csv"):
        with pytest.raises(InputError, match="cannot be read, expected a text file"):
            weather.read_weather(tmp_path / name, ["a"], START, DAY_S)


# --- bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latitude_deg": 91.0}, "tokyo.latitude_deg: got 91.0, expected -90 to 90"),
        ({"longitude_deg": math.nan}, "tokyo.longitude_deg: got nan"),
        ({"clear_fraction": 44.0}, "tokyo.clear_fraction: got 44.0, expected 0 to 1"),
        ({"clear_fraction": (0.4,) * 11}, "tokyo.clear_fraction: got 11, expected one number, or twelve by month"),
        ({"clear_fraction": (0.4,) * 11 + (-0.1,)}, "tokyo.clear_fraction: got -0.1"),
        ({"correlation_time_h": 0.0}, "tokyo.correlation_time_h: got 0.0, expected above 0, to 1000 hours"),
        ({"correlation_time_h": math.inf}, "tokyo.correlation_time_h: got inf"),
    ],
)
def test_sites_that_cannot_be(change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        replace(SITES[0], **change)


def test_draws_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"duration_s: got 0\.0, expected above 0"):
        weather.draw_weather(SITES, START, 0.0, seed=1)
    with pytest.raises(InputError, match="duration_s: got inf"):
        weather.steady_weather(["a"], START, math.inf, clear=True)
    with pytest.raises(InputError, match="stations: got 'tokyo', expected each name once"):
        weather.draw_weather([SITES[0], SITES[0]], START, DAY_S, seed=1)
    with pytest.raises(InputError, match=r"decorrelation_distance_km: got 0.0, expected 20 to 20,000 km"):
        weather.draw_weather(SITES, START, DAY_S, seed=1, decorrelation_distance_km=0.0)
    drawn = weather.draw_weather(SITES, START, DAY_S, seed=1)
    with pytest.raises(InputError, match="station: got 'atlantis', expected one of tokyo, yokohama"):
        drawn.is_clear("atlantis", 0.0)
    for time_s in (-1.0, DAY_S + 1.0, math.nan):
        with pytest.raises(ValueError, match="time_s: expected 0 to 86400"):
            drawn.is_clear("tokyo", [0.0, time_s])
    assert weather.draw_weather([], START, DAY_S, seed=1).spells == {}


# --- shipped climate


def test_japanese_clear_fractions_are_the_share_of_sunshine() -> None:
    for place, percent in REFERENCE["results"]["sunshine_share_percent"].items():
        fraction = weather.clear_fraction(place)
        assert 100.0 * fraction == pytest.approx(percent, abs=0.5)
        assert fraction.basis == "assumed"
        assert fraction.uncertainty == 0.10
        assert fraction.source is not None
        assert "normals 1991-2020" in fraction.source


def test_every_place_says_where_its_number_comes_from() -> None:
    assert set(REFERENCE["results"]["sunshine_share_percent"]) < set(weather.places())
    assert len(weather.places()) >= 16 + 12
    for place in weather.places():
        fraction = weather.clear_fraction(place)
        assert 0.2 < fraction < 0.9
        assert fraction.source
        if fraction.basis == "measured":
            assert "nights" in fraction.source
    assert weather.CORRELATION_TIME_H.basis == weather.DECORRELATION_DISTANCE_KM.basis == "assumed"


def test_an_unknown_place_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"place: got 'atlantis', expected one of athens, .*yokohama, or a number"):
        weather.clear_fraction("atlantis")
