"""Gaussian-modulated coherent states and their key: mutual information, Holevo bound, key of a finite block.

One symbol is a coherent state whose two quadratures are drawn from a normal law of variance V_A; Bob measures one
quadrature (homodyne) or both (heterodyne). Key is made from Bob's data (reverse reconciliation). All noises are
variances in shot-noise units (SNU), in which the vacuum has variance 1.

The formulas are those of J. Lodewyck et al., Phys. Rev. A 76, 042305 (2007) for homodyne and S. Fossier et al., J.
Phys. B 42, 114014 (2009) for heterodyne detection, with losses and electronic noise of the detector out of the
eavesdropper's reach; Gaussian collective attacks are optimal (R. Garcia-Patron, N. Cerf, Phys. Rev. Lett. 97, 190503
(2006)). Finite blocks: A. Leverrier, F. Grosshans, P. Grangier, Phys. Rev. A 81, 062343 (2010); from collective to
coherent attacks, heterodyne detection only: A. Leverrier, Phys. Rev. Lett. 118, 200501 (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
Detection: TypeAlias = Literal["homodyne", "heterodyne"]


@dataclass(frozen=True, slots=True)
class GaussianReceiver:
    """Modulation and detection, all that nobody but the maker touches.

    modulation_variance_snu  V_A of either quadrature
    efficiency               from the receiver's port to the photocurrent
    electronic_noise_snu     of each photocurrent, beside a shot noise of 1
    """

    modulation_variance_snu: float
    efficiency: float
    electronic_noise_snu: float
    detection: Detection = "heterodyne"

    @property
    def quadratures(self) -> int:
        """How many values a symbol gives."""
        return 2 if self.detection == "heterodyne" else 1

    @property
    def gain(self) -> float:
        """Signal variance at a photocurrent over that at the port: the efficiency, halved where both are measured."""
        return self.efficiency / self.quadratures

    @property
    def added_noise_snu(self) -> float:
        """Noise of the detection, referred to the port: chi_hom or chi_het."""
        if self.detection == "homodyne":
            return (1.0 + self.electronic_noise_snu) / self.efficiency - 1.0
        return (2.0 - self.efficiency + 2.0 * self.electronic_noise_snu) / self.efficiency


@dataclass(frozen=True, slots=True)
class GaussianChannel:
    """What is in the eavesdropper's hands: transmittance, and noise beyond loss, referred to the channel's input."""

    transmittance: FloatArray
    excess_noise_snu: FloatArray

    @property
    def added_noise_snu(self) -> FloatArray:
        """chi_line, referred to the input."""
        return np.asarray(1.0 / self.transmittance - 1.0 + self.excess_noise_snu)


def mutual_information_bits(receiver: GaussianReceiver, channel: GaussianChannel) -> FloatArray:
    """What Alice and Bob share per symbol, of the shape of the channel."""
    noise = channel.added_noise_snu + receiver.added_noise_snu / channel.transmittance
    return np.asarray(receiver.quadratures / 2.0 * np.log2(1.0 + receiver.modulation_variance_snu / (1.0 + noise)))


def holevo_bits(receiver: GaussianReceiver, channel: GaussianChannel) -> FloatArray:
    """Greatest information of the eavesdropper on Bob's data per symbol, of the shape of the channel.

    S(E) - S(E|b) with the symplectic eigenvalues of the state before and after Bob's measurement.
    """
    transmittance, variance = channel.transmittance, receiver.modulation_variance_snu + 1.0
    line, own = channel.added_noise_snu, receiver.added_noise_snu
    seen = transmittance * (variance + line)  # variance of Bob's mode at his port
    whole = transmittance * (variance + line) + own  # with the noise of his detection
    a = variance**2 * (1.0 - 2.0 * transmittance) + 2.0 * transmittance + seen**2
    root_b = transmittance * (variance * line + 1.0)
    if receiver.detection == "homodyne":
        c = (variance * root_b + seen + a * own) / whole
        d = root_b * (variance + root_b * own) / whole
    else:
        correlation = transmittance * (variance**2 - 1.0)
        c = (a * own**2 + root_b**2 + 1.0 + 2.0 * own * (variance * root_b + seen) + 2.0 * correlation) / whole**2
        d = ((variance + root_b * own) / whole) ** 2
    return np.asarray(np.maximum(_entropy_bits(a, root_b**2) - _entropy_bits(c, d), 0.0))


def _entropy_bits(total: FloatArray, product: FloatArray) -> FloatArray:
    """Entropy of a Gaussian state of two modes whose squared symplectic eigenvalues have that sum and product."""
    root = np.sqrt(np.maximum(total**2 - 4.0 * product, 0.0))
    greater = (total + root) / 2.0
    found = np.zeros_like(total)
    for squared in (greater, product / greater):
        photons = (np.sqrt(np.maximum(squared, 1.0)) - 1.0) / 2.0
        found = found + (special.xlogy(photons + 1.0, photons + 1.0) - special.xlogy(photons, photons)) / math.log(2.0)
    return np.asarray(found)


def secret_bits_per_symbol(
    receiver: GaussianReceiver, channel: GaussianChannel, reconciliation_efficiency: float
) -> FloatArray:
    """Asymptotic key per symbol against collective attacks, beta I(A:B) - chi(B:E); 0 where it is negative."""
    shared = reconciliation_efficiency * mutual_information_bits(receiver, channel)
    return np.asarray(np.maximum(shared - holevo_bits(receiver, channel), 0.0))


@dataclass(frozen=True, slots=True)
class GaussianBlock:
    """How a block of symbols becomes key.

    key_symbols          symbols that carry key; their data serve for estimation as well, after reconciliation
    calibration_symbols  symbols on which the shot noise was measured
    epsilon_secrecy      against coherent attacks
    """

    key_symbols: float
    calibration_symbols: float
    reconciliation_efficiency: float
    epsilon_secrecy: float

    def photons(self, receiver: GaussianReceiver) -> float:
        """K of the reduction to collective attacks: photons in all modes of both ends together.

        n (d_A + d_B) times brackets that are close to 1 for blocks of this size; 2 is taken in their place. V_A/2 is
        the mean photon number of Alice's mode and more than that of Bob's.
        """
        return 2.0 * self.key_symbols * (receiver.modulation_variance_snu + 1.0)

    def collective_epsilon_log(self, receiver: GaussianReceiver) -> float:
        """Natural logarithm of what the proof against collective attacks must reach: 50 epsilon / K^4.

        Leverrier 2017, Eq. 5, shown for heterodyne detection. It may be too small for a float.
        """
        return math.log(50.0 * self.epsilon_secrecy) - 4.0 * math.log(self.photons(receiver))

    def deviations(self, receiver: GaussianReceiver) -> float:
        """Standard deviations by which estimates are taken for worse than they are: a third of epsilon is theirs."""
        return float(-special.ndtri_exp(self.collective_epsilon_log(receiver) - math.log(6.0)))

    def toll_bits(self, receiver: GaussianReceiver) -> float:
        """Bits off the key whatever the channel: smoothing, hashing, and the reduction to collective attacks."""
        each_bits = (math.log(3.0) - self.collective_epsilon_log(receiver)) / math.log(2.0)  # log2 of 1 / (epsilon / 3)
        smoothing = 7.0 * math.sqrt(self.key_symbols * (1.0 + each_bits))
        return smoothing + 2.0 * each_bits + 8.0 * math.log2(self.photons(receiver))


def worst_channel(receiver: GaussianReceiver, channel: GaussianChannel, block: GaussianBlock) -> GaussianChannel:
    """Estimated channels as bad as their errors allow: least transmittance, most noise.

    The error of the noise holds that of Bob's variance and that of the shot noise, against which it is measured.
    """
    count = receiver.quadratures * block.key_symbols
    signal = receiver.gain * channel.transmittance
    noise = 1.0 + receiver.electronic_noise_snu + signal * np.maximum(channel.excess_noise_snu, 0.0)
    slope_error = np.sqrt(noise / (count * receiver.modulation_variance_snu))  # of sqrt(signal)
    least = np.maximum(np.sqrt(signal) - block.deviations(receiver) * slope_error, 0.0) ** 2 / receiver.gain
    relative = 2.0 / count + 2.0 / (receiver.quadratures * block.calibration_symbols)
    error = noise * math.sqrt(relative) / signal
    most = np.maximum(channel.excess_noise_snu, 0.0) + block.deviations(receiver) * error
    return GaussianChannel(np.maximum(least, 1e-12), most)


def block_secret_bits(receiver: GaussianReceiver, channel: GaussianChannel, block: GaussianBlock) -> FloatArray:
    """Key of a block whose estimates are `channel`, against coherent attacks; whole bits, 0 where nothing is left."""
    share = block.reconciliation_efficiency * mutual_information_bits(receiver, channel)
    share = share - holevo_bits(receiver, worst_channel(receiver, channel, block))
    return np.asarray(np.maximum(np.floor(block.key_symbols * share - block.toll_bits(receiver)), 0.0))
