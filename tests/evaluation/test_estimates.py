"""Estimators against their laws."""

from __future__ import annotations

import numpy as np
import pytest

from qkdsim.evaluation.estimates import (
    Estimate,
    greatest,
    least,
    magnitude,
    normal,
    ratio_of_sums,
    relative_spread,
    several,
    share,
)

REPEATS = 4000


def covered(estimates: list[Estimate], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in estimates]))


def test_magnitude_keeps_what_the_interval_says() -> None:
    assert magnitude(Estimate(-0.2, -0.3, -0.1)) == Estimate(0.2, 0.1, 0.3)
    assert magnitude(Estimate(0.1, -0.3, 0.5)) == Estimate(0.1, 0.0, 0.5)
    assert magnitude(Estimate(-0.1, -0.5, 0.3)).interval == (0.0, 0.5)


def test_estimates_by_hand() -> None:
    # standard deviations of 95 % of a normal law: 1.959964; Student's t for 2 degrees of freedom: 4.302653;
    # chi squared for 9: 2.70039 and 19.0228 (quantiles of any table)
    assert normal(1.0, 0.1).interval == pytest.approx((0.8040036, 1.1959964))
    assert greatest([Estimate(0.2, 0.1, 0.3), Estimate(1.0, 0.9, 1.1)]) == Estimate(1.0, 0.9, 1.1)
    assert least([Estimate(0.2, 0.1, 0.3), Estimate(1.0, 0.9, 1.1)]) == Estimate(0.2, 0.1, 0.3)
    half = 4.302653 / np.sqrt(3.0)
    assert ratio_of_sums(np.array([1.0, 2.0, 3.0]), np.ones(3)).interval == pytest.approx((2.0 - half, 2.0 + half))
    values = np.repeat([9.0, 11.0], 5)
    spread = np.sqrt(10.0 / 9.0) / 10.0
    found = relative_spread(values)
    assert found.value == pytest.approx(spread)
    assert found.interval == pytest.approx((spread * np.sqrt(9.0 / 19.0228), spread * np.sqrt(9.0 / 2.70039)), rel=1e-5)


@pytest.mark.parametrize("truths", [(0.5, 0.5, 0.5), (0.5, 0.1, 0.3), (-0.5, 0.5, 0.0)])
def test_the_greatest_of_several_is_covered(truths: tuple[float, ...]) -> None:
    generator = np.random.default_rng(5)
    found = []
    for _ in range(REPEATS):
        drawn = generator.normal(truths, 0.1)
        found.append(greatest([magnitude(normal(float(one), 0.1, several(len(truths)))) for one in drawn]))
    assert covered(found, 0.5) > 0.945


def test_ratio_of_sums_covers_its_truth_for_independent_and_for_correlated_blocks() -> None:
    generator = np.random.default_rng(6)
    independent, tied = [], []
    for _ in range(REPEATS // 4):
        below = generator.normal(10.0, 1.0, 600)
        noise = generator.normal(0.0, 1.0, 601)
        independent.append(ratio_of_sums(3.0 * below + noise[:-1], below))
        tied.append(ratio_of_sums(3.0 * below + noise[:-1] + noise[1:], below))  # neighbours share half
    # 3 standard errors of a share of 0.95 in 1,000
    assert covered(independent, 3.0) == pytest.approx(0.95, abs=0.021)
    assert covered(tied, 3.0) == pytest.approx(0.95, abs=0.021)


def test_naive_errors_would_not_cover_correlated_blocks() -> None:
    # the test above could not fail if the batches did nothing
    generator = np.random.default_rng(7)
    hits = 0
    for _ in range(500):
        noise = generator.normal(0.0, 1.0, 601)
        values = noise[:-1] + noise[1:]
        hits += bool(abs(values.mean()) < 1.96 * values.std(ddof=1) / np.sqrt(600))
    assert hits / 500 < 0.90


def test_relative_spread_is_that_of_chi_squared() -> None:
    generator = np.random.default_rng(8)
    found = [relative_spread(generator.normal(10.0, 1.0, 96)) for _ in range(1000)]
    assert covered(found, 0.1) == pytest.approx(0.95, abs=0.021)


def test_shares_are_exact_at_the_ends() -> None:
    assert share(0.0, 100.0).low == 0.0
    assert share(100.0, 100.0).high == 1.0


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="two or more"):
        ratio_of_sums(np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="denominator"):
        ratio_of_sums(np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match="mean"):
        relative_spread(np.zeros(5))
