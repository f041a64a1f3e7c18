from __future__ import annotations

import os
from dataclasses import replace

import pytest

from qkdsim.errors import InputError
from qkdsim.hybrid import (
    POLICIES,
    TRANSITIONS,
    Credentials,
    Done,
    End,
    GiveUp,
    KeyAnswer,
    QkdKey,
    Received,
    Send,
    Settle,
    Setup,
    SimulatedCryptography,
    Start,
    Timer,
    Transition,
    decode,
    encode,
    find_policy,
    find_suite,
    new_end,
    size_bytes,
    step,
    suites,
)
from qkdsim.hybrid.memory import Happening
from qkdsim.hybrid.real import RealCryptography
from tests.hybrid.pairs import PRE_SHARED_KEY, agree, answer, begin, flipped, pair, qkd_key, session_of, talk

REAL = RealCryptography()
AVAILABLE = [name for name, suite in suites().items() if not any(map(REAL.lacks, suite.kems))]


@pytest.mark.parametrize("name", AVAILABLE)
def test_both_ends_agree_under_every_suite(name: str) -> None:
    policy = "AtLeastQkdRequired" if name in {"classical", "qkd-pre-shared"} else "QkdAndPqcRequired"
    key = qkd_key()
    one, other, said = talk(*pair(name, policy), [key])
    ours, theirs = session_of(one), session_of(other)
    assert agree(ours, theirs)
    assert ours.outcome.mixed == ("qkd", *find_suite(name).kems)
    assert ours.outcome.key_id == key.key_id
    assert ours.outcome.authenticated == find_suite(name).authentication
    assert [type(decode(wire)).__name__ for wire in said] == ["Hello", "Response", "Finish", "Done"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("lacking", [((), ()), (("ml-kem-768",), ()), ((), ("ml-kem-768",))])
def test_a_downgrade_is_what_the_policy_allows_and_is_recorded(
    policy: str, found: bool, lacking: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    one, other, _ = talk(*pair(policy=policy, lacking=lacking), [qkd_key()], None if found else [])
    has_pqc, classical = lacking == ((), ()), policy == "ClassicalOnly"
    enough = {
        "QkdAndPqcRequired": found and has_pqc,
        "AtLeastQkdRequired": found,
        "AtLeastPqcRequired": has_pqc,
        "EitherQkdOrPqcRequired": found or has_pqc,
        "PqcOnly": has_pqc,
        "ClassicalOnly": True,
    }[policy]
    assert (one.session is not None, other.session is not None) == (enough, enough)
    if not enough:
        assert f"policy {policy} needs" in other.reason + one.reason
        return
    outcome = session_of(one).outcome
    wants_qkd = policy not in ("PqcOnly", "ClassicalOnly")
    expected = () if classical else ("qkd",) * (wants_qkd and not found) + ("ml-kem-768",) * (not has_pqc)
    assert outcome.missing == expected
    assert outcome.downgraded == bool(expected)
    wanted = {"x25519"} if classical else {"x25519", "ml-kem-768"} | ({"qkd"} if wants_qkd else set())
    assert set(outcome.mixed) == wanted - set(expected)


def test_policy_and_inputs_are_part_of_the_key() -> None:
    """With the same secrets and messages but another policy, suite or key_ID, the key is another."""
    suite = find_suite("hybrid-pre-shared")
    one, other = pair()
    _, _, said = talk(one, other, [qkd_key()])
    hello, response = decode(said[0]), decode(said[1])
    secrets = {"qkd": bytes(32), "x25519": bytes(32), "ml-kem-768": bytes(32)}

    def derived(suite=suite, hello=hello, response=response, secrets=secrets) -> bytes:  # type: ignore[no-untyped-def]
        return REAL.derive(suite, hello, response, secrets, b"transcript").session_key

    keys = [
        derived(),
        derived(suite=replace(suite, cipher="chacha20-poly1305")),
        derived(hello=replace(hello, policy="AtLeastQkdRequired")),
        derived(hello=replace(hello, initiator="kyoto")),
        derived(response=replace(response, key_ids=("key-2",))),
        derived(secrets={"qkd": bytes(32), "ml-kem-768": bytes(32)}),
    ]
    assert len(set(keys)) == len(keys)


def test_different_key_bytes_under_one_key_id_give_no_session() -> None:
    one, other, _ = talk(*pair(), [qkd_key()], [qkd_key()])
    assert one.reason == "the responder's confirmation does not match: the ends hold different keys"
    assert one.session is None
    assert other.session is None


def test_the_responder_confirms_the_key_it_can_fetch_and_the_others_are_free_again() -> None:
    keys = [qkd_key("a"), qkd_key("b"), qkd_key("c")]
    one, other = pair()
    one, hello = begin(one, *keys)
    other, response = answer(other, hello[0], {"b": keys[1]})
    taken = step(one, Received(response[0]), 0.0)
    assert [request for request in taken.requests if isinstance(request, Settle)] == [Settle(("b",), ("a", "c"))]


def test_keys_that_were_offered_in_vain_are_spent() -> None:
    one, _ = begin(pair()[0], qkd_key("a"), qkd_key("b"))
    assert step(one, GiveUp(), 0.0).requests == (Settle(("a", "b"), ()),)
    kept_back = step(pair(policy="ClassicalOnly")[0], Start(os.urandom, (qkd_key("a"),)), 0.0).end
    assert step(kept_back, GiveUp(), 0.0).requests == (Settle((), ("a",)),)
    without_pqc = pair(lacking=(("ml-kem-768",), ()))[0]
    assert step(without_pqc, Start(os.urandom, (qkd_key("a"),)), 0.0).requests == (Settle((), ("a",)),)


@pytest.mark.parametrize("suite", ["hybrid", "hybrid-two-signatures", "hybrid-pre-shared", "classical"])
def test_one_who_has_not_the_credentials_gets_no_session(suite: str) -> None:
    policy = "AtLeastQkdRequired"
    one, other = pair(suite, policy)
    stranger, _ = pair(suite, policy, names=("mallory", "osaka"))
    pretending = Credentials(bytes(32), stranger.setup.credentials.signing_keys, one.setup.credentials.peer_keys)
    forged = new_end(Setup("initiator", "tokyo", "osaka", one.setup.suite, one.setup.policy, pretending))
    # the stranger has even the QKD key, and does not check the other end
    _, hello = begin(forged, key := qkd_key())
    other, _response = answer(other, hello[0], {key.key_id: key})
    mine, other, _ = talk(forged, pair(suite, policy)[1], [key])
    assert mine.session is None
    assert other.session is None


def test_a_rekeying_is_bound_to_the_session_before() -> None:
    old = session_of(talk(*pair(), [qkd_key()])[0])
    again, back, said = talk(*pair(previous=old), [qkd_key("key-2")])
    new = session_of(again)
    assert agree(new, session_of(back))
    assert new.outcome.previous == old.handshake
    assert new.outcome.authenticated == ("pre-shared", "session")
    assert new.handshake != old.handshake
    # in the other direction, too
    turned, _, _ = talk(*pair(previous=old, names=("osaka", "tokyo")), [qkd_key("key-3")])
    assert session_of(turned).outcome.initiator == "osaka"
    # an end that knows of no session before, or of another, refuses
    unrelated = session_of(talk(*pair(), [qkd_key()])[0])
    for stranger in (pair()[1], pair(previous=unrelated)[1]):
        refused, _ = answer(stranger, said[0], {})
        assert refused.reason == "the offer continues another session than the one at hand"


def test_whoever_knows_only_the_long_term_keys_cannot_rekey() -> None:
    one, _, _ = talk(*pair(), [qkd_key()])
    old = session_of(one)
    assert old.keys is not None
    guessed = replace(old, keys=replace(old.keys, rekeying=bytes(32)))
    mine, other, _ = talk(pair(previous=guessed)[0], pair(previous=old)[1], [qkd_key("key-2")])
    assert "proof of identity by session" in mine.reason
    assert other.session is None


def test_repeated_messages_get_the_same_answers() -> None:
    one, other = pair()
    key = qkd_key()
    one, hello = begin(one, key)
    other, response = answer(other, hello[0], {key.key_id: key})
    assert answer(other, hello[0], {})[1] == response
    one, finish = answer(one, response[0], {})
    assert answer(one, response[0], {})[1] == finish
    other, done = answer(other, finish[0], {})
    same, again = answer(other, finish[0], {})
    assert again == done
    assert same.session is other.session
    one, _ = answer(one, done[0], {})
    same, nothing = answer(one, done[0], {})
    assert nothing == []
    assert same.session is one.session


def test_an_established_session_is_not_touched_by_what_arrives_later() -> None:
    one, other, said = talk(*pair(), [qkd_key()])
    for end in (one, other):
        for wire in [*said, *(flipped(wire, 200) for wire in said), b"", b"noise"]:
            assert answer(end, wire, {})[0].session is end.session
        assert step(end, GiveUp(), 0.0).end.session is end.session


def test_every_transition_of_the_table_is_taken() -> None:
    taken: set[Transition] = set()

    def go(end: End, *happenings: Happening) -> End:
        for happening in happenings:
            after = step(end, happening, 0.0)
            taken.add(after.transition)
            assert after.end.state == after.transition.next_state
            assert bool(after.end.reason) == (after.end.state == "failed")
            end = after.end
        return end

    key, key_id = qkd_key(), "key-1"
    fresh, listening = pair()
    noise = Received(b"\1")
    opening = step(fresh, Start(os.urandom, (key,)), 0.0)
    hello = next(one for one in opening.requests if isinstance(one, Send)).message
    go(fresh, noise, Start(os.urandom, (key,)))
    waiting = opening.end
    go(fresh, Start(os.urandom))
    go(fresh, GiveUp())
    asked = go(listening, noise, Timer(), Received(hello))
    go(listening, Received(b"\1\1"), GiveUp())
    go(listening, Received(Done(bytes(16), bytes(48))))
    strange = pair(policy="AtLeastQkdRequired")[1]
    go(strange, Received(hello), Timer(), Received(hello))
    go(asked, Received(hello), noise)
    go(asked, GiveUp())
    answered = step(asked, KeyAnswer(os.urandom, key), 0.0)
    go(asked, KeyAnswer(os.urandom, key))
    will_not = go(asked, KeyAnswer(os.urandom, None))
    go(waiting, Received(will_not.memory.sent))  # type: ignore[union-attr]
    answering = answered.end
    response = answering.memory.sent  # type: ignore[union-attr]
    assert key_id in response.key_ids
    go(answering, Received(hello), Timer(), noise)
    go(answering, GiveUp())
    go(waiting, Timer(), Received(hello), noise)
    go(waiting, GiveUp(), GiveUp())
    confirming = go(waiting, Received(response))
    finish = confirming.memory.sent  # type: ignore[union-attr]
    go(confirming, Received(response), Timer(), Received(hello), noise)
    go(confirming, GiveUp())
    unlike = step(asked, KeyAnswer(os.urandom, qkd_key()), 0.0).end
    doubting = go(waiting, Received(unlike.memory.sent), Received(unlike.memory.sent))  # type: ignore[union-attr]
    go(unlike, Received(doubting.memory.sent))  # type: ignore[union-attr]
    spoilt = replace(finish, confirmation=bytes(48))
    told = go(answering, Received(spoilt)).memory.sent  # type: ignore[union-attr]
    go(confirming, Received(told))
    finished = go(answering, Received(finish), Received(finish), Received(hello))
    done = finished.memory.sent  # type: ignore[union-attr]
    go(confirming, Received(done), Received(done))
    assert set(TRANSITIONS) - taken == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policy": "QkdAndPqcRequired", "suite": "classical"}, "suite classical can meet: .* needs qkd and pqc"),
        ({"peer": "tokyo"}, "another node than tokyo"),
        ({"name": "tōkyō"}, "printable ASCII"),
        ({"credentials": Credentials()}, "needs a pre-shared key"),
        ({"suite": "hybrid", "credentials": Credentials()}, "needs a ml-dsa-65 key pair of tokyo"),
        ({"cryptography": SimulatedCryptography(), "previous": True}, "with simulated cryptography"),
        ({"peer": "kyoto", "previous": True}, "one of tokyo and kyoto"),
    ],
)
def test_bad_setups(changes: dict[str, object], message: str) -> None:
    values: dict[str, object] = {
        "name": "tokyo", "peer": "osaka", "suite": "hybrid-pre-shared", "policy": "AtLeastQkdRequired",
        "credentials": Credentials(PRE_SHARED_KEY),
    } | changes  # fmt: skip
    values["suite"], values["policy"] = find_suite(str(values["suite"])), find_policy(str(values["policy"]))
    if "previous" in changes:
        values["previous"] = session_of(talk(*pair(), [qkd_key()])[0])
    with pytest.raises(InputError, match=message):
        Setup("initiator", **values)  # type: ignore[arg-type]


