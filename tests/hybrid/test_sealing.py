from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.errors import InputError, RunError
from qkdsim.hybrid import (
    Pad,
    Pads,
    Receiver,
    RekeyRules,
    ReplayWindow,
    Sender,
    Session,
    SimulatedCryptography,
    channel,
    find_suite,
    open_sealed,
    pad_key_bits,
    rekey_due,
    seal,
    sealed_bytes,
)
from qkdsim.hybrid.limits import LIMITS, MOST_PLAIN_BYTES
from qkdsim.hybrid.suites import CIPHERS, Cipher
from tests.hybrid.pairs import flipped, pair, qkd_key, session_of, talk

PADS = Pads(Pad.cut(os.urandom(2048), 16), Pad.cut(os.urandom(2048), 16))


def sessions(cipher: Cipher) -> tuple[Session, Session]:
    suite = replace(find_suite("hybrid-pre-shared"), cipher=cipher)
    one, other, _ = talk(*pair(suite), [qkd_key()])
    return session_of(one), session_of(other)


ESTABLISHED = {cipher: sessions(cipher) for cipher in CIPHERS}


def ends(cipher: Cipher) -> tuple[Sender, Receiver]:
    """The initiator's sender and the responder's receiver."""
    pads = PADS if cipher == "one-time-pad" else None
    one, other = ESTABLISHED[cipher]
    return channel(one, "initiator", pads)[0], channel(other, "responder", pads)[1]


@pytest.mark.parametrize("cipher", CIPHERS)
def test_messages_arrive_in_any_order_and_once(cipher: Cipher) -> None:
    sender, receiver = ends(cipher)
    messages, wires = [b"", b"one", b"two" * 50], []
    for message in messages:
        sender, wire, _ = seal(sender, message)
        wires.append(wire)
        assert len(wire) == sealed_bytes(len(message))
        assert len(message) < 100 or message not in wire
    for number in (2, 0, 1):
        receiver, opened, refusal = open_sealed(receiver, wires[number])
        assert (opened, refusal) == (messages[number], "")
        assert open_sealed(receiver, wires[number]).refusal == f"message {number} was received before"


@pytest.mark.parametrize("cipher", CIPHERS)
def test_every_flipped_bit_is_refused(cipher: Cipher) -> None:
    sender, receiver = ends(cipher)
    wire = seal(sender, b"key").wire
    for bit in range(8 * len(wire)):
        after, message, refusal = open_sealed(receiver, flipped(wire, bit))
        assert message is None
        assert refusal
        assert after.window == receiver.window
    assert open_sealed(receiver, wire).message == b"key"


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_message_is_for_one_direction_of_one_session(cipher: Cipher) -> None:
    pads = PADS if cipher == "one-time-pad" else None
    sender, _ = ends(cipher)
    wire = seal(sender, b"key").wire
    own = channel(ESTABLISHED[cipher][0], "initiator", pads)[1]
    elsewhere = channel(sessions(cipher)[1], "responder", pads)[1]
    for receiver in (own, elsewhere):
        assert open_sealed(receiver, wire).refusal == "not a message of this session in this direction"


@pytest.mark.parametrize("cipher", CIPHERS)
def test_truncated_and_oversized_messages(cipher: Cipher) -> None:
    sender, receiver = ends(cipher)
    wire = seal(sender, b"key").wire
    assert open_sealed(receiver, wire[:40]).refusal.startswith("a sealed message has 51 to 65587 bytes, not 40")
    assert open_sealed(receiver, wire[:-1]).message is None
    assert open_sealed(receiver, wire + bytes(1)).message is None
    assert "not 70000" in open_sealed(receiver, bytes(70000)).refusal
    with pytest.raises(ValueError, match="at most 65536 bytes, not 65537"):
        seal(sender, bytes(MOST_PLAIN_BYTES + 1))


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "chacha20-poly1305"])
def test_a_key_is_not_used_beyond_its_limits(cipher: Cipher) -> None:
    sender, receiver = ends(cipher)
    limits = LIMITS[cipher]
    last = replace(sender, messages=limits.messages - 1)
    after = seal(last, b"last").sender
    for full in (after, replace(sender, blocks=limits.blocks)):
        with pytest.raises(RunError, match="as much as it may: rekey"):
            seal(full, b"one more")
    tired = replace(receiver, forgeries=limits.forgeries)
    assert "too many forgeries" in open_sealed(tired, seal(sender, b"key").wire).refusal


