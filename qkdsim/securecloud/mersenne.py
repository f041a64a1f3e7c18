"""The field of integers modulo the Mersenne prime 2^61 - 1, on arrays of uint64.

Elements are 0 to 2^61 - 2. Since 2^61 is 1 there, a product is brought back by adding what stands above bit 61 to what
stands below; it is put together from halves of 30 and 31 bits, so that nothing passes 64 bits.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

Elements = NDArray[np.uint64]

PRIME = 2**61 - 1
ELEMENT_BITS = 61
LARGEST = (PRIME - 1) // 2  # signed numbers are -LARGEST to LARGEST

_P = np.uint64(PRIME)
_LOW_30, _LOW_31, _LOW_32 = (np.uint64(2**bits - 1) for bits in (30, 31, 32))
_1, _30, _31, _32, _61 = (np.uint64(bits) for bits in (1, 30, 31, 32, 61))


def from_integers(values: NDArray[np.int64]) -> Elements:
    """Signed numbers, -LARGEST to LARGEST, as elements: negative ones stand at the upper end."""
    return np.where(values < 0, values + PRIME, values).astype(np.uint64)


def to_integers(elements: Elements) -> NDArray[np.int64]:
    """The signed numbers of `from_integers`."""
    signed = elements.astype(np.int64)
    return np.where(signed > LARGEST, signed - PRIME, signed)


def add(a: Elements, b: Elements) -> Elements:
    """Element by element."""
    return _reduced(a + b)


def subtract(a: Elements, b: Elements) -> Elements:
    """Element by element."""
    return _reduced(a + (_P - b))


def multiply(a: Elements, b: Elements) -> Elements:
    """Element by element. With a = a1 2^31 + a0: 2 a1 b1 + (a1 b0 + a0 b1) 2^31 + a0 b0, as 2^62 is 2."""
    high_a, low_a, high_b, low_b = a >> _31, a & _LOW_31, b >> _31, b & _LOW_31
    middle = high_a * low_b + low_a * high_b  # below 2^62
    middle = (middle >> _30) + ((middle & _LOW_30) << _31)  # times 2^31: what passes bit 61 comes back below
    return _reduced(((high_a * high_b) << _1) + middle + low_a * low_b)  # below 2^64


def sums(elements: Elements) -> Elements:
    """The sum along the last axis, of fewer than 2^32 elements."""
    high = _reduced(np.sum(elements >> _32, axis=-1, dtype=np.uint64))
    low = _reduced(np.sum(elements & _LOW_32, axis=-1, dtype=np.uint64))
    return add(multiply(high, np.uint64(2**32) * np.ones_like(high)), low)


def element(value: int) -> Elements:
    """An integer of any size and sign as one element, shape ()."""
    return np.array(value % PRIME, dtype=np.uint64)


def random_elements(shape: tuple[int, ...], random: np.random.Generator) -> Elements:
    """Uniform, without bias."""
    return random.integers(0, PRIME, shape, dtype=np.uint64)


def polynomial(coefficients: list[Elements], at: int) -> Elements:
    """Horner's rule, lowest coefficient first in the list."""
    point = element(at)
    return reduce(lambda value, coefficient: add(multiply(value, point), coefficient), coefficients[::-1])


def lagrange_weights(at: int, points: tuple[int, ...]) -> list[Elements]:
    """Weights w_i with f(at) = sum of w_i f(points_i) for every polynomial f of degree below len(points).

    Raises ValueError if two points are the same.
    """
    if len(set(points)) != len(points):
        raise ValueError("two points are the same")
    weights = []
    for point in points:
        above = below = 1
        for other in points:
            if other != point:
                above, below = above * (at - other) % PRIME, below * (point - other) % PRIME
        weights.append(element(above * pow(below, -1, PRIME)))
    return weights


def interpolated(values: list[Elements], points: tuple[int, ...], at: int) -> Elements:
    """The value at `at` of the polynomials of degree below len(points) through the values at the points."""
    weights = lagrange_weights(at, points)
    return reduce(add, (multiply(value, weight) for value, weight in zip(values, weights, strict=True)))


def _reduced(values: Elements) -> Elements:
    """Any numbers of 64 bits as elements."""
    folded = (values & _P) + (values >> _61)  # below 2^61 + 8
    return folded - np.where(folded >= _P, _P, np.uint64(0))