def test_mistakes_of_the_caller_are_errors() -> None:
    one, other = pair()
    with pytest.raises(ValueError, match="a key_ID each"):
        step(one, Start(os.urandom, (qkd_key(), qkd_key())), 0.0)
    _, hello = begin(one, qkd_key())
    asked = step(other, Received(hello[0]), 0.0).end
    with pytest.raises(ValueError, match="was not asked for"):
        step(asked, KeyAnswer(os.urandom, qkd_key("key-9")), 0.0)
    with pytest.raises(ValueError, match="at least 32 bytes, not 16"):
        QkdKey("key", bytes(16))


def test_nothing_secret_is_shown() -> None:
    """Bytes of keys in no repr of any state, request or session, in hexadecimal or as Python shows bytes."""
    key = QkdKey("key-1", b"SECRET-SECRET-SECRET-SECRET-SECR")
    one, other = pair()
    begun = step(one, Start(os.urandom, (key,)), 0.0)
    asked = step(other, Received(encode(begun.end.memory.sent)), 0.0)  # type: ignore[union-attr]
    answered = step(asked.end, KeyAnswer(os.urandom, key), 0.0)
    one, other, _ = talk(*pair(), [key])
    sessions = [session_of(one), session_of(other)]
    traffic = sessions[0].keys
    assert traffic is not None
    secrets = [key.value, PRE_SHARED_KEY, traffic.initiator, traffic.responder, traffic.rekeying]
    shown = repr([key, begun, asked, answered, one, other, sessions, KeyAnswer(os.urandom, key)])
    for secret in secrets:
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown


