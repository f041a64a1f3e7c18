"""Shares that were altered on the way: found by their tags, or by comparing more shares than the secret needs.

A hop's tag does not help against the node that relays the share: it is one of the two ends of that tag. Two things do.

Tags from end to end (`share_tags`, `tagged_shares`): Wegman-Carter tags with key that the two ends shared before. Any
number of altered shares is noticed, each but for the forgery bound; the rest rebuild the key if enough are left.

Cross-path verification (`verified_shares`): all shares of a byte lie on one polynomial of degree k - 1, so m of them
are a word of a Reed-Solomon code with distance m - k + 1 (R. J. McEliece, D. V. Sarwate, Commun. ACM 24, 583 (1981)).
Up to c wrong shares are corrected and up to d noticed, without any key and without any chance of failure, if
c + d <= m - k and c <= d. Against one who holds k - 1 paths, as many as the secret is hidden from, m = 2k - 1 shares
notice, and m = 3k - 2 correct. That is the default: never less noticed than k - 1 where m allows it, and what is left
is corrected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from qkdsim.crypto.authentication import Bits, TagKey, TranscriptTag, equal
from qkdsim.crypto.galois import lagrange_weights, multiply
from qkdsim.crypto.secret_sharing import Share, interpolated
from qkdsim.crypto.sharing_scheme import correctable

MOST_TRIED = 200_000  # sets of wrong shares that are tried; far above what the paths of a network come to


@dataclass(frozen=True, slots=True)
class Verified:
    """A secret that its shares agree on, and the numbers of the shares that did not fit. The secret is never shown."""

    secret: bytes = field(repr=False)
    wrong: tuple[int, ...]


def verified_shares(shares: Sequence[Share], threshold: int, correct: int | None = None) -> Verified | None:
    """The secret, if all shares but at most `correct` fit on one polynomial; None if they do not.

    With m shares of which no more than m - threshold - correct are wrong, a secret that is returned is the right one;
    with at most `correct` wrong ones, it is returned.

    correct: 0 to (m - threshold) // 2; when left out, as many as can be corrected while threshold - 1 wrong ones are
    still noticed.

    Raises ValueError if shares are missing, there twice or of different lengths, if `correct` is out of range, or if
    there are so many shares that wrong ones cannot be searched for.
    """
    held = sorted(shares, key=lambda share: share.index)
    spare = len(held) - threshold
    if threshold < 1 or spare < 0 or len({share.index for share in held}) < len(held):
        raise ValueError(f"{threshold} different shares are needed")
    if len({len(share.data) for share in held}) > 1:
        raise ValueError("shares of different lengths do not belong together")
    most = correctable(len(held), threshold) if correct is None else correct
    if not 0 <= most <= spare // 2:
        raise ValueError(f"with {len(held)} shares and threshold {threshold}, correct is 0 to {spare // 2}, not {most}")
    if math.comb(len(held), most) > MOST_TRIED:
        raise ValueError(f"{len(held)} shares with {most} wrong ones are more than can be searched")
    return _corrected(held, threshold, most)


def _corrected(held: Sequence[Share], threshold: int, most: int) -> Verified | None:
    """Each byte that does not fit tells which shares are wrong there; without those the rest is compared again."""
    wrong: set[int] = set()
    while True:
        rest = [share for share in held if share.index not in wrong]
        position = _first_misfit(rest, threshold)
        if position is None:
            return Verified(interpolated(rest[:threshold], 0), tuple(sorted(wrong)))
        found = _wrong_at([(share.index, share.data[position]) for share in held], threshold, most)
        if not found or len(wrong | found) > most:
            return None
        wrong |= found


def _first_misfit(shares: Sequence[Share], threshold: int) -> int | None:
    """The first byte at which the shares beyond the threshold are not what the others say."""
    places = []
    for share in shares[threshold:]:
        expected = np.frombuffer(interpolated(shares[:threshold], share.index), dtype=np.uint8)
        differs = expected != np.frombuffer(share.data, dtype=np.uint8)
        if differs.any():
            places.append(int(differs.argmax()))
    return min(places, default=None)


def _wrong_at(values: Sequence[tuple[int, int]], threshold: int, most: int) -> set[int]:
    """The fewest values, at most `most`, without which the others lie on one polynomial; empty if there are none."""
    for count in range(1, most + 1):
        for left_out in combinations(values, count):
            if _fits([value for value in values if value not in left_out], threshold):
                return {index for index, _ in left_out}
    return set()


def _fits(values: Sequence[tuple[int, int]], threshold: int) -> bool:
    base = values[:threshold]
    points = tuple(index for index, _ in base)
    for index, value in values[threshold:]:
        for weight, (_, known) in zip(lagrange_weights(index, points), base, strict=True):
            value ^= multiply(weight, known)  # noqa: PLW2901 (what is left when the expected value is taken off)
        if value:
            return False
    return True


def share_tags(shares: Sequence[Share], key: TagKey, pads: Sequence[Bits]) -> tuple[Bits, ...]:
    """The end-to-end tag of each share, over its number and its bytes.

    key: kept by the two ends. pads: one for each share, shape (tag bits,) each; key bits never used before.

    Raises ValueError if there is not one pad for each share.
    """
    return tuple(_tag(share, key, pad) for share, pad in zip(shares, pads, strict=True))


def tagged_shares(
    shares: Sequence[Share], tags: Sequence[Bits], key: TagKey, pads: Sequence[Bits]
) -> tuple[Share, ...]:
    """The shares whose tags are right, in order; `tags` and `pads` stand in the order of the shares.

    Raises ValueError if there is not one tag and one pad for each share.
    """
    rows = zip(shares, tags, pads, strict=True)
    return tuple(share for share, tag, pad in rows if len(tag) == len(pad) and equal(_tag(share, key, pad), tag))


def _tag(share: Share, key: TagKey, pad: Bits) -> Bits:
    transcript = TranscriptTag(key)
    transcript.feed(share.to_bytes())
    return transcript.tag(pad)
