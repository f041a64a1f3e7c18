"""SP 800-22 against its own published values, and against what it must find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qkdsim.randomness import sp800_22
from qkdsim.randomness.counting import linear_complexities, ranks
from qkdsim.randomness.expected import (
    COMPLEXITY_CLASSES,
    aperiodic_templates,
    excursion_classes,
    longest_run_classes,
    overlapping_classes,
    rank_classes,
)
from qkdsim.rng import stream
from tests.randomness.digits import binary_digits
from tests.references import load

PUBLISHED = load("sp800-22")
PRINTED = {name: tuple(values) for name, values in PUBLISHED["inputs"]["printed_classes"].items()}


@pytest.mark.parametrize("number", ["e", "sqrt2", pytest.param("pi", marks=pytest.mark.slow), "sqrt3"])
def test_published_p_values(number: str) -> None:
    bits = binary_digits(number)
    found = sp800_22.p_values(bits)
    assert len(found) == 188
    found["longest-run"] = sp800_22.longest_run(bits, PRINTED["longest-run"])
    found["overlapping-template"] = sp800_22.overlapping_template(bits, PRINTED["overlapping-template"])
    found["linear-complexity"] = sp800_22.linear_complexity(bits, PRINTED["linear-complexity"])
    # the Poisson approximation of the overlapping template is printed with six digits, so its p-value has five
    for name, value in PUBLISHED["results"][number].items():
        assert found[name] == pytest.approx(value, abs=3e-5 if name == "overlapping-template" else 2e-6), name


@pytest.mark.parametrize(
    "classes",
    [COMPLEXITY_CLASSES, longest_run_classes(), overlapping_classes(9, 1032), rank_classes(32), excursion_classes(3)],
)
def test_classes_are_distributions(classes: tuple[float, ...]) -> None:
    assert sum(classes) == pytest.approx(1.0, abs=1e-12)
    assert min(classes) > 0.0


def test_classes_agree_with_the_standard_where_it_is_exact() -> None:
    corrected = (0.364091, 0.185659, 0.139381, 0.100571, 0.0704323, 0.139865)  # SP 800-22 rev. 1a, 3.8
    assert overlapping_classes(9, 1032) == pytest.approx(corrected, abs=1e-6)
    assert rank_classes(32) == pytest.approx((0.2888, 0.5776, 0.1336), abs=1e-4)  # 3.5
    assert excursion_classes(1) == (0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125)  # 3.14
    assert len(aperiodic_templates(9)) == 148  # 2.7


def test_longest_run_classes_against_counted_runs() -> None:
    bits = stream(1, "longest runs").integers(0, 2, (4000, 10_000), dtype=np.uint8).reshape(-1)
    longest = np.clip(sp800_22.longest_runs(bits, 10_000), 10, 16) - 10
    counts = np.bincount(longest, minlength=7)
    assert stats.chisquare(counts, 4000 * np.array(longest_run_classes())).pvalue > 1e-3


def test_ranks_and_complexities_of_known_matrices_and_registers() -> None:
    identity = np.eye(32, dtype=np.uint8).reshape(-1)
    matrices = np.concatenate([identity, np.ones(1024, np.uint8), np.zeros(1024, np.uint8)])
    assert ranks(matrices, 32).tolist() == [32, 1, 0]
    register = [1, 0, 0, 1, 0]
    while len(register) < 500:
        register.append(register[-5] ^ register[-3])  # x^5 + x^2 + 1, primitive
    last = [0] * 499 + [1]
    assert linear_complexities(np.array(register + last + [0] * 500, dtype=np.uint8), 500).tolist() == [5, 500, 0]
    worked = np.array([1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1], np.uint8)  # 2.10.4
    assert linear_complexities(worked, 13).tolist() == [4]


def test_too_few_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="1000000"):
        sp800_22.p_values(np.zeros(999_999, np.uint8))


def test_a_sound_sequence_is_uniform_and_broken_ones_are_seen() -> None:
    sound = stream(2, "sound").integers(0, 2, 1_000_000, dtype=np.uint8)
    known = [value for value in sp800_22.p_values(sound).values() if not np.isnan(value)]
    assert min(known) > 1e-5
    alternating = np.tile(np.array([0, 1], np.uint8), 500_000)
    found = sp800_22.p_values(alternating)
    assert found["frequency"] == 1.0  # as many ones as zeros, and yet:
    assert found["runs"] == found["serial-1"] == found["approximate-entropy"] == 0.0
    assert sp800_22.p_values(np.ones(1_000_000, np.uint8))["frequency"] == 0.0
