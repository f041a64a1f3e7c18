"""One handshake in simulated time: two ends, messages between them, repetitions, and an end to waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from qkdsim.crypto.signature import signature_facts
from qkdsim.hybrid import (
    End,
    Fetch,
    GiveUp,
    KeyAnswer,
    Message,
    Open,
    QkdKey,
    Received,
    Send,
    Session,
    Start,
    Step,
    Timer,
    encode,
    size_bytes,
    step,
)
from qkdsim.hybrid.cryptography import Random
from qkdsim.hybrid.memory import Happening
from qkdsim.hybrid.suites import PRE_SHARED, Suite
from qkdsim.hybrid.table import Role
from qkdsim.network import Agenda, Turn
from qkdsim.sessions.carrier import Carrier
from qkdsim.sessions.plan import SessionRules
from qkdsim.sessions.records import SessionRecord

_OTHER: dict[Role, Role] = {"initiator": "responder", "responder": "initiator"}
_SAID_NO = ("bad", "refused")  # events of the table after which there is no session because somebody would not


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all handshakes of a pair have in common; `nodes` are the initiator's and the responder's."""

    agenda: Agenda
    carrier: Carrier
    nodes: dict[Role, int]
    rules: SessionRules
    random: Random


class Exchange:
    """Runs until the initiator has a session or has none; then calls `ended` once."""

    def __init__(
        self,
        around: Surroundings,
        ends: tuple[End, End],
        record: SessionRecord,
        delivered: dict[str, QkdKey],
        ended: Callable[[Exchange], None],
    ) -> None:
        """`delivered` are the keys that the responder's key management has for it, by key_ID; a key is taken once."""
        self.record = record
        self._around = around
        self._ends: dict[Role, End] = {"initiator": ends[0], "responder": ends[1]}
        self._delivered = delivered
        self._ended = ended
        self._refusal = ""
        self._repeats = 0
        self._is_over = False
        self._encodes = ends[0].setup.cryptography.kind == "real"

    @property
    def sessions(self) -> tuple[Session, Session] | None:
        """The session as both ends hold it, the initiator's first; None if there is none."""
        one, other = self._ends["initiator"].session, self._ends["responder"].session
        return None if one is None or other is None else (one, other)

    def start(self, keys: tuple[QkdKey, ...]) -> None:
        """Begin, with the QKD keys that the initiator has."""
        self._happens("initiator", Start(self._around.random, keys))

    def stop(self) -> None:
        """Nobody goes on; `ended` is not called."""
        self._is_over = True

    def _happens(self, role: Role, happening: Happening) -> None:
        before = self._ends[role]
        after = step(before, happening, self._around.agenda.now_s)
        self._ends[role] = after.end
        if after.transition.event in _SAID_NO and not self._refusal:
            self._refusal = after.end.reason
        for request in after.requests:
            if isinstance(request, Send):
                self._send(role, request)
            elif isinstance(request, Fetch):
                found = next((one for one in request.key_ids if one in self._delivered), None)
                key = None if found is None else self._delivered.pop(found)
                self._happens(role, KeyAnswer(self._around.random, key))
        if role == "initiator":
            self._initiator_after(before, after)

    def _initiator_after(self, before: End, after: Step) -> None:
        if after.end.state in {"established", "failed"}:
            self._finish(after)
        elif after.end.memory is not before.memory:
            self._repeats = 0
            self._wait()

    def _finish(self, last: Step) -> None:
        record = self.record
        self._is_over = True
        if any(isinstance(request, Open) for request in last.requests):
            record.outcome = "established"
        else:
            record.outcome = "refused" if self._refusal else "failed"
            record.reason = self._refusal or last.end.reason
        self._ended(self)

    def _send(self, role: Role, request: Send) -> None:
        around, record, message = self._around, self.record, request.message
        length = size_bytes(message)
        if self._encodes:
            length += missing_bytes(message, self._ends[role].setup.suite)
        record.messages += 1
        record.retransmissions += request.again
        record.handshake_bytes += length
        nodes, other = around.nodes, _OTHER[role]
        content = encode(message) if self._encodes else message
        after_s = 0.0 if request.again else around.rules.processing_s
        around.carrier.send(nodes[role], nodes[other], length, after_s, self._deliver, (other, content))

    def _deliver(self, what: tuple[Role, Message | bytes]) -> None:
        if not self._is_over:
            self._happens(what[0], Received(what[1]))

    def _wait(self) -> None:
        agenda, rules = self._around.agenda, self._around.rules
        patience_s = rules.timeout_s * 2.0**self._repeats
        agenda.at(
            agenda.now_s + patience_s, Turn.EXPIRY, self._overdue, (self._ends["initiator"].memory, self._repeats)
        )

    def _overdue(self, waited_for: tuple[object, int]) -> None:
        if self._is_over or waited_for != (self._ends["initiator"].memory, self._repeats):
            return
        if self._repeats == self._around.rules.max_repeats:
            self._happens("initiator", GiveUp())
            return
        self._repeats += 1
        self._happens("initiator", Timer())
        self._wait()


def missing_bytes(message: Message, suite: Suite) -> int:
    """How much shorter the signatures of a message are than they may be: no length in the results depends on chance."""
    proofs = getattr(message, "proofs", ())
    methods = zip(suite.authentication, proofs, strict=False)  # a rekeying has one proof more, a MAC
    return sum(_longest(method) - len(proof) for method, proof in methods if method != PRE_SHARED)


@cache
def _longest(scheme: str) -> int:
    return signature_facts(scheme).signature_bytes
