"""The length of a key made of both bases at once: both bounds together, less all that was told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qkdsim.protocols import Counts, Security, Theory, secret_key
from qkdsim.protocols.keylength import DecoySettings

EPSILON_SECRECY, EPSILON_CORRECTNESS = 1e-10, 1e-15
THEORY = Theory("tomamichel-2012", "none", "gamma", both_bases=True)
SETTINGS = DecoySettings(np.array([0.5]), np.array([1.0]), EPSILON_CORRECTNESS)
BITS = 100_000  # of each basis
EC_EFFICIENCY = 1.5  # far above the least that blocks of this size need


def entropy(rate: float) -> float:
    return 0.0 if rate <= 0.0 else -rate * math.log2(rate) - (1.0 - rate) * math.log2(1.0 - rate)


def counts(error_rates: tuple[float, float]) -> Counts:
    """One block of single photons, as many in each basis, with the given error rates."""
    bits = np.zeros((1, 1, 2, 2, 2, 2))
    for basis, error_rate in enumerate(error_rates):
        for bit in (0, 1):
            wrong = round(error_rate * BITS / 2)
            bits[0, 0, basis, bit, basis, 1 - bit] = wrong
            bits[0, 0, basis, bit, basis, bit] = BITS / 2 - wrong
    return Counts(np.zeros((1, 1, 2, 2, 2)), bits, np.zeros(1))


def security(*, per_bit: float | None = None) -> Security:
    fixed = EPSILON_SECRECY if per_bit is None else None
    return Security(fixed, per_bit, EPSILON_CORRECTNESS, 0.0, EC_EFFICIENCY)


def bound(rate_of_the_other: float, epsilon: float) -> float:
    """What one basis holds, tested by the other: Tomamichel et al., Nat. Commun. 3, 634 (2012), Theorem 2, leak 0."""
    margin = math.sqrt(2.0 / BITS * (BITS + 1) / BITS * math.log(4.0 / epsilon))
    length = BITS * (1.0 - entropy(min(rate_of_the_other + margin, 0.5)))
    return max(length - 2.0 * math.log2(1.0 / epsilon) - math.log2(2.0 / EPSILON_CORRECTNESS), 0.0)


def secret_bits(error_rates: tuple[float, float], leak_bits: float, how: Security) -> float:
    length = secret_key(counts(error_rates), THEORY, SETTINGS, how, leak_ec_bits=np.array([leak_bits]))
    assert length.leak_ec_bits.tolist() == [leak_bits]
    return float(length.secret_bits[0])


@pytest.mark.parametrize("leak_bits", [0.0, 60_000.0, 100_000.0, 130_000.0, 200_000.0])
@pytest.mark.parametrize("error_rates", [(0.005, 0.12), (0.12, 0.005), (0.02, 0.02), (0.005, 0.5)])
def test_the_leak_comes_off_the_sum_of_both_bounds(error_rates: tuple[float, float], leak_bits: float) -> None:
    # at 0.5 % and 12 % the bases hold some 45,000 and 94,000 bits: half of 100,000 is more than one of them can pay,
    # and what it cannot pay the other one has to
    one, other = (bound(rate, EPSILON_SECRECY) for rate in reversed(error_rates))
    expected = max(math.floor(one) + math.floor(other) - leak_bits, 0.0)
    assert secret_bits(error_rates, leak_bits, security()) == expected
    assert (expected > 0.0) == (leak_bits < one + other)


@pytest.mark.parametrize("leak_bits", [0.0, 60_000.0, 100_000.0])
def test_an_epsilon_for_each_bit_is_that_of_the_whole_key(leak_bits: float) -> None:
    per_bit = 1e-14
    found = secret_bits((0.005, 0.12), leak_bits, security(per_bit=per_bit))
    # the bounds of both bases may fail: half of the claim for each
    epsilon = per_bit * found / 2.0
    assert found == math.floor(bound(0.12, epsilon)) + math.floor(bound(0.005, epsilon)) - leak_bits
    claim = security(per_bit=per_bit).key_epsilon_secrecy(np.array(found), both_bases=True)
    assert float(claim) == pytest.approx(2.0 * epsilon, rel=1e-12)


def test_planned_leaks_are_those_of_each_basis() -> None:
    # two keys, each of which pays for itself: the noisy one, tested by the quiet one, still has some
    length = secret_key(counts((0.005, 0.12)), THEORY, SETTINGS, security())
    quiet = bound(0.12, EPSILON_SECRECY) - EC_EFFICIENCY * BITS * entropy(0.005)
    noisy = bound(0.005, EPSILON_SECRECY) - EC_EFFICIENCY * BITS * entropy(0.12)
    assert float(length.secret_bits[0]) == math.floor(quiet) + math.floor(noisy)
