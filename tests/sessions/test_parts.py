"""The parts that a pair's sessions are made of: due times, traffic, pads, plans, the check that ends fit."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import RunError
from qkdsim.hybrid import Finish, RekeyRules, Sender, Session, Suite, rekey_due, size_bytes
from qkdsim.hybrid.limits import LIMITS
from qkdsim.hybrid.one_time_pad import Pad
from qkdsim.hybrid.sealing import blocks_of
from qkdsim.sessions import SessionPair, SessionRules
from qkdsim.sessions.due import due
from qkdsim.sessions.exchange import missing_bytes
from qkdsim.sessions.fit import check_fit
from qkdsim.sessions.pads import pad_chunk
from qkdsim.sessions.traffic import Traffic
from tests.hybrid.pairs import pair, qkd_key, session_of, talk
from tests.sessions.small_sessions import phase, plan


@given(
    st.sampled_from(["aes-256-gcm", "chacha20-poly1305"]),
    st.floats(1e3, 1e13),
    st.one_of(st.none(), st.floats(1.0, 1e6)),
    st.one_of(st.none(), st.integers(10**6, 10**13)),
    st.sampled_from([64, 1024, 65536]),
)
def test_due_times_are_those_of_the_rule_asked_at_every_moment(
    cipher: str, bps: float, after_s: float | None, after_bytes: int | None, message_bytes: int
) -> None:
    """A little before the time `hybrid.rekey_due` sees nothing to do, and a little after it does."""
    rules = SessionRules(rekey_after_s=after_s, rekey_after_bytes=after_bytes, message_bytes=message_bytes)
    found = due(rules, cipher, bps)  # type: ignore[arg-type]
    asked = RekeyRules(after_s=after_s, after_bytes=after_bytes)
    for at_s, expected in ((0.9999 * found.rekey_s, None), (1.0001 * found.rekey_s, found.cause)):
        plain = int(at_s * bps / 8)
        messages = plain // message_bytes
        sender = Sender("initiator", bytes(16), cipher, bytes(32), messages, plain, messages * blocks_of(message_bytes))  # type: ignore[arg-type]
        cause = rekey_due(asked, _at_zero(), sender, at_s)
        if messages > 20_000 or expected is None:  # whole messages are too coarse a measure of a small volume
            assert cause == expected or (found.cause != expected and expected is None)


def _at_zero() -> Session:
    return replace(session_of(_TALK[0]), established_s=0.0)


_TALK = talk(*pair(), [qkd_key()])


def test_a_session_ends_before_its_cipher_does() -> None:
    limits = LIMITS["aes-256-gcm"]
    found = due(SessionRules(rekey_after_s=None), "aes-256-gcm", 8e9)
    assert found.end_s * 1e9 == pytest.approx(1024 * (limits.blocks // blocks_of(1024)))
    assert found.rekey_s == pytest.approx(0.9 * found.end_s)
    assert found.end_cause == "volume"
    assert due(SessionRules(expire_after_s=7200.0), "aes-256-gcm", 0.0) == (3600.0, "time", 7200.0, "time")
    assert due(SessionRules(), "aes-256-gcm", 0.0).end_s == float("inf")


@given(st.floats(0.0, 1e9), st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20))
def test_parts_of_traffic_sum_to_the_whole(bps: float, moments_s: list[float]) -> None:
    traffic = Traffic(0.0, bps)
    parts = [traffic.until(at_s) for at_s in sorted(moments_s)]
    assert min(parts) >= 0
    assert sum(parts) == int(max(moments_s) * (bps / 8.0))


@given(st.floats(8.0, 1e6), st.floats(0.1, 100.0), st.integers(1, 65536))
def test_a_chunk_of_pad_is_enough_for_its_interval(bps: float, interval_s: float, message_bytes: int) -> None:
    """Cut for two directions, however the traffic is shared between them, it seals the bytes that it says."""
    chunk = pad_chunk(SessionRules(pad_interval_s=interval_s, message_bytes=message_bytes), bps)
    assert chunk.plain_bytes >= bps / 8.0 * interval_s
    assert chunk.bits % 8 == 0
    for share in (0.0, 0.3, 1.0):
        there = int(share * chunk.plain_bytes)
        taken = 0
        for plain in (there, chunk.plain_bytes - there):
            taken += 8 * plain + 128 * -(-plain // message_bytes) + 256
        assert taken <= chunk.bits


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 40))
def test_a_pad_is_cut_as_the_chunk_counts(messages: int) -> None:
    key = os.urandom(32 + 16 * messages + 100)
    assert len(Pad.cut(key, messages).pad) == 100


def test_ends_that_do_not_fit_are_found() -> None:
    one, other, _ = talk(*pair(), [qkd_key()])
    check_fit(session_of(one), session_of(other), os.urandom)
    strange = talk(*pair(), [qkd_key()])[1]
    with pytest.raises(RunError, match="tokyo and osaka: the two ends do not hold the same keys"):
        check_fit(session_of(one), session_of(strange), os.urandom)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"retry_interval_s": 0.0}, "retry_interval_s"),
        ({"max_repeats": -1}, "max_repeats"),
        ({"rekey_after_bytes": 0}, "rekey_after_bytes"),
    ],
)
def test_rules_that_cannot_be(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SessionRules(**changes)  # type: ignore[arg-type]


def test_plans_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="a start before the stop"):
        plan(start_s=5.0, stop_s=5.0)
    with pytest.raises(ValueError, match="grow from 0"):
        SessionPair("a", "b", (phase(from_s=1.0),))
    assert SessionRules(timeout_s=1.0, max_repeats=3).patience_s == 15.0


def test_short_signatures_count_at_their_longest() -> None:
    """Falcon-512: up to 752 bytes, mostly fewer; the MAC of a rekeying has one length."""
    suite = Suite("falcon", ("x25519",), ("pre-shared", "falcon-512"))
    message = Finish(bytes(16), (bytes(48), bytes(660), bytes(48)), bytes(48))
    longest = replace(message, proofs=(bytes(48), bytes(752), bytes(48)))
    assert size_bytes(message) + missing_bytes(message, suite) == size_bytes(longest)
    assert missing_bytes(longest, suite) == 0
