"""The radio between a satellite and a station: when it is open, and how long the messages of a block take on it.

Only the amount of messages counts, not their turns: they flow from the first light of a contact on, one block after the
other, at the rate of the service channel. What does not get through goes on in the next contact of the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices import PostProcessing

_WIDTHS_BITS = (8, 16, 32, 64)  # of the distance between two detections
_QUESTION_BITS = 32  # Cascade names the block whose parity it wants


@dataclass(slots=True)
class Radio:
    """Contacts of one satellite and one station, in order and apart; begin and end (contacts,)."""

    begin_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    rate_bps: float
    free_s: float = 0.0

    def is_open(self, time_s: float) -> bool:
        """Whether the two are in contact at a moment, ends included."""
        return self.next_open_s(time_s) == time_s

    def next_open_s(self, time_s: float) -> float:
        """The moment itself or the beginning of the next contact; infinite after the last."""
        contact = int(np.searchsorted(self.end_s, time_s, side="left"))
        return math.inf if contact == len(self.end_s) else max(time_s, float(self.begin_s[contact]))

    def send(self, bits: float, from_s: float) -> float:
        """When messages that begin at a moment are through, after those sent before; infinite if never."""
        begin_s, left_s = max(from_s, self.free_s), bits / self.rate_bps
        self.free_s = math.inf
        for contact in range(int(np.searchsorted(self.end_s, begin_s, side="left")), len(self.end_s)):
            begin_s = max(begin_s, float(self.begin_s[contact]))
            room_s = float(self.end_s[contact]) - begin_s
            if left_s <= room_s:
                self.free_s = begin_s + left_s
                break
            left_s -= room_s
        return self.free_s


def sifting_traffic_bits(detections: float, published: float, pulses: float, intensities: int) -> float:
    """Bits of the messages of sifting: where it clicked and in which basis; Alice's bases, intensities, published bits.

    `published` detections are those whose bits Alice tells. Distances between detections take the least width that
    holds the greatest of them, ln n times their mean for n detections of a steady stream.
    """
    if detections <= 0.0:
        return 0.0
    greatest = max(pulses / detections * math.log(max(detections, 2.0)), 1.0)
    width = next((width for width in _WIDTHS_BITS if greatest < 2.0**width), _WIDTHS_BITS[-1])
    return detections * (width + 2 + (intensities - 1).bit_length()) + published


def processing_traffic_bits(sifted_bits: float, leak_ec_bits: float, secret_bits: float, post: PostProcessing) -> float:
    """Bits of the messages after sifting: parities or syndromes, with Cascade the questions for them, the hash's seed.

    Tags are left out. A block without key sends no seed.
    """
    question = _QUESTION_BITS if post.error_correction.startswith("cascade") else 0
    seed = sifted_bits + secret_bits if secret_bits > 0.0 else 0.0
    return leak_ec_bits * (1 + question) + seed
