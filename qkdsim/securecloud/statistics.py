"""Statistics on shares: sums and means without a message, products with one round of messages.

Sums are computed by each node for itself. The product of two shares is a share of the product, but on a polynomial of
twice the degree, which 2 threshold - 1 nodes fix and which is not random: M. Ben-Or, S. Goldwasser, A. Wigderson, STOC
1988, 1, bring the degree down, here in the form of R. Gennaro, M. O. Rabin, T. Rabin, PODC 1998, 101: each of those
nodes shares its product, and the weighted sum of these shares is a share on a new polynomial of the old degree. Local
products are added up before, so an inner product of any length costs one number on each link.

Fewer nodes than the threshold, who may pool all they see, learn nothing but what is opened, as long as all follow the
protocol. Nothing is claimed against a node that does not: it can make a result wrong, in a product unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from qkdsim.securecloud.key_use import KeyUse, sent
from qkdsim.securecloud.mersenne import (
    ELEMENT_BITS,
    Elements,
    add,
    element,
    from_integers,
    lagrange_weights,
    multiply,
    subtract,
    sums,
)
from qkdsim.securecloud.shared_numbers import FixedPoint, SharedNumbers, check_fits, dealt


def total(numbers: SharedNumbers) -> SharedNumbers:
    """The sum of the numbers; of a list of 0 and 1 the count.

    Raises ValueError, as all operations here do, if the result might not fit the field.
    """
    count = len(numbers)
    return replace(
        numbers,
        shares=sums(numbers.shares)[:, np.newaxis],
        bound=check_fits(count * numbers.bound),
        error=count * numbers.error,
    )


def mean(numbers: SharedNumbers) -> SharedNumbers:
    """The sum of the numbers, in a unit smaller by their count."""
    summed, count = total(numbers), len(numbers)
    return replace(summed, unit=summed.unit / count, error=summed.error / count)


def weighted_total(numbers: SharedNumbers, weights: ArrayLike, encoding: FixedPoint) -> SharedNumbers:
    """The sum of the numbers, each times its weight. The weights are public, and rounded by `encoding`.

    Raises ValueError if there is not one weight for each number, or one is out of the encoding's range.
    """
    integers, off = encoding.encoded(weights)
    if len(integers) != len(numbers):
        raise ValueError(f"{len(numbers)} weights are needed, {len(integers)} are here")
    size = sum(abs(int(weight)) for weight in integers)
    return replace(
        numbers,
        shares=_each_node(lambda row: sums(multiply(row, from_integers(integers))), numbers.shares),
        unit=numbers.unit * encoding.unit,
        bound=check_fits(size * numbers.bound),
        error=size * encoding.unit * numbers.error + len(numbers) * off * (numbers.largest + numbers.error),
    )


def product(a: SharedNumbers, b: SharedNumbers, random: np.random.Generator) -> tuple[SharedNumbers, KeyUse]:
    """Each number times the other at its place.

    Raises ValueError, as all products do, if fewer than 2 threshold - 1 nodes are there, or if the lists differ in
    length or nodes.
    """
    return _multiplied(a, b, multiply, 1, random)


def inner_product(a: SharedNumbers, b: SharedNumbers, random: np.random.Generator) -> tuple[SharedNumbers, KeyUse]:
    """The sum of all products of two numbers at the same place."""
    return _multiplied(a, b, lambda one, other: sums(multiply(one, other)), len(a), random)


def covariance(a: SharedNumbers, b: SharedNumbers, random: np.random.Generator) -> tuple[SharedNumbers, KeyUse]:
    """The mean product of the deviations from the two means (divided by the count, not by one less).

    Computed as n sum(a b) - sum(a) sum(b) in a unit smaller by n^2, so that nothing else is opened.
    """
    count = len(a)

    def local(one: Elements, other: Elements) -> Elements:
        return subtract(multiply(sums(multiply(one, other)), element(count)), multiply(sums(one), sums(other)))

    result, use = _multiplied(a, b, local, count**2, random)
    return replace(result, unit=result.unit / count**2, error=result.error / count**2), use


def variance(numbers: SharedNumbers, random: np.random.Generator) -> tuple[SharedNumbers, KeyUse]:
    """The covariance of the numbers with themselves."""
    return covariance(numbers, numbers, random)


def _multiplied(
    a: SharedNumbers,
    b: SharedNumbers,
    local: Callable[[Elements, Elements], Elements],
    terms: int,
    random: np.random.Generator,
) -> tuple[SharedNumbers, KeyUse]:
    """What `local` makes of the two rows of each node, on polynomials of the old degree again.

    terms: the result is at most so many times the product of the two bounds.
    """
    if a.holders != b.holders or a.indices != b.indices or len(a) != len(b):
        raise ValueError("both lists need the same length and the same nodes")
    bound = check_fits(terms * a.bound * b.bound)
    products = np.stack([np.atleast_1d(local(*rows)) for rows in zip(a.shares, b.shares, strict=True)])
    shares, use = _reshared(a, products, random)
    error = terms * (a.largest * b.error + b.largest * a.error + a.error * b.error)
    return SharedNumbers(a.holders, a.indices, shares, a.unit * b.unit, bound, Fraction(error)), use


def _reshared(numbers: SharedNumbers, products: Elements, random: np.random.Generator) -> tuple[Elements, KeyUse]:
    """Each of 2 threshold - 1 nodes shares its product over all that are there; they add up with Lagrange's weights."""
    holders, dealers = numbers.holders, numbers.holders.multipliers
    if len(numbers.indices) < dealers:
        raise ValueError(f"multiplying takes {dealers} nodes, {len(numbers.indices)} are there")
    weights = lagrange_weights(0, numbers.indices[:dealers])
    parts = [
        multiply(dealt(row, holders.threshold, numbers.indices, random), weight)
        for row, weight in zip(products[:dealers], weights, strict=True)
    ]
    bits = ELEMENT_BITS * products.shape[1]
    return reduce(add, parts), sent(numbers.nodes[:dealers], numbers.nodes, bits, holders.bits_per_tag)


def _each_node(local: Callable[[Elements], Elements], shares: Elements) -> Elements:
    """What each node makes of its row by itself, one at a time: large lists need no second copy of all rows."""
    return np.stack([np.atleast_1d(local(row)) for row in shares])
