"""The key that operations on shares take, from sizes alone: for a network simulated without the bytes.

Each plan has one message for each sender and receiver, with the bits of all chunks; the operations themselves give the
same sums.
"""

from __future__ import annotations

from collections.abc import Sequence

from qkdsim.securecloud.guard import GUARD_BYTES
from qkdsim.securecloud.holders import Holders
from qkdsim.securecloud.key_use import KeyUse, sent
from qkdsim.securecloud.mersenne import ELEMENT_BITS
from qkdsim.securecloud.storage import CHUNK_BYTES


def share_plan(holders: Holders, owner: str, object_bytes: int, chunk_bytes: int = CHUNK_BYTES) -> KeyUse:
    """`share_object`: a message of the owner to each node.

    Raises ValueError, as all plans do, if sizes are negative or chunks have no length.
    """
    return sent([owner], holders.nodes, *_sizes(holders, object_bytes, chunk_bytes)).merged()


def rebuild_plan(
    holders: Holders,
    reader: str,
    object_bytes: int,
    chunk_bytes: int = CHUNK_BYTES,
    nodes: Sequence[str] | None = None,
) -> KeyUse:
    """`rebuild_object`: a message of each of the `nodes` (all, when left out) to the reader."""
    senders = _present(holders, nodes)
    return sent(senders, [reader], *_sizes(holders, object_bytes, chunk_bytes)).merged()


def refresh_plan(
    holders: Holders, object_bytes: int, chunk_bytes: int = CHUNK_BYTES, nodes: Sequence[str] | None = None
) -> KeyUse:
    """`refresh_chunk` for all chunks: a message of each of the `nodes` (all, when left out) to each other one."""
    present = _present(holders, nodes)
    return sent(present, present, *_sizes(holders, object_bytes, chunk_bytes)).merged()


def recover_plan(
    holders: Holders,
    lost: str,
    object_bytes: int,
    chunk_bytes: int = CHUNK_BYTES,
    nodes: Sequence[str] | None = None,
) -> KeyUse:
    """`recover_chunk` for all chunks: the first `threshold` of the other `nodes` send to each other and to the lost."""
    holders.number(lost)
    others = [node for node in (holders.nodes if nodes is None else nodes) if node != lost]
    helpers = _present(holders, others)[: holders.threshold]
    return sent(helpers, [*helpers, lost], *_sizes(holders, object_bytes, chunk_bytes)).merged()


def share_numbers_plan(holders: Holders, owner: str, count: int) -> KeyUse:
    """`share_numbers`: a message of the owner to each node."""
    return sent([owner], holders.nodes, ELEMENT_BITS * count, holders.bits_per_tag).merged()


def multiply_plan(holders: Holders, count: int) -> KeyUse:
    """A multiplication with `count` results: 2 threshold - 1 nodes send a message to each other node.

    An inner product or a covariance has 1 result, however many numbers go into it.

    Raises ValueError if the nodes are too few.
    """
    dealers = holders.nodes[: holders.multipliers]
    return sent(dealers, holders.nodes, ELEMENT_BITS * count, holders.bits_per_tag).merged()


def open_plan(holders: Holders, reader: str, count: int, nodes: Sequence[str] | None = None) -> KeyUse:
    """`opened`: a message of each of the `nodes` (all, when left out) to the reader."""
    return sent(_present(holders, nodes), [reader], ELEMENT_BITS * count, holders.bits_per_tag).merged()


def _sizes(holders: Holders, object_bytes: int, chunk_bytes: int) -> tuple[int, int]:
    """Bits of all shares that one node holds, and of their tags."""
    if object_bytes < 0 or chunk_bytes < 1:
        raise ValueError(f"an object of {object_bytes} bytes in chunks of {chunk_bytes} bytes cannot be")
    number = max(1, -(-object_bytes // chunk_bytes))
    return 8 * (object_bytes + number * GUARD_BYTES), number * holders.bits_per_tag


def _present(holders: Holders, nodes: Sequence[str] | None) -> Sequence[str]:
    present = holders.nodes if nodes is None else nodes
    holders.check_enough(holders.number(node) for node in present)
    return present
