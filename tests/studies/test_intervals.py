"""Confidence intervals: worked values, coverage by Monte-Carlo, and ratios at their ends."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from qkdsim.studies import student_interval, with_intervals


def table(**values: float | None) -> pl.DataFrame:
    """Measures of the class `gold`."""
    return pl.DataFrame(
        {
            "scope": ["class"] * len(values),
            "name": ["gold"] * len(values),
            "measure": list(values),
            "value": list(values.values()),
            "unit": [""] * len(values),
        },
        schema_overrides={"value": pl.Float64},
    )


def rows(frame: pl.DataFrame) -> dict[str, tuple[float | None, float | None, float | None, int]]:
    return {row["measure"]: (row["value"], row["low"], row["high"], row["replicas"]) for row in frame.to_dicts()}


def test_a_worked_interval() -> None:
    # mean 3, s = sqrt(2.5), t(0.975, 4) = 2.776445 (any table of Student's distribution)
    mean, low, high = student_interval(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    half = 2.776445105 * np.sqrt(2.5 / 5)
    assert (mean[0], low[0], high[0]) == pytest.approx((3.0, 3.0 - half, 3.0 + half))


def test_equal_values_have_exactly_their_mean() -> None:
    mean, low, high = student_interval(np.full((1, 5), 64.0 / 75.0))
    assert mean[0] == low[0] == high[0] == 64.0 / 75.0


@pytest.mark.parametrize("replicas", [2, 5, 20])
def test_coverage_of_normal_values(replicas: int) -> None:
    """95 % within 4 standard errors."""
    studies = 20_000
    draws = np.random.default_rng(11).normal(7.0, 3.0, (studies, replicas))
    _, low, high = student_interval(draws)
    covered = float(((low <= 7.0) & (high >= 7.0)).mean())
    assert covered == pytest.approx(0.95, abs=4.0 * np.sqrt(0.95 * 0.05 / studies))


def test_coverage_of_a_ratio_of_many_requests() -> None:
    """Shares served of 2,000 independent requests, 10 replicas: 95 % within 4 standard errors and a half percent."""
    studies = 20_000
    draws = np.random.default_rng(12).binomial(2000, 0.97, (studies, 10)) / 2000.0
    _, low, high = student_interval(draws)
    covered = float(((low <= 0.97) & (high >= 0.97)).mean())
    assert covered == pytest.approx(0.95, abs=0.005 + 4.0 * np.sqrt(0.95 * 0.05 / studies))


def test_one_replica_has_no_interval() -> None:
    found = rows(with_intervals([table(requests=100.0, served_ratio=0.5)]))
    assert found == {"requests": (100.0, None, None, 1), "served_ratio": (0.5, None, None, 1)}


def test_ratios_are_cut_at_their_ends_and_other_measures_are_not() -> None:
    frames = [table(requests=100.0, served_ratio=ratio, outages=count) for ratio, count in ((1.0, 0.0), (0.9, 4.0))]
    found = rows(with_intervals(frames))
    assert found["served_ratio"][1:3] == (pytest.approx(0.95 - 12.7062047 * 0.05), 1.0)
    low = found["outages"][1]
    assert low is not None
    assert low < 0.0


def test_no_exception_in_any_replica_is_the_rule_of_three() -> None:
    frames = [table(requests=100.0, served=100.0, loss_ratio=0.0, served_ratio=1.0, error_ratio=0.0)] * 3
    found = rows(with_intervals(frames))
    assert found["loss_ratio"] == (0.0, 0.0, pytest.approx(3 / 300), 3)
    assert found["served_ratio"] == (1.0, pytest.approx(1 - 3 / 300), 1.0, 3)
    assert found["error_ratio"] == (0.0, 0.0, pytest.approx(3 / 300), 3)


def test_replicas_without_the_measure_are_left_out() -> None:
    frames = [table(requests=9.0, delay_p95_s=value) for value in (None, 1.0, 3.0, None)]
    frames.append(table(requests=9.0))
    found = rows(with_intervals([*frames, table(requests=9.0, lost=2.0)]))
    mean, low, high, count = found["delay_p95_s"]
    assert (mean, count) == (2.0, 2)
    assert low is not None
    assert high is not None
    assert found["lost"] == (2.0, None, None, 1)
    nowhere = rows(with_intervals([table(requests=0.0, delay_p95_s=None)] * 2))
    assert nowhere["delay_p95_s"] == (None, None, None, 0)
