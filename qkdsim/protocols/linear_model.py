"""The linear click model of the decoy literature, for reproducing papers; `bb84.click_table` is the exact one.

    D_k = 1 - (1 - 2p) exp(-eta k);  R_k = D_k (1 + p_ap);  e_k = p + e_mis (1 - exp(-eta k)) + p_ap D_k / 2

e_k is an error probability per pulse, not per click. Afterpulses are booked to the intensity that clicked, which is the
papers' simplification: really they follow the average gain. C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014),
Sec. IV.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols.bb84 import Bb84Setup
from qkdsim.protocols.clicktable import NO_CLICK, ONLY_0, ONLY_1, ClickTable

FloatArray = NDArray[np.float64]


def linear_gain(
    mean_photon_number: FloatArray, transmittance: float, noise_probability: float, afterpulse_probability: float
) -> FloatArray:
    """Click probability per pulse R_k with matched bases."""
    light = -np.expm1(-transmittance * mean_photon_number)
    return _gain(light, noise_probability, afterpulse_probability)


def linear_error(
    mean_photon_number: FloatArray,
    transmittance: float,
    noise_probability: float,
    afterpulse_probability: float,
    misalignment_error: float,
) -> FloatArray:
    """Error probability per pulse e_k with matched bases."""
    light = -np.expm1(-transmittance * mean_photon_number)
    return _error(light, noise_probability, afterpulse_probability, misalignment_error)


def _primary(light: FloatArray, noise: float) -> FloatArray:
    """D, from the probability that light alone makes a click: 1 - (1 - 2p)(1 - light)."""
    return np.asarray(1.0 - (1.0 - 2.0 * noise) * (1.0 - light))


def _gain(light: FloatArray, noise: float, afterpulse: float) -> FloatArray:
    return np.asarray(_primary(light, noise) * (1.0 + afterpulse))


def _error(light: FloatArray, noise: float, afterpulse: float, misalignment: float) -> FloatArray:
    return np.asarray(noise + misalignment * light + afterpulse * _primary(light, noise) / 2.0)


def linear_click_table(setup: Bb84Setup, afterpulse_probability: float, photons: int | None = None) -> ClickTable:
    """The model as a click table without double clicks; both detectors are taken as equal (their mean).

    With `photons` every pulse holds exactly so many, which gives the yields that decoy states estimate.
    """
    eta, noise = float(setup.transmittance.mean()), float(setup.noise_probability.mean())
    light = -np.expm1(-eta * setup.mean_photon_number)
    if photons is not None:
        light = np.full_like(light, 1.0 - (1.0 - eta) ** photons)
    gain = np.minimum(_gain(light, noise, afterpulse_probability), 1.0)
    patterns = np.zeros((len(gain), 2, 2, 2, 4))
    patterns[..., ONLY_0] = patterns[..., ONLY_1] = gain[:, None, None, None] / 2.0
    for basis in range(2):
        misalignment = float(setup.error_probability[basis])
        error = np.minimum(_error(light, noise, afterpulse_probability, misalignment), gain)
        for bit, (right, wrong) in enumerate(((ONLY_0, ONLY_1), (ONLY_1, ONLY_0))):
            patterns[:, basis, bit, basis, right] = gain - error
            patterns[:, basis, bit, basis, wrong] = error
    patterns[..., NO_CLICK] = 1.0 - patterns[..., ONLY_0:].sum(axis=-1)
    return ClickTable(setup.setting_probability, patterns)