def test_the_one_time_pad_counts_its_key_and_runs_out() -> None:
    sender, receiver = ends("one-time-pad")
    assert sender.qkd_key_bits == 256
    total = 256
    for length in (0, 1, 700):
        sender, wire, bits = seal(sender, bytes(length))
        assert bits == pad_key_bits(length) == 8 * length + 128
        total += bits
        receiver = open_sealed(receiver, wire).receiver
    assert sender.qkd_key_bits == total
    with pytest.raises(RunError, match="no pad is left for a message of 1100 bytes"):
        seal(sender, bytes(1100))
    for _ in range(13):
        sender = seal(sender, b"").sender
    with pytest.raises(RunError, match="no pad is left"):
        seal(sender, b"")
    assert sender.plain_bytes == 701


def test_the_one_time_pad_is_a_xor_with_key_that_comes_once() -> None:
    sender, _ = ends("one-time-pad")
    sender, first, _ = seal(sender, bytes(20))
    _, second, _ = seal(sender, bytes(20))
    pad = PADS.initiator.pad
    assert (first[35:55], second[35:55]) == (pad[:20], pad[20:40])


def test_bad_pads_and_sessions_without_keys() -> None:
    with pytest.raises(ValueError, match="more than 288 bytes of key, not 288"):
        Pad.cut(bytes(288), 16)
    with pytest.raises(ValueError, match="one-time-pad needs pads"):
        channel(ESTABLISHED["one-time-pad"][0], "initiator")
    with pytest.raises(ValueError, match="aes-256-gcm takes no pads"):
        channel(ESTABLISHED["aes-256-gcm"][0], "initiator", PADS)
    one, _, _ = talk(*pair(cryptography=SimulatedCryptography()), [qkd_key()])
    with pytest.raises(RunError, match="simulated session has no key"):
        channel(session_of(one), "initiator")


def test_no_key_is_shown() -> None:
    shown = repr([ends(cipher) for cipher in CIPHERS]) + repr(PADS)
    keys = ESTABLISHED["aes-256-gcm"][0].keys
    assert keys is not None
    assert repr(keys.initiator)[2:-1] not in shown
    assert repr(PADS.initiator.tag_key)[2:-1] not in shown


@given(st.lists(st.integers(0, 60)), st.integers(1, 32))
def test_the_window_takes_each_number_once(numbers: list[int], size: int) -> None:
    window, taken, highest = ReplayWindow(size=size), set(), -1
    for number in numbers:
        refused = bool(window.refuses(number))
        assert refused == (number in taken or number <= highest - size)
        if not refused:
            window = window.taken(number)
            taken.add(number)
            highest = max(highest, number)


def test_the_window_bears_a_long_leap() -> None:
    window = ReplayWindow().taken(2**40)
    assert window.refuses(2**40)
    assert window.refuses(5) == "message 5 is older than the replay window of 1024"
    assert not window.refuses(2**40 - 1)


def test_a_session_is_rekeyed_by_volume_time_or_supply() -> None:
    session = ESTABLISHED["aes-256-gcm"][0]
    sender, _ = ends("aes-256-gcm")
    rules = RekeyRules(after_s=100.0, after_bytes=1000, supply_bits=256, least_s=10.0)

    def due(now_s: float, supply_bits: float = 0.0, **sent: int) -> str | None:
        return rekey_due(rules, session, replace(sender, **sent), now_s, supply_bits)

    assert due(99.0) is None
    assert due(100.0) == "time"
    assert due(0.0, plain_bytes=1000) == "volume"
    assert due(0.0, messages=int(0.95 * LIMITS["aes-256-gcm"].messages)) == "volume"
    assert due(0.0, blocks=int(0.95 * LIMITS["aes-256-gcm"].blocks)) == "volume"
    assert due(9.0, supply_bits=300.0) is None
    assert due(10.0, supply_bits=300.0) == "supply"
    assert due(10.0, supply_bits=255.0) is None
    assert rekey_due(RekeyRules(after_s=None), session, sender, 1e9, 1e9) is None
    with pytest.raises(InputError, match=r"rekeying: after_s: got 0, expected more than 0"):
        RekeyRules(after_s=0)
