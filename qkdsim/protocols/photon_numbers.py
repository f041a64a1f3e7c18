"""The click table taken apart by photon number: what an eavesdropper can act on, and the truth behind decoy bounds.

A pulse of random phase is a mixture of photon numbers: H.-K. Lo, X. Ma, K. Chen, Phys. Rev. Lett. 94, 230504 (2005).
Alice, Bob and the key-length theories see sums over them only; an eavesdropper may count the photons first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, pdtrc, xlogy

from qkdsim.protocols.bb84 import Bb84Setup, photon_number_patterns
from qkdsim.protocols.clicktable import ClickTable
from qkdsim.protocols.counts import Counts

FloatArray = NDArray[np.float64]
NEGLECTED = 1e-16  # probability of more photons than are told apart, below the rounding of a sum of probabilities


@dataclass(frozen=True, slots=True)
class PhotonNumberTables:
    """One click table for each photon number of the pulse that leaves the transmitter.

    setup                the link without an eavesdropper
    number_probability   float64, (K, N): intensity, photons; the last number stands for itself and all beyond
    pattern_probability  float64, (N, 2, 2, 2, 4): photons, sent basis, sent bit, measured basis, pattern
    """

    setup: Bb84Setup
    number_probability: FloatArray
    pattern_probability: FloatArray

    @property
    def setting_probability(self) -> FloatArray:
        """P(intensity, sent basis, sent bit, measured basis), shape (K, 2, 2, 2); independent of the photon number."""
        return self.setup.setting_probability

    @property
    def merged(self) -> ClickTable:
        """The click table of the pulses as they are: what the two ends see."""
        patterns = np.einsum("kn,nasbp->kasbp", self.number_probability, self.pattern_probability)
        return ClickTable(self.setting_probability, np.asarray(patterns))

    def exactly(self, photons: int) -> ClickTable:
        """The click table if every pulse held exactly so many photons, intensities and settings as they are.

        Raises ValueError for a number that is not told apart from the last.
        """
        if not 0 <= photons < len(self.pattern_probability):
            raise ValueError(f"photons: got {photons}, expected 0 to {len(self.pattern_probability) - 1}")
        patterns = self.pattern_probability[photons]
        count = len(self.number_probability)
        return ClickTable(self.setting_probability, np.broadcast_to(patterns, (count, *patterns.shape)).copy())

    def resolved(self, classes: int) -> ClickTable:
        """The same pulses with the photon number as part of the setting, intensity axis (K * classes).

        Entry k * classes + c is intensity k with exactly c photons; the last class is that many or more. Every fidelity
        reads it like any click table; `PhotonNumberCounts` takes the result apart. Raises ValueError for less than one
        class.
        """
        if classes < 1:
            raise ValueError(f"classes: got {classes}, expected 1 or more")
        number, patterns = self.number_probability, self.pattern_probability
        told_apart = min(classes - 1, number.shape[1])
        weight = np.zeros((len(number), classes))
        weight[:, :told_apart] = number[:, :told_apart]
        weight[:, -1] += number[:, told_apart:].sum(axis=1)
        resolved = np.empty((len(number), classes, *patterns.shape[1:]))
        resolved[...] = patterns[-1]  # of classes that never occur, too
        resolved[:, :told_apart] = patterns[:told_apart]
        rest = np.einsum("kn,nasbp->kasbp", number[:, told_apart:], patterns[told_apart:])
        occurs = weight[:, -1] > 0.0
        resolved[occurs, -1] = rest[occurs] / weight[occurs, -1].reshape(-1, 1, 1, 1, 1)
        setting = self.setting_probability[:, None] * weight[..., None, None, None]
        return ClickTable(setting.reshape(-1, *setting.shape[2:]), resolved.reshape(-1, *resolved.shape[2:]))


def photon_number_tables(setup: Bb84Setup) -> PhotonNumberTables:
    """Take a setup apart by photon number: Poisson numbers, or exactly one photon from a single-photon source."""
    mean = setup.mean_photon_number[:, None]
    if setup.single_photons:
        number = np.tile([0.0, 1.0], (len(mean), 1))
    else:
        number = _poisson(mean, _most_photons(float(mean.max())))
    return PhotonNumberTables(setup, number, photon_number_patterns(setup, number.shape[1] - 1))


def _most_photons(mean: float) -> int:
    """The least number, 1 or more, beyond which a Poisson number goes with negligible probability."""
    most = 1
    while pdtrc(most, mean) > NEGLECTED:
        most += 1
    return most


def _poisson(mean: FloatArray, most: int) -> FloatArray:
    """P(0), ..., P(most - 1), P(most or more) for means (K, 1), shape (K, most + 1)."""
    photons = np.arange(most + 1)
    probability = np.exp(xlogy(photons, mean) - mean - gammaln(photons + 1))
    probability[:, -1] = pdtrc(most - 1, mean[:, 0])
    return np.asarray(probability)


@dataclass(frozen=True, slots=True)
class PhotonNumberCounts:
    """Counts with the photon numbers known, which nobody on a real link knows.

    sent     float64, (..., K, classes, 2, 2, 2): pulses by intensity, photon number, sent basis and bit, measured basis
    bits     float64, (..., K, classes, 2, 2, 2, 2): recorded bits of the same settings
    doubles  float64, (...): double clicks
    """

    sent: FloatArray
    bits: FloatArray
    doubles: FloatArray

    @classmethod
    def of(cls, counts: Counts, classes: int) -> PhotonNumberCounts:
        """Take counts of `PhotonNumberTables.resolved(classes)` apart."""
        lead, entries = counts.sent.shape[:-4], counts.sent.shape[-4]
        shape = (*lead, entries // classes, classes)
        return cls(
            counts.sent.reshape(*shape, *counts.sent.shape[-3:]),
            counts.bits.reshape(*shape, *counts.bits.shape[-4:]),
            counts.doubles,
        )

    @property
    def seen(self) -> Counts:
        """What the two ends see: sums over photon numbers."""
        return Counts(self.sent.sum(axis=-4), self.bits.sum(axis=-5), self.doubles)

    def detected(self, basis: int) -> FloatArray:
        """Detections with both ends in `basis`, shape (..., K, classes)."""
        return np.asarray(self.bits[..., basis, :, basis, :].sum(axis=(-2, -1)))

    def errors(self, basis: int) -> FloatArray:
        """Those of them whose recorded bit differs from the one sent, shape (..., K, classes)."""
        bits = self.bits[..., basis, :, basis, :]
        return np.asarray(bits[..., 0, 1] + bits[..., 1, 0])
