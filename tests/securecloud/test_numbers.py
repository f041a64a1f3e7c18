from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.rng import stream
from qkdsim.securecloud import (
    FixedPoint,
    SharedNumbers,
    covariance,
    inner_product,
    mean,
    opened,
    pooled,
    product,
    share_numbers,
    total,
    variance,
    weighted_total,
)
from qkdsim.securecloud.mersenne import LARGEST, PRIME
from tests.securecloud.cases import MEAN, SPREAD, holders, nibble_pairs_statistic

MAJORITY = holders(3, 5)
INTEGERS = st.lists(st.tuples(*[st.integers(-1000, 1000)] * 2), min_size=1, max_size=30)
REALS = st.lists(st.tuples(*[st.floats(-100, 100)] * 2), min_size=1, max_size=30)


def shared(values: Any, encoding: FixedPoint, seed: int = 1) -> SharedNumbers:
    return share_numbers(MAJORITY, "owner", values, encoding, stream(seed, "numbers"))[0]


def exact(numbers: SharedNumbers) -> list[Fraction]:
    return list(opened(numbers, "reader").exact)


@given(INTEGERS, st.integers(0, 2**32))
@settings(max_examples=60)
def test_integers_give_what_plain_arithmetic_gives(rows: list[tuple[int, int]], seed: int) -> None:
    x, y = ([row[i] for row in rows] for i in (0, 1))
    random, n, encoding = stream(seed, "products"), len(rows), FixedPoint(1000)
    a, b = shared(x, encoding, seed), shared(y, encoding, seed + 1)
    assert exact(a) == x
    assert exact(total(a)) == [sum(x)]
    assert exact(mean(a)) == [Fraction(sum(x), n)]
    assert exact(weighted_total(a, y, encoding)) == [sum(p * q for p, q in rows)]
    assert exact(pooled([a, b])) == x + y
    assert exact(product(a, b, random)[0]) == [p * q for p, q in rows]
    assert exact(inner_product(a, b, random)[0]) == [sum(p * q for p, q in rows)]
    assert exact(covariance(a, b, random)[0]) == [
        Fraction(sum(p * q for p, q in rows), n) - Fraction(sum(x) * sum(y), n * n)
    ]
    result = opened(variance(a, random)[0], "reader")
    assert result.values == pytest.approx((np.var(x),), abs=1e-6)
    assert result.error == 0


@given(REALS, st.integers(0, 16), st.integers(0, 2**32))
@settings(max_examples=60)
def test_reals_are_within_the_stated_error(rows: list[tuple[float, float]], bits: int, seed: int) -> None:
    x, y = ([Fraction(row[i]) for row in rows] for i in (0, 1))
    random, n, encoding = stream(seed, "products"), len(rows), FixedPoint(100, bits)
    a, b = shared([float(v) for v in x], encoding, seed), shared([float(v) for v in y], encoding, seed + 1)
    products = [p * q for p, q in zip(x, y, strict=True)]
    cases = [
        (a, x),
        (total(a), [sum(x)]),
        (mean(a), [sum(x) / n]),
        (weighted_total(a, [float(v) for v in y], encoding), [sum(products)]),
        (product(a, b, random)[0], products),
        (inner_product(a, b, random)[0], [sum(products)]),
        (covariance(a, b, random)[0], [sum(products) / n - sum(x) * sum(y) / n**2]),
    ]
    for numbers, expected in cases:
        result = opened(numbers, "reader")
        off = [abs(value - right) for value, right in zip(result.exact, expected, strict=True)]
        assert max(off) <= result.error
        assert max(abs(value) for value in result.integers) <= numbers.bound
    assert opened(total(a), "reader").error == Fraction(n, 2 ** (bits + 1))


def test_a_rounded_number_is_as_far_off_as_stated() -> None:
    """The bound is met with equality: half a unit."""
    result = opened(shared([0.5, -1.5], FixedPoint(2)), "reader")
    assert [abs(value - right) for value, right in zip(result.exact, [0.5, -1.5], strict=True)] == [result.error] * 2


def test_counts_of_several_owners() -> None:
    parts = [shared([True, False, True], FixedPoint(1)), shared([False], FixedPoint(1)), shared([1], FixedPoint(1))]
    assert exact(total(pooled(parts))) == [3]
    with pytest.raises(ValueError, match="the same unit"):
        pooled([parts[0], shared([1], FixedPoint(1, 2))])
    with pytest.raises(ValueError, match="at least one list"):
        pooled([])


