"""The handshake as a table: in which state which event leads where, and what the caller is asked to do.

Everything that can happen in a state is one of the events below; a message is looked at first, and the event says what
it turned out to be. What the table does not list cannot happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["initiator", "responder"]
State: TypeAlias = Literal[
    "ready",
    "awaiting-response",
    "awaiting-done",
    "listening",
    "awaiting-key",
    "awaiting-finish",
    "established",
    "failed",
]
Event: TypeAlias = Literal[
    "start",  # the caller begins, with the QKD keys it holds
    "hello",
    "key",  # the caller's answer to `fetch`: a key, or none
    "response",
    "finish",
    "done",
    "repeat",  # the message that was answered last, once more
    "refused",  # the other end says, and proves, that it will not go on
    "bad",  # a message that is not acceptable, or inputs that the policy refuses
    "stray",  # of another handshake, out of order, or of no concern in this state
    "timer",  # the caller thinks that an answer is overdue
    "give-up",  # the caller stops waiting
]
Action: TypeAlias = Literal[
    "send",
    "resend",
    "fetch",  # get the key of one of these key_IDs
    "settle",  # which of the offered keys are spent, and which may be used elsewhere
    "open",  # the session is there
]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: an end in `state` that meets `event` is in `next_state` afterwards, and asks for `actions`."""

    role: Role
    state: State
    event: Event
    next_state: State
    actions: tuple[Action, ...] = ()


Row: TypeAlias = tuple[Event, State] | tuple[Event, State, tuple[Action, ...]]


def _rows(role: Role, state: State, *rows: Row) -> list[Transition]:
    return [Transition(role, state, *row) for row in rows]


TRANSITIONS: tuple[Transition, ...] = (
    *_rows(
        "initiator",
        "ready",
        ("start", "awaiting-response", ("send",)),
        ("bad", "failed", ("settle",)),
        ("give-up", "failed", ("settle",)),
        ("stray", "ready"),
    ),
    *_rows(
        "initiator",
        "awaiting-response",
        ("response", "awaiting-done", ("send", "settle")),
        ("timer", "awaiting-response", ("resend",)),
        ("refused", "failed", ("settle",)),
        ("bad", "failed", ("send", "settle")),
        ("give-up", "failed", ("settle",)),
        ("stray", "awaiting-response"),
    ),
    *_rows(
        "initiator",
        "awaiting-done",
        ("done", "established", ("open",)),
        ("repeat", "awaiting-done", ("resend",)),
        ("timer", "awaiting-done", ("resend",)),
        ("refused", "failed"),
        ("bad", "failed"),
        ("give-up", "failed"),
        ("stray", "awaiting-done"),
    ),
    *_rows("initiator", "established", ("stray", "established")),
    *_rows("initiator", "failed", ("repeat", "failed", ("resend",)), ("stray", "failed")),
    *_rows(
        "responder",
        "listening",
        ("hello", "awaiting-key", ("fetch",)),
        ("bad", "failed", ("send",)),
        ("give-up", "failed"),
        ("stray", "listening"),
    ),
    *_rows(
        "responder",
        "awaiting-key",
        ("key", "awaiting-finish", ("send",)),
        ("bad", "failed", ("send",)),
        ("give-up", "failed"),
        ("stray", "awaiting-key"),
    ),
    *_rows(
        "responder",
        "awaiting-finish",
        ("finish", "established", ("send", "open")),
        ("repeat", "awaiting-finish", ("resend",)),
        ("refused", "failed"),
        ("bad", "failed", ("send",)),
        ("give-up", "failed"),
        ("stray", "awaiting-finish"),
    ),
    *_rows("responder", "established", ("repeat", "established", ("resend",)), ("stray", "established")),
    *_rows("responder", "failed", ("repeat", "failed", ("resend",)), ("stray", "failed")),
)

TABLE: dict[tuple[Role, State, Event], Transition] = {(row.role, row.state, row.event): row for row in TRANSITIONS}
