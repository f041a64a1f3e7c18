"""The linear click model of the decoy literature, for reproducing papers; `bb84.click_table` is the exact one.

    D_k = 1 - (1 - 2p) exp(-eta k);  R_k = D_k (1 + p_ap);  e_k = p + e_mis (1 - exp(-eta k)) + p_ap D_k / 2

e_k is an error probability per pulse, not per click. Afterpulses are booked to the intensity that clicked, which is the
papers' simplification: really they follow the average gain. C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014),
Sec. IV.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols.bb84 import Bb84Setup
from qkdsim.protocols.clicktable import NO_CLICK, ONLY_0, ONLY_1, ClickTable

FloatArray = NDArray[np.float64]


def linear_gain(
    mean_photon_number: FloatArray, transmittance: float, noise_probability: float, afterpulse_probability: float
) -> FloatArray:
    """Click probability per pulse R_k with matched bases."""
    primary = 1.0 - (1.0 - 2.0 * noise_probability) * np.exp(-transmittance * mean_photon_number)
    return np.asarray(primary * (1.0 + afterpulse_probability))


def linear_error(
    mean_photon_number: FloatArray,
    transmittance: float,
    noise_probability: float,
    afterpulse_probability: float,
    misalignment_error: float,
) -> FloatArray:
    """Error probability per pulse e_k with matched bases."""
    primary = 1.0 - (1.0 - 2.0 * noise_probability) * np.exp(-transmittance * mean_photon_number)
    light = -np.expm1(-transmittance * mean_photon_number)
    return np.asarray(noise_probability + misalignment_error * light + afterpulse_probability * primary / 2.0)


def _same_light(photons: int, transmittance: float) -> float:
    """The mean photon number of a pulse that stays dark as often as `photons` photons do: exp(-eta mu) = (1-eta)^n."""
    if transmittance <= 0.0 or photons == 0:
        return float(photons)
    return -photons * math.log1p(-transmittance) / transmittance if transmittance < 1.0 else math.inf


def linear_click_table(setup: Bb84Setup, afterpulse_probability: float, photons: int | None = None) -> ClickTable:
    """The model as a click table without double clicks; both detectors are taken as equal (their mean).

    With `photons` every pulse holds exactly so many, which gives the yields that decoy states estimate.
    """
    eta, noise = float(setup.transmittance.mean()), float(setup.noise_probability.mean())
    mean = setup.mean_photon_number
    if photons is not None:
        mean = np.full_like(mean, _same_light(photons, eta))
    gain = np.minimum(linear_gain(mean, eta, noise, afterpulse_probability), 1.0)
    patterns = np.zeros((len(gain), 2, 2, 2, 4))
    patterns[..., ONLY_0] = patterns[..., ONLY_1] = gain[:, None, None, None] / 2.0
    for basis in range(2):
        misalignment = float(setup.error_probability[basis])
        error = np.minimum(linear_error(mean, eta, noise, afterpulse_probability, misalignment), gain)
        for bit, (right, wrong) in enumerate(((ONLY_0, ONLY_1), (ONLY_1, ONLY_0))):
            patterns[:, basis, bit, basis, right] = gain - error
            patterns[:, basis, bit, basis, wrong] = error
    patterns[..., NO_CLICK] = 1.0 - patterns[..., ONLY_0:].sum(axis=-1)
    return ClickTable(setup.setting_probability, patterns)
