"""Numbers held as shares modulo 2^61 - 1: encoded with a stated range, shared, opened.

A. Shamir, Commun. ACM 22, 612 (1979), over a prime field, so that sums of shares are shares of the sum. Real numbers
are fixed-point numbers: multiples of 2^-fraction_bits, rounded once, when they are shared. How large a result can be
follows from the stated ranges alone, never from the data; where it would not fit the field, the operation is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.securecloud.holders import Holders
from qkdsim.securecloud.key_use import KeyUse, sent
from qkdsim.securecloud.mersenne import (
    ELEMENT_BITS,
    LARGEST,
    Elements,
    from_integers,
    interpolated,
    polynomial,
    random_elements,
    to_integers,
)


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Numbers from -largest to largest, as multiples of 2^-fraction_bits.

    Raises ValueError unless largest 2^fraction_bits is more than 0 and at most 2^60 - 1, and fraction_bits at least 0.
    """

    largest: float
    fraction_bits: int = 0

    def __post_init__(self) -> None:
        if self.fraction_bits < 0 or not 0 < self.largest < float("inf"):
            raise ValueError(
                f"a range above 0 and fraction bits from 0 are needed, not {self.largest} and {self.fraction_bits}"
            )
        check_fits(self.bound)

    @property
    def unit(self) -> Fraction:
        """What the integer 1 stands for."""
        return Fraction(1, 2**self.fraction_bits)

    @property
    def bound(self) -> int:
        """The largest integer."""
        return math.ceil(Fraction(self.largest) / self.unit)

    def encoded(self, values: ArrayLike) -> tuple[NDArray[np.int64], Fraction]:
        """The nearest integers, shape (count,), and how far they may be off: nothing where `values` are integers.

        Raises ValueError if a number is out of range or not a number, or if `values` are not a list of numbers.
        """
        given = np.atleast_1d(np.asarray(values))
        if given.ndim != 1 or given.dtype.kind not in "buif" or given.size == 0:
            raise ValueError("a list of at least one number is needed, each at most 64 bits long")
        real = given.dtype.kind == "f"
        inside = (given >= -self.largest) & (given <= self.largest)
        known = np.where(inside, given, given.dtype.type(0))
        scaled = np.rint(np.ldexp(known.astype(np.float64), self.fraction_bits)) if real else known
        integers = scaled.astype(np.int64) << (0 if real else self.fraction_bits)
        inside &= np.abs(integers) <= self.bound  # floats near 2^60 may round up
        if not inside.all():
            raise ValueError(
                f"number {int(inside.argmin())} is out of the stated range, -{self.largest} to {self.largest}"
            )
        return integers, self.unit / 2 if real else Fraction(0)


@dataclass(frozen=True, slots=True, eq=False)
class SharedNumbers:
    """A list of numbers as the shares of all nodes that are there. The shares are never shown.

    A simulation has them in one place; each node computes with its own row only.

    indices  numbers of the shares, in the order of the rows
    shares   shape (nodes there, count)
    unit     what the integer 1 stands for
    bound    no integer is larger, nor below -bound, whatever the data
    error    how far each number may be from the true one, by the rounding of the inputs
    """

    holders: Holders
    indices: tuple[int, ...]
    shares: Elements = field(repr=False)
    unit: Fraction
    bound: int
    error: Fraction

    def __len__(self) -> int:
        return int(self.shares.shape[1])

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that are there."""
        return tuple(self.holders.node(index) for index in self.indices)

    @property
    def largest(self) -> Fraction:
        """No number is larger, nor below minus this."""
        return self.bound * self.unit

    def without(self, *lost: str) -> SharedNumbers:
        """The same numbers when these nodes are gone.

        Raises ValueError if fewer than `threshold` nodes are left or a node holds no share.
        """
        gone = {self.holders.number(node) for node in lost}
        rows = [row for row, index in enumerate(self.indices) if index not in gone]
        left = tuple(self.indices[row] for row in rows)
        self.holders.check_enough(left)
        return replace(self, indices=left, shares=self.shares[rows])


@dataclass(frozen=True, slots=True)
class Opened:
    """Numbers that a reader put together from shares. They are not shown.

    integers  times `unit` are the numbers
    error     how far each may be from the true one, by the rounding of the inputs
    """

    integers: tuple[int, ...] = field(repr=False)
    unit: Fraction
    error: Fraction
    use: KeyUse

    @property
    def exact(self) -> tuple[Fraction, ...]:
        """The numbers as they were computed, without rounding."""
        return tuple(value * self.unit for value in self.integers)

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers."""
        return tuple(float(value) for value in self.exact)


def share_numbers(
    holders: Holders, owner: str, values: ArrayLike, encoding: FixedPoint, random: np.random.Generator
) -> tuple[SharedNumbers, KeyUse]:
    """Shares of the numbers for every node; the owner sends them.

    Raises ValueError if a number is out of the encoding's range.
    """
    integers, error = encoding.encoded(values)
    indices = tuple(range(1, len(holders.nodes) + 1))
    shares = dealt(from_integers(integers), holders.threshold, indices, random)
    use = sent([owner], holders.nodes, ELEMENT_BITS * len(integers), holders.bits_per_tag)
    return SharedNumbers(holders, indices, shares, encoding.unit, encoding.bound, error), use


def pooled(parts: Sequence[SharedNumbers]) -> SharedNumbers:
    """The lists of several owners as one list.

    Raises ValueError if there is none, or if nodes or units differ.
    """
    if len({(part.holders, part.indices, part.unit) for part in parts}) != 1:
        raise ValueError("at least one list is needed, all with the same nodes and the same unit")
    return replace(
        parts[0],
        shares=np.concatenate([part.shares for part in parts], axis=1),
        bound=max(part.bound for part in parts),
        error=max(part.error for part in parts),
    )


def opened(numbers: SharedNumbers, reader: str) -> Opened:
    """The numbers, from the shares that all nodes which are there send to the reader.

    With m nodes there, up to m - threshold altered shares are noticed for certain: none if m is the threshold.

    Raises ValueError if the shares do not agree.
    """
    threshold = numbers.holders.threshold
    rows = list(numbers.shares)
    base, points = rows[:threshold], numbers.indices[:threshold]
    for row, index in zip(rows[threshold:], numbers.indices[threshold:], strict=True):
        if not np.array_equal(interpolated(base, points, index), row):
            raise ValueError("the shares of the nodes do not agree: at least one of them is wrong")
    integers = to_integers(interpolated(base, points, 0))
    use = sent(numbers.nodes, [reader], ELEMENT_BITS * len(numbers), numbers.holders.bits_per_tag)
    return Opened(tuple(int(value) for value in integers), numbers.unit, numbers.error, use)


def dealt(secrets: Elements, threshold: int, points: tuple[int, ...], random: np.random.Generator) -> Elements:
    """Values of random polynomials of degree threshold - 1 that are `secrets` at 0: shape (points, count)."""
    coefficients = [secrets, *random_elements((threshold - 1, len(secrets)), random)]
    return np.stack([polynomial(coefficients, point) for point in points])


def check_fits(bound: int) -> int:
    """The bound again.

    Raises ValueError if numbers as large do not fit the field.
    """
    if bound > LARGEST:
        raise ValueError(
            f"results up to {float(bound):.3g} do not fit, the field has room for {float(LARGEST):.3g}: take fewer "
            "numbers, a smaller range or fewer fraction bits"
        )
    return bound
