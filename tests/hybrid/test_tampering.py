"""Every bit of every message counts: flip one, and there is no session.

Here refusals carry no proofs: each flipped bit would be answered with signatures that nobody looks at. All else is
real, so every bit can be tried, those of signatures too. What protects refusals themselves is in the last tests.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from qkdsim.hybrid import End, Finish, Hello, Message, QkdKey, Received, Refuse, decode, encode, step
from qkdsim.hybrid.cryptography import Prover
from tests.hybrid.pairs import Lacking, answer, begin, flipped, pair, qkd_key, session_of


class QuickToRefuse(Lacking):
    """Real cryptography, but for the proofs of refusals."""

    def prove(self, prover: Prover, label: str, transcript: bytes) -> tuple[bytes, ...]:
        return () if label.endswith("refuses") else super().prove(prover, label, transcript)


class Ends:
    """A handshake stopped before each of its messages is delivered: (receiver, the message, the store)."""

    def __init__(self, suite: str) -> None:
        self.key: QkdKey = qkd_key()
        one, other = pair(suite, cryptography=QuickToRefuse())
        one, hello = begin(one, self.key)
        answered, response = answer(other, hello[0], {self.key.key_id: self.key})
        confirming, finish = answer(one, response[0], {})
        _, done = answer(answered, finish[0], {})
        self.initiator = one
        self.stops = {
            "Hello": (other, hello[0]),
            "Response": (one, response[0]),
            "Finish": (answered, finish[0]),
            "Done": (confirming, done[0]),
        }

    def accepts(self, message: str, bit: int) -> bool:
        """Whether anyone has a session after this message came with one bit flipped."""
        receiver, wire = self.stops[message]
        after, sent = answer(receiver, flipped(wire, bit), {self.key.key_id: self.key})
        if message == "Hello" and sent:  # not authenticated yet: the initiator sees that it said something else
            return accepted_by(answer(self.initiator, sent[0], {}))
        return accepted_by((after, sent))


def accepted_by(result: tuple[End, list[bytes]]) -> bool:
    end, sent = result
    # stray (another handshake) or failed, and the other end told so; never a step forward
    goes_on = any(not isinstance(decode(wire), Refuse) for wire in sent)
    return goes_on or end.state not in {"failed", "ready", "listening", "awaiting-response", "awaiting-finish",
                                        "awaiting-done"}  # fmt: skip


@pytest.fixture(scope="module")
def pre_shared() -> Ends:
    return Ends("hybrid-pre-shared")


@pytest.fixture(scope="module")
def signed() -> Ends:
    return Ends("hybrid-two-signatures")


MESSAGES = ("Hello", "Response", "Finish", "Done")


@pytest.mark.parametrize("message", MESSAGES)
def test_some_flipped_bits(pre_shared: Ends, signed: Ends, message: str) -> None:
    """The first 100 bytes, and then a bit of every byte or every few."""
    for ends, stride in ((pre_shared, 41), (signed, 211)):
        bits = 8 * len(ends.stops[message][1])
        for bit in [*range(0, min(bits, 800), 3), *range(800, bits, stride)]:
            assert not ends.accepts(message, bit), bit


@pytest.mark.slow
@pytest.mark.parametrize("message", MESSAGES)
def test_every_flipped_bit(pre_shared: Ends, message: str) -> None:
    for bit in range(8 * len(pre_shared.stops[message][1])):
        assert not pre_shared.accepts(message, bit), bit


@pytest.mark.slow
@pytest.mark.parametrize("message", MESSAGES[1:])
def test_every_flipped_bit_with_signatures(signed: Ends, message: str) -> None:
    for bit in range(8 * len(signed.stops[message][1])):
        assert not signed.accepts(message, bit), bit


def test_unchanged_messages_are_accepted(pre_shared: Ends, signed: Ends) -> None:
    """So that the tests above cannot pass because nothing is ever accepted."""
    for ends in (pre_shared, signed):
        for message in MESSAGES:
            receiver, wire = ends.stops[message]
            after, sent = answer(receiver, wire, {ends.key.key_id: ends.key})
            assert after.state != receiver.state
            assert accepted_by((after, sent)) or after.state == "established"


class Forgetful(Lacking):
    """Cryptography that keeps no transcript: what a handshake would be without it."""

    def transcript(self, message: Message) -> bytes:
        return b""


@pytest.mark.parametrize(("cryptography", "downgraded"), [(Lacking(), False), (Forgetful(), True)])
def test_it_is_the_transcript_that_stops_a_downgrade(cryptography: Lacking, downgraded: bool) -> None:
    """An attacker strips the key_ID off an offer; the policy would allow the session that comes of it."""
    one, other = pair(policy="EitherQkdOrPqcRequired", cryptography=cryptography)
    one, sent = begin(one, key := qkd_key())
    hello = decode(sent[0])
    assert isinstance(hello, Hello)
    other, response = answer(other, encode(replace(hello, key_ids=())), {key.key_id: key})
    one, finish = answer(one, response[0], {})
    assert isinstance(decode(finish[0]), Finish if downgraded else Refuse)
    if downgraded:
        other, done = answer(other, finish[0], {})
        assert session_of(answer(one, done[0], {})[0]).outcome.missing == ("qkd",)


@pytest.mark.parametrize("suite", ["hybrid-pre-shared", pytest.param("hybrid-two-signatures", marks=pytest.mark.slow)])
def test_no_altered_refusal_is_believed(suite: str) -> None:
    """Bytes that are no message end the handshake for that reason; nothing else that was altered is listened to."""
    one, other = pair(suite)
    one, hello = begin(one, qkd_key())
    _, sent = answer(other, hello[0], {})
    assert step(one, Received(sent[0]), 0.0).transition.event == "refused"
    one = end_of(one, QuickToRefuse())
    for bit in range(8 * len(sent[0])):
        assert step(one, Received(flipped(sent[0], bit)), 0.0).transition.event in {"stray", "bad"}, bit


def end_of(end: End, cryptography: Lacking) -> End:
    """The same end with other cryptography."""
    return End(replace(end.setup, cryptography=cryptography), end.memory)
