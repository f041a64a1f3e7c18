"""Finite-key length with single photons: M. Tomamichel et al., Nat. Commun. 3, 634 (2012), Theorem 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.protocols.entropy import binary_entropy
from qkdsim.protocols.keylength.statistics import DecoySettings, KeyLength, Statistics, whole_bits

FloatArray = NDArray[np.float64]


def tomamichel2012(
    statistics: Statistics, settings: DecoySettings, epsilon_secrecy: ArrayLike, leak_ec_bits: ArrayLike
) -> KeyLength:
    """Length n (1 - h(Q_test + nu)) - leak - log2(1/eps_sec²) - log2(2/eps_cor); Q_test is the observed error rate.

    n key-basis and k test-basis detections, all test bits disclosed; blocks along leading axes, K = 1.
    """
    epsilon, leak = np.broadcast_arrays(
        np.asarray(epsilon_secrecy, dtype=np.float64), np.asarray(leak_ec_bits, dtype=np.float64)
    )
    n, k = statistics.key.sum(axis=-1), statistics.test.sum(axis=-1)
    wrong = statistics.test_errors.sum(axis=-1)
    usable = (n > 0.0) & (k > 0.0)
    tested = np.divide(wrong, k, out=np.full_like(n, 0.5), where=usable)
    phase_error = np.where(usable, np.minimum(tested + deviation(n, k, epsilon, usable), 0.5), 0.5)
    fixed = 2.0 * np.log2(1.0 / epsilon) + settings.correctness_cost_bits
    length = n * (1.0 - binary_entropy(phase_error)) - leak - fixed
    return KeyLength(whole_bits(length, usable), np.zeros_like(n), n + 0.0 * epsilon, phase_error, leak)


def deviation(n: FloatArray, k: FloatArray, epsilon: FloatArray, usable: NDArray[np.bool_] | bool = True) -> FloatArray:
    """Statistical margin nu = sqrt((n+k)/(n k) (k+1)/k ln(4/eps_sec)) of Theorem 2."""
    n_safe, k_safe = np.where(usable, n, 1.0), np.where(usable, k, 1.0)
    inside = (n_safe + k_safe) / (n_safe * k_safe) * (k_safe + 1.0) / k_safe * np.log(4.0 / epsilon)
    return np.asarray(np.sqrt(inside))
