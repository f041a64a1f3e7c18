"""The messages of an operation, and the key that they take on every link.

Every message is sealed by a one-time pad and carries a Wegman-Carter tag, so it takes its own bits and the bits of its
tag on each hop of its path: a relay opens it with the key of one link and seals it with that of the next. The kept part
of tag keys is not counted; the two ends of a link hold it once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Message:
    """What one node sends to another: bits under a one-time pad, and the key bits of the tags."""

    sender: str
    receiver: str
    bits: int
    tag_bits: int


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The messages of one operation or of several, in the order in which they are sent."""

    messages: tuple[Message, ...] = ()

    def __add__(self, other: KeyUse) -> KeyUse:
        return KeyUse(self.messages + other.messages)

    @property
    def pad_bits(self) -> int:
        """Key for one-time pads if every message went over a single link."""
        return sum(message.bits for message in self.messages)

    @property
    def tag_bits(self) -> int:
        """Key for tags if every message went over a single link."""
        return sum(message.tag_bits for message in self.messages)

    @property
    def key_bits(self) -> int:
        """All key if every message went over a single link."""
        return self.pad_bits + self.tag_bits

    def merged(self) -> KeyUse:
        """One message for each sender and receiver, with the bits of all; in order of the names."""
        bits, tag_bits = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for message in self.messages:
            pair = (message.sender, message.receiver)
            bits[pair] += message.bits
            tag_bits[pair] += message.tag_bits
        return KeyUse(tuple(Message(*pair, bits[pair], tag_bits[pair]) for pair in sorted(bits)))

    def on_links(self, paths: Mapping[tuple[str, str], Sequence[str]]) -> dict[tuple[str, str], int]:
        """Key bits on each link, named by its two ends in alphabetical order.

        paths: for two nodes, in either order, all nodes from the one to the other, both ends included.

        Raises ValueError if a path is missing or does not join its two nodes.
        """
        used = Counter[tuple[str, str]]()
        for message in self.merged().messages:
            path = _path(paths, message.sender, message.receiver)
            for one, other in pairwise(path):
                used[min(one, other), max(one, other)] += message.bits + message.tag_bits
        return dict(sorted(used.items()))


def total_use(uses: Iterable[KeyUse]) -> KeyUse:
    """The messages of all operations, merged by sender and receiver as they come: memory stays small."""
    total = KeyUse()
    for use in uses:
        total = (total + use).merged()
    return total


def sent(senders: Sequence[str], receivers: Sequence[str], bits: int, tag_bits: int) -> KeyUse:
    """Each sender sends each receiver one message of `bits`; what a node keeps for itself is no message."""
    return KeyUse(
        tuple(
            Message(sender, receiver, bits, tag_bits)
            for sender in senders
            for receiver in receivers
            if sender != receiver
        )
    )


def _path(paths: Mapping[tuple[str, str], Sequence[str]], sender: str, receiver: str) -> Sequence[str]:
    path = paths.get((sender, receiver), paths.get((receiver, sender), ()))
    if len(path) < 2 or {path[0], path[-1]} != {sender, receiver}:
        raise ValueError(f"there is no path from {sender} to {receiver}")
    return path
