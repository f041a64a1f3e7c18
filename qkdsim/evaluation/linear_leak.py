"""What some shares tell of the keys that they belong to: exact for shares made by sums and constant factors.

XOR, and byte by byte Shamir's scheme over GF(256), make every bit of a share a sum modulo 2 of bits of the key and of
random bits. Then the bits of information that shares S give of keys K are ranks over GF(2):

    I(K; S) = rank(K) + rank(S) - rank(K, S)

of the matrices with a row for each key and a column for each bit, a column of ones beside them. Whole keys on a path,
too low a threshold, coefficients that are used for several bytes or keys: all lower the rank of both together. With so
many more rows than columns as `SPARE` says, columns that are independent look so but once in 2^SPARE.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SPARE = 64
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


def leaked_bits(keys: Bytes, shares: Bytes) -> int:
    """Bits of information about keys in some of their shares.

    keys    shape (samples, bytes)
    shares  shape (shares, samples, bytes); none of them leaks nothing

    Raises ValueError where samples are fewer than bits of keys and shares together, the ones, and `SPARE`.
    """
    samples, size = keys.shape
    columns = 8 * size * (1 + len(shares)) + 1
    if samples < columns + SPARE:
        raise ValueError(f"{columns + SPARE} samples are needed, {samples} are here")
    ones = np.full((samples, 1), 0x80, dtype=np.uint8)
    seen = np.concatenate([ones, *shares], axis=1)
    return rank(np.concatenate([ones, keys], axis=1)) + rank(seen) - rank(np.concatenate([seen, keys], axis=1)) - 1


def samples_needed(size: int, shares: int) -> int:
    """Samples that `leaked_bits` needs for keys of so many bytes and so many shares."""
    return 8 * size * (1 + shares) + 1 + SPARE


def rank(rows: Bytes) -> int:
    """Rank over GF(2) of a matrix of bits, eight to a byte, shape (rows, bytes)."""
    width = -(-rows.shape[1] // 8)
    padded = np.zeros((len(rows), 8 * width), dtype=np.uint8)
    padded[:, : rows.shape[1]] = rows
    words = padded.view(np.uint64)
    done = 0
    for column in range(64 * width):
        word, bit = column // 64, np.uint64(1) << np.uint64(column % 64)
        below = words[done:]
        set_ = np.flatnonzero(below[:, word] & bit)
        if not len(set_):
            continue
        first = int(set_[0])
        pivot = below[first].copy()
        below[first] = below[0]
        below[0] = pivot
        # the row that was first stands where the pivot was, and has no bit here
        below[set_[1:]] ^= pivot
        done += 1
        if done == len(words):
            break
    return done
