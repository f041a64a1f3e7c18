from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.hybrid import Done, Finish, Hello, MalformedError, Message, Response, decode, encode, size_bytes
from qkdsim.hybrid.messages import HANDSHAKE_BYTES, MAC_BYTES, MOST_MESSAGE_BYTES, NONCE_BYTES

names = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
name_lists = st.lists(names, max_size=4).map(tuple)
blobs = st.lists(st.binary(max_size=80), max_size=4).map(tuple)
handshakes = st.binary(min_size=HANDSHAKE_BYTES, max_size=HANDSHAKE_BYTES)
nonces = st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES)
macs = st.binary(min_size=MAC_BYTES, max_size=MAC_BYTES)
messages: Any = st.one_of(
    st.builds(
        Hello, handshakes, names, names, names, names, st.one_of(st.just(b""), handshakes), nonces,
        name_lists, name_lists, blobs,
    ),
    st.builds(Response, handshakes, nonces, name_lists, name_lists, blobs, blobs, macs),
    st.builds(Finish, handshakes, blobs, macs),
    st.builds(Done, handshakes, macs),
)  # fmt: skip


@given(messages)
def test_a_message_is_its_bytes(message: Message) -> None:
    wire = encode(message)
    assert decode(wire) == message
    assert size_bytes(message) == len(wire)


@given(messages, st.data())
def test_no_other_bytes_are_the_same_message(message: Message, data: st.DataObject) -> None:
    wire = bytearray(encode(message))
    bit = data.draw(st.integers(0, 8 * len(wire) - 1))
    wire[bit // 8] ^= 1 << bit % 8
    try:
        other = decode(bytes(wire))
    except MalformedError:
        return
    assert other != message
    assert encode(other) == bytes(wire)


@given(st.binary(max_size=300))
def test_whatever_is_decoded_has_one_encoding(wire: bytes) -> None:
    try:
        message = decode(bytes((1, 2)) + wire)
    except MalformedError:
        return
    assert encode(message) == bytes((1, 2)) + wire


@given(messages, st.data())
def test_truncated_and_longer_messages_are_refused(message: Message, data: st.DataObject) -> None:
    wire = encode(message)
    with pytest.raises(MalformedError):
        decode(wire[: data.draw(st.integers(0, len(wire) - 1))])
    with pytest.raises(MalformedError):
        decode(wire + data.draw(st.binary(min_size=1, max_size=9)))


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        (b"\1\4", "at least 18 bytes, not 2"),
        (bytes(18), "version 0 of the handshake is not known"),
        (bytes((1, 9)) + bytes(16), "kind 9 of message is not known"),
        (bytes((1, 4)) + bytes(16), "Done: truncated, 0 of 1 fields"),
        (bytes((1, 4)) + bytes(16) + b"\0\0\0\1x", "confirmation: 48 bytes, not 1"),
        (bytes(MOST_MESSAGE_BYTES + 1), "at most 4194304 bytes"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(wire: bytes, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        decode(wire)


def test_a_name_is_printable_ascii() -> None:
    hello = Hello(bytes(16), "s\n", "p", "a", "b", b"", bytes(32), (), (), ())
    with pytest.raises(MalformedError, match="suite: printable ASCII only"):
        decode(encode(hello))