@pytest.mark.parametrize("name", AVAILABLE)
@pytest.mark.parametrize("keys", [0, 1])
def test_simulated_messages_are_as_long_as_real_ones(name: str, keys: int) -> None:
    policy = "QkdAndPqcRequired" if keys else "EitherQkdOrPqcRequired"
    if name in {"classical", "qkd-pre-shared"}:
        policy, keys = "AtLeastQkdRequired", 1
    offered = [qkd_key()] * keys
    _, _, said = talk(*pair(name, policy), offered)
    one, other, as_if = talk(*pair(name, policy, cryptography=SimulatedCryptography()), offered)
    assert list(map(len, as_if)) == list(map(len, said))
    assert [size_bytes(decode(wire)) for wire in as_if] == list(map(len, said))
    outcome = session_of(one).outcome
    assert outcome == session_of(other).outcome
    assert outcome.cryptography == "simulated"
    assert session_of(one).keys is None


def test_simulated_handshakes_follow_the_policy_too() -> None:
    one, other, _ = talk(*pair(cryptography=SimulatedCryptography()), [qkd_key()], [])
    assert one.session is None
    assert "needs qkd and pqc" in other.reason


def test_xwing_rests_on_its_two_parts() -> None:
    one, _, _ = talk(*pair("x-wing"), [qkd_key()])
    assert session_of(one).outcome.secrecy_rests_on == ("qkd", "ml-kem-768", "x25519")
