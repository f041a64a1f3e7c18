"""Key rates for infinite data: GLLP with decoy states.

X. Ma, B. Qi, Y. Zhao, H.-K. Lo, Phys. Rev. A 72, 012326 (2005), arXiv:quant-ph/0503005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.protocols.entropy import binary_entropy
from qkdsim.protocols.keylength.lim2014 import single_photon_errors, yields
from qkdsim.protocols.keylength.statistics import DecoySettings, KeyLength, Statistics, whole_bits
from qkdsim.protocols.tailbounds import TAIL_BOUNDS

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InfiniteData:
    """What an endless run would know of one basis, all per pulse with matched bases.

    gain, qber of the signal; single_photon_gain Q_1; phase_error_rate e_1 of single photons.
    """

    gain: float
    qber: float
    single_photon_gain: float
    phase_error_rate: float


def infinite_decoy_rate(data: InfiniteData, ec_efficiency: float) -> float:
    """Bits per matched-basis signal pulse: Q_1 (1 - h(e_1)) - Q_mu f h(E_mu), not below 0. Eq. (1) without q."""
    gained = data.single_photon_gain * (1.0 - float(binary_entropy(min(data.phase_error_rate, 0.5))))
    paid = data.gain * ec_efficiency * float(binary_entropy(min(data.qber, 0.5)))
    return max(gained - paid, 0.0)


def asymptotic_decoy(statistics: Statistics, settings: DecoySettings, leak_ec_bits: ArrayLike) -> KeyLength:
    """Key length of counts taken at face value: decoy estimates without any statistical term.

    For K >= 3 the two-decoy estimates of Lim 2014 with zero deviations (vacuum + weak decoy of Ma et al.); for K = 2
    the weak decoy alone; for K = 1 every multi-photon pulse is lost to the eavesdropper (GLLP without decoys). Clicks
    of empty pulses are not used. No finite-size proof covers the result.
    """
    leak = np.asarray(leak_ec_bits, dtype=np.float64)
    single, test_single, wrong = _single_photons(statistics, settings)
    # few counts at face value can estimate more single photons than there are detections
    single = np.minimum(single, statistics.key.sum(axis=-1))
    test_single = np.minimum(test_single, statistics.test.sum(axis=-1))
    usable = (single > 0.0) & (test_single > 0.0)
    rate = np.divide(wrong, test_single, out=np.full_like(single, 0.5), where=usable)
    phase_error = np.where(usable, np.clip(rate, 0.0, 0.5), 0.5)
    length = single * (1.0 - binary_entropy(phase_error)) - leak
    return KeyLength(whole_bits(length, usable), np.zeros_like(single), np.maximum(single, 0.0), phase_error, leak)


def _single_photons(statistics: Statistics, settings: DecoySettings) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Detections of single photons in key and test basis, and their errors in the test basis."""
    count = len(settings.mean_photon_number)
    tail, none = TAIL_BOUNDS["none"], np.asarray(1.0)
    if count >= 3:
        single = yields(statistics.key, settings, none, tail)[1]
        test_single = yields(statistics.test, settings, none, tail)[1]
        return single, test_single, single_photon_errors(statistics.test_errors, settings, none, tail)
    if count == 2:
        return _weak_decoy(statistics, settings)
    return _no_decoy(statistics, settings)


def _weak_decoy(statistics: Statistics, settings: DecoySettings) -> tuple[FloatArray, FloatArray, FloatArray]:
    mu, nu = settings.mean_photon_number
    tau_1 = settings.tau[1]

    def single(detected: FloatArray, errors: FloatArray) -> FloatArray:
        grown, wrong = detected * settings.weight, errors * settings.weight
        vacuum = 2.0 * wrong.min(axis=-1)
        inside = grown[..., 1] - nu**2 / mu**2 * grown[..., 0] - (1.0 - nu**2 / mu**2) * vacuum
        return np.asarray(tau_1 * mu / (mu * nu - nu**2) * inside)

    wrong = statistics.test_errors * settings.weight
    return (
        single(statistics.key, statistics.key_errors),
        single(statistics.test, statistics.test_errors),
        np.asarray(tau_1 * wrong[..., 1] / nu),
    )


def _no_decoy(statistics: Statistics, settings: DecoySettings) -> tuple[FloatArray, FloatArray, FloatArray]:
    """All detections that multi-photon pulses could have caused are taken from the single photons."""
    if statistics.key_sent is None or statistics.test_sent is None:
        raise ValueError("without decoys the pulses sent must be known")
    multi = multi_photon_probability(float(settings.mean_photon_number[0]))
    single = statistics.key.sum(axis=-1) - multi * statistics.key_sent.sum(axis=-1)
    test_single = statistics.test.sum(axis=-1) - multi * statistics.test_sent.sum(axis=-1)
    return single, test_single, statistics.test_errors.sum(axis=-1)


def multi_photon_probability(mean_photon_number: float) -> float:
    """Probability that a Poisson pulse holds two or more photons."""
    return float(-np.expm1(-mean_photon_number) - mean_photon_number * np.exp(-mean_photon_number))
