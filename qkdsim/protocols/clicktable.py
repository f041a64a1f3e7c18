"""ClickTable: settings of both parties -> probability of each pattern of detector clicks.

Everything reads this table: expected, tallied and sampled detection. Attacks and detector memory are functions from
table to table. Detectors stay apart, so unequal detectors, dead time and double clicks need no special case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

KEY_BASIS, TEST_BASIS = 0, 1
# a pattern is a set of firing detectors, as a bit mask
NO_CLICK, ONLY_0, ONLY_1, BOTH = 0, 1, 2, 3
DETECTORS = 2


@dataclass(frozen=True, slots=True)
class ClickTable:
    """Click probabilities of one pulse of a prepare-and-measure link with two detectors.

    setting_probability  float64, (K, 2, 2, 2): intensity, sent basis, sent bit, measured basis; sums to 1
    pattern_probability  float64, (K, 2, 2, 2, 4): the same, then pattern; sums to 1 over the patterns

    Basis 0 is the key basis, 1 the test basis. Detector j stands for bit j of the measured basis.
    """

    setting_probability: FloatArray
    pattern_probability: FloatArray

    @property
    def joint_probability(self) -> FloatArray:
        """P(setting and pattern), shape (K, 2, 2, 2, 4); sums to 1."""
        return self.setting_probability[..., None] * self.pattern_probability

    @property
    def click_probability(self) -> float:
        """Probability that a pulse makes any detector fire."""
        return float(self.joint_probability[..., ONLY_0:].sum())

    @property
    def fire_probability(self) -> FloatArray:
        """Probability per pulse that each detector fires, shape (2,)."""
        patterns = self.joint_probability.sum(axis=(0, 1, 2, 3))
        return np.array([patterns[ONLY_0] + patterns[BOTH], patterns[ONLY_1] + patterns[BOTH]])

    def bit_probability(self, *, discard_doubles: bool = False) -> FloatArray:
        """P(recorded bit | setting), shape (K, 2, 2, 2, 2); a double click becomes a random bit, or none at all."""
        patterns = self.pattern_probability
        half = 0.0 if discard_doubles else 0.5
        return np.stack(
            [patterns[..., ONLY_0] + half * patterns[..., BOTH], patterns[..., ONLY_1] + half * patterns[..., BOTH]],
            axis=-1,
        )

    def with_extra_clicks(self, probability: FloatArray) -> ClickTable:
        """The table after each detector also fires, on its own, with the given probability, shape (2,)."""
        patterns = self.pattern_probability.copy()
        for detector in range(DETECTORS):
            mask = 1 << detector
            for silent in (p for p in range(4) if not p & mask):
                moved = patterns[..., silent] * probability[detector]
                patterns[..., silent] -= moved
                patterns[..., silent | mask] += moved
        return replace(self, pattern_probability=patterns)

    def thinned(self, live: FloatArray) -> ClickTable:
        """The table when each detector is live, on its own, for the given share of the time, shape (2,)."""
        patterns = self.pattern_probability.copy()
        for detector in range(DETECTORS):
            mask = 1 << detector
            for firing in (p for p in range(4) if p & mask):
                moved = patterns[..., firing] * (1.0 - live[detector])
                patterns[..., firing] -= moved
                patterns[..., firing ^ mask] += moved
        return replace(self, pattern_probability=patterns)

    def accepted(self, share: float) -> ClickTable:
        """The table when clicks of any pattern are kept for a share of the time: the receiver is live as a whole."""
        patterns = self.pattern_probability * share
        patterns[..., NO_CLICK] = 1.0 - patterns[..., ONLY_0:].sum(axis=-1)
        return replace(self, pattern_probability=patterns)


def matched_gain_and_error(
    bit_probability: FloatArray, symbol_probability: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Click and error probability per pulse with matched bases.

    bit_probability     (K, 2, 2, 2, 2) as from `ClickTable.bit_probability`
    symbol_probability  (2, 2): basis, bit
    Returns two arrays (K, 2): intensity, basis. Their ratio is the QBER.
    """
    gain = np.empty((bit_probability.shape[0], 2))
    error = np.empty_like(gain)
    for basis in (KEY_BASIS, TEST_BASIS):
        bits = bit_probability[:, basis, :, basis, :]  # (K, sent bit, recorded bit)
        share = symbol_probability[basis][None, :]
        gain[:, basis] = (share * bits.sum(axis=-1)).sum(axis=-1)
        error[:, basis] = (share * np.stack([bits[:, 0, 1], bits[:, 1, 0]], axis=-1)).sum(axis=-1)
    return gain, error
