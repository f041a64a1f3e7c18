"""An eavesdropper without the running key, with the receivers of today: it must tell all levels apart.

It taps a share of the light with a beam splitter at the transmitter, before any loss; a share of 1 is the worst case.
Its receiver is ideal. Further down an amplified line it would find the same signal with amplifier noise on top.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import erf, erfc

from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE, StreamCipher

_FAR_SIGMAS = 9.0  # beyond it a Gaussian has less than 1e-18


def tapped_photons(cipher: StreamCipher, tapped: float) -> float:
    """Mean photons per symbol behind a tap of this share; raises InputError outside 0 .. 1."""
    if not 0.0 < tapped <= 1.0:
        raise InputError.of(SOURCE, "tapped", tapped, "a share above 0 and up to 1")
    return tapped * cipher.mean_photons


def masking_number(
    cipher: StreamCipher, tapped: float = 1.0, *, heterodyne: bool = False, sigmas: float = 2.0
) -> float:
    """Noise masking number: levels within a width of `sigmas` standard deviations of quantum noise.

    Taken at the mean photon number, and by default with a width of 2: one standard deviation to either side. Phase:
    standard deviation 1/(2 sqrt(n)), sqrt(2) more for a heterodyne receiver; with 2M levels this is M / (pi sqrt(n)),
    the number of G. A. Barbosa et al. (2003) and R. Nair et al. (2006). Intensity: standard deviation sqrt(n), as in
    O. Hirota et al. (2005). Authors differ by factors of 2 and sqrt(2): `sigmas` = 1 counts one standard deviation in
    all.
    """
    photons = tapped_photons(cipher, tapped)
    if cipher.keying == "phase":
        sigma = math.sqrt(0.5 / photons) if heterodyne else 0.5 / math.sqrt(photons)
        return sigmas * sigma * cipher.levels / (2.0 * math.pi)
    if heterodyne:
        raise InputError.of(SOURCE, "heterodyne", heterodyne, "false with intensity keying, where photons are counted")
    return sigmas * math.sqrt(photons) / _intensity_step(cipher, tapped)


def level_masking_number(cipher: StreamCipher, tapped: float = 1.0, *, sigmas: float = 2.0) -> NDArray[np.float64]:
    """`masking_number` at every level, shape (levels,): with intensity keying bright levels are masked better."""
    photons = cipher.level_photons / cipher.mean_photons
    at_mean = masking_number(cipher, tapped, sigmas=sigmas)
    return at_mean * (np.sqrt(photons) if cipher.keying == "intensity" else photons)


def eavesdropper_level_error(cipher: StreamCipher, tapped: float = 1.0) -> float:
    """Probability that the eavesdropper names a wrong level, symbol by symbol.

    Phase: ideal heterodyne receiver and nearest phase, from the exact phase distribution of a field in Gaussian noise.
    Intensity: ideal photon counting in the Gaussian approximation, and the nearest level.
    """
    photons = tapped_photons(cipher, tapped)
    if cipher.keying == "phase":
        return 1.0 - _within_phase(photons, math.pi / cipher.levels)
    half_step = 0.5 * _intensity_step(cipher, tapped)
    beyond = erfc(half_step / np.sqrt(2.0 * tapped * cipher.level_photons))  # on either side
    return float((np.sum(beyond) - 0.5 * (beyond[0] + beyond[-1])) / cipher.levels)


def neighbour_error_limit(cipher: StreamCipher, tapped: float = 1.0) -> float:
    """Least error by which any measurement can tell two neighbouring levels apart, given that it is one of the two.

    C. W. Helstrom's bound for two coherent states, (1 - sqrt(1 - exp(-d^2))) / 2 with their distance d; for intensity
    keying at the darkest levels, which lie furthest apart.
    """
    tapped_photons(cipher, tapped)
    points = cipher.level_points[:2] * math.sqrt(tapped)
    return 0.5 * (1.0 - math.sqrt(-math.expm1(-(abs(points[1] - points[0]) ** 2))))


def _intensity_step(cipher: StreamCipher, tapped: float) -> float:
    photons = cipher.level_photons
    return float(tapped * (photons[1] - photons[0]))


def _within_phase(signal_to_noise: float, half_width: float) -> float:
    """Probability that the phase of a field of this mean over noise power lies within `half_width` of its mean phase.

    Density as in J. G. Proakis, Digital Communications, section on phase-shift keying.
    """
    root = math.sqrt(signal_to_noise)

    def density(phase: float) -> float:
        along, across = root * math.cos(phase), root * math.sin(phase)
        beam = along / math.sqrt(math.pi) * math.exp(-(across**2)) * (1.0 + erf(along))
        return float(math.exp(-signal_to_noise) / (2.0 * math.pi) + beam / 2.0)

    edge = min(half_width, _FAR_SIGMAS / root)
    inner = quad(density, 0.0, edge, epsabs=1e-13, epsrel=1e-11)[0]
    outer = quad(density, edge, half_width, epsabs=1e-13, epsrel=1e-11)[0] if edge < half_width else 0.0
    return min(1.0, 2.0 * (inner + outer))
