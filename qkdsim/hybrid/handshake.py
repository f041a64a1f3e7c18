"""The handshake of two ends as a pure function: (end, what happened, time) -> (end, what to do).

Nothing here waits, sends, draws random numbers or keeps a secret that the next state does not need. The caller carries
messages, fetches keys, repeats what got lost (`Timer`), and stops when it has waited long enough (`GiveUp`).

    initiator                                   responder
      start ── Hello: offer ──────────────────────> fetch a key
            <──────── Response: choice, proof ──────
            ──────── Finish: proof ───────────────> session
      session <────────────────────────── Done ────

    either  ─────────── Refuse: reason, proof ─────> whoever waits for its answer

A responder with a session knows that the initiator holds its key and has checked its proof; an initiator with a session
knows that the responder has it too. When the very last message is lost for ever, only the responder has it: no protocol
closes that gap, and the session is then never used.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from qkdsim.hybrid import initiator, responder
from qkdsim.hybrid.memory import (
    STRAY,
    AwaitingDone,
    AwaitingFinish,
    AwaitingKey,
    AwaitingResponse,
    Established,
    Failed,
    Fetch,
    Happening,
    KeyAnswer,
    Listening,
    Memory,
    Open,
    Ready,
    Received,
    Request,
    Send,
    Settle,
    Start,
    Timer,
    Verdict,
    bad,
)
from qkdsim.hybrid.messages import Finish, Hello, MalformedError, Message, Refuse, Response, decode
from qkdsim.hybrid.refusals import refused
from qkdsim.hybrid.session import Session
from qkdsim.hybrid.setup import Setup
from qkdsim.hybrid.table import TABLE, Action, State, Transition

_NOTHING_OFFERED = Settle((), ())


class End(NamedTuple):
    """One end of one handshake: its configuration and what it keeps in its state."""

    setup: Setup
    memory: Memory

    @property
    def state(self) -> State:
        """Its state in the table."""
        return self.memory.state

    @property
    def session(self) -> Session | None:
        """The session, once both ends are known to agree on it."""
        return self.memory.session if isinstance(self.memory, Established) else None

    @property
    def reason(self) -> str:
        """Why there is no session and will be none; empty unless failed."""
        return self.memory.reason if isinstance(self.memory, Failed) else ""


class Step(NamedTuple):
    """The end after a happening, the row of the table that it took, and what the caller is asked to do, in order."""

    end: End
    transition: Transition
    requests: tuple[Request, ...]


def new_end(setup: Setup) -> End:
    """An end before anything has happened."""
    return End(setup, Ready() if setup.role == "initiator" else Listening())


def step(end: End, happening: Happening, now_s: float) -> Step:
    """What a happening does to an end. Whatever arrives, no error is raised for it: the state says what came of it.

    Raises ValueError for what only a mistaken caller does: keys that share a key_ID, or one that was not asked for.
    """
    verdict = _verdict(end, happening, now_s)
    setup, before = end
    row = TABLE[setup.role, before.state, verdict.event]
    memory = verdict.memory or before
    after = end if memory is before else End(setup, memory)
    if memory.state != row.next_state:
        raise AssertionError(f"{row} led to {memory.state}")
    return Step(after, row, tuple([_request(action, memory, verdict) for action in row.actions]))


def _request(action: Action, memory: Memory, verdict: Verdict) -> Request:
    if action in {"send", "resend"}:
        return Send(memory.sent, action == "resend")  # type: ignore[union-attr, arg-type]  # the table sends there
    if action == "fetch":
        return Fetch(cast(AwaitingKey, memory).hello.key_ids)
    if action == "settle":
        return verdict.settle or _NOTHING_OFFERED
    return Open(cast(Established, memory).session)


def _verdict(end: End, happening: Happening, now_s: float) -> Verdict:
    memory = end.memory
    if isinstance(happening, Received):
        return _received(end, happening.message, now_s)
    if isinstance(happening, Start):
        return initiator.start(end.setup, happening) if isinstance(memory, Ready) else STRAY
    if isinstance(happening, KeyAnswer):
        return responder.key(end.setup, memory, happening) if isinstance(memory, AwaitingKey) else STRAY
    if isinstance(happening, Timer):
        return Verdict("timer") if isinstance(memory, AwaitingResponse | AwaitingDone) else STRAY
    return _given_up(memory)


def _given_up(memory: Memory) -> Verdict:
    if isinstance(memory, Established | Failed):
        return STRAY
    return Verdict("give-up", Failed(f"given up while {memory.state}"), initiator.unheard(memory))


def _received(end: End, message: Message | bytes, now_s: float) -> Verdict:
    setup, memory = end.setup, end.memory
    if isinstance(message, bytes):
        try:
            message = decode(message)
        except MalformedError as error:
            return _malformed(setup, memory, str(error))
    if message == getattr(memory, "answered", None):
        return Verdict("repeat")
    return _heard(setup, memory, message, now_s)


def _heard(setup: Setup, memory: Memory, message: Message, now_s: float) -> Verdict:
    if isinstance(message, Hello):
        return responder.hello(setup, message) if isinstance(memory, Listening) else STRAY
    if isinstance(message, Response):
        fits = isinstance(memory, AwaitingResponse) and message.handshake == memory.sent.handshake
        return initiator.response(setup, cast(AwaitingResponse, memory), message, now_s) if fits else STRAY
    if isinstance(message, Finish):
        fits = isinstance(memory, AwaitingFinish) and message.handshake == memory.sent.handshake
        return responder.finish(setup, cast(AwaitingFinish, memory), message, now_s) if fits else STRAY
    if isinstance(message, Refuse):
        return _refused(setup, memory, message)
    fits = isinstance(memory, AwaitingDone) and message.handshake == memory.sent.handshake
    return initiator.done(setup, cast(AwaitingDone, memory), message) if fits else STRAY


def _malformed(setup: Setup, memory: Memory, reason: str) -> Verdict:
    """Bytes that are no message end a handshake that is under way, and touch nothing else."""
    if isinstance(memory, AwaitingResponse):
        return initiator.no_more(setup, memory, reason)
    if isinstance(memory, AwaitingKey):
        return responder.no_answer(setup, memory.hello, reason)
    if isinstance(memory, AwaitingFinish):
        return responder.no_session(setup, memory, reason)
    return bad(reason) if isinstance(memory, AwaitingDone) else STRAY


def _refused(setup: Setup, memory: Memory, message: Refuse) -> Verdict:
    """Whether a refusal is of this handshake, where there is still something to refuse."""
    crypto = setup.cryptography
    if not isinstance(memory, AwaitingResponse | AwaitingDone | AwaitingFinish):
        return STRAY
    if message.handshake != memory.sent.handshake:
        return STRAY
    if isinstance(memory, AwaitingResponse):
        return refused(setup, message, crypto.transcript(memory.sent), initiator.unheard(memory))
    if isinstance(memory, AwaitingDone):
        return refused(setup, message, memory.said)
    return refused(setup, message, crypto.transcript(memory.answered))
