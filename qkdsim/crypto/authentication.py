"""Wegman-Carter authentication of everything that one end has sent and received so far.

tag = first k bits of (mix * GHASH_H(transcript)) XOR pad. H and mix are 128 secret bits each and are kept; the pad of k
bits is used once, so **a tag costs k bits of key**, however long the transcript.

Forgery: one attempt succeeds with probability at most 2^-k + (L + 1) 2^-128 for transcripts of up to L blocks of
16 bytes, framing included. Proof. The pad is uniform and used once, so tags seen before tell nothing of H and mix. To
replace transcript and tag by another pair, the attacker must name the difference d of the two tags without the pad.
(1) The two transcripts have the same GHASH with probability at most (L + 1) 2^-128 over H (polynomial_hash); then d = 0
succeeds. (2) Otherwise the difference z of the two values is not zero, and mix z is uniform over the field because mix
is: its first k bits equal d with probability exactly 2^-k, whatever d. So the second stage is XOR-universal with 2^-k,
and the bounds of the two stages add (D. R. Stinson, Des. Codes Cryptogr. 4, 369 (1994), composition of universal hash
families; M. N. Wegman, J. L. Carter, J. Comput. Syst. Sci. 22, 265 (1981), the one-time pad over a kept hash). Refused
attempts tell no more than that they failed: the bounds of all attempts add. Key that is only eps-close to uniform adds
its eps once for each tag that used it (C. Portmann, IEEE Trans. Inf. Theory 60, 4383 (2014)).
"""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.crypto.polynomial_hash import BLOCK_BYTES, PolynomialHash, multiply

Bits = NDArray[np.uint8]  # one bit an element, 0 or 1

FIELD_BITS = 8 * BLOCK_BYTES
TAG_KEY_BITS = 2 * FIELD_BITS  # kept by both ends; pads come on top


@dataclass(frozen=True, slots=True)
class TagKey:
    """The part of an authentication key that is kept: H and mix, 16 bytes each. Never shown."""

    hash_key: bytes = field(repr=False)
    mix_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.hash_key) != BLOCK_BYTES or len(self.mix_key) != BLOCK_BYTES:
            raise ValueError(f"a tag key has two parts of {BLOCK_BYTES} bytes")

    @classmethod
    def from_bits(cls, bits: Bits) -> TagKey:
        """From 256 bits of key, shape (256,): H first, the first bit of each byte highest.

        Raises ValueError if there are more or fewer.
        """
        if bits.shape != (TAG_KEY_BITS,):
            raise ValueError(f"a tag key takes {TAG_KEY_BITS} bits, not {bits.size}")
        whole = np.packbits(bits).tobytes()
        return cls(whole[:BLOCK_BYTES], whole[BLOCK_BYTES:])


class TranscriptTag:
    """The running transcript of one end. Both ends feed the same messages in the same order and get the same tags."""

    def __init__(self, key: TagKey) -> None:
        """Start with an empty transcript."""
        self._hash = PolynomialHash(key.hash_key)
        self._mix_key = key.mix_key

    def __repr__(self) -> str:
        return f"TranscriptTag({self.hashed_bits} bits)"

    @property
    def hashed_bits(self) -> int:
        """Length of the transcript with its framing: what `forgery_bound` wants to know."""
        return 8 * self._hash.length_bytes

    def feed(self, message: bytes, direction: int = 0) -> None:
        """Append one message: a block with direction (one byte) and length (8 bytes), then the message, padded.

        Whoever reads from the start can tell where each message ends and who sent it: two different transcripts
        never hash the same bytes.

        direction: 0 to 255, a number for each sender.

        Raises ValueError for another direction.
        """
        if not 0 <= direction <= 255:
            raise ValueError(f"a direction is one byte, not {direction}")
        self._hash.update(bytes([direction]).ljust(8, b"\0") + len(message).to_bytes(8, "big"))
        self._hash.update(message)
        self._hash.update(bytes(-len(message) % BLOCK_BYTES))

    def tag(self, pad: Bits) -> Bits:
        """The tag of the transcript so far, as many bits as the pad has: shape (k,), 1 <= k <= 128.

        pad: key bits that were never used before and never will be again.

        Raises ValueError if k is out of range.
        """
        return mixed(self._hash.digest(), self._mix_key, len(pad)) ^ pad


def mixed(value: bytes, mix_key: bytes, tag_bits: int) -> Bits:
    """The first `tag_bits` bits of mix_key * value in GF(2^128): shape (tag_bits,).

    For a random mix_key the difference of two different values becomes every string of bits equally often.

    Raises ValueError unless 1 <= tag_bits <= 128.
    """
    _check_tag(tag_bits)
    return np.unpackbits(np.frombuffer(multiply(value, mix_key), dtype=np.uint8))[:tag_bits]


def equal(a: bytes | Bits, b: bytes | Bits) -> bool:
    """Compare two tags, both packed or both bits, in a time that does not depend on where they differ."""
    return hmac.compare_digest(bytes(a), bytes(b))


def forgery_bound(tag_bits: int, message_bits: float) -> float:
    """Greatest probability that one forged transcript of up to `message_bits` bits (framing included) is accepted.

    Raises ValueError unless 1 <= tag_bits <= 128.
    """
    return two_stage_bound(tag_bits, math.ceil(message_bits / FIELD_BITS))


def two_stage_bound(tag_bits: int, blocks: int) -> float:
    """2^-k + (L + 1) 2^-128: that two texts of up to L blocks have tags with a difference named beforehand.

    Raises ValueError unless 1 <= tag_bits <= 128.
    """
    _check_tag(tag_bits)
    return float(2.0**-tag_bits + (blocks + 1) * 2.0**-FIELD_BITS)


def _check_tag(tag_bits: int) -> None:
    if not 1 <= tag_bits <= FIELD_BITS:
        raise ValueError(f"a tag has 1 to {FIELD_BITS} bits, not {tag_bits}")
