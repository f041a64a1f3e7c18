"""ClickTable -> Counts, without a single click: the means, or a draw from their distribution.

Pulses fall into cells: setting, recorded bit and whether it came from a double click; or setting and nothing recorded.
A *key cell* is one whose detection counts towards the size of a block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.memory import Registered
from qkdsim.protocols.clicktable import BOTH, KEY_BASIS, ONLY_0, ONLY_1, TEST_BASIS
from qkdsim.protocols.counts import Counts

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TallyTable:
    """Cell probabilities of one pulse, flattened for drawing.

    key               (A,) recorded bits that count towards a block
    other             (B,) all other recorded bits, then nothing recorded by setting; sums with `key` to 1
    key_index, other_bit_index  where those bits stand in the flat array of (K, 2, 2, 2, bit, double)
    shape             (K, 2, 2, 2) of the settings
    key_fano_factor   variance over mean of the number of key detections in a long time
    has_memory        whether dead time or afterpulses tie clicks together, so that the multinomial law is corrected
    """

    key: FloatArray
    other: FloatArray
    key_index: IntArray
    other_bit_index: IntArray
    shape: tuple[int, int, int, int]
    key_fano_factor: float
    has_memory: bool

    @classmethod
    def of(
        cls, clicks: Registered, *, both_bases: bool, discard_doubles: bool = False, has_memory: bool = False
    ) -> TallyTable:
        """Flatten a registered click table."""
        cells = _bit_cells(clicks, discard_doubles)
        settings = clicks.table.setting_probability
        silent = np.maximum(settings - cells.sum(axis=(-2, -1)), 0.0)
        is_key = np.zeros(cells.shape, dtype=bool)
        for basis in (KEY_BASIS, TEST_BASIS) if both_bases else (KEY_BASIS,):
            is_key[:, basis, :, basis] = True
        key_index, other_index = np.flatnonzero(is_key), np.flatnonzero(~is_key)
        flat = cells.ravel()
        recorded = float(flat.sum())
        share = float(flat[key_index].sum()) / recorded if recorded > 0.0 else 0.0
        return cls(
            key=flat[key_index],
            other=np.concatenate([flat[other_index], silent.ravel()]),
            key_index=key_index,
            other_bit_index=other_index,
            shape=(settings.shape[0], 2, 2, 2),
            key_fano_factor=1.0 - share + share * clicks.fano_factor,  # thinning draws it towards 1
            has_memory=has_memory,
        )

    @property
    def key_probability(self) -> float:
        """Probability per pulse of a detection that counts towards the block."""
        return float(self.key.sum())

    def counts(self, key: FloatArray, other: FloatArray) -> Counts:
        """Assemble counts from tallies of key cells (..., A) and other cells (..., B)."""
        lead = key.shape[:-1]
        flat = np.zeros((*lead, len(self.key_index) + len(self.other_bit_index)))
        flat[..., self.key_index] = key
        flat[..., self.other_bit_index] = other[..., : len(self.other_bit_index)]
        cells = flat.reshape(*lead, *self.shape, 2, 2)
        silent = other[..., len(self.other_bit_index) :].reshape(*lead, *self.shape)
        # added slice by slice: summing over axes of two is several times slower
        bits = cells[..., 0] + cells[..., 1]
        doubles = cells[..., 1].reshape(*lead, -1).sum(axis=-1)
        return Counts(bits[..., 0] + bits[..., 1] + silent, bits, doubles)


def _bit_cells(clicks: Registered, discard_doubles: bool) -> FloatArray:
    """P(setting, recorded bit, came from a double click), shape (K, 2, 2, 2, 2, 2)."""
    joint = clicks.table.joint_probability
    cells = np.zeros((*joint.shape[:-1], 2, 2))
    cells[..., 0, 0], cells[..., 1, 0] = joint[..., ONLY_0], joint[..., ONLY_1]
    if not discard_doubles:
        cells[..., :, 1] = joint[..., BOTH, None] / 2.0
    return cells
