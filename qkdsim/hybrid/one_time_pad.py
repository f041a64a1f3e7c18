"""The one-time pad with a Wegman-Carter tag: secrecy and authenticity that rest on no assumption on computing power.

A QKD key that no handshake has touched is cut into a tag key that is kept (256 bits), pads for tags (128 bits for each
message, found by its number) and the pad of the messages (found by an offset in the header, which the tag covers). So
a message of n bytes costs 8 n + 128 bits of key, and each direction 256 bits once. One forgery succeeds with a
probability of at most 2^-128 + (L + 1) 2^-128 for messages of up to L blocks of 16 bytes (`crypto.forgery_bound`).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

TAG_BYTES: Final = 16
TAG_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class Pad:
    """The key of one direction: QKD key as it came, for this and nothing else. Never shown."""

    tag_key: bytes = field(repr=False)
    tag_pads: bytes = field(repr=False)
    pad: bytes = field(repr=False)

    @classmethod
    def cut(cls, key: bytes, messages: int) -> Pad:
        """A key cut for up to so many messages; what the tags do not take is pad.

        Raises ValueError if nothing is left for the messages themselves.
        """
        start = TAG_KEY_BYTES + TAG_BYTES * messages
        if messages < 1 or len(key) <= start:
            raise ValueError(f"a pad for {messages} messages takes more than {start} bytes of key, not {len(key)}")
        return cls(key[:TAG_KEY_BYTES], key[TAG_KEY_BYTES:start], key[start:])

    @property
    def messages(self) -> int:
        """Messages for which there are tag pads."""
        return len(self.tag_pads) // TAG_BYTES


def pad_key_bits(message_bytes: int) -> int:
    """Bits of QKD key that one message uses up: the message and its tag."""
    return 8 * (message_bytes + TAG_BYTES)


def encrypted(pad: Pad, number: int, offset: int, header: bytes, message: bytes) -> bytes:
    """Ciphertext and tag."""
    ciphertext = _xor(message, pad.pad[offset : offset + len(message)])
    return ciphertext + _tag(pad, number, header, ciphertext)


def decrypted(pad: Pad, number: int, offset: int, header: bytes, sealed: bytes) -> bytes | None:
    """The message, or None if the tag is not that of header and ciphertext or the pad does not reach."""
    ciphertext, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    if number >= pad.messages or offset + len(ciphertext) > len(pad.pad):
        return None
    if not hmac.compare_digest(_tag(pad, number, header, ciphertext), tag):
        return None
    return _xor(ciphertext, pad.pad[offset : offset + len(ciphertext)])


def _tag(pad: Pad, number: int, header: bytes, ciphertext: bytes) -> bytes:
    import numpy as np

    from qkdsim.crypto import TagKey, TranscriptTag  # compiled code: only for those who use the pad

    transcript = TranscriptTag(TagKey(pad.tag_key[:16], pad.tag_key[16:]))
    transcript.feed(header)
    transcript.feed(ciphertext)
    bits = np.unpackbits(np.frombuffer(pad.tag_pads, np.uint8, TAG_BYTES, TAG_BYTES * number))
    return np.packbits(transcript.tag(bits)).tobytes()


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")
