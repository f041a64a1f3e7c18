"""From bounds on photon-number classes to key: the phase error of what was not tested, and the length.

The last steps are those of Lim 2014, Eqs. (1) and (5), and of Rusca 2018; the theories differ in how they bound the
classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols.entropy import binary_entropy
from qkdsim.protocols.keylength.statistics import DecoySettings, KeyLength, whole_bits

FloatArray = NDArray[np.float64]
SamplingTerm = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.bool_]], FloatArray]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Bounds on photon-number classes, each of shape (...).

    vacuum, single            lower bounds on key-basis detections of empty pulses and of single photons
    test_single, test_errors  lower bound on test-basis detections of single photons, upper bound on their errors
    """

    vacuum: FloatArray
    single: FloatArray
    test_single: FloatArray
    test_errors: FloatArray


def key_length(
    estimates: Estimates,
    settings: DecoySettings,
    epsilon: FloatArray,
    leak_ec_bits: FloatArray,
    sampling: SamplingTerm | None,
) -> KeyLength:
    """s_0 + s_1 (1 - h(phi)) - leak - 6 log2(1/epsilon) - log2(2/eps_cor); `epsilon` is one part of the secrecy.

    `sampling` widens the tested error rate to phi, the bound for what was not tested; without it (infinite data) the
    rate stands for itself.
    """
    single, tested = estimates.single, estimates.test_single
    usable = (single > 0.0) & (tested > 0.0)
    rate = np.divide(estimates.test_errors, tested, out=np.full_like(single, 0.5), where=usable)
    if sampling is not None:
        rate = rate + sampling(epsilon, np.minimum(rate, 0.5), tested, single, usable)
    phase_error = np.where(usable, np.minimum(rate, 0.5), 0.5)
    fixed = 6.0 * np.log2(1.0 / epsilon) + settings.correctness_cost_bits
    length = estimates.vacuum + single * (1.0 - binary_entropy(phase_error)) - leak_ec_bits - fixed
    return KeyLength(whole_bits(length, usable), estimates.vacuum, np.maximum(single, 0.0), phase_error, leak_ec_bits)


def gamma(
    epsilon: FloatArray, rate: FloatArray, tested: FloatArray, used: FloatArray, usable: NDArray[np.bool_]
) -> FloatArray:
    """Sampling term of Lim 2014, Eq. (5): by how much an error rate may differ between tested and used detections.

    sqrt((c+d)(1-b)b/(c d ln 2) log2((c+d)/(c d (1-b) b) / epsilon²)), with b = rate, c = tested, d = used.
    """
    b = np.where(usable, np.clip(rate, 1e-200, 0.5), 0.25)
    c, d = np.where(usable, tested, 1.0), np.where(usable, used, 1.0)
    spread = (c + d) * (1.0 - b) * b / (c * d)
    log_inside = np.log2((c + d) / (c * d * (1.0 - b) * b)) - 2.0 * np.log2(epsilon)  # epsilon² may underflow
    return np.asarray(np.sqrt(np.maximum(spread / math.log(2.0) * log_inside, 0.0)))


def serfling(
    epsilon: FloatArray, rate: FloatArray, tested: FloatArray, used: FloatArray, usable: NDArray[np.bool_]
) -> FloatArray:
    """Sampling term sqrt((s+t)/(s t) (t+1)/t ln(1/epsilon)), t tested and s used detections; the rate does not enter.

    R. J. Serfling, Ann. Stat. 2, 39 (1974), in the form of M. Tomamichel et al., Nat. Commun. 3, 634 (2012).
    """
    t, s = np.where(usable, tested, 1.0), np.where(usable, used, 1.0)
    return np.asarray(np.sqrt((s + t) / (s * t) * (t + 1.0) / t * np.log(1.0 / epsilon)) + 0.0 * rate)
