"""Bits of a stated bias and correlation: what the batteries must find, and what stands for noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def chain(bits: int, likely: float, correlation: float, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Bits that are 1 with probability `likely` and repeat with a probability changed by `correlation`, uint8.

    With correlation c, a bit repeats the one before with probability 2|c| (c > 0) or is its opposite, else it is drawn.
    """
    if likely == 0.5:
        drawn = np.unpackbits(np.frombuffer(generator.bytes((bits + 7) // 8), dtype=np.uint8))[:bits]
    else:
        drawn = (generator.random(bits, dtype=np.float32) < likely).astype(np.uint8)
    if correlation == 0.0:
        return drawn
    tied = generator.random(bits, dtype=np.float32) < 2.0 * abs(correlation)
    tied[0] = False
    place = np.arange(bits)
    start = np.maximum.accumulate(np.where(tied, 0, place))
    flips = (place - start) & 1 if correlation < 0.0 else np.zeros(bits, dtype=np.int64)
    return (drawn[start] ^ flips).astype(np.uint8)