def test_nodes_may_be_lost_before_and_after_a_product() -> None:
    random = stream(1, "products")
    some = holders(2, 5)
    x, _ = share_numbers(some, "owner", [3, -4, 5], FixedPoint(5), random)
    left = x.without("node-1", "node-4")
    squares, use = product(left, left, random)
    assert exact(squares.without("node-2")) == [9, 16, 25]
    assert {message.sender for message in use.messages} == {"node-2", "node-3", "node-5"}
    with pytest.raises(ValueError, match="multiplying takes 3 nodes, 2 are there"):
        product(left.without("node-2"), left.without("node-2"), random)
    with pytest.raises(ValueError, match="2 shares are needed, 1 are here"):
        left.without("node-2", "node-3")


def test_wrong_shares_are_noticed_with_one_node_more() -> None:
    numbers = shared([1, 2, 3], FixedPoint(3))
    for row in range(5):
        altered = numbers.shares.copy()
        altered[row, 1] ^= np.uint64(1)
        wrong = replace(numbers, shares=altered)
        away = MAJORITY.node((row + 1) % 5 + 1)
        for there in (wrong, wrong.without(away)):
            with pytest.raises(ValueError, match="do not agree"):
                opened(there, "reader")


def test_fewer_shares_than_the_threshold_are_uniform() -> None:
    """Two of (3, 5) shares of equal numbers and of their products: uniform in top bits, and against each other."""
    random = stream(7, "numbers")
    for secret in (0, -123456):
        numbers = share_numbers(MAJORITY, "owner", np.full(2**16, secret), FixedPoint(2**20), random)[0]
        for held in (numbers, product(numbers, numbers, random)[0]):
            top = [(row >> np.uint64(57)).astype(np.uint8).tobytes() for row in held.shares]
            low = [(row & np.uint64(15)).astype(np.uint8).tobytes() for row in held.shares]
            for one, other in ((top[0], top[1]), (top[2], top[4]), (low[0], low[3]), (low[1], top[4])):
                assert abs(nibble_pairs_statistic(one, other) - MEAN) < 5 * SPREAD


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 11], "number 1 is out of the stated range, -10 to 10"),
        ([-10.01], "number 0 is out of"),
        ([0.0, float("nan")], "number 1 is out of"),
        ([float("inf")], "number 0 is out of"),
        ([], "at least one number"),
        ([[1, 2]], "a list of"),
        (["a"], "a list of"),
        ([2**70], "at most 64 bits"),
        (np.array([2**63], dtype=np.uint64), "number 0 is out of"),
    ],
)
def test_numbers_out_of_range_are_refused(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shared(values, FixedPoint(10))


@pytest.mark.parametrize(("largest", "bits"), [(0, 0), (-1, 0), (float("inf"), 0), (float("nan"), 0), (1, -1)])
def test_ranges_that_mean_nothing_are_refused(largest: float, bits: int) -> None:
    with pytest.raises(ValueError, match="a range above 0"):
        FixedPoint(largest, bits)


def test_results_that_might_not_fit_are_refused_before_they_are_computed() -> None:
    largest = FixedPoint(LARGEST)
    assert exact(shared([LARGEST, -LARGEST], largest)) == [LARGEST, -LARGEST]
    with pytest.raises(ValueError, match="out of the stated range"):
        shared([2.0**60], largest)  # as a float the same as LARGEST
    with pytest.raises(ValueError, match="do not fit"):
        FixedPoint(LARGEST + 1)
    with pytest.raises(ValueError, match="do not fit"):
        FixedPoint(1, 60)
    a, random = shared([0, 0], FixedPoint(2**30)), stream(1, "x")
    refused: list[Callable[[], object]] = [
        lambda: total(shared([0, 0], largest)),
        lambda: product(a, a, random),
        lambda: inner_product(a, a, random),
        lambda: variance(a, random),
        lambda: weighted_total(a, [2**30, 1], FixedPoint(2**30)),
    ]
    for operation in refused:
        with pytest.raises(ValueError, match=r"do not fit, the field has room for 1\.15e\+18"):
            operation()
    b = shared([2**29], FixedPoint(2**29))
    assert exact(product(b, b, random)[0]) == [2**58]


def test_lists_that_do_not_match_are_refused() -> None:
    random = stream(1, "x")
    a = shared([1, 2], FixedPoint(2))
    with pytest.raises(ValueError, match="same length"):
        product(a, shared([1], FixedPoint(2)), random)
    with pytest.raises(ValueError, match="same nodes"):
        product(a, a.without("node-1"), random)
    with pytest.raises(ValueError, match="2 weights are needed, 3 are here"):
        weighted_total(a, [1, 1, 1], FixedPoint(1))
    few, _ = share_numbers(holders(3, 4), "owner", [1], FixedPoint(1), random)
    with pytest.raises(ValueError, match="honest majority"):
        variance(few, random)


def test_numbers_and_shares_are_not_shown() -> None:
    numbers = shared([271828], FixedPoint(10**6))
    result = opened(numbers, "reader")
    assert "271828" not in repr(numbers) + repr(result)
    assert "shares=" not in repr(numbers)
    assert int(numbers.shares.max()) < PRIME
