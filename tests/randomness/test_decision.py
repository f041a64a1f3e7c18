"""The family-wise decision: its level on ideal sources, and that NIST's own rule has none."""

from __future__ import annotations

import pytest

from qkdsim.randomness.decision import battery, decide, holm
from qkdsim.randomness.sources import chain
from qkdsim.rng import stream


def ideal(sequences: int, number: int, tests: int = 188) -> list[dict[str, float]]:
    values = stream(11, "ideal p-values", number).random((sequences, tests))
    return [{str(place): float(value) for place, value in enumerate(row)} for row in values]


def test_holm_steps_down() -> None:
    assert holm([(0.02, "c"), (0.001, "a"), (0.02, "b")], 0.05) == ("a", "b", "c")
    assert holm([(0.03, "c"), (0.02, "a"), (0.02, "b")], 0.05) == ()
    assert holm([(0.001, "a"), (0.03, "b")], 0.05) == ("a", "b")


def test_the_family_wise_level_holds_where_three_sigma_does_not() -> None:
    results = [decide(ideal(100, number, 40), family_level=0.05) for number in range(200)]
    rejected = sum(not one.is_passed for one in results)
    assert rejected <= 20  # 0.05 of 200 are 10; above 20 with probability 0.001
    odd = sum(any(sub.is_odd_to_nist for sub in one.sub_tests) for one in results)
    assert odd > 80  # of 40 sub-tests alone: 1 - (1 - 0.018)^40 is a half


@pytest.mark.parametrize(("failing", "is_passed"), [(4, True), (14, False)])
def test_too_many_failures_of_one_sub_test_are_rejected(failing: int, is_passed: bool) -> None:
    found = ideal(100, 1)
    for number, one in enumerate(found):
        one["7"] = 1e-4 if number < failing else 0.02 + 0.98 * one["7"]
    result = decide(found)
    assert result.is_passed is is_passed
    assert is_passed or result.rejected[0] == "7"


def test_tests_that_do_not_apply_are_left_out() -> None:
    found = ideal(60, 2)
    for one in found:
        one["3"] = float("nan")
    result = decide(found)
    assert result.sub_tests[3].sequences == 0
    assert result.is_passed


def test_no_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="no sequence"):
        decide([])


@pytest.mark.parametrize(
    ("likely", "correlation", "is_passed"), [(0.5, 0.0, True), (0.502, 0.0, False), (0.5, 0.002, False)]
)
def test_ten_sequences_tell_a_sound_source_from_broken_ones(likely: float, correlation: float, is_passed: bool) -> None:
    generator = stream(12, "ten", str(likely), str(correlation))
    result = battery(chain(1_000_000, likely, correlation, generator) for _ in range(10))
    assert result.is_passed is is_passed
