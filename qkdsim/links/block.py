"""Key blocks: what a link hands to the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class KeyBlocks:
    """Consecutive blocks of one link, one array entry per block.

    start_s, end_s       float64; sifting starts and ends (simulated seconds)
    available_s          float64; when the key is in the store: end plus processing
    pulses               float64; pulses sent while the block was open and the channel stood (0 when declared)
    sifted_bits          float64; detections in the key basis (NaN when declared)
    qber                 float64; of the key basis (NaN without detections)
    phase_error_rate     float64; upper bound (NaN where no theory bounds it)
    leak_ec_bits         float64; reconciliation disclosure
    secret_bits          int64; length of the extracted key
    authentication_bits  int64; key spent on tags, from the pool, also by blocks without key
    pool_refill_bits     int64; part of secret_bits that refilled the authentication pool
    epsilon              float64; secrecy + correctness + authentication
    outcome              int64; index into `postprocessing.ledger.OUTCOMES`, 0 = key
    """

    start_s: FloatArray
    end_s: FloatArray
    available_s: FloatArray
    pulses: FloatArray
    sifted_bits: FloatArray
    qber: FloatArray
    phase_error_rate: FloatArray
    leak_ec_bits: FloatArray
    secret_bits: IntArray
    authentication_bits: IntArray
    pool_refill_bits: IntArray
    epsilon: FloatArray
    outcome: IntArray

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def stored_bits(self) -> IntArray:
        """What reaches the key store: secret bits less the refill of the authentication pool."""
        return self.secret_bits - self.pool_refill_bits

    def first(self, count: int) -> KeyBlocks:
        """A copy of the first `count` blocks."""
        return KeyBlocks(*(column[:count].copy() for _, column in self.columns()))  # type: ignore[arg-type]  # each column keeps its dtype

    def columns(self) -> Iterator[tuple[str, FloatArray | IntArray]]:
        """Field names and arrays, in order."""
        for field in fields(self):
            yield field.name, getattr(self, field.name)
