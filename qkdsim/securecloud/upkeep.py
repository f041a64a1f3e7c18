"""Shares kept fresh, and made anew for a node that lost its own; the secret never comes together.

A. Herzberg, S. Jarecki, H. Krawczyk, M. Yung, CRYPTO '95, LNCS 963, 339, for nodes that follow the protocol. Their
verification of dealers is computational and is left out: a dealer who cheats may spoil the shares of all, which
`rebuild_chunk` notices and cannot mend.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qkdsim.crypto.secret_sharing import Share, interpolated, split_threshold
from qkdsim.securecloud.holders import Holders
from qkdsim.securecloud.key_use import sent
from qkdsim.securecloud.shares import ChunkShare, check_together
from qkdsim.securecloud.storage import Dealt


def refresh_chunk(holders: Holders, shares: Sequence[ChunkShare], random: np.random.Generator) -> Dealt:
    """The same secret on a new polynomial, one epoch later.

    Every node that is there deals shares of zero to all others that are there, and adds what it has been dealt to its
    share. An old share says nothing together with new ones, once the nodes have erased the old ones. The share of a
    node that is away is not refreshed, so it is lost: see `recover_chunk`.

    Raises ValueError if shares are too few, there twice or not of one chunk, epoch and length.
    """
    check_together(holders, shares)
    length = len(shares[0].data)
    sums = [np.frombuffer(share.data, dtype=np.uint8).copy() for share in shares]
    for _ in shares:
        zeros = split_threshold(bytes(length), holders.threshold, len(holders.nodes), random)
        for total, share in zip(sums, shares, strict=True):
            _add(total, zeros[share.index - 1].data)
    fresh = tuple(
        ChunkShare(old.object_name, old.chunk, old.last, old.index, old.epoch + 1, total.tobytes())
        for old, total in zip(shares, sums, strict=True)
    )
    nodes = [holders.node(share.index) for share in shares]
    return Dealt(fresh, sent(nodes, nodes, 8 * length, holders.bits_per_tag))


def recover_chunk(holders: Holders, shares: Sequence[ChunkShare], lost: str, random: np.random.Generator) -> Dealt:
    """The share of a node that lost it, which only this node learns.

    The first `threshold` of the other nodes help. Each deals the others shares of a random polynomial that is 0 at the
    lost share, adds what it has been dealt to its own, and sends the sum: the sums lie on a polynomial that agrees with
    the secret's at the lost share and nowhere else.

    Raises ValueError if other nodes' shares are too few, there twice or not of one chunk, epoch and length, or if the
    node holds none.
    """
    index = holders.number(lost)
    helpers = [share for share in shares if share.index != index]
    check_together(holders, helpers)
    helpers = helpers[: holders.threshold]
    length = len(helpers[0].data)
    sums = [np.frombuffer(share.data, dtype=np.uint8).copy() for share in helpers]
    for _ in helpers:
        for total, blind in zip(sums, zero_at(index, helpers, length, random), strict=True):
            _add(total, blind)
    blinded = [Share(share.index, total.tobytes()) for share, total in zip(helpers, sums, strict=True)]
    one = helpers[0]
    share = ChunkShare(one.object_name, one.chunk, one.last, index, one.epoch, interpolated(blinded, index))
    nodes = [holders.node(share.index) for share in helpers]
    bits, tag_bits = 8 * length, holders.bits_per_tag
    return Dealt((share,), sent(nodes, nodes, bits, tag_bits) + sent(nodes, [lost], bits, tag_bits))


def zero_at(index: int, helpers: Sequence[ChunkShare], length: int, random: np.random.Generator) -> list[bytes]:
    """Values at so many helpers as the threshold of a random polynomial that is 0 at `index`: the last is not free."""
    free = [Share(share.index, random.bytes(length)) for share in helpers[:-1]]
    last = interpolated([*free, Share(index, bytes(length))], helpers[-1].index)
    return [*(share.data for share in free), last]


def _add(total: NDArray[np.uint8], data: bytes) -> None:
    np.bitwise_xor(total, np.frombuffer(data, dtype=np.uint8), out=total)
