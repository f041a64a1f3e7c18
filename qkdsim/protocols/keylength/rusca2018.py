"""Finite-key length with one decoy: D. Rusca et al., Appl. Phys. Lett. 112, 171104 (2018), arXiv:1801.03443.

The paper's Z is our key basis, X our test basis. Two sampling terms are in use for the phase error: `gamma`, as in Lim
2014, and `serfling`; they differ by 1 to 17 % in key, so the choice is named with every result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.protocols.keylength.distillation import Estimates, gamma, key_length, serfling
from qkdsim.protocols.keylength.statistics import DecoySettings, KeyLength, Statistics, scaled_bounds
from qkdsim.protocols.tailbounds import TAIL_BOUNDS, TailBound

FloatArray = NDArray[np.float64]
SAMPLING_TERMS = {"gamma": gamma, "serfling": serfling}
TERMS = 19  # parts of the secrecy parameter


def rusca2018(
    statistics: Statistics,
    settings: DecoySettings,
    epsilon_secrecy: ArrayLike,
    leak_ec_bits: ArrayLike,
    *,
    tail_bound: str = "hoeffding",
    sampling_bound: str = "gamma",
) -> KeyLength:
    """Secret key length; blocks along leading axes, K = 2 intensities.

    Raises ValueError if the intensities do not satisfy mu_1 > mu_2 > 0.
    """
    mu = settings.mean_photon_number
    if len(mu) != 2 or not mu[0] > mu[1] > 0.0:
        raise ValueError(f"intensities {mu.tolist()}: Rusca 2018 needs mu_1 > mu_2 > 0")
    secrecy, leak = np.broadcast_arrays(
        np.asarray(epsilon_secrecy, dtype=np.float64), np.asarray(leak_ec_bits, dtype=np.float64)
    )
    epsilon, tail = secrecy / TERMS, TAIL_BOUNDS[tail_bound]
    vacuum, single = _yields(statistics.key, statistics.key_errors, settings, epsilon, tail)
    _, test_single = _yields(statistics.test, statistics.test_errors, settings, epsilon, tail)
    wrong = _single_photon_errors(statistics.test_errors, settings, epsilon, tail)
    sampling = None if tail_bound == "none" else SAMPLING_TERMS[sampling_bound]
    return key_length(Estimates(vacuum, single, test_single, wrong), settings, epsilon, leak, sampling)


def _yields(
    detected: FloatArray, errors: FloatArray, settings: DecoySettings, epsilon: FloatArray, tail: TailBound
) -> tuple[FloatArray, FloatArray]:
    """Lower bounds on detections from empty pulses and from single photons in one basis, shape (...)."""
    mu1, mu2 = settings.mean_photon_number
    tau_0, tau_1 = settings.tau
    low, high = scaled_bounds(detected, settings, epsilon, tail)
    vacuum = np.maximum(tau_0 / (mu1 - mu2) * (mu1 * low[..., 1] - mu2 * high[..., 0]), 0.0)
    most_vacuum = _vacuum_upper(detected, errors, settings, epsilon, tail)
    ratio = mu2**2 / mu1**2
    single = low[..., 1] - ratio * high[..., 0] - (1.0 - ratio) * most_vacuum / tau_0
    return vacuum, tau_1 * mu1 / (mu2 * (mu1 - mu2)) * single


def _vacuum_upper(
    detected: FloatArray, errors: FloatArray, settings: DecoySettings, epsilon: FloatArray, tail: TailBound
) -> FloatArray:
    """Upper bound on detections from empty pulses: half of them are errors, min_k 2 (tau_0 m_k^+ + delta(n))."""
    _, high = scaled_bounds(errors, settings, epsilon, tail)
    total = detected.sum(axis=-1)
    # a fair coin over at most all detections: Hoeffding's inequality is the tight one whatever the tail bound
    deviation = 0.0 if tail is TAIL_BOUNDS["none"] else np.sqrt(total / 2.0 * np.log(1.0 / epsilon))
    return np.asarray(2.0 * (settings.tau[0] * high.min(axis=-1) + deviation))


def _single_photon_errors(
    errors: FloatArray, settings: DecoySettings, epsilon: FloatArray, tail: TailBound
) -> FloatArray:
    mu1, mu2 = settings.mean_photon_number
    low, high = scaled_bounds(errors, settings, epsilon, tail)
    bound = settings.tau[1] / (mu1 - mu2) * (high[..., 0] - low[..., 1])
    return np.asarray(np.maximum(bound, 0.0))
