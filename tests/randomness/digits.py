"""The first binary digits of e, pi and square roots, from the leading one on, by whole numbers alone."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from qkdsim.randomness.counting import Bits

GUARD = 64


@cache
def binary_digits(name: str, count: int = 1_000_000) -> Bits:
    scale = count + GUARD
    value = {"e": _e, "pi": _pi, "sqrt2": _sqrt2, "sqrt3": _sqrt3}[name](scale)
    value >>= value.bit_length() - count
    return np.unpackbits(np.frombuffer(value.to_bytes(count // 8, "big"), dtype=np.uint8))


def _sqrt2(scale: int) -> int:
    return math.isqrt(2 << 2 * scale)


def _sqrt3(scale: int) -> int:
    return math.isqrt(3 << 2 * scale)


def _e(scale: int) -> int:
    def halves(first: int, last: int) -> tuple[int, int]:  # sum of 1/k!, by binary splitting
        if last - first == 1:
            return 1, last
        middle = (first + last) // 2
        (p, q), (r, s) = halves(first, middle), halves(middle, last)
        return p * s + r, q * s

    p, q = halves(0, 90_000)
    return ((p + q) << scale) // q


def _pi(scale: int) -> int:
    def halves(first: int, last: int) -> tuple[int, int, int]:  # the series of the Chudnovsky brothers
        if last - first == 1:
            p = (6 * first - 5) * (2 * first - 1) * (6 * first - 1) if first else 1
            q = 10939058860032000 * first**3 if first else 1
            t = p * (13591409 + 545140134 * first)
            return p, q, -t if first & 1 else t
        middle = (first + last) // 2
        (p, q, t), (u, v, w) = halves(first, middle), halves(middle, last)
        return p * u, q * v, v * t + p * w

    _, q, t = halves(0, scale // 47 + 10)
    return q * 426880 * math.isqrt(10005 << 2 * scale) // t
