"""What an end keeps in each state, what can happen to it, and what it asks its caller to do.

Every state has its own class, so a secret lives exactly as long as the state that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeAlias

from qkdsim.crypto.combiner import HybridKeys
from qkdsim.crypto.kem import KemKeyPair
from qkdsim.hybrid.cryptography import Random
from qkdsim.hybrid.messages import Done, Finish, Hello, Message, Refuse, Response
from qkdsim.hybrid.session import Outcome, QkdKey, Session
from qkdsim.hybrid.table import Event, State

# --- states -----------------------------------------------------------------------------------------------------------
# `sent` is what is sent again, `answered` the message it answers; where there is none the class has no such field


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """An initiator that has said nothing."""

    state: ClassVar[State] = "ready"


@dataclass(frozen=True, slots=True, eq=False)
class AwaitingResponse:
    """The offer is out."""

    state: ClassVar[State] = "awaiting-response"

    sent: Hello
    pairs: dict[str, KemKeyPair] = field(repr=False)
    keys: dict[str, QkdKey] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class AwaitingDone:
    """The other end is authenticated and holds the same key; it has still to say that it has the session."""

    state: ClassVar[State] = "awaiting-done"

    sent: Finish
    answered: Response
    session: Session
    expected: bytes = field(repr=False)
    said: bytes = field(repr=False)  # offer and response


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """A responder that has heard nothing."""

    state: ClassVar[State] = "listening"


@dataclass(frozen=True, slots=True, eq=False)
class AwaitingKey:
    """The offer is acceptable; the caller looks for the key of one of its key_IDs."""

    state: ClassVar[State] = "awaiting-key"

    hello: Hello


@dataclass(frozen=True, slots=True, eq=False)
class AwaitingFinish:
    """The key is derived; the other end has still to prove who it is."""

    state: ClassVar[State] = "awaiting-finish"

    sent: Response
    answered: Hello
    keys: HybridKeys = field(repr=False)
    said: bytes = field(repr=False)
    outcome: Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Established:
    """There is a session. A responder keeps its last message for an initiator that has not heard it."""

    state: ClassVar[State] = "established"

    session: Session
    sent: Done | None = None
    answered: Finish | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """There is no session and never will be; why, in one line. It keeps its refusal for one that has not heard it."""

    state: ClassVar[State] = "failed"

    reason: str
    sent: Refuse | None = None
    answered: Message | None = None


Memory: TypeAlias = (
    Ready | AwaitingResponse | AwaitingDone | Listening | AwaitingKey | AwaitingFinish | Established | Failed
)


# --- what can happen --------------------------------------------------------------------------------------------------


class Start(NamedTuple):
    """Begin, with the QKD keys that the key management handed out for this handshake; none is allowed."""

    random: Random
    keys: tuple[QkdKey, ...] = ()


class Received(NamedTuple):
    """Bytes came, or where nothing has to be encoded the message itself."""

    message: Message | bytes


class KeyAnswer(NamedTuple):
    """The answer to `Fetch`: the key of one of its key_IDs, or None if there is none of them."""

    random: Random
    key: QkdKey | None


@dataclass(frozen=True, slots=True)
class Timer:
    """No answer came in time: send once more."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop waiting."""


Happening: TypeAlias = Start | Received | KeyAnswer | Timer | GiveUp


# --- what the caller is asked to do -----------------------------------------------------------------------------------


class Send(NamedTuple):
    """Send this message to the other end; `again` if it was sent before."""

    message: Message
    again: bool = False


class Fetch(NamedTuple):
    """Get the key of one of these key_IDs, the first that is there, and answer with `KeyAnswer`.

    A key_ID is handed out once, and its key is never used for anything else: so the caller's key management must see
    to it. `key_ids` may be empty; the answer is then None.
    """

    key_ids: tuple[str, ...]


class Settle(NamedTuple):
    """The fate of the offered keys: `spent` must never be used again, `unused` may be."""

    spent: tuple[str, ...]
    unused: tuple[str, ...]


class Open(NamedTuple):
    """The session is there."""

    session: Session


Request: TypeAlias = Send | Fetch | Settle | Open


class Verdict(NamedTuple):
    """What a happening turned out to be, and what is known after it. `memory` is None if nothing new is."""

    event: Event
    memory: Memory | None = None
    settle: Settle | None = None


STRAY = Verdict("stray")


def bad(
    reason: str, settle: Settle | None = None, refusal: Refuse | None = None, answered: Message | None = None
) -> Verdict:
    """The handshake fails, for one reason; the other end is told by `refusal`, as the answer to a message."""
    return Verdict("bad", Failed(reason, refusal, answered), settle)
