"""What the tests of this room share."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from qkdsim.rng import stream
from qkdsim.securecloud import Chunk, ChunkShare, Dealt, Holders, rebuild_object, share_object

THRESHOLDS = st.integers(2, 6).flatmap(lambda nodes: st.tuples(st.integers(2, nodes), st.just(nodes)))


def holders(threshold: int, nodes: int, bits_per_tag: int = 128) -> Holders:
    return Holders(threshold, tuple(f"node-{i}" for i in range(1, nodes + 1)), bits_per_tag)


def chunk(data: bytes) -> Chunk:
    return Chunk("record", 0, True, data)


def shared(some: Holders, data: bytes, seed: int, chunk_bytes: int = 64) -> list[Dealt]:
    return list(share_object(some, "owner", "record", io.BytesIO(data), stream(seed, "share"), chunk_bytes))


def rebuilt(some: Holders, rows: Sequence[Sequence[ChunkShare]]) -> bytes:
    return b"".join(part.chunk.data for part in rebuild_object(some, "reader", rows))


def nibble_pairs_statistic(one: bytes, other: bytes) -> float:
    """Pearson's statistic of pairs of half bytes against the uniform: chi square with 255 degrees of freedom."""
    first, second = (np.frombuffer(data, np.uint8).astype(int) & 15 for data in (one, other))
    counts = np.bincount(16 * first + second, minlength=256)
    expected = len(one) / 256
    return float(((counts - expected) ** 2 / expected).sum())


MEAN, SPREAD = 255.0, 510.0**0.5  # of chi square with 255 degrees of freedom
