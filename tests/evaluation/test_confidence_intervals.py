"""Intervals of counts and means against published values and their own coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdsim import rng
from qkdsim.evaluation import intervals


def test_published_values() -> None:
    # Clopper and Pearson, Biometrika 26, 404 (1934): 4 of 10 gives 0.122 to 0.738
    assert intervals.clopper_pearson(4, 10) == (pytest.approx(0.122, abs=1e-3), pytest.approx(0.738, abs=1e-3))
    assert intervals.clopper_pearson(0, 10)[0] == 0.0
    assert intervals.clopper_pearson(10, 10)[1] == 1.0


@given(trials=st.integers(1, 10_000), share=st.floats(0.0, 1.0), confidence=st.floats(0.5, 0.9999))
def test_clopper_pearson_inverts_the_binomial(trials: int, share: float, confidence: float) -> None:
    events = round(share * trials)
    low, high = intervals.clopper_pearson(events, trials, confidence)
    assert 0.0 <= low <= events / trials <= high <= 1.0
    tail = (1.0 - confidence) / 2.0
    if events > 0:
        assert stats.binom.sf(events - 1, trials, low) == pytest.approx(tail, rel=1e-6)
    if events < trials:
        assert stats.binom.cdf(events, trials, high) == pytest.approx(tail, rel=1e-6)


@given(st.integers(1, 10**9), st.floats(0.5, 0.9999))
def test_zero_events(trials: int, confidence: float) -> None:
    bound = intervals.zero_event_bound(trials, confidence)
    assert trials * np.log1p(-bound) == pytest.approx(np.log(1.0 - confidence), rel=1e-9)
    if 1e-8 < bound < 0.9:
        assert abs(intervals.zero_event_trials(bound, confidence) - trials) <= 1
    assert intervals.zero_event_bound(10_000) == pytest.approx(3.0 / 10_000, rel=2e-3)


def test_student_covers_the_mean() -> None:
    stream = rng.stream(1, "tests", "student")
    samples = stream.normal(5.0, 2.0, (2000, 8))
    hits = [low <= 5.0 <= high for low, high in (intervals.student(list(one)) for one in samples)]
    assert np.mean(hits) == pytest.approx(0.95, abs=4.0 * np.sqrt(0.95 * 0.05 / 2000))


def test_student_and_trials_by_hand() -> None:
    # t for 2 degrees of freedom: 4.302653 (any table); 0.95^59 = 0.0485 is the first power below 0.05, 0.99^299 too
    half = 4.302653 / np.sqrt(3.0)
    assert intervals.student([1.0, 2.0, 3.0]) == pytest.approx((2.0 - half, 2.0 + half))
    assert (intervals.zero_event_trials(0.05), intervals.zero_event_trials(0.01)) == (59, 299)


def test_normal_interval() -> None:
    assert intervals.normal(1.0, 0.1) == (pytest.approx(0.804004, abs=1e-6), pytest.approx(1.195996, abs=1e-6))


@pytest.mark.parametrize(
    "call",
    [
        lambda: intervals.clopper_pearson(3, 2),
        lambda: intervals.clopper_pearson(0, 0),
        lambda: intervals.student([1.0]),
        lambda: intervals.zero_event_bound(0),
        lambda: intervals.zero_event_trials(1.0),
    ],
)
def test_bad_arguments(call: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()  # type: ignore[operator]
