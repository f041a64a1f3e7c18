"""The service channel of one block: what one end learns of the other, it learns from a message on this wire.

Each end keeps its own running transcript, of what it sent and what it received; a tag over it, one per direction and
phase, shows that the two transcripts are one. The wire records every message with its size, charges delay and
bandwidth, and lets an eavesdropper change what passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from qkdsim.crypto import TagKey, TranscriptTag, equal
from qkdsim.postprocessing.ledger import UNAUTHENTIC, RefusedError
from qkdsim.postprocessing.reconciler import Bits


class Direction(IntEnum):
    """Whom a message goes to."""

    TO_ALICE = 0
    TO_BOB = 1


PHASES = ("sifting", "reconciliation", "amplification")
TAGS_PER_BLOCK = len(PHASES) * len(Direction)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what it is, whom it goes to, and its body as it arrived; `body` is left out of the repr."""

    kind: str
    direction: Direction
    body: bytes = field(repr=False)

    @property
    def receiver(self) -> str:
        """Whom it goes to, in words."""
        return "alice" if self.direction is Direction.TO_ALICE else "bob"

    @property
    def size_bits(self) -> int:
        """Length of the body."""
        return 8 * len(self.body)


Tamper = Callable[[Message], bytes]


@dataclass(frozen=True, slots=True)
class ServiceChannel:
    """The classical channel between the two ends, which a link charges for."""

    one_way_delay_s: float = 0.0
    rate_bps: float = 1e9


@dataclass(slots=True)
class Traffic:
    """What passed: number of messages, turns of direction, bits each way, and the time it took.

    transmission_s  of the bits, during which the channel carries nothing else
    delay_s         of the light, once for each turn; meanwhile the channel is free for other blocks
    """

    messages: int = 0
    turns: int = 0
    bits_to_alice: int = 0
    bits_to_bob: int = 0
    transmission_s: float = 0.0
    delay_s: float = 0.0
    _last: Direction | None = field(default=None, init=False)

    @property
    def duration_s(self) -> float:
        """From the first message sent to the last one received, on a channel that carries nothing else."""
        return self.transmission_s + self.delay_s

    def add(self, message: Message, channel: ServiceChannel) -> None:
        """Count a message: its bits take time, and a turn of direction waits for the light."""
        self.messages += 1
        if message.direction is not self._last:
            self.turns += 1
            self.delay_s += channel.one_way_delay_s
            self._last = message.direction
        self.transmission_s += message.size_bits / channel.rate_bps
        if message.direction is Direction.TO_ALICE:
            self.bits_to_alice += message.size_bits
        else:
            self.bits_to_bob += message.size_bits


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one end needs for the tags of one block: the kept hash key, and a fresh pad for each tag."""

    key: TagKey = field(repr=False)
    pads: Bits = field(repr=False)  # (TAGS_PER_BLOCK, tag bits)


class Wire:
    """The two ends' connection while one block is processed."""

    def __init__(
        self,
        alice: Secrets,
        bob: Secrets,
        channel: ServiceChannel,
        *,
        on_message: Callable[[Message], None] | None = None,
        tamper: Tamper | None = None,
    ) -> None:
        """`on_message` sees every message as it arrives; `tamper` may change its body on the way."""
        self.traffic = Traffic()
        self._secrets = (alice, bob)  # by Direction: the end a message goes to
        self._transcripts = (TranscriptTag(alice.key), TranscriptTag(bob.key))
        self._channel = channel
        self._on_message = on_message
        self._tamper = tamper

    @property
    def transcript_bits(self) -> int:
        """Length of the transcript that the last tags cover, framing included."""
        return max(transcript.hashed_bits for transcript in self._transcripts)

    def to_alice(self, kind: str, body: bytes) -> bytes:
        """Send a message of Bob's; returns what Alice receives."""
        return self._carry(kind, Direction.TO_ALICE, body)

    def to_bob(self, kind: str, body: bytes) -> bytes:
        """Send a message of Alice's; returns what Bob receives."""
        return self._carry(kind, Direction.TO_BOB, body)

    def authenticate(self, direction: Direction, phase: str) -> None:
        """The sender's tag over all that it has sent and received so far, checked by the receiver.

        Raises RefusedError if it does not fit the receiver's own transcript.
        """
        number = 2 * PHASES.index(phase) + direction
        sender, receiver = 1 - direction, direction
        tag = self._transcripts[sender].tag(self._secrets[sender].pads[number])
        received = self._pass_on(Message("tag", direction, np.packbits(tag).tobytes()))
        expected = self._transcripts[receiver].tag(self._secrets[receiver].pads[number])
        if not equal(np.packbits(expected).tobytes(), received):
            raise RefusedError(UNAUTHENTIC, f"tag of phase {phase} does not fit")

    def _carry(self, kind: str, direction: Direction, body: bytes) -> bytes:
        received = self._pass_on(Message(kind, direction, body))
        for end, text in ((1 - direction, body), (direction, received)):
            self._transcripts[end].feed(text, direction)
        return received

    def _pass_on(self, message: Message) -> bytes:
        if self._tamper is not None:
            message = Message(message.kind, message.direction, self._tamper(message))
        self.traffic.add(message, self._channel)
        if self._on_message is not None:
            self._on_message(message)
        return message.body
