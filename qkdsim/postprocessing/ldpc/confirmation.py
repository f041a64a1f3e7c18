"""A few random parities of every frame, sent with its first syndrome.

A decoder now and then finds a code word close to the right one: about one frame in a thousand where codes have bits of
degree 2. Verification would refuse the whole block for it. These parities show it at once, but for 2^-24, and the frame
asks for more like any other that failed. They are disclosed bits, and counted as such; they are no verification.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.postprocessing.reconciler import Bits
from qkdsim.rng import stream

CONFIRMATION_BITS = 24


def confirmation_masks(seed: int, word_bits: int) -> NDArray[np.uint8]:
    """The bits of a word that each parity takes in, packed, shape (CONFIRMATION_BITS, bytes)."""
    random = stream(seed, "ldpc", "confirmation")
    return random.integers(0, 256, (CONFIRMATION_BITS, (word_bits + 7) // 8), dtype=np.uint8)


def confirmation(masks: NDArray[np.uint8], word: Bits) -> Bits:
    """The parities of a word, shape (CONFIRMATION_BITS,)."""
    common = np.bitwise_count(masks & np.packbits(word))
    parities: Bits = (common.sum(axis=1) & 1).astype(np.uint8)
    return parities
