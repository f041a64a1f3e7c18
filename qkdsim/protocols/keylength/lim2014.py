"""Finite-key length with two decoys: C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014), Eqs. (1)-(5).

arXiv:1311.7129. The paper's X is our key basis, Z our test basis. Of more than three intensities
three enter the estimates, chosen before any count is seen; the algebra holds for any three of them, since the
photon-number classes run over all.
`none` as tail bound drops every statistical term and leaves the two-decoy estimate for infinite data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.protocols.keylength.distillation import Estimates, gamma, key_length
from qkdsim.protocols.keylength.statistics import DecoySettings, KeyLength, Statistics, scaled_bounds
from qkdsim.protocols.tailbounds import TAIL_BOUNDS, TailBound

FloatArray = NDArray[np.float64]
TERMS = 21  # the secrecy parameter is split into 21 equal parts, below Eq. (2)


def lim2014(
    statistics: Statistics,
    settings: DecoySettings,
    epsilon_secrecy: ArrayLike,
    leak_ec_bits: ArrayLike,
    *,
    tail_bound: str = "hoeffding",
) -> KeyLength:
    """Secret key length of Eq. (1); blocks along leading axes, K >= 3 intensities.

    Raises ValueError if the intensities do not satisfy mu_1 > mu_2 + mu_3 and mu_2 > mu_3.
    """
    secrecy, leak = np.broadcast_arrays(
        np.asarray(epsilon_secrecy, dtype=np.float64), np.asarray(leak_ec_bits, dtype=np.float64)
    )
    epsilon, tail = secrecy / TERMS, TAIL_BOUNDS[tail_bound]
    vacuum, single = yields(statistics.key, settings, epsilon, tail)
    _, test_single = yields(statistics.test, settings, epsilon, tail)
    wrong = single_photon_errors(statistics.test_errors, settings, epsilon, tail)
    sampling = None if tail_bound == "none" else gamma
    return key_length(Estimates(vacuum, single, test_single, wrong), settings, epsilon, leak, sampling)


def estimated(settings: DecoySettings) -> list[int]:
    """Places of mu_1, mu_2, mu_3 among the intensities: brightest, the fitting one sent most often, weakest.

    Raises ValueError if no intensity fits mu_1 > mu_2 + mu_3 and mu_2 > mu_3.
    """
    mu, last = settings.mean_photon_number, len(settings.mean_photon_number) - 1
    fitting = [place for place in range(1, last) if mu[0] > mu[place] + mu[last] and mu[place] > mu[last] >= 0.0]
    if not fitting:
        raise ValueError(f"intensities {mu.tolist()}: Lim 2014 needs mu_1 > mu_2 + mu_3 and mu_2 > mu_3 >= 0")
    return [0, max(fitting, key=lambda place: float(settings.probability[place])), last]


def yields(
    detected: FloatArray, settings: DecoySettings, epsilon: FloatArray, tail: TailBound
) -> tuple[FloatArray, FloatArray]:
    """Lower bounds on detections from empty pulses and from single photons, Eqs. (2) and (3), shape (...)."""
    three = estimated(settings)
    mu1, mu2, mu3 = settings.mean_photon_number[three]
    low, high = (bound[..., three] for bound in scaled_bounds(detected, settings, epsilon, tail))
    tau_0, tau_1 = settings.tau
    vacuum = tau_0 * (mu2 * low[..., 2] - mu3 * high[..., 1]) / (mu2 - mu3)
    vacuum = np.maximum(vacuum, 0.0)
    single = low[..., 1] - high[..., 2] - (mu2**2 - mu3**2) / mu1**2 * (high[..., 0] - vacuum / tau_0)
    return vacuum, tau_1 * mu1 * single / (mu1 * (mu2 - mu3) - mu2**2 + mu3**2)


def single_photon_errors(
    errors: FloatArray, settings: DecoySettings, epsilon: FloatArray, tail: TailBound
) -> FloatArray:
    """Upper bound on errors of single photons in a basis, Eq. (4), shape (...)."""
    three = estimated(settings)
    _, mu2, mu3 = settings.mean_photon_number[three]
    low, high = (bound[..., three] for bound in scaled_bounds(errors, settings, epsilon, tail))
    bound = settings.tau[1] * (high[..., 1] - low[..., 2]) / (mu2 - mu3)
    return np.asarray(np.maximum(bound, 0.0))
