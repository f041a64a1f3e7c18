"""The laws of request patterns: counts, means, dispersion and distributions, with fixed seeds.

Bounds are stated in standard errors; Kolmogorov-Smirnov distances are below 1.95 / sqrt(n), which a true sample exceeds
once in a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from qkdsim import rng
from qkdsim.apps import NAMED_SHAPES, Batches, Constant, DayShape, Diurnal, OnOff, Pattern, Poisson

DAY_S = 86_400.0
OFFICE = DayShape(NAMED_SHAPES["office"], local_start_s=7.5 * 3600.0)

patterns = st.sampled_from(
    [Constant(), Constant(is_staggered=True), Poisson(), Diurnal(OFFICE), OnOff(40.0, 300.0), Batches(7), Batches(3000)]
)


def times(
    pattern: Pattern, interval_s: float, start_s: float, stop_s: float, *names: str | int, seed: int = 4
) -> NDArray[np.float64]:
    lots = list(pattern.times_s(interval_s, start_s, stop_s, rng.stream(seed, "test", *names)))
    assert all(len(lot) for lot in lots)
    return np.concatenate(lots) if lots else np.empty(0)


def counts(pattern: Pattern, interval_s: float, window_s: float, windows: int) -> NDArray[np.int64]:
    """Requests in windows that follow each other."""
    found = times(pattern, interval_s, 0.0, window_s * windows)
    return np.bincount((found // window_s).astype(np.int64), minlength=windows)


def is_uniform(values: NDArray[np.float64]) -> bool:
    return bool(stats.kstest(values, "uniform").statistic < 1.95 / math.sqrt(len(values)))


@given(patterns, st.floats(0.01, 1e4), st.floats(0.0, 1e5), st.floats(-1e3, 2e5), st.integers(0, 99))
def test_times_ascend_from_start_to_before_stop(
    pattern: Pattern, interval_s: float, start_s: float, span_s: float, seed: int
) -> None:
    stop_s = start_s + min(span_s, 5_000.0 * interval_s)
    found = times(pattern, interval_s, start_s, stop_s, seed=seed)
    assert (np.diff(found) >= 0.0).all()
    assert ((found >= start_s) & (found < stop_s)).all()


@given(patterns, st.floats(1.0, 100.0))
def test_a_longer_run_begins_like_a_shorter_one(pattern: Pattern, interval_s: float) -> None:
    short = times(pattern, interval_s, 0.0, 500.0 * interval_s)
    long = times(pattern, interval_s, 0.0, 5_000.0 * interval_s)
    assert (long[: len(short)] == short).all()
    assert (long[len(short) :] >= 500.0 * interval_s).all()


@pytest.mark.parametrize(
    "make",
    [Poisson, lambda: Diurnal(OFFICE), lambda: OnOff(60.0, 240.0), lambda: Batches(20)],
    ids=["poisson", "diurnal", "on-off", "batches"],
)
def test_every_pattern_keeps_the_mean_rate(make: Callable[[], Pattern]) -> None:
    pattern = make()
    found = [len(times(pattern, 10.0, 0.0, 10.0 * DAY_S, run)) for run in range(60)]
    standard_error = np.std(found, ddof=1) / math.sqrt(len(found))
    assert abs(np.mean(found) - 10.0 * DAY_S / 10.0) < 4.0 * standard_error
    assert standard_error < 0.005 * 10.0 * DAY_S / 10.0


def test_a_day_of_seconds_has_86400_requests() -> None:
    found = times(Constant(), 1.0, 0.0, DAY_S)
    assert (len(found), found[0], found[-1]) == (86_400, 0.0, 86_399.0)


def test_regular_times_do_not_drift() -> None:
    found = times(Constant(), 0.1, 0.0, 10_000.0)
    assert len(found) == 100_000
    assert found[70_003] == 70_003 * 0.1


def test_staggered_phases_are_spread_over_the_interval() -> None:
    phases = np.array([times(Constant(is_staggered=True), 60.0, 5.0, 65.0, pair)[0] - 5.0 for pair in range(1_000)])
    assert is_uniform(phases / 60.0)


def test_poisson_gaps_are_exponential_and_counts_have_dispersion_one() -> None:
    gaps = np.diff(times(Poisson(), 0.2, 100.0, 20_100.0))
    assert stats.kstest(gaps, "expon", args=(0.0, 0.2)).statistic < 1.95 / math.sqrt(len(gaps))
    found = counts(Poisson(), 0.2, 10.0, 4_000)
    # of n Poisson counts, variance over mean has the standard error sqrt(2 / (n - 1))
    assert abs(found.var(ddof=1) / found.mean() - 1.0) < 4.0 * math.sqrt(2.0 / 3_999)


def test_diurnal_counts_follow_the_hours_of_the_local_day() -> None:
    days = 40
    found = times(Diurnal(OFFICE), 2.0, 0.0, days * DAY_S)
    hours = np.bincount((((found + OFFICE.local_start_s) % DAY_S) // 3600.0).astype(np.int64), minlength=24)
    shape = np.array(NAMED_SHAPES["office"])
    expected = days * DAY_S / 2.0 * shape / shape.sum()
    assert stats.chisquare(hours, expected * hours.sum() / expected.sum()).pvalue > 1e-3
    assert np.abs((hours - expected) / np.sqrt(expected)).max() < 4.5


def test_diurnal_times_are_a_poisson_process_on_the_busy_clock() -> None:
    """The time-rescaling theorem, with the integral of the rate worked out here on its own."""
    found = times(Diurnal(OFFICE), 5.0, 0.0, 3 * DAY_S)
    edges_s = np.arange(0.0, 4 * DAY_S + 1.0, 3600.0)
    shape = np.tile(NAMED_SHAPES["office"], 4)
    integral = np.append(0.0, np.cumsum(shape)) / np.mean(NAMED_SHAPES["office"]) * 3600.0 / 5.0
    rescaled = np.diff(np.interp(found + OFFICE.local_start_s, edges_s, integral))
    assert stats.kstest(rescaled, "expon").statistic < 1.95 / math.sqrt(len(rescaled))


def test_nobody_asks_in_hours_of_rate_zero() -> None:
    shape = (0.0,) * 9 + (1.0,) * 3 + (0.0,) * 4 + (2.0,) + (0.0,) * 7
    found = times(Diurnal(DayShape(shape)), 7.0, 0.0, 30 * DAY_S)
    hours = (found % DAY_S) // 3600.0
    assert set(hours.tolist()) == {9.0, 10.0, 11.0, 16.0}
    assert abs((hours == 16.0).mean() - 0.4) < 4.0 * math.sqrt(0.4 * 0.6 / len(found))


@pytest.mark.parametrize(("mean_on_s", "mean_off_s", "window_s"), [(20.0, 80.0, 50.0), (5.0, 5.0, 200.0)])
def test_on_off_counts_have_the_dispersion_of_an_interrupted_poisson_process(
    mean_on_s: float, mean_off_s: float, window_s: float
) -> None:
    """Index of dispersion of counts of the two-state process (Fischer and Meier-Hellstern 1993) for one rate 0:

    1 + 2 r a / (a + b)^2 (1 - (1 - exp(-(a + b) t)) / ((a + b) t)), r the rate while on, a = 1/on, b = 1/off.
    """
    mean_per_s = 1.0
    windows = 40_000
    found = counts(OnOff(mean_on_s, mean_off_s), 1.0 / mean_per_s, window_s, windows)
    leave, back = 1.0 / mean_on_s, 1.0 / mean_off_s
    on_per_s, change = mean_per_s * (leave + back) / back, leave + back
    fade = (1.0 - math.exp(-change * window_s)) / (change * window_s)
    dispersion = 1.0 + 2.0 * on_per_s * leave / change**2 * (1.0 - fade)
    groups = found.reshape(40, -1)  # long enough to be nearly independent
    estimates = groups.var(axis=1, ddof=1) / groups.mean(axis=1)
    standard_error = estimates.std(ddof=1) / math.sqrt(len(estimates))
    assert abs(estimates.mean() - dispersion) < 4.0 * standard_error
    assert standard_error < 0.03 * dispersion


def test_an_on_off_source_is_stationary_from_the_start() -> None:
    pattern = OnOff(30.0, 270.0)
    first = np.array([len(times(pattern, 2.0, 50.0, 60.0, run)) for run in range(4_000)])
    assert abs(first.mean() - 5.0) < 4.0 * first.std(ddof=1) / math.sqrt(len(first))
    assert abs((first > 0).mean() - (0.1 + 0.9 * (1.0 - math.exp(-10.0 / 270.0)))) < 0.03


def test_an_on_off_source_that_hardly_ever_asks_ends_with_the_run() -> None:
    assert len(times(OnOff(0.5, 0.5), 1e9, 0.0, 2_000.0)) == 0


def test_batches_come_together_and_have_the_dispersion_of_their_size() -> None:
    found, sizes = np.unique(times(Batches(12), 0.5, 0.0, 40_000.0), return_counts=True)
    assert set(sizes.tolist()) == {12}
    gaps = np.diff(found)
    assert stats.kstest(gaps, "expon", args=(0.0, 6.0)).statistic < 1.95 / math.sqrt(len(gaps))
    numbers = counts(Batches(12), 0.5, 60.0, 4_000)
    # 10 batches a window: the fourth moment adds 1/10 to the 2 of a normal law
    assert abs(numbers.var(ddof=1) / numbers.mean() - 12.0) < 4.0 * 12.0 * math.sqrt(2.1 / 4_000)


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=24, max_size=24).filter(any),
    st.floats(0.0, DAY_S),
    st.floats(0.0, 1e7),
)
def test_the_busy_clock_runs_24_hours_a_day_and_can_be_read_backwards(
    hourly: list[float], local_start_s: float, time_s: float
) -> None:
    shape = DayShape(tuple(hourly), local_start_s)
    assert shape.busy_s(time_s + DAY_S) - shape.busy_s(time_s) == pytest.approx(DAY_S, rel=1e-6)
    busy_s = shape.busy_s(time_s)
    back_s = float(shape.times_s(np.array([busy_s]))[0])
    assert shape.busy_s(back_s) == pytest.approx(busy_s, abs=1e-4)
    if hourly[int((time_s + local_start_s) % DAY_S // 3600.0) % 24] >= 0.1 * max(hourly):
        assert shape.busy_s(time_s + 1.0) > busy_s


@pytest.mark.parametrize("hourly", [(), (1.0,) * 23, (0.0,) * 24, (-1.0,) + (1.0,) * 23, (math.nan,) + (1.0,) * 23])
def test_a_day_has_24_rates_that_are_not_all_zero(hourly: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="24 numbers"):
        DayShape(hourly)
