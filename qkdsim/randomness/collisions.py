"""Compiled counts that two of the SP 800-90B estimators take from raw bits."""

from __future__ import annotations

import numpy as np

from qkdsim.kernel import kernel
from qkdsim.randomness.counting import Bits


@kernel
def collision_times(bits: Bits) -> tuple[int, int]:
    """How many collisions come after two bits and how many after three, one search after the other (6.3.2)."""
    two, three, place = 0, 0, 0
    while place + 1 < bits.size:
        if bits[place] == bits[place + 1]:
            two += 1
            place += 2
        elif place + 2 < bits.size:
            three += 1
            place += 3
        else:
            break
    return two, three


@kernel
def log_distances(bits: Bits, length: int, learned: int) -> tuple[float, float, int]:
    """Sum of log2 of the distance to the last equal block, sum of its squares, and number, after `learned` blocks."""
    last = np.zeros(1 << length, np.int64)
    blocks = bits.size // length
    total, squares = 0.0, 0.0
    for number in range(1, blocks + 1):
        value = 0
        for place in range((number - 1) * length, number * length):
            value = (value << 1) | bits[place]
        if number > learned:
            logarithm = np.log2(number - last[value])
            total += logarithm
            squares += logarithm * logarithm
        last[value] = number
    return total, squares, blocks - learned
