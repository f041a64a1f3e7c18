"""The key store of one link: a pure state machine without clock, files or randomness.

The store accounts for key as (block, offset, length): which bits of which distilled block are held, and where
every other bit of it went. No key material is kept here. Key is used first in, first out, and no bit is given
out twice.

    deposit   block ─┬─> held ─┬─> reserved ─┬─> delivered        an application holds it
                     │         │             ├──> relayed          it encrypted another key on this hop
                     │         │             ├──> authentication   it paid for a tag
                     │         │             └──> destroyed        the relay failed on its way
                     │         └─> expired                         older than the store allows
                     └─> destroyed                                 no room, or the node was lost

The conservation law holds after every operation:

    deposited (initial key included) = held + reserved + delivered + relayed + authentication + expired + destroyed

The two ends of a link see the same blocks in the same order and apply the same operations, so their stores
stay equal; the simulation therefore keeps one machine per link, and says where a lost message parted them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

INITIAL_BLOCK = -1  # index of the block that holds the initial key
MOST_LOTS = 8192  # blocks that a store tells apart; beyond that, neighbours are bundled

# where the numbers of a store stand in its account; LEFT is what is left of the oldest lot, IS_BLOCK whether that is a
# single block
HELD, RESERVED, DELIVERED, RELAYED, AUTHENTICATION, LEFT, IS_BLOCK, _SPARE = range(8)
ACCOUNT_LENGTH = 8

Purpose = Literal["delivered", "relayed", "authentication", "destroyed"]


_USED: dict[Purpose, int] = {"delivered": DELIVERED, "relayed": RELAYED, "authentication": AUTHENTICATION}

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Segment(NamedTuple):
    """A run of bits of one block (or of a bundle that starts with it), and its epsilon."""

    block: int
    offset: int
    length: int
    epsilon: float


Segments: TypeAlias = tuple[Segment, ...]


class _Lot(NamedTuple):
    """Key in the queue: one block, or consecutive blocks that were bundled to bound the memory of a store.

    Offsets in a bundle run on through its blocks. What is taken from it is charged with the greatest epsilon among
    them, for as many blocks as the smallest allows: an upper bound.
    """

    block: int
    bits: int
    epsilon: float
    at_s: float
    blocks: int = 1
    least_bits: int = 0

    def epsilon_of(self, bits: int) -> float:
        """Epsilon of `bits` that are taken from here in one piece."""
        if self.blocks == 1:
            return self.epsilon
        return self.epsilon * min(self.blocks, bits // self.least_bits + 2)

    def joined(self, other: _Lot) -> _Lot:
        """Both lots in one, the other stands behind; as old as the older part."""
        return _Lot(
            self.block,
            self.bits + other.bits,
            max(self.epsilon, other.epsilon),
            self.at_s,
            self.blocks + other.blocks,
            min(self.least_bits or self.bits, other.least_bits or other.bits),
        )


_NOTHING = _Lot(INITIAL_BLOCK, 0, 0.0, 0.0, 0)


class Deposit(NamedTuple):
    """What became of an arriving block: bits stored, and bits destroyed because the store was full."""

    stored_bits: int
    destroyed_bits: int


def epsilon_of(segments: Iterable[Segment]) -> float:
    """Failure probability of a key made of segments of one store: the sum over the distinct blocks it
    touches.

    Segments come in the order in which they were withdrawn, so those of one block stand together.
    """
    total, last = 0.0, None
    for segment in segments:
        if segment.block != last:
            total += segment.epsilon
            last = segment.block
    return total


class KeyStore:
    """The key of one link: a queue of blocks with what is left of each.

    Memory grows with the blocks held, up to `MOST_LOTS`, and never with the keys handed out.
    """

    __slots__ = ("_account", "_epsilon", "_lots", "capacity_bits", "deposited_bits", "destroyed_bits", "expired_bits")

    def __init__(self, *, initial_bits: int = 0, capacity_bits: int | None = None) -> None:
        """Start with the initial key as a block of its own, with stated epsilon 0; unlimited without
        capacity.

        Raises ValueError if a number is negative.
        """
        if capacity_bits is not None and capacity_bits < 0:
            raise ValueError(f"capacity_bits: got {capacity_bits}, expected >= 0")
        self.capacity_bits = capacity_bits
        self.deposited_bits = 0
        self.expired_bits = 0
        self.destroyed_bits = 0
        self._account: IntArray = np.zeros(ACCOUNT_LENGTH, dtype=np.int64)
        self._epsilon: FloatArray = np.zeros(1)  # of the oldest block
        self._lots: deque[_Lot] = deque()  # oldest first
        self.deposit(INITIAL_BLOCK, initial_bits, 0.0)

    def keep_in(self, account: IntArray, epsilon: FloatArray) -> None:
        """Keep the account in these arrays from now on, shapes (ACCOUNT_LENGTH,) and (1,).

        The accounts of all stores of a network lie side by side, so that a relay over many of them is one step.
        """
        account[:], epsilon[:] = self._account, self._epsilon
        self._account, self._epsilon = account, epsilon

    @property
    def held_bits(self) -> int:
        """Key that can be used."""
        return self._account.item(HELD)

    @property
    def reserved_bits(self) -> int:
        """Key set aside for relays under way."""
        return self._account.item(RESERVED)

    @property
    def delivered_bits(self) -> int:
        """Key that became a delivered key."""
        return self._account.item(DELIVERED)

    @property
    def relayed_bits(self) -> int:
        """Key that encrypted another key."""
        return self._account.item(RELAYED)

    @property
    def authentication_bits(self) -> int:
        """Key that paid for tags."""
        return self._account.item(AUTHENTICATION)

    def deposit(self, block: int, bits: int, epsilon: float, at_s: float = 0.0) -> Deposit:
        """Take the key of a block; what exceeds the capacity is destroyed (the end of the arriving block).

        Raises ValueError if `bits` is negative.
        """
        if bits < 0:
            raise ValueError(f"bits: got {bits}, expected >= 0")
        stored = bits
        if self.capacity_bits is not None:
            stored = min(bits, max(0, self.capacity_bits - self.held_bits))
        if stored:
            self._lots.append(_Lot(block, stored, epsilon, at_s))
            self._account[HELD] += stored
            if len(self._lots) == 1:
                self._look_at_first()
            elif len(self._lots) > MOST_LOTS:
                self._bundle()
        self.deposited_bits += bits
        self.destroyed_bits += bits - stored
        return Deposit(stored, bits - stored)

    def reserve(self, bits: int) -> float | None:
        """Set the oldest `bits` aside and return the epsilon of the blocks they come from; None, with nothing
        changed, when the store holds less.

        Raises ValueError if `bits` is negative.
        """
        if bits > self._account.item(HELD):
            return None
        return sum(lot.epsilon_of(part) for lot, _, part in self._reserve(bits))

    def settle(self, bits: int, tag_bits: int, purpose: Purpose) -> None:
        """The reserved key of one hop has done its work: `bits` for a purpose, `tag_bits` for the tag beside it.

        Raises ValueError if a number is negative, or if less is reserved.
        """
        if bits < 0 or tag_bits < 0:
            raise ValueError(f"bits: got {bits} and {tag_bits}, expected >= 0")
        if bits + tag_bits > self.reserved_bits:
            raise ValueError(f"bits: got {bits + tag_bits}, expected at most the {self.reserved_bits} reserved")
        self._account[RESERVED] -= bits + tag_bits
        if purpose == "destroyed":
            self.destroyed_bits += bits + tag_bits
        else:
            self._account[_USED[purpose]] += bits
            self._account[AUTHENTICATION] += tag_bits

    def withdraw(self, bits: int, purpose: Purpose) -> Segments | None:
        """Give out the oldest `bits` for good and say which they are; None, with nothing changed, when the store
        holds less.

        Raises ValueError if `bits` is negative.
        """
        if bits > self.held_bits:
            return None
        taken = self._reserve(bits)
        self.settle(bits, 0, purpose)
        return tuple(Segment(lot.block, offset, part, lot.epsilon_of(part)) for lot, offset, part in taken)

    def expire(self, before_s: float) -> int:
        """Drop the blocks that came before a moment; how many bits went."""
        dropped = 0
        while self._lots and self._lots[0].at_s < before_s:
            dropped += self._account.item(LEFT)
            self._lots.popleft()
            self._look_at_first()
        self._account[HELD] -= dropped
        self.expired_bits += dropped
        return dropped

    def destroy(self) -> int:
        """Lose everything that is held; how many bits went."""
        lost = self.held_bits
        self._account[HELD] = 0
        self._lots.clear()
        self._look_at_first()
        self.destroyed_bits += lost
        return lost

    @property
    def oldest_s(self) -> float | None:
        """When the oldest key held came in; None when the store is empty."""
        return self._lots[0].at_s if self._lots else None

    def _reserve(self, bits: int) -> list[tuple[_Lot, int, int]]:
        """Set the oldest `bits` aside: the lots they come from, each with the offset and number of its bits."""
        if bits < 0:
            raise ValueError(f"bits: got {bits}, expected >= 0")
        account, lots = self._account, self._lots
        account[HELD] -= bits
        account[RESERVED] += bits
        taken: list[tuple[_Lot, int, int]] = []
        left = account.item(LEFT)
        while bits and bits >= left:
            lot = lots.popleft()
            taken.append((lot, lot.bits - left, left))
            bits -= left
            left = lots[0].bits if lots else 0
        if taken:
            self._look_at_first()
        if bits:
            taken.append((lots[0], lots[0].bits - left, bits))
            account[LEFT] = left - bits
        return taken

    def accounts(self) -> Segments:
        """What is held, oldest first."""
        left = self._account.item(LEFT)
        held = []
        for lot in self._lots:
            left = left or lot.bits
            held.append(Segment(lot.block, lot.bits - left, left, lot.epsilon_of(left)))
            left = 0
        return tuple(held)

    def _look_at_first(self) -> None:
        """Another lot is the oldest now, and nothing of it is used yet."""
        first = self._lots[0] if self._lots else _NOTHING
        self._account[LEFT] = first.bits
        self._account[IS_BLOCK] = first.blocks == 1
        self._epsilon[0] = first.epsilon

    def _bundle(self) -> None:
        """Join neighbours up to a size that makes the queue at most half as long; the one in use keeps its place.

        Two that stand side by side are larger than that size together, so that no bundle outgrows the others.
        """
        first, *rest = self._lots
        most_blocks = -(-4 * sum(lot.blocks for lot in rest) // MOST_LOTS)
        bundled = deque([first, rest[0]])
        for lot in rest[1:]:
            if bundled[-1].blocks + lot.blocks <= most_blocks:
                bundled[-1] = bundled[-1].joined(lot)
            else:
                bundled.append(lot)
        self._lots = bundled

    @property
    def accounted_bits(self) -> int:
        """Held, reserved, used, expired and destroyed bits together; equals `deposited_bits` at every instant."""
        used = self.delivered_bits + self.relayed_bits + self.authentication_bits
        return self.held_bits + self.reserved_bits + used + self.expired_bits + self.destroyed_bits
