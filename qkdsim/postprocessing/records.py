"""What each end's modules hand over to key processing: Alice's record of what she sent, Bob's of what he detected.

The simulated clicks know both sides. Here they part: from now on neither end sees the other's record.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.clicks import Clicks
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.protocols.clicktable import BOTH, ONLY_1

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Emissions:
    """Alice's record. She prepared every pulse; only those that she may be asked for are kept.

    slot       int64 (n,), rising: number of the pulse
    intensity, basis, bit  uint8 (n,)
    sent       int64 (K, 2): all pulses of the block by intensity and basis. Not by bit: she publishes these numbers,
               and how many ones there are tells of her key, which no theory takes off
    """

    slot: IntArray = field(repr=False)
    intensity: Bits = field(repr=False)
    basis: Bits = field(repr=False)
    bit: Bits = field(repr=False)
    sent: IntArray = field(repr=False)

    def at(self, slot: IntArray) -> Emissions:
        """The record of the given slots, rising.

        Raises LookupError for a slot outside the block.
        """
        if np.array_equal(self.slot, slot):  # as a rule Bob has a bit for every click
            return self
        place = np.searchsorted(self.slot, slot)
        if len(slot) and (place[-1] >= len(self.slot) or not np.array_equal(self.slot[place], slot)):
            raise LookupError("a slot outside the block")
        return Emissions(slot, self.intensity[place], self.basis[place], self.bit[place], self.sent)


@dataclass(frozen=True, slots=True)
class Detections:
    """Bob's record of the pulses that gave him a bit.

    slot        int64 (n,), rising
    basis, bit  uint8 (n,); the bit of a double click is random
    doubles     double clicks, assigned or discarded
    """

    slot: IntArray = field(repr=False)
    basis: Bits = field(repr=False)
    bit: Bits = field(repr=False)
    doubles: int


def emissions(clicks: Clicks, sent: IntArray) -> Emissions:
    """Alice's side of a list of clicks; `sent` (K, 2, 2, 2) is summed over her bit, and Bob's basis, unknown to her."""
    intensity, basis, bit = (_field(clicks, shift) for shift in (3, 2, 1))
    return Emissions(clicks.slot, intensity, basis & np.uint8(1), bit & np.uint8(1), sent.sum(axis=(-2, -1)))


def detections(clicks: Clicks, generator: np.random.Generator, *, discard_doubles: bool = False) -> Detections:
    """Bob's side of a list of clicks: a double click becomes a random bit, or is discarded."""
    is_double = clicks.pattern == BOTH
    bit = (clicks.pattern == ONLY_1).astype(np.uint8)
    doubles = int(is_double.sum())
    bit[is_double] = generator.integers(0, 2, size=doubles, dtype=np.uint8)
    basis = _field(clicks, 0) & np.uint8(1)  # the last axis of the settings
    if discard_doubles:
        keep = ~is_double
        return Detections(clicks.slot[keep], basis[keep], bit[keep], doubles)
    return Detections(clicks.slot, basis, bit, doubles)


def _field(clicks: Clicks, shift: int) -> Bits:
    """The settings without their last axes: (K, 2, 2, 2) is intensity, sent basis, bit, measured basis."""
    return np.asarray(clicks.setting >> shift, dtype=np.uint8)
