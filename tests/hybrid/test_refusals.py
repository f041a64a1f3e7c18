"""An end that will not go on says so; only one that proves who it is is listened to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qkdsim.hybrid import (
    End,
    Finish,
    QkdKey,
    Received,
    Refuse,
    Response,
    Session,
    Settle,
    decode,
    encode,
    find_suite,
    new_end,
    step,
)
from qkdsim.hybrid.messages import sayable
from tests.hybrid.pairs import answer, begin, pair, qkd_key, session_of, talk


def stopped(suite: str = "hybrid-pre-shared") -> tuple[End, End, QkdKey, Response, Finish]:
    """Initiator awaiting done, responder awaiting finish, and what was said last."""
    key = qkd_key()
    one, other = pair(suite)
    one, hello = begin(one, key)
    other, response = answer(other, hello[0], {key.key_id: key})
    one, finish = answer(one, response[0], {})
    said = decode(response[0]), decode(finish[0])
    assert isinstance(said[0], Response)
    assert isinstance(said[1], Finish)
    return one, other, key, said[0], said[1]


def refusal_of(sent: list[bytes]) -> Refuse:
    assert len(sent) == 1
    message = decode(sent[0])
    assert isinstance(message, Refuse)
    return message


@pytest.mark.parametrize("suite", ["hybrid-pre-shared", "hybrid", "hybrid-two-signatures"])
def test_a_missing_key_is_said_and_both_ends_know_why(suite: str) -> None:
    one, other, said = talk(*pair(suite), [qkd_key()], [])
    reason = "policy QkdAndPqcRequired needs qkd and pqc; x25519, ml-kem-768 is there"
    assert [type(decode(wire)).__name__ for wire in said] == ["Hello", "Refuse"]
    assert other.reason == reason
    assert one.reason == f"the responder refuses: {reason}"


def test_keys_of_a_refused_offer_are_spent() -> None:
    one, other = pair()
    one, hello = begin(one, qkd_key())
    _, sent = answer(other, hello[0], {})
    assert step(one, Received(sent[0]), 0.0).requests == (Settle(("key-1",), ()),)


def test_an_initiator_that_is_not_content_says_so() -> None:
    one, other, _ = talk(*pair(), [qkd_key()], [qkd_key()])
    assert one.reason == "the responder's confirmation does not match: the ends hold different keys"
    assert other.reason == f"the initiator refuses: {one.reason}"


def test_a_responder_that_is_not_content_with_the_finish_says_so() -> None:
    one, other, _, _, finish = stopped()
    other, sent = answer(other, encode(replace(finish, confirmation=bytes(48))), {})
    one, _ = answer(one, sent[0], {})
    assert one.reason == f"the responder refuses: {other.reason}"


def test_a_repeated_message_gets_the_refusal_again() -> None:
    one, other = pair()
    _, hello = begin(one, qkd_key())
    other, sent = answer(other, hello[0], {})
    assert answer(other, hello[0], {})[1] == sent


def test_a_refusal_counts_for_what_it_covers_only() -> None:
    """That of another handshake, another offer, another end, another reason, or one without proof is a stray."""
    suite = "hybrid-two-signatures"
    one, other = pair(suite)
    one, hello = begin(one, qkd_key())
    told = refusal_of(answer(other, hello[0], {})[1])
    elsewhere, offer = begin(pair(suite)[0], qkd_key())
    theirs = refusal_of(answer(pair(suite)[1], offer[0], {})[1])
    wrong = [
        theirs,
        replace(theirs, handshake=told.handshake),
        replace(told, handshake=theirs.handshake),
        replace(told, reason="another"),
        replace(told, proofs=told.proofs[:1]),
        replace(told, proofs=told.proofs[::-1]),
        replace(told, proofs=()),
    ]
    for message in wrong:
        assert step(one, Received(encode(message)), 0.0).end is one
    assert step(elsewhere, Received(encode(theirs)), 0.0).end.state == "failed"
    assert step(one, Received(encode(told)), 0.0).end.state == "failed"


def test_ends_that_do_not_know_the_same_session_before_say_so() -> None:
    """The responder has forgotten the session, or knows another one: no proof by that session's key is asked for."""
    known, other, _ = talk(*pair(), [qkd_key()])
    elsewhere = session_of(talk(*pair(), [qkd_key("key-2")])[1])
    mine = replace_previous(pair()[0], session_of(known))
    for previous in (None, elsewhere):
        theirs = replace_previous(pair()[1], previous)
        one, answering, said = talk(mine, theirs, [qkd_key("key-3")])
        assert len(said) == 2
        assert answering.reason != ""
        assert one.reason == f"the responder refuses: {answering.reason}"
    one, answering, _ = talk(mine, replace_previous(pair()[1], session_of(other)), [qkd_key("key-3")])
    assert session_of(one).handshake == session_of(answering).handshake


def replace_previous(end: End, previous: Session | None) -> End:
    return new_end(replace(end.setup, previous=previous))


def test_an_offer_replayed_elsewhere_does_not_end_a_handshake_that_was_answered() -> None:
    """A second responder of the node, which cannot find the key any more, honestly refuses the offer it was shown."""
    key = qkd_key()
    one, other = pair()
    one, hello = begin(one, key)
    other, response = answer(other, hello[0], {key.key_id: key})
    told = answer(pair()[1], hello[0], {})[1]
    one, _ = answer(one, response[0], {})
    for end in (one, other):
        assert answer(end, told[0], {}) == (end, [])


def test_who_has_a_session_takes_no_refusal() -> None:
    one, other, said = talk(*pair(), [qkd_key()])
    told = Refuse(session_of(one).handshake, "too late", (bytes(48),))
    assert decode(said[0]).handshake == told.handshake
    for end in (one, other):
        assert answer(end, encode(told), {}) == (end, [])


def test_a_refusal_cannot_be_turned_round() -> None:
    """Under a pre-shared key both ends could make the proof; the role that it names keeps the two apart."""
    one, other = pair()
    one, hello = begin(one, qkd_key())
    told = answer(other, hello[0], {})[1][0]
    key = qkd_key()
    answered, _ = answer(pair()[1], hello[0], {key.key_id: key})
    assert find_suite("hybrid-pre-shared").authentication == ("pre-shared",)
    assert answer(answered, told, {})[0] is answered


def test_every_reason_can_be_sent() -> None:
    assert sayable("no, café…\n") == "no, caf???"
    assert len(sayable("x" * 1000)) == 255
    told = Refuse(bytes(16), sayable("é" * 300), (bytes(48),))
    assert decode(encode(told)) == told
