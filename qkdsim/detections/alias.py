"""One draw from a fixed discrete distribution out of 52 random bits, in constant time.

A. J. Walker, ACM Trans. Math. Softw. 3, 253 (1977), with the construction of M. D. Vose, IEEE Trans. Softw. Eng. 17,
972 (1991). The number of columns is a power of two, so that the low bits of the word choose the column and all bits
together, read as one number, are compared with its threshold; every probability is right to 2^-52.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORD_BITS = 52  # of a 64-bit word; the other 12 are free for another decision


@dataclass(frozen=True, slots=True)
class AliasTable:
    """threshold: uint64, (M,); outcome: uint16, (M, 2): of a word below the threshold, and of any other."""

    threshold: NDArray[np.uint64]
    outcome: NDArray[np.uint16]

    @classmethod
    def of(cls, probability: NDArray[np.float64], outcome: NDArray[np.int64]) -> AliasTable:
        """The table that draws `outcome[i]` (0 to 65535) in proportion to `probability[i]`; shapes (n,), n >= 1."""
        bits = max(len(outcome) - 1, 1).bit_length()
        columns = 1 << bits
        height = np.zeros(columns)
        height[: len(probability)] = probability * (columns / probability.sum())
        alias = _filled_up(height)
        # low bits hold the column, so the threshold stands above them
        threshold = np.rint(np.minimum(height, 1.0) * 2.0 ** (WORD_BITS - bits)).astype(np.uint64) << np.uint64(bits)
        padded = np.zeros(columns, dtype=np.int64)
        padded[: len(outcome)] = outcome
        return cls(threshold, np.stack([padded, padded[alias]], axis=-1).astype(np.uint16))


def _filled_up(height: NDArray[np.float64]) -> NDArray[np.int64]:
    """Lower every column to at most 1 by giving its surplus to others, in place; returns who filled up each column."""
    alias = np.full(len(height), int(np.argmax(height)))  # what rounding leaves open goes to the likeliest outcome
    low = [int(i) for i in np.flatnonzero(height < 1.0)]
    high = [int(i) for i in np.flatnonzero(height >= 1.0)]
    while low and high:
        short, giver = low.pop(), high[-1]
        alias[short] = giver
        height[giver] -= 1.0 - height[short]
        if height[giver] < 1.0:
            low.append(high.pop())
    return alias
