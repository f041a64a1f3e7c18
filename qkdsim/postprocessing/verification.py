"""Verification: do both ends hold the same string after reconciliation? They compare a short hash of it.

The hash is drawn anew, by public random bits, after the strings stand. The tag is sent in the clear: the term
log2(2/eps_cor) of the key length pays for a tag of up to log2(2/eps_cor) bits, so only what exceeds it is subtracted
once more.
"""

from __future__ import annotations

import math

import numpy as np

from qkdsim.crypto.authentication import mixed, two_stage_bound
from qkdsim.crypto.polynomial_hash import BLOCK_BYTES, PolynomialHash
from qkdsim.postprocessing.reconciler import Bits

VERIFICATION_KEY_BYTES = 2 * BLOCK_BYTES
_LENGTH_BYTES = 8


def verification_tag(bits: Bits, key: bytes, tag_bits: int) -> Bits:
    """The hash of a string, shape (tag_bits,): first bits of mix * GHASH_H(string and its length) in GF(2^128).

    bits: shape (n,). key: 32 random bytes, H and then mix, fresh for each string and unknown until it stands.
    tag_bits: 1 to 128.

    Raises ValueError for another size of the key or the tag.
    """
    if len(key) != VERIFICATION_KEY_BYTES:
        raise ValueError(f"a verification key has {VERIFICATION_KEY_BYTES} bytes, not {len(key)}")
    polynomial = PolynomialHash(key[:BLOCK_BYTES])
    polynomial.update(np.packbits(bits))
    polynomial.update(len(bits).to_bytes(_LENGTH_BYTES, "big"))
    return mixed(polynomial.digest(), key[BLOCK_BYTES:], tag_bits)


def collision_bound(length_bits: int, tag_bits: int) -> float:
    """Greatest probability that two different strings of up to `length_bits` have the same tag.

    2^-t + (L + 1) 2^-128 with L blocks of 16 bytes, length included (proof: crypto.authentication, no pad needed here
    because the strings stand before the key is drawn). To be at most eps_cor.

    Raises ValueError unless 1 <= tag_bits <= 128.
    """
    return two_stage_bound(tag_bits, math.ceil((length_bits / 8 + _LENGTH_BYTES) / BLOCK_BYTES))
