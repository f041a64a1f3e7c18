"""Sealed messages of a session: encrypted, authenticated, numbered; a number is used once by the one and taken once by
the other.

    version (1) | 16 (1) | handshake (16) | sender (1) | number (8) | offset in the pad (8) | ciphertext | tag (16)

Everything before the ciphertext is authenticated with it. The nonce of AES-256-GCM (NIST SP 800-38D) and
ChaCha20-Poly1305 (RFC 8439) is the number: each sender has a key of its own, and a number never comes twice under it.

Both functions are pure. The sender that `seal` gives back must replace the one it was given: to seal two messages with
one sender would use one nonce, or one stretch of pad, twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from qkdsim.errors import RunError
from qkdsim.hybrid.limits import LIMITS, MOST_PLAIN_BYTES
from qkdsim.hybrid.messages import HANDSHAKE_BYTES, VERSION
from qkdsim.hybrid.one_time_pad import TAG_BYTES, TAG_KEY_BYTES, Pad, decrypted, encrypted, pad_key_bits
from qkdsim.hybrid.replay import ReplayWindow
from qkdsim.hybrid.session import Session
from qkdsim.hybrid.suites import Cipher
from qkdsim.hybrid.table import Role

SEALED_KIND: Final = 16
HEADER_BYTES: Final = 2 + HANDSHAKE_BYTES + 1 + 8 + 8
OVERHEAD_BYTES: Final = HEADER_BYTES + TAG_BYTES
_BLOCK_BYTES: Final = 16
_AEADS: dict[Cipher, type[AESGCM | ChaCha20Poly1305]] = {
    "aes-256-gcm": AESGCM,
    "chacha20-poly1305": ChaCha20Poly1305,
}
_SENDERS: dict[Role, int] = {"initiator": 0, "responder": 1}


@dataclass(frozen=True, slots=True, eq=False)
class Sender:
    """What one direction has sent. `qkd_key_bits` counts QKD key used up by the one-time pad, 0 for other ciphers."""

    role: Role
    handshake: bytes
    cipher: Cipher
    key: bytes | Pad = field(repr=False)
    messages: int = 0
    plain_bytes: int = 0
    blocks: int = 0
    qkd_key_bits: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Receiver:
    """What one direction has received: the window of numbers, and how many messages did not prove authentic."""

    role: Role
    handshake: bytes
    cipher: Cipher
    key: bytes | Pad = field(repr=False)
    window: ReplayWindow = field(default_factory=ReplayWindow)
    forgeries: int = 0


class Sealed(NamedTuple):
    """The sender afterwards, the bytes to send, and the bits of QKD key that this message used up."""

    sender: Sender
    wire: bytes
    qkd_key_bits: int


class Opened(NamedTuple):
    """The receiver afterwards, and the message; or None and why it was refused, in one line."""

    receiver: Receiver
    message: bytes | None
    refusal: str


class Pads(NamedTuple):
    """Pads of the two directions."""

    initiator: Pad
    responder: Pad


def channel(session: Session, role: Role, pads: Pads | None = None) -> tuple[Sender, Receiver]:
    """Sender and receiver of one end of a session. `pads` is for the one-time pad, and for nothing else.

    Raises RunError for a simulated session, which has no keys, and ValueError where pads are missing or meaningless.
    """
    cipher = session.outcome.suite.cipher
    if session.keys is None:
        raise RunError("a simulated session has no key: it can seal nothing")
    if (pads is None) != (cipher != "one-time-pad"):
        raise ValueError(f"{cipher} {'needs' if pads is None else 'takes no'} pads")
    keys: Pads | tuple[bytes, bytes] = pads or (session.keys.initiator, session.keys.responder)
    other: Role = "responder" if role == "initiator" else "initiator"
    used = 8 * TAG_KEY_BYTES if pads else 0
    sender = Sender(role, session.handshake, cipher, keys[_SENDERS[role]], qkd_key_bits=used)
    return sender, Receiver(other, session.handshake, cipher, keys[_SENDERS[other]])


def sealed_bytes(message_bytes: int) -> int:
    """Length of a sealed message, the same for all three ciphers."""
    return message_bytes + OVERHEAD_BYTES


def blocks_of(message_bytes: int) -> int:
    """Blocks of 16 bytes that sealing a message takes, its header and the tag included."""
    return -(-(message_bytes + HEADER_BYTES) // _BLOCK_BYTES) + 1


def seal(sender: Sender, message: bytes) -> Sealed:
    """Encrypt, number and authenticate one message.

    Raises ValueError for one of more than 64 KiB, and RunError when the key has protected as much as it may, or the pad
    has run out: the session must be rekeyed, and nothing is sent with less.
    """
    if len(message) > MOST_PLAIN_BYTES:
        raise ValueError(f"a message has at most {MOST_PLAIN_BYTES} bytes, not {len(message)}")
    number, blocks = sender.messages, sender.blocks + blocks_of(len(message))
    limits = LIMITS[sender.cipher]
    if number >= limits.messages or blocks > limits.blocks:
        raise RunError(f"{sender.cipher}: this key has protected as much as it may: rekey")
    offset = sender.plain_bytes if isinstance(sender.key, Pad) else 0
    header = _header(sender.handshake, sender.role, number, offset)
    bits = 0
    if isinstance(sender.key, Pad):
        if number >= sender.key.messages or offset + len(message) > len(sender.key.pad):
            raise RunError(f"one-time-pad: no pad is left for a message of {len(message)} bytes: rekey")
        body, bits = encrypted(sender.key, number, offset, header, message), pad_key_bits(len(message))
    else:
        body = _AEADS[sender.cipher](sender.key).encrypt(_nonce(number), message, header)
    after = replace(
        sender,
        messages=number + 1,
        plain_bytes=sender.plain_bytes + len(message),
        blocks=blocks,
        qkd_key_bits=sender.qkd_key_bits + bits,
    )
    return Sealed(after, header + body, bits)


def open_sealed(receiver: Receiver, wire: bytes) -> Opened:
    """Check and decrypt one message. A message that is refused changes nothing but the count of forgeries."""
    refusal = _foreign(receiver, wire)
    if refusal:
        return Opened(receiver, None, refusal)
    if receiver.forgeries >= LIMITS[receiver.cipher].forgeries:
        return Opened(receiver, None, f"{receiver.cipher}: this key has seen too many forgeries: rekey")
    header, body = wire[:HEADER_BYTES], wire[HEADER_BYTES:]
    number, offset = int.from_bytes(header[19:27], "big"), int.from_bytes(header[27:], "big")
    refusal = receiver.window.refuses(number)
    if refusal:
        return Opened(receiver, None, refusal)
    message = _authentic(receiver, number, offset, header, body)
    if message is None:
        counted = replace(receiver, forgeries=receiver.forgeries + 1)
        return Opened(counted, None, f"message {number} is not authentic")
    return Opened(replace(receiver, window=receiver.window.taken(number)), message, "")


def _foreign(receiver: Receiver, wire: bytes) -> str:
    """Empty if these bytes could be a message of this session and direction."""
    if not OVERHEAD_BYTES <= len(wire) <= sealed_bytes(MOST_PLAIN_BYTES):
        return f"a sealed message has {OVERHEAD_BYTES} to {sealed_bytes(MOST_PLAIN_BYTES)} bytes, not {len(wire)}"
    expected = _header(receiver.handshake, receiver.role, 0, 0)[:19]
    return "" if wire[:19] == expected else "not a message of this session in this direction"


def _authentic(receiver: Receiver, number: int, offset: int, header: bytes, body: bytes) -> bytes | None:
    if isinstance(receiver.key, Pad):
        return decrypted(receiver.key, number, offset, header, body)
    if number >= LIMITS[receiver.cipher].messages:  # no sender goes so far, and the window would follow
        return None
    try:
        return _AEADS[receiver.cipher](receiver.key).decrypt(_nonce(number), body, header)
    except InvalidTag:
        return None


def _header(handshake: bytes, role: Role, number: int, offset: int) -> bytes:
    sender = bytes((_SENDERS[role],))
    return bytes((VERSION, SEALED_KIND)) + handshake + sender + number.to_bytes(8, "big") + offset.to_bytes(8, "big")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
