"""Objects kept as shares: cut into chunks, shared over nodes, rebuilt from any that are left.

Each chunk is shared by itself (A. Shamir, Commun. ACM 22, 612 (1979), over GF(256)), with a check against wrong shares
(`guard`). So an object of any size takes the memory of a few chunks, and what is given out has been checked. A chunk
that is missing, moved or cut off is noticed by the numbers and the mark of the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import BinaryIO

import numpy as np

from qkdsim.crypto.secret_sharing import Share, interpolated, split_threshold
from qkdsim.securecloud.guard import guarded, unguarded
from qkdsim.securecloud.holders import Holders
from qkdsim.securecloud.key_use import KeyUse, sent
from qkdsim.securecloud.shares import Chunk, ChunkShare, check_together

CHUNK_BYTES = 1 << 20
MOST_TRIED = 1000  # sets of shares; with up to 12 shares every set that there is


@dataclass(frozen=True, slots=True)
class Dealt:
    """New shares, and the messages that brought them to their nodes."""

    shares: tuple[ChunkShare, ...]
    use: KeyUse


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A chunk, the numbers of the shares that were wrong, and the messages that brought the shares."""

    chunk: Chunk
    wrong: tuple[int, ...]
    use: KeyUse


def chunks(object_name: str, source: BinaryIO, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """An object cut into chunks; an empty one is one empty chunk.

    Raises ValueError if chunks have no length.
    """
    if chunk_bytes < 1:
        raise ValueError(f"a chunk has at least 1 byte, not {chunk_bytes}")
    data, number = _read(source, chunk_bytes), 0
    while True:
        following = _read(source, chunk_bytes) if len(data) == chunk_bytes else b""
        yield Chunk(object_name, number, not following, data)
        if not following:
            return
        data, number = following, number + 1


def share_chunk(holders: Holders, owner: str, chunk: Chunk, random: np.random.Generator) -> Dealt:
    """One share for each node, epoch 0; the owner sends them."""
    split = split_threshold(guarded(chunk.data, random), holders.threshold, len(holders.nodes), random)
    shares = tuple(ChunkShare(chunk.object_name, chunk.number, chunk.last, one.index, 0, one.data) for one in split)
    return Dealt(shares, sent([owner], holders.nodes, 8 * len(split[0].data), holders.bits_per_tag))


def rebuild_chunk(holders: Holders, reader: str, shares: Sequence[ChunkShare]) -> Rebuilt:
    """The chunk of at least `threshold` shares, which their nodes send to the reader.

    While fewer nodes than the threshold altered their shares, and as many others as the threshold sent theirs, the
    chunk is the right one (but for `undetected_bound` at each set of shares that is tried). The shares named wrong are
    those off the polynomial on which most shares lie. They are the altered ones while these are at most half of the
    shares beyond the threshold; more could agree on errors that cancel in the chunk and lay the blame on others.

    Raises ValueError if shares are too few, there twice or not of one chunk, epoch and length, or if no `threshold`
    of them give a chunk that passes its check.
    """
    check_together(holders, shares)
    nodes = [holders.node(share.index) for share in shares]
    use = sent(nodes, [reader], 8 * len(shares[0].data), holders.bits_per_tag)
    data, wrong = _agreed([Share(share.index, share.data) for share in shares], holders.threshold)
    if data is None:
        raise ValueError(
            f"chunk {shares[0].chunk} of {shares[0].object_name}: wrong shares, no {holders.threshold} of "
            f"{len(shares)} give a chunk that passes its check"
        )
    return Rebuilt(Chunk(shares[0].object_name, shares[0].chunk, shares[0].last, data), wrong, use)


def share_object(
    holders: Holders,
    owner: str,
    object_name: str,
    source: BinaryIO,
    random: np.random.Generator,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[Dealt]:
    """The shares of all chunks of an object, one after another."""
    return (share_chunk(holders, owner, chunk, random) for chunk in chunks(object_name, source, chunk_bytes))


def rebuild_object(holders: Holders, reader: str, shares: Iterable[Sequence[ChunkShare]]) -> Iterator[Rebuilt]:
    """All chunks of an object, one after another; `shares` gives those of each chunk, from chunk 0 on.

    Raises ValueError as `rebuild_chunk` does, or if a chunk is missing, out of order, or of another object.
    """
    name, number, last = "", 0, False
    for row in shares:
        rebuilt = rebuild_chunk(holders, reader, row)
        name = name or rebuilt.chunk.object_name
        if last or rebuilt.chunk.number != number or rebuilt.chunk.object_name != name:
            expected = f"the end of {name}" if last else f"chunk {number} of {name}"
            raise ValueError(f"chunk {rebuilt.chunk.number} of {rebuilt.chunk.object_name} stands where {expected} is")
        number, last = number + 1, rebuilt.chunk.last
        yield rebuilt
    if not last:
        raise ValueError(f"the object ends before its last chunk: {number} chunks are here")


def _agreed(held: Sequence[Share], threshold: int) -> tuple[bytes | None, tuple[int, ...]]:
    """The data that passes its check and leaves the fewest shares off, and the numbers of these."""
    best, fewest = None, tuple(share.index for share in held)
    for some in islice(combinations(held, threshold), MOST_TRIED):
        data = unguarded(interpolated(some, 0))
        if data is None:
            continue
        off = tuple(sorted(share.index for share in held if not _fits(share, some)))
        if best is None or len(off) < len(fewest):
            best, fewest = data, off
        if 2 * len(off) <= len(held) - threshold:  # no other polynomial is as near
            break
    return best, fewest


def _fits(share: Share, some: Sequence[Share]) -> bool:
    return share in some or interpolated(some, share.index) == share.data


def _read(source: BinaryIO, chunk_bytes: int) -> bytes:
    """So many bytes, fewer only at the end: a pipe may give them piece by piece."""
    parts: list[bytes] = []
    missing = chunk_bytes
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
