"""What an eavesdropper on the service channel tries: one change to one message of a block, or a whole conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from qkdsim.postprocessing.wire import Message

# the body as it was sent, that of the same message of an earlier block, that of the message before it in this direction
Change = Callable[[bytes, bytes, bytes], bytes]


def _flipped(body: bytes, place: int) -> bytes:
    changed = bytearray(body)
    if changed:
        changed[place % len(changed)] ^= 1 << place % 8
    return bytes(changed)


WAYS: dict[str, Change] = {
    "first bit flipped": lambda body, old, before: _flipped(body, 0),
    "a bit in the middle flipped": lambda body, old, before: _flipped(body, len(body) // 2),
    "last bit flipped": lambda body, old, before: _flipped(body, len(body) - 1),
    "cut short": lambda body, old, before: body[:-1],
    "made longer": lambda body, old, before: body + b"\1",
    "held back": lambda body, old, before: b"",
    "replayed from an earlier block": lambda body, old, before: old,
    "exchanged for the one before it": lambda body, old, before: before,
    "sent twice": lambda body, old, before: body + body,
}


@dataclass(slots=True)
class Interference:
    """A tamperer for one block: changes the message of one number in one way, and remembers what passed.

    earlier  bodies of an earlier block, in order; nothing is changed where `number` is None
    """

    number: int | None = None
    change: Change = WAYS["first bit flipped"]
    earlier: Sequence[bytes] = ()
    sent: list[Message] = field(default_factory=list)
    has_changed: bool = False

    def __call__(self, message: Message) -> bytes:
        """The body that is delivered."""
        number = len(self.sent)
        before = next((one.body for one in reversed(self.sent) if one.direction is message.direction), b"")
        self.sent.append(message)
        if number != self.number:
            return message.body
        old = self.earlier[number] if number < len(self.earlier) else b""
        body = self.change(message.body, old, before)
        self.has_changed = body != message.body
        return body


@dataclass(slots=True)
class Conversation:
    """A tamperer who plays one end of an earlier block to the other end: every message one way is an old one."""

    earlier: Sequence[Message]
    receiver: str
    _place: int = 0

    def __call__(self, message: Message) -> bytes:
        """The body that is delivered."""
        number = self._place
        self._place += 1
        if message.receiver != self.receiver or number >= len(self.earlier):
            return message.body
        return self.earlier[number].body


def places(sent: Sequence[Message]) -> list[tuple[str, int]]:
    """Kind and number of the messages worth changing: the first and last of each kind, and every tag."""
    by_kind: dict[str, list[int]] = {}
    for number, message in enumerate(sent):
        by_kind.setdefault(message.kind, []).append(number)
    return [
        (kind, number)
        for kind, numbers in by_kind.items()
        for number in (numbers if kind == "tag" else sorted({numbers[0], numbers[-1]}))
    ]
