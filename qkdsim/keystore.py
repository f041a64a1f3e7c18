"""The key store of one link: a pure state machine without clock, files or randomness.

The store accounts for key as (block, offset, length): which bits of which distilled block are held, and where
every other bit of it went. No key material is kept here. Key is used first in, first out, and no bit is given
out twice.

    deposit      block ─┬─> held ──┬──> delivered        an application holds it
                        │          ├──> relayed          it encrypted another key on this hop
                        └─> destroyed   └──> authentication   it paid for a tag

The conservation law holds after every operation:

    deposited (initial key included) = held + delivered + relayed + authentication + destroyed

The two ends of a link see the same blocks in the same order and apply the same operations, so their stores
stay equal; the simulation therefore keeps one machine per link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

INITIAL_BLOCK = -1  # index of the block that holds the initial key

Purpose = Literal["delivered", "relayed", "authentication"]


class Segment(NamedTuple):
    """A run of bits of one block, and the epsilon of that block."""

    block: int
    offset: int
    length: int
    epsilon: float


Segments: TypeAlias = tuple[Segment, ...]


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

    Memory grows with the blocks held, never with the keys handed out.
    """

    __slots__ = (
        "_blocks",
        "_used_of_first",
        "authentication_bits",
        "capacity_bits",
        "delivered_bits",
        "deposited_bits",
        "destroyed_bits",
        "held_bits",
        "relayed_bits",
    )

    def __init__(self, *, initial_bits: int = 0, capacity_bits: int | None = None) -> None:
        """Start with the initial key as a block of its own, with stated epsilon 0; unlimited without
        capacity.

        Raises ValueError if a number is negative.
        """
        if capacity_bits is not None and capacity_bits < 0:
            raise ValueError(f"capacity_bits: got {capacity_bits}, expected >= 0")
        self.capacity_bits = capacity_bits
        self.deposited_bits = 0
        self.held_bits = 0
        self.delivered_bits = 0
        self.relayed_bits = 0
        self.authentication_bits = 0
        self.destroyed_bits = 0
        self._blocks: deque[tuple[int, int, float]] = deque()  # block, bits stored, epsilon; oldest first
        self._used_of_first = 0
        self.deposit(INITIAL_BLOCK, initial_bits, 0.0)

    def deposit(self, block: int, bits: int, epsilon: float) -> Deposit:
        """Take the key of a block; what exceeds the capacity is destroyed (the end of the arriving block).

        Raises ValueError if `bits` is negative.
        """
        if bits < 0:
            raise ValueError(f"bits: got {bits}, expected >= 0")
        stored = bits
        if self.capacity_bits is not None:
            stored = min(bits, self.capacity_bits - self.held_bits)
        if stored:
            self._blocks.append((block, stored, epsilon))
        self.deposited_bits += bits
        self.held_bits += stored
        self.destroyed_bits += bits - stored
        return Deposit(stored, bits - stored)

    def withdraw(self, bits: int, purpose: Purpose) -> Segments | None:
        """Give out the oldest `bits`, or None, with nothing changed, when the store holds less.

        Raises ValueError if `bits` is negative.
        """
        if bits > self.held_bits:
            return None
        if bits < 0:
            raise ValueError(f"bits: got {bits}, expected >= 0")
        self.held_bits -= bits
        if purpose == "relayed":
            self.relayed_bits += bits
        elif purpose == "authentication":
            self.authentication_bits += bits
        else:
            self.delivered_bits += bits
        return self._take(bits)

    def withdraw_hop(self, bits: int, tag_bits: int, purpose: Purpose) -> float | None:
        """Give out the key and then the tag of one hop, both or neither, and return the epsilon of the blocks
        used.

        The same as two withdrawals, without naming the segments: a long relay makes millions of these.
        Raises ValueError if a number is negative.
        """
        both_bits = bits + tag_bits
        if both_bits > self.held_bits:
            return None
        if bits > 0 <= tag_bits:
            _, length, epsilon = self._blocks[0]
            if both_bits < length - self._used_of_first:
                self._used_of_first += both_bits
                self.held_bits -= both_bits
                self.authentication_bits += tag_bits
                if purpose == "relayed":
                    self.relayed_bits += bits
                else:
                    self.delivered_bits += bits
                return epsilon
        if bits < 0 or tag_bits < 0:
            raise ValueError(f"bits: got {bits} and {tag_bits}, expected >= 0")
        key = self.withdraw(bits, purpose)
        tag = self.withdraw(tag_bits, "authentication")
        return epsilon_of((key or ()) + (tag or ()))

    def _take(self, bits: int) -> Segments:
        blocks, offset = self._blocks, self._used_of_first
        taken: list[Segment] = []
        while bits:
            block, length, epsilon = blocks[0]
            left = length - offset
            if left > bits:
                taken.append(Segment(block, offset, bits, epsilon))
                offset += bits
                break
            taken.append(Segment(block, offset, left, epsilon))
            blocks.popleft()
            bits -= left
            offset = 0
        self._used_of_first = offset
        return tuple(taken)

    def accounts(self) -> Segments:
        """What is held, oldest first."""
        used = self._used_of_first
        held = []
        for block, length, epsilon in self._blocks:
            held.append(Segment(block, used, length - used, epsilon))
            used = 0
        return tuple(held)

    @property
    def accounted_bits(self) -> int:
        """Held, used and destroyed bits together; equals `deposited_bits` at every instant."""
        used = self.delivered_bits + self.relayed_bits + self.authentication_bits
        return self.held_bits + used + self.destroyed_bits
