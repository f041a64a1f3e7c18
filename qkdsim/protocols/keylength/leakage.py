"""How many bits error correction will disclose."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrik

from qkdsim.protocols.entropy import binary_entropy

FloatArray = NDArray[np.float64]


def planned_leak_ec_bits(
    sifted_bits: ArrayLike, qber: ArrayLike, ec_efficiency: float, epsilon_correctness: float
) -> FloatArray:
    """Disclosure planned for a block: f n h(e), but never below the finite-length floor."""
    n, error = np.broadcast_arrays(
        np.asarray(sifted_bits, dtype=np.float64), np.nan_to_num(np.asarray(qber, dtype=np.float64))
    )
    planned = np.array(ec_efficiency * n * binary_entropy(np.minimum(error, 0.5)))
    # the floor's binomial quantile is slow; look only where a simple bound does not settle it
    close = planned < _most_floor_bits(n, error, epsilon_correctness)
    planned[close] = np.maximum(planned[close], leakage_floor_bits(n[close], error[close], epsilon_correctness))
    return planned


def _most_floor_bits(n: FloatArray, q: FloatArray, epsilon: float) -> FloatArray:
    """Upper bound on the floor: the quantile by Bernstein's inequality, negative terms dropped."""
    logarithm = math.log(1.0 / epsilon)
    q_safe = np.clip(q, 1e-300, 0.5)
    excess = np.sqrt(2.0 * n * q_safe * (1.0 - q_safe) * logarithm) + 2.0 * logarithm / 3.0 + 1.0
    return np.asarray(n * binary_entropy(q_safe) + excess * (np.log2(1.0 - q_safe) - np.log2(q_safe)))


def leakage_floor_bits(sifted_bits: ArrayLike, qber: ArrayLike, epsilon_correctness: float) -> FloatArray:
    """Least disclosure with which one-way error correction can reach a frame error rate of `epsilon_correctness`.

    M. Tomamichel, J. Martinez-Mateo, C. Pacher, D. Elkouss, Quantum Inf. Process. 16, 280 (2017):
    n h(Q) + [n(1-Q) - F^-1(eps; n, 1-Q) - 1] log2((1-Q)/Q) - (log2 n)/2 - log2(1/eps), F the binomial distribution.
    Zero where that is negative, and for error rates of 0 or 1/2 and above, where the formula does not apply.
    """
    n = np.asarray(sifted_bits, dtype=np.float64)
    q = np.asarray(qber, dtype=np.float64)
    usable = (n >= 1.0) & (q > 0.0) & (q < 0.5)
    n_safe, q_safe = np.where(usable, np.maximum(n, 1.0), 1.0), np.where(usable, q, 0.25)
    quantile = np.nan_to_num(bdtrik(epsilon_correctness, n_safe, 1.0 - q_safe), nan=0.0)
    excess = n_safe * (1.0 - q_safe) - quantile - 1.0
    floor = (
        n_safe * binary_entropy(q_safe)
        + excess * (np.log2(1.0 - q_safe) - np.log2(q_safe))
        - 0.5 * np.log2(n_safe)
        + np.log2(epsilon_correctness)
    )
    return np.where(usable, np.maximum(floor, 0.0), 0.0)
