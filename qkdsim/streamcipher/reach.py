"""How far the cipher's light can be amplified."""

from __future__ import annotations

from dataclasses import replace

from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE, StreamCipher
from qkdsim.streamcipher.line import AmplifiedLine
from qkdsim.streamcipher.receiver import Receiver, bit_error

_MOST_SPANS = 2**20


def largest_spans(cipher: StreamCipher, receiver: Receiver, line: AmplifiedLine, most_bit_error: float) -> int:
    """Most spans like those of `line` after which the bit error stays within `most_bit_error`; -1 if none does.

    Its own number of spans does not matter. Raises InputError for a bound outside 0 .. 0.5, or where the error stays
    within it for more than a million spans (lossless spans).
    """
    if not 0.0 < most_bit_error < 0.5:
        raise InputError.of(SOURCE, "most_bit_error", most_bit_error, "above 0 and below 0.5")

    def holds(spans: int) -> bool:
        return bit_error(cipher, receiver, replace(line, spans=spans).arrival) <= most_bit_error

    if not holds(0):
        return -1
    good, bad = 0, 1
    while holds(bad):
        good, bad = bad, 2 * bad
        if bad > _MOST_SPANS:
            raise InputError.of(SOURCE, "span_loss_db", line.span_loss_db, "a loss that limits the reach")
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return good
