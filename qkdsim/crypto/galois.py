"""The field GF(256): bytes as polynomials over GF(2), modulo x^8 + x^4 + x^3 + x + 1 (0x11B).

Any irreducible polynomial of degree 8 gives the same field up to names. This one is that of FIPS 197 (AES, 4.2), of
draft-mcgrew-tss-03, whose test case is met, and of most programs that share secrets byte by byte; others take 0x11D,
and their shares cannot be mixed with these.

A long string is multiplied by a constant with a table of 256 bytes, by a loop in C that needs no compiler. Look-ups
depend on the data: this is for simulation, not for a machine whose caches an attacker can watch.
"""

from __future__ import annotations

from functools import cache

POLYNOMIAL = 0x11B
ORDER = 256
_GENERATOR = 3  # x + 1: its powers are all elements but 0


def _powers() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Powers of the generator, and the exponent of every element; the entry for 0 means nothing."""
    powers, exponents, value = [], [0] * ORDER, 1
    for exponent in range(ORDER - 1):
        powers.append(value)
        exponents[value] = exponent
        doubled = value << 1
        value ^= doubled ^ (POLYNOMIAL if doubled >= ORDER else 0)  # times 3
    return tuple(powers), tuple(exponents)


_POWERS, _EXPONENTS = _powers()


def multiply(a: int, b: int) -> int:
    """The product of two elements, 0 to 255 each."""
    if a == 0 or b == 0:
        return 0
    return _POWERS[(_EXPONENTS[a] + _EXPONENTS[b]) % (ORDER - 1)]


def inverse(a: int) -> int:
    """The element that gives 1 when multiplied by `a`.

    Raises ZeroDivisionError for 0.
    """
    if a == 0:
        raise ZeroDivisionError("0 has no inverse in GF(256)")
    return _POWERS[-_EXPONENTS[a] % (ORDER - 1)]


def scaled(data: bytes | bytearray | memoryview, factor: int) -> bytes:
    """Every byte of `data` times `factor`."""
    return bytes(data) if factor == 1 else bytes(data).translate(_row(factor))


def lagrange_weights(at: int, points: tuple[int, ...]) -> tuple[int, ...]:
    """Weights w_i with f(at) = sum of w_i f(points_i) for every polynomial f of degree below len(points).

    Raises ZeroDivisionError if two points are the same.
    """
    weights = []
    for point in points:
        weight = 1
        for other in points:
            if other != point:
                weight = multiply(weight, multiply(at ^ other, inverse(point ^ other)))
        weights.append(weight)
    if len(set(points)) != len(points):
        raise ZeroDivisionError("two points are the same")
    return tuple(weights)


@cache
def _row(factor: int) -> bytes:
    return bytes(multiply(factor, value) for value in range(ORDER))
