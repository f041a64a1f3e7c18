"""A secret cut into shares: XOR, where all are needed, and Shamir's (k, n) threshold scheme, where any k will do.

A. Shamir, Commun. ACM 22, 612 (1979), byte by byte over GF(256): each byte of the secret is the value at 0 of a
random polynomial of degree k - 1, share i its value at i. Any k shares fix the polynomial; k - 1 shares or fewer are
uniform whatever the secret is. XOR: n - 1 shares are random, the last makes the sum of all the secret; n - 1 of them
are uniform.

What that hides, with every share on a path of its own: XOR hides the key as long as one path has only honest nodes
between its ends, the threshold scheme as long as fewer than k paths are compromised. Neither notices a share that was
altered: see `verified_shares` and `share_tags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from qkdsim.crypto.galois import ORDER, lagrange_weights, scaled

MOST_SHARES = ORDER - 1  # the elements of GF(256) without 0, where the secret lies
_CHUNK_BYTES = 1 << 17  # what is worked on at a time stays in the processor's cache

Randomness: TypeAlias = "bytes | np.random.Generator"


@dataclass(frozen=True, slots=True)
class Share:
    """One share: its number, 1 to 255, and as many bytes as the secret has. The bytes are never shown.

    The number belongs to the share: it says where on the polynomial the bytes lie, and is sent, tagged and checked
    with them.
    """

    index: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.index <= MOST_SHARES:
            raise ValueError(f"the number of a share is 1 to {MOST_SHARES}, not {self.index}")

    def to_bytes(self) -> bytes:
        """The number as one byte, then the data: the form of draft-mcgrew-tss-03, 3.2."""
        return bytes([self.index]) + self.data

    @classmethod
    def from_bytes(cls, text: bytes) -> Share:
        """Read what `to_bytes` wrote.

        Raises ValueError if it is empty or the number is 0.
        """
        if not text:
            raise ValueError("an empty text is no share")
        return cls(text[0], bytes(text[1:]))


def split_xor(secret: bytes, shares: int, randomness: Randomness) -> tuple[Share, ...]:
    """Shares 1 to n whose sum is the secret.

    randomness: exactly (n - 1) len(secret) bytes never used before, or a random stream.

    Raises ValueError if n is not 1 to 255 or the randomness has another length.
    """
    _check_counts(shares, shares)
    drawn = _drawn(randomness, shares - 1, len(secret))
    return tuple(Share(i, data) for i, data in enumerate([*drawn, _sum([secret, *drawn])], start=1))


def join_xor(shares: Sequence[Share], count: int) -> bytes:
    """The secret of all `count` shares of `split_xor`.

    Raises ValueError if one is missing or there twice, or if lengths differ.
    """
    given = {share.index: share for share in _checked(shares)}
    if sorted(given) != list(range(1, count + 1)):
        raise ValueError(f"all shares 1 to {count} are needed, {sorted(given)} are here")
    return _sum([share.data for share in given.values()])


def split_threshold(secret: bytes, threshold: int, shares: int, randomness: Randomness) -> tuple[Share, ...]:
    """Shares 1 to n of which any k = `threshold` give the secret.

    randomness: exactly (k - 1) len(secret) bytes never used before (the coefficients of x, x^2, ...), or a random
    stream.

    Raises ValueError unless 1 <= k <= n <= 255 and the randomness has that length.
    """
    _check_counts(threshold, shares)
    coefficients = [secret, *_drawn(randomness, threshold - 1, len(secret))]
    return tuple(Share(index, _polynomial(coefficients, index)) for index in range(1, shares + 1))


def join_threshold(shares: Sequence[Share], threshold: int) -> bytes:
    """The secret of shares of `split_threshold`; only the first `threshold` of them are looked at.

    Raises ValueError if there are fewer, if one is there twice, or if lengths differ.
    """
    used = _checked(shares)[:threshold]
    if threshold < 1 or len(used) < threshold:
        raise ValueError(f"{threshold} shares are needed, {len(used)} are here")
    return interpolated(used, 0)


def interpolated(shares: Sequence[Share], at: int) -> bytes:
    """The value at `at` of the polynomials of degree below len(shares) through the shares: at 0 the secret."""
    weights = lagrange_weights(at, tuple(share.index for share in shares))
    parts = [share.data for share in shares]
    return b"".join(
        _sum([scaled(part, weight) for part, weight in zip(chunk, weights, strict=True)]) for chunk in _chunks(parts)
    )


def _polynomial(coefficients: Sequence[bytes], at: int) -> bytes:
    """Horner's rule, lowest coefficient first in the list."""
    values = []
    for chunk in _chunks(coefficients):
        value = chunk[-1]
        for coefficient in chunk[-2::-1]:
            value = _sum([scaled(value, at), coefficient])
        values.append(value)
    return b"".join(values)


def _chunks(parts: Sequence[bytes]) -> Iterable[list[bytes]]:
    for start in range(0, len(parts[0]), _CHUNK_BYTES):
        yield [part[start : start + _CHUNK_BYTES] for part in parts]


def _sum(parts: Sequence[bytes]) -> bytes:
    """The sum over GF(256), which is XOR."""
    total = np.frombuffer(parts[0], dtype=np.uint8).copy()
    for part in parts[1:]:
        total ^= np.frombuffer(part, dtype=np.uint8)
    return total.tobytes()


def _drawn(randomness: Randomness, parts: int, length: int) -> list[bytes]:
    if isinstance(randomness, np.random.Generator):
        return [randomness.bytes(length) for _ in range(parts)]
    if len(randomness) != parts * length:
        raise ValueError(f"{parts * length} random bytes are needed, {len(randomness)} are here")
    return (
        [randomness[start : start + length] for start in range(0, parts * length, length)] if length else [b""] * parts
    )


def _check_counts(threshold: int, shares: int) -> None:
    if not 1 <= threshold <= shares <= MOST_SHARES:
        raise ValueError(f"1 <= threshold <= shares <= {MOST_SHARES} is needed, not {threshold} and {shares}")


def _checked(shares: Sequence[Share]) -> list[Share]:
    if len({share.index for share in shares}) != len(shares):
        raise ValueError("a share is there twice")
    if len({len(share.data) for share in shares}) > 1:
        raise ValueError("shares of different lengths do not belong together")
    return list(shares)
