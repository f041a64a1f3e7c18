"""Two nodes, two handshakes at a time, and a network that does as it likes.

It loses, repeats, delays, mixes up, alters and replays messages, and rewrites offers to contain less. Whatever it does,
both ends of a handshake hold the same key, outcome and transcript, or there is no session; and what is mixed is what
the policy says of what the nodes really have.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qkdsim.hybrid import (
    POLICIES,
    End,
    GiveUp,
    Hello,
    QkdKey,
    Received,
    Refuse,
    Send,
    Session,
    Timer,
    decode,
    encode,
    step,
)
from qkdsim.hybrid.memory import AwaitingDone
from tests.hybrid.pairs import agree, answer, begin, flipped, pair, qkd_key, session_of, talk

HANDSHAKES = 2
ROLES = ("initiator", "responder")
RECORDED: list[bytes] = talk(*pair(policy="EitherQkdOrPqcRequired"), [qkd_key("old")])[2]


class Network(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ends: dict[tuple[str, int], End] = {}
        self.under_way: list[tuple[str, bytes]] = []  # to which role, what
        self.seen: list[bytes] = list(RECORDED)
        self.agreed: dict[bytes, Session] = {}  # as initiators saw it, once they had checked the responder
        self.gave_up_last: set[bytes] = set()

    @initialize(
        policy=st.sampled_from(sorted(POLICIES)),
        lacking=st.tuples(*[st.sampled_from([(), ("ml-kem-768",)])] * 2),
        offered=st.lists(st.booleans(), min_size=HANDSHAKES, max_size=HANDSHAKES),
        held=st.lists(st.booleans(), min_size=HANDSHAKES, max_size=HANDSHAKES),
    )
    def begin(self, policy: str, lacking: tuple[tuple[str], tuple[str]], offered: list[bool], held: list[bool]) -> None:
        keys = [qkd_key(f"key-{number}") for number in range(HANDSHAKES)]
        self.store: dict[str, QkdKey] = {key.key_id: key for key, have in zip(keys, held, strict=True) if have}
        self.best: list[tuple[tuple[str, ...], str]] = []
        for number in range(HANDSHAKES):
            one, other = pair(policy=policy, lacking=lacking)
            one, sent = begin(one, *(keys[number : number + 1] if offered[number] else ()))
            self.ends["initiator", number], self.ends["responder", number] = one, other
            kems = tuple(kem for kem in one.setup.kems if kem in other.setup.kems)
            best = one.setup.decide(kems, offered[number] and held[number])
            self.best.append((best.mixed, best.refusal))
            self._sent("initiator", sent)

    def _sent(self, role: str, wires: list[bytes]) -> None:
        to = "responder" if role == "initiator" else "initiator"
        self.under_way += [(to, wire) for wire in wires]
        self.seen += wires

    def _deliver(self, role: str, number: int, wire: bytes) -> None:
        end, sent = answer(self.ends[role, number], wire, self.store)
        self.ends[role, number] = end
        if isinstance(end.memory, AwaitingDone):
            self.agreed[end.memory.sent.handshake] = end.memory.session
        self._sent(role, sent)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), number=st.integers(0, HANDSHAKES - 1), kept=st.booleans())
    def deliver(self, data: st.DataObject, number: int, kept: bool) -> None:
        """Any message under way, to either end of its direction, perhaps to come once more."""
        place = data.draw(st.integers(0, len(self.under_way) - 1))
        role, wire = self.under_way[place] if kept else self.under_way.pop(place)
        self._deliver(role, number, wire)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def alter(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.under_way) - 1))
        role, wire = self.under_way[place]
        self.under_way[place] = role, flipped(wire, data.draw(st.integers(0, 8 * len(wire) - 1)))

    @rule(data=st.data(), number=st.integers(0, HANDSHAKES - 1), role=st.sampled_from(ROLES))
    def replay(self, data: st.DataObject, number: int, role: str) -> None:
        """Anything ever seen, to anyone."""
        self._deliver(role, number, data.draw(st.sampled_from(self.seen)))

    @rule(data=st.data(), what=st.sampled_from(["no QKD", "no PQC", "policy", "suite"]))
    def weaken(self, data: st.DataObject, what: str) -> None:
        """Rewrite an offer so that it contains less."""
        offers = [place for place, (_, wire) in enumerate(self.under_way) if wire[1:2] == b"\1"]
        if not offers:
            return
        place = data.draw(st.sampled_from(offers))
        try:
            hello = decode(self.under_way[place][1])
        except ValueError:
            return
        assert isinstance(hello, Hello)
        weaker = {
            "no QKD": replace(hello, key_ids=()),
            "no PQC": replace(hello, kems=hello.kems[:1], public_keys=hello.public_keys[:1]),
            "policy": replace(hello, policy="ClassicalOnly"),
            "suite": replace(hello, suite="classical"),
        }[what]
        self.under_way[place] = "responder", encode(weaker)

    @rule(data=st.data(), number=st.integers(0, HANDSHAKES - 1), role=st.sampled_from(ROLES))
    def forge_a_refusal(self, data: st.DataObject, number: int, role: str) -> None:
        """One who cannot prove an identity ends nothing, whatever the state."""
        end, handshake = self.ends[role, number], data.draw(st.sampled_from(self.seen))[2:18]
        forged = Refuse(handshake, "no", (bytes(48),))
        assert step(end, Received(encode(forged)), 0.0).end is end

    @rule(number=st.integers(0, HANDSHAKES - 1))
    def timer(self, number: int) -> None:
        after = step(self.ends["initiator", number], Timer(), 0.0)
        self.ends["initiator", number] = after.end
        self._sent("initiator", [encode(one.message) for one in after.requests if isinstance(one, Send)])

    @rule(number=st.integers(0, HANDSHAKES - 1), role=st.sampled_from(ROLES))
    def give_up(self, number: int, role: str) -> None:
        end = self.ends[role, number]
        if isinstance(end.memory, AwaitingDone):
            self.gave_up_last.add(end.memory.sent.handshake)
        self.ends[role, number] = step(end, GiveUp(), 0.0).end

    @invariant()
    def a_session_is_agreed_on(self) -> None:
        """A responder's is one whose initiator holds the same; an initiator's is one that a responder has."""
        by_role = {role: [self.ends[role, n].session for n in range(HANDSHAKES)] for role in ROLES} if self.ends else {}
        answered = [session for session in by_role.get("responder", []) if session]
        for session in answered:
            assert agree(session, self.agreed[session.handshake])
        for session in by_role.get("initiator", []):
            assert session is None or any(agree(session, one) for one in answered)

    @invariant()
    def nothing_less_is_mixed_than_the_nodes_have(self) -> None:
        for number in range(HANDSHAKES if self.ends else 0):
            session = self.ends["initiator", number].session
            if session is not None:
                mixed, refusal = self.best[number]
                assert not refusal
                # a key_ID that a forged or repeated offer used up is not there any more: it counts as missing
                assert session.outcome.mixed == mixed or (
                    "qkd" in session.outcome.missing and f"key-{number}" not in self.store
                )

    @invariant()
    def one_state_one_story(self) -> None:
        for end in self.ends.values():
            assert (end.session is not None) == (end.state == "established")
            assert bool(end.reason) == (end.state == "failed")

    def teardown(self) -> None:
        """From now on the network is fair: in the end, both have a session or neither has."""
        for number in range(HANDSHAKES):
            if ("initiator", number) not in self.ends:
                return
            for _ in range(3):
                self.under_way.clear()
                self.timer(number)
                while self.under_way:
                    role, wire = self.under_way.pop(0)
                    # which end of the responder's node it is for, the handshake's number says
                    places = range(HANDSHAKES) if role == "responder" else [number]
                    fits = [one for one in places if _knows(self.ends[role, one], wire)]
                    for place in fits or [number]:
                        self._deliver(role, place, wire)
        for number in range(HANDSHAKES):
            for role in ROLES:
                self.give_up(number, role)
        sessions = {
            role: {end.session.handshake for (one, _), end in self.ends.items() if one == role and end.session}
            for role in ROLES
        }
        # an initiator that gave up before it heard the last message leaves a session that nobody uses
        assert sessions["responder"] - self.gave_up_last == sessions["initiator"]


def _knows(end: End, wire: bytes) -> bool:
    """Whether an end is in the handshake of this message."""
    memory = end.memory
    message = getattr(memory, "answered", None) or getattr(memory, "hello", None)
    return message is not None and message.handshake == wire[2:18]


TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_the_network_can_be_kind() -> None:
    """The machine above reaches sessions when nothing goes wrong."""
    network = Network()
    network.begin("QkdAndPqcRequired", ((), ()), [True, True], [True, True])  # type: ignore[arg-type]
    network.teardown()
    sessions = [session_of(network.ends[role, 0]) for role in ("initiator", "responder")]
    assert agree(*sessions)
    assert sessions[0].outcome.mixed == ("qkd", "x25519", "ml-kem-768")
