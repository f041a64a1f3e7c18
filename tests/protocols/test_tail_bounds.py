"""Tail bounds: order, coverage, and how they rank."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from qkdsim.protocols.tailbounds import TAIL_BOUNDS

BOUNDS = [name for name in TAIL_BOUNDS if name != "none"]


@given(st.sampled_from(sorted(TAIL_BOUNDS)), st.integers(1, 10**12), st.floats(0.0, 1.0), st.floats(1e-20, 0.4))
def test_bounds_enclose_the_count(name: str, total: int, share: float, epsilon: float) -> None:
    count = np.asarray(float(round(total * share)))
    lower, upper = TAIL_BOUNDS[name](count, np.asarray(float(total)), np.asarray(epsilon))
    assert np.isfinite(lower)
    assert np.isfinite(upper)
    assert lower <= count * (1 + 1e-9)
    assert upper >= count * (1 - 1e-9)


@given(st.sampled_from(BOUNDS), st.integers(1, 10**9), st.floats(0.0, 1.0))
def test_less_risk_is_a_wider_bound(name: str, total: int, share: float) -> None:
    count = np.asarray(float(round(total * share)))
    wide = TAIL_BOUNDS[name](count, np.asarray(float(total)), np.asarray(1e-10))
    narrow = TAIL_BOUNDS[name](count, np.asarray(float(total)), np.asarray(1e-2))
    assert wide[0] <= narrow[0] + 1e-9
    assert wide[1] >= narrow[1] - 1e-9


@pytest.mark.parametrize(("total", "probability"), [(1000, 0.3), (10_000, 0.02), (200, 0.5), (100_000, 1e-3)])
@pytest.mark.parametrize("name", BOUNDS)
def test_coverage(name: str, total: int, probability: float) -> None:
    # the mean may leave the bounds on either side in at most a fraction epsilon of runs
    runs, epsilon = 4000, 0.05
    drawn = np.random.default_rng(20).binomial(total, probability, runs).astype(np.float64)
    lower, upper = TAIL_BOUNDS[name](drawn, np.asarray(float(total)), np.asarray(epsilon))
    mean = total * probability
    allowed = epsilon + 4 * np.sqrt(epsilon * (1 - epsilon) / runs)
    assert (lower > mean).mean() <= allowed
    assert (upper < mean).mean() <= allowed
    if name == "clopper-pearson":  # exact: it must not be far too wide either
        assert (lower > mean).mean() >= 0.02
        assert (upper < mean).mean() >= 0.02


def test_a_deliberately_narrow_bound_fails_the_coverage_test() -> None:
    drawn = np.random.default_rng(20).binomial(1000, 0.3, 4000).astype(np.float64)
    lower, _ = TAIL_BOUNDS["clopper-pearson"](drawn, np.asarray(1000.0), np.asarray(0.2))
    assert (lower > 300).mean() > 0.05 + 4 * np.sqrt(0.05 * 0.95 / 4000)


def test_clopper_pearson_is_the_narrowest_and_hoeffding_the_widest_for_rare_events() -> None:
    count, total, epsilon = np.asarray(1e4), np.asarray(1e8), np.asarray(1e-10)
    widths = {name: np.subtract(*TAIL_BOUNDS[name](count, total, epsilon)[::-1]) for name in BOUNDS}
    assert widths["clopper-pearson"] < widths["chernoff"] < widths["hoeffding"]


def test_clopper_pearson_closed_forms() -> None:
    # no event in N: upper limit of p is 1 - eps^(1/N); N events in N: lower limit is eps^(1/N)
    total, epsilon = np.asarray(50.0), np.asarray(0.01)
    lower, upper = TAIL_BOUNDS["clopper-pearson"](np.asarray(0.0), total, epsilon)
    assert float(lower) == 0.0
    assert float(upper) == pytest.approx(50 * (1 - 0.01 ** (1 / 50)), rel=1e-9)
    lower, upper = TAIL_BOUNDS["clopper-pearson"](total, total, epsilon)
    assert float(lower) == pytest.approx(50 * 0.01 ** (1 / 50), rel=1e-9)
    assert float(upper) == 50.0


def test_hoeffding_as_printed() -> None:
    lower, upper = TAIL_BOUNDS["hoeffding"](np.asarray(10.0), np.asarray(1e4), np.asarray(1e-10))
    deviation = np.sqrt(1e4 / 2 * np.log(1e10))  # 339.3: the lower side goes negative, as in the paper
    assert (float(lower), float(upper)) == pytest.approx((10 - deviation, 10 + deviation))


@pytest.mark.parametrize("total", [1.4e8, 1e9, 5.79e9, 1e10])
def test_exact_limits_hold_for_a_thousand_counts_of_many(total: float) -> None:
    """A count of exactly 1000 sends scipy's inverse beta function astray; the Poisson limits are close by.

    Poisson limits at 1e-10 per side, from chi-square quantiles: 811.8 and 1215.6 around 1000.
    """
    count, epsilon = np.array([1000.0]), np.array([1e-10])
    lower, upper = TAIL_BOUNDS["clopper-pearson"](count, np.array([total]), epsilon)
    assert lower[0] == pytest.approx(chi2.ppf(1e-10, 2 * 1000) / 2, rel=1e-4)
    assert upper[0] == pytest.approx(chi2.isf(1e-10, 2 * 1001) / 2, rel=1e-4)
