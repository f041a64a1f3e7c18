"""Counts: the additive record of what was sent and what clicked; key-length theory reads nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Tallies of one block, or of many blocks along leading axes (written `...`).

    sent     float64, (..., K, 2, 2, 2): pulses by intensity, sent basis, sent bit, measured basis
    bits     float64, (..., K, 2, 2, 2, 2): recorded bits of the same settings, double clicks already assigned
    doubles  float64, (...): double clicks, a health indicator

    Mismatched bases stay in: loss-tolerant analyses need them. Counts are whole numbers when tallied, means when
    expected.
    """

    sent: FloatArray
    bits: FloatArray
    doubles: FloatArray

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.sent + other.sent, self.bits + other.bits, self.doubles + other.doubles)

    def first(self, blocks: int) -> Counts:
        """The first blocks along the leading axis."""
        return Counts(self.sent[:blocks], self.bits[:blocks], self.doubles[:blocks])

    @classmethod
    def zero(cls, intensities: int) -> Counts:
        """Nothing sent, nothing detected."""
        return cls(np.zeros((intensities, 2, 2, 2)), np.zeros((intensities, 2, 2, 2, 2)), np.zeros(()))

    @property
    def pulses(self) -> FloatArray:
        """Pulses sent, shape (...)."""
        return np.asarray(self.sent.sum(axis=(-4, -3, -2, -1)))

    def detected(self, basis: int) -> FloatArray:
        """Detections with both ends in `basis`, by intensity, shape (..., K)."""
        return np.asarray(self.bits[..., :, basis, :, basis, :].sum(axis=(-2, -1)))

    def errors(self, basis: int) -> FloatArray:
        """Those of them whose recorded bit differs from the one sent, shape (..., K)."""
        bits = self.bits[..., :, basis, :, basis, :]
        return np.asarray(bits[..., 0, 1] + bits[..., 1, 0])

    def matched_sent(self, basis: int) -> FloatArray:
        """Pulses with both ends in `basis`, by intensity, shape (..., K)."""
        return np.asarray(self.sent[..., :, basis, :, basis].sum(axis=-1))

    def mismatched(self) -> FloatArray:
        """Detections with different bases, by intensity, shape (..., K)."""
        cells = self.bits.sum(axis=(-3, -1))  # over sent bit and recorded bit: (..., K, sent basis, measured basis)
        return np.asarray(cells[..., 0, 1] + cells[..., 1, 0])
