"""One decision from the p-values of many sequences, with a family-wise level that is fixed beforehand.

SP 800-22 (4.2) asks of each sub-test that about 99 % of the sequences pass at 0.01 and that the p-values are uniform.
With its three-sigma rule an ideal source fails one of 188 sub-tests almost every second time with 1,000 sequences, and
nearly always with 100. Here both questions are put with their own p-values, the first by the exact binomial tail, and
Holm's step-down rule (S. Holm, Scand. J. Statist. 6, 65 (1979)) decides over all of them at once, whatever their
dependence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from qkdsim.randomness.counting import Bits

ALPHA = 0.01  # of one sub-test on one sequence
FAMILY_LEVEL = 1e-4  # of the whole battery on an ideal source
LEAST_FOR_UNIFORMITY = 55  # sequences, 4.2.2
NIST_UNIFORMITY = 1e-4


@dataclass(frozen=True, slots=True)
class SubTest:
    """One sub-test over all sequences to which it applied.

    proportion      that passed at 0.01
    too_few_pass    probability that a source without fault has so few passes or fewer
    uniformity      p-value of the p-values' uniformity; nan below 55 sequences
    """

    name: str
    sequences: int
    proportion: float
    too_few_pass: float
    uniformity: float

    @property
    def is_odd_to_nist(self) -> bool:
        """Fails the rule as the standard prints it: below three sigma, or uniformity below 0.0001."""
        sigma = np.sqrt(ALPHA * (1.0 - ALPHA) / self.sequences) if self.sequences else np.inf
        return bool(self.proportion < 1.0 - ALPHA - 3.0 * sigma or self.uniformity < NIST_UNIFORMITY)


@dataclass(frozen=True, slots=True)
class BatteryResult:
    """The whole battery: its sub-tests in order, and those that Holm's rule rejects."""

    sequences: int
    sub_tests: tuple[SubTest, ...]
    rejected: tuple[str, ...]
    smallest: float

    @property
    def is_passed(self) -> bool:
        """No sub-test is rejected."""
        return not self.rejected


def battery(sequences: Iterable[Bits]) -> BatteryResult:
    """SP 800-22 over sequences of a million bits or more each. Raises ValueError if there are none."""
    from qkdsim.randomness.sp800_22 import p_values

    return decide([p_values(bits) for bits in sequences])


def decide(
    found: Sequence[dict[str, float]],
    family_level: float = FAMILY_LEVEL,
) -> BatteryResult:
    """The decision over the p-values of each sequence, by name of sub-test."""
    if not found:
        raise ValueError("no sequence to decide on")
    names = tuple(found[0])
    values = np.array([[one[name] for name in names] for one in found])
    sub_tests = tuple(_sub_tests(names, values))
    hypotheses = [(one.too_few_pass, one.name) for one in sub_tests]
    hypotheses += [(one.uniformity, f"{one.name} uniformity") for one in sub_tests if not np.isnan(one.uniformity)]
    rejected = holm(hypotheses, family_level)
    return BatteryResult(len(found), sub_tests, rejected, min(value for value, _ in hypotheses))


def holm(hypotheses: Sequence[tuple[float, str]], level: float) -> tuple[str, ...]:
    """Names of the hypotheses that are rejected at the family-wise level, the smallest p-value first."""
    rejected: list[str] = []
    for place, (value, name) in enumerate(sorted(hypotheses)):
        if value > level / (len(hypotheses) - place):
            break
        rejected.append(name)
    return tuple(rejected)


def _sub_tests(names: Sequence[str], values: npt.NDArray[np.float64]) -> Iterator[SubTest]:
    """All sub-tests at once from p-values (sequences, sub-tests), nan where one did not apply."""
    applied = ~np.isnan(values)
    sequences = applied.sum(axis=0)
    failed = (values < ALPHA).sum(axis=0)
    too_few = stats.binom.sf(failed - 1, sequences, ALPHA)
    classes = np.where(applied, np.minimum(np.nan_to_num(values) * 10.0, 9.0), -1.0).astype(np.int64)
    counts = np.stack([(classes == one).sum(axis=0) for one in range(10)])
    expected = np.maximum(sequences, 1) / 10.0
    uniform = stats.chi2.sf(((counts - expected) ** 2 / expected).sum(axis=0), 9)
    for place, name in enumerate(names):
        number = int(sequences[place])
        share = 1.0 - int(failed[place]) / number if number else 1.0
        is_enough = number >= LEAST_FOR_UNIFORMITY
        yield SubTest(name, number, share, float(too_few[place]), float(uniform[place]) if is_enough else float("nan"))
