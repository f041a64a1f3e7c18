"""The health tests of a noise source, SP 800-90B, 4.4: repetition count and adaptive proportion."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qkdsim.kernel import kernel
from qkdsim.randomness.counting import Bits, Counts

WINDOW = 1024  # 4.4.2, for binary sources


def repetition_cutoff(min_entropy_per_bit: float, false_alarm: float = 2.0**-20) -> int:
    """Equal samples in a row that stop the source: 1 + ceil(-log2(false alarm) / H) (4.4.1)."""
    return 1 + math.ceil(-math.log2(false_alarm) / min_entropy_per_bit)


def proportion_cutoff(min_entropy_per_bit: float, false_alarm: float = 2.0**-20, window: int = WINDOW) -> int:
    """Samples equal to the first of a window, itself included, that stop the source (4.4.2)."""
    return 1 + int(stats.binom.isf(false_alarm, window, 2.0**-min_entropy_per_bit))


@kernel
def repetition_alarms(bits: Bits, cutoff: int) -> Counts:
    """Places of the samples at which the repetition count test raises an alarm; after each it starts anew."""
    found = np.zeros(bits.size // max(cutoff, 1) + 1, np.int64)
    number, run = 0, 0
    for place in range(bits.size):
        run = run + 1 if run and bits[place] == bits[place - 1] else 1
        if run >= cutoff:
            found[number] = place
            number += 1
            run = 0
    return found[:number]


@kernel
def proportion_alarms(bits: Bits, cutoff: int, window: int) -> Counts:
    """Places of the samples at which the adaptive proportion test raises an alarm, at most one per window."""
    found = np.zeros(bits.size // window + 1, np.int64)
    number = 0
    for start in range(0, bits.size - window + 1, window):
        equal = 0
        for place in range(start, start + window):
            equal += bits[place] == bits[start]
            if equal >= cutoff:
                found[number] = place
                number += 1
                break
    return found[:number]
