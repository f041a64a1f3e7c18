"""A chunk with a check that shows, once it is rebuilt, whether any of its shares was wrong. Nobody keeps a key for it.

An algebraic manipulation detection code (R. Cramer, Y. Dodis, S. Fehr, C. Padró, D. Wichs, EUROCRYPT 2008, LNCS 4965,
471): to the data s a random x and f(x, s) = x^e + sum of s_i x^i, i <= e - 2, over GF(2^128) are appended, and all is
shared. Wrong shares add to the chunk something that does not depend on x, as long as those who altered them hold fewer
shares than the threshold; then the check still holds with probability at most (e - 1) 2^-128. For e odd, a shift of x
leaves a term of degree e - 1 that nothing cancels; without one, a change of s or f leaves a polynomial of degree at
most e - 2. Both have at most e - 1 roots.

f is GHASH with the key x: of the block 1, a block 0, then the data in an even number of blocks. GHASH ends with a block
for the length, so the first block stands at the power e = blocks + 1, which is odd, and the data at e - 2 and below.
"""

from __future__ import annotations

import hmac

import numpy as np

BLOCK_BYTES = 16
GUARD_BYTES = 2 * BLOCK_BYTES
_FIRST_BLOCKS = b"\x80".ljust(2 * BLOCK_BYTES, b"\0")  # 1 and 0 in the field: the first bit is the coefficient of 1


def guarded(data: bytes, random: np.random.Generator) -> bytes:
    """The data, then x and the check: `GUARD_BYTES` more."""
    point = random.bytes(BLOCK_BYTES)
    return data + point + _check(data, point)


def unguarded(text: bytes) -> bytes | None:
    """The data of what `guarded` gave; None if the check does not hold."""
    if len(text) < GUARD_BYTES:
        return None
    data, point, check = text[:-GUARD_BYTES], text[-GUARD_BYTES:-BLOCK_BYTES], text[-BLOCK_BYTES:]
    return data if hmac.compare_digest(_check(data, point), check) else None


def undetected_bound(data_bytes: int) -> float:
    """Greatest probability that altered shares of so many bytes of data, fewer than the threshold, go unnoticed."""
    return float((2 + _blocks(data_bytes)) * 2.0**-128)


def _check(data: bytes, point: bytes) -> bytes:
    from qkdsim.crypto.polynomial_hash import PolynomialHash

    running = PolynomialHash(point)
    running.update(_FIRST_BLOCKS)
    running.update(data)
    running.update(bytes(BLOCK_BYTES * _blocks(len(data)) - len(data)))
    return running.digest()


def _blocks(data_bytes: int) -> int:
    """Blocks of the data when padded to an even number of them."""
    return 2 * -(-data_bytes // (2 * BLOCK_BYTES))
