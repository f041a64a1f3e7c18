from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.rng import stream
from qkdsim.securecloud.mersenne import (
    LARGEST,
    PRIME,
    add,
    from_integers,
    interpolated,
    multiply,
    polynomial,
    random_elements,
    subtract,
    sums,
    to_integers,
)

EDGE = st.sampled_from([0, 1, 2**30, 2**31 - 1, 2**31, 2**32, 2**60, PRIME - 2, PRIME - 1])
ELEMENT = EDGE | st.integers(0, PRIME - 1)
ROWS = st.lists(st.tuples(ELEMENT, ELEMENT), min_size=1, max_size=20)


@given(ROWS)
def test_arithmetic_is_that_of_integers(rows: list[tuple[int, int]]) -> None:
    a, b = (np.array(column, dtype=np.uint64) for column in zip(*rows, strict=True))
    assert multiply(a, b).tolist() == [x * y % PRIME for x, y in rows]
    assert add(a, b).tolist() == [(x + y) % PRIME for x, y in rows]
    assert subtract(a, b).tolist() == [(x - y) % PRIME for x, y in rows]
    assert int(sums(a)) == sum(x for x, _ in rows) % PRIME


def test_every_product_of_halves_at_their_limits() -> None:
    """Where an intermediate value would pass 64 bits first."""
    edges = [high << 31 | low for high in (0, 1, 2**30 - 1) for low in (0, 1, 2**31 - 2, 2**31 - 1)]
    values = np.array([value for value in edges if value < PRIME], dtype=np.uint64)
    table = multiply(values[:, np.newaxis], values[np.newaxis, :])
    assert table.tolist() == [[int(x) * int(y) % PRIME for y in values] for x in values]


def test_long_sums_do_not_overflow() -> None:
    ones = np.full((2, 10**6), PRIME - 1, dtype=np.uint64)
    assert to_integers(sums(ones)).tolist() == [-(10**6)] * 2


@given(st.lists(st.integers(-LARGEST, LARGEST), min_size=1))
def test_signed_numbers_come_back(values: list[int]) -> None:
    assert to_integers(from_integers(np.array(values))).tolist() == values


@given(st.lists(ELEMENT, min_size=1, max_size=5), st.sets(st.integers(1, 255), min_size=5, max_size=5))
def test_a_polynomial_is_found_from_its_values(coefficients: list[int], places: set[int]) -> None:
    arrays = [np.array([value], dtype=np.uint64) for value in coefficients]
    values = [polynomial(arrays, place) for place in places]
    for value, place in zip(values, places, strict=True):
        assert int(value[0]) == sum(c * place**power for power, c in enumerate(coefficients)) % PRIME
    points = tuple(places)[: len(coefficients)]
    assert int(interpolated(values[: len(points)], points, 0)[0]) == coefficients[0]


def test_two_points_at_one_place_are_refused() -> None:
    value = np.array([1], dtype=np.uint64)
    with pytest.raises(ValueError, match="same"):
        interpolated([value, value], (3, 3), 0)


def test_random_elements_fill_the_field() -> None:
    """256 equal parts of the field, 2^18 draws: within 5 standard deviations of chi square."""
    drawn = random_elements((2**18,), stream(1, "elements"))
    assert int(drawn.max()) < PRIME
    counts = np.bincount((drawn >> np.uint64(53)).astype(int), minlength=256)
    assert abs(float(((counts - 1024) ** 2 / 1024).sum()) - 255) < 5 * 510**0.5
