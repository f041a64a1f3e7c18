"""What every reconciliation protocol looks like from outside: one end asks, the other answers, in bytes.

Alice's string is the reference; Bob corrects his. The chain carries `question()` to Alice and her answer back until
there is no question left. Both ends are made from the same public plan; they share nothing else.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]  # one bit an element, 0 or 1


class MessageError(Exception):
    """A message that an honest partner would not have sent: cut short, or out of range. The block is refused."""


class Reference(Protocol):
    """Alice's end."""

    def answer(self, question: bytes) -> bytes:
        """Parities or syndromes: uint32 (little endian) number of bits, then the bits packed, first bit highest.

        Raises MessageError if the question makes no sense.
        """


class Corrector(Protocol):
    """Bob's end. It stops asking when done or when it gives up; `failed_frames` then says how it went."""

    @property
    def corrected(self) -> Bits:
        """The string as it stands, shape (n,)."""

    @property
    def failed_frames(self) -> int:
        """Frames known not to be corrected; 0 does not yet mean equal, which verification shows."""

    @property
    def disclosed_bits(self) -> int:
        """Bits about Bob's own string that his questions gave away."""

    def question(self) -> bytes | None:
        """What to ask next, None when there is nothing more to ask."""

    def learn(self, answer: bytes) -> None:
        """Take in the answer to the last question.

        Raises MessageError if it does not fit the question.
        """


def packed(bits: Bits) -> bytes:
    """An answer: the number of bits, then the bits."""
    return len(bits).to_bytes(4, "little") + np.packbits(bits).tobytes()


def unpacked(answer: bytes, expected_bits: int) -> Bits:
    """The bits of an answer.

    Raises MessageError unless it holds just the number of bits expected, and zeros in what fills the last byte.
    """
    count = int.from_bytes(answer[:4], "little")
    body = np.frombuffer(answer, dtype=np.uint8, offset=min(4, len(answer)))
    if len(answer) < 4 or count != expected_bits or len(body) != (count + 7) // 8:
        raise MessageError(f"an answer of {len(answer)} bytes does not hold {expected_bits} bits")
    bits = np.unpackbits(body)
    if bits[count:].any():
        raise MessageError("the last byte of an answer is not filled with zeros")
    return bits[:count]
