"""Health tests: cutoffs, alarms at the right sample, and the rate of false ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qkdsim.randomness.health import (
    WINDOW,
    proportion_alarms,
    proportion_cutoff,
    repetition_alarms,
    repetition_cutoff,
)
from qkdsim.randomness.sources import chain
from qkdsim.rng import stream


def test_cutoffs_keep_the_false_alarm() -> None:
    assert repetition_cutoff(1.0) == 21  # SP 800-90B, 4.4.1, with a false alarm of 2^-20
    assert repetition_cutoff(2.0, 2.0**-30) == 16
    cutoff = proportion_cutoff(1.0)
    assert stats.binom.sf(cutoff - 1, WINDOW, 0.5) <= 2.0**-20 < stats.binom.sf(cutoff - 2, WINDOW, 0.5)


def test_a_stuck_source_is_found_at_the_cutoff() -> None:
    assert repetition_alarms(np.ones(100, np.uint8), 21).tolist() == [20, 41, 62, 83]
    assert repetition_alarms(np.array([0] * 20 + [1] * 20, np.uint8), 21).size == 0
    assert proportion_alarms(np.ones(2 * WINDOW, np.uint8), 600, WINDOW).tolist() == [599, WINDOW + 599]


def expected_alarm_rate(min_entropy_per_bit: float, false_alarm: float) -> float:
    """Alarms per sample of both tests on independent bits, the likelier one of probability 2^-H."""
    likely = 2.0**-min_entropy_per_bit
    cutoff = repetition_cutoff(min_entropy_per_bit, false_alarm)
    starts = likely**cutoff * (1 - likely) + (1 - likely) ** cutoff * likely
    equal = proportion_cutoff(min_entropy_per_bit, false_alarm) - 1  # to the first one, among the others
    windows = stats.binom.sf(equal - 1, WINDOW - 1, [likely, 1 - likely])
    return float(starts + (likely * windows[0] + (1 - likely) * windows[1]) / WINDOW)


@pytest.mark.parametrize("likely", [0.5, 0.6])
def test_false_alarms_as_often_as_expected(likely: float) -> None:
    entropy, false_alarm, samples = float(-np.log2(likely)), 2.0**-12, 4_000_000
    noise = chain(samples, likely, 0.0, stream(7, str(likely)))
    found = repetition_alarms(noise, repetition_cutoff(entropy, false_alarm)).size
    found += proportion_alarms(noise, proportion_cutoff(entropy, false_alarm), WINDOW).size
    expected = samples * expected_alarm_rate(entropy, false_alarm)
    assert abs(found - expected) < 4.0 * np.sqrt(expected) + 0.05 * expected
