"""What an eavesdropper could learn at best by any measurement that quantum mechanics allows (phase keying)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE, StreamCipher
from qkdsim.streamcipher.eavesdropper import tapped_photons
from qkdsim.streamcipher.running_key import RunningKey
from qkdsim.streamcipher.signals import sent_levels

_FAR_SIGMAS = 12.0
_MOST_PHOTONS_DENSE = 400.0  # a matrix over photon numbers up to about 700: a second


def level_error_limit(cipher: StreamCipher, tapped: float = 1.0) -> float:
    """Least probability of naming a wrong level, by any measurement of one symbol.

    The square-root measurement, which is optimal for states that lie evenly on a circle (M. Ban et al., Int. J. Theor.
    Phys. 36, 1269, 1997): 1 - (sum of sqrt(p_k))^2 / levels, with p_k the Poisson probability of a photon number
    equal to k modulo levels. For many levels this is 1 - 0.798 / masking_number.
    """
    weights = _photon_number_weights(cipher, tapped)
    return 1.0 - float(np.sum(np.sqrt(weights))) ** 2 / cipher.levels


def holevo_bits_per_symbol(cipher: StreamCipher, tapped: float = 1.0) -> float:
    """Most bits of information on the level that one symbol can yield, over joint measurements of all symbols as well.

    A. S. Holevo's bound: the entropy of the average state, here of the photon number modulo levels.
    """
    weights = _photon_number_weights(cipher, tapped)
    weights = weights[weights > 0.0]
    return float(-np.sum(weights * np.log2(weights)))


def unicity_symbols(cipher: StreamCipher, tapped: float = 1.0) -> float:
    """Known-plaintext symbols below which no eavesdropper can single out the seed, whatever its computing power.

    A lower bound, seed bits over `holevo_bits_per_symbol`. It is short: beyond some tens of symbols nothing but the
    work of searching the seed is known to protect it. So the cipher is never information-theoretically secure.
    """
    bits = holevo_bits_per_symbol(cipher, tapped)
    return cipher.seed_bits / bits if bits > 0.0 else math.inf


def data_error_limit(cipher: StreamCipher, tapped: float = 1.0) -> float:
    """Least error by which any measurement of one symbol tells a data bit, to an eavesdropper ignorant of the basis.

    C. W. Helstrom's bound for the two mixtures over all bases, in the photon-number basis (as in G. A. Barbosa et al.,
    2003), before overlap selection, which makes it exactly 1/2. For dense levels it is 1/2 less about 1/levels: around
    a circle with an even number of bases, polarity cannot alternate without two breaks. Raises InputError for two bits
    per symbol and above 400 photons, where the matrix grows large.
    """
    photons = _phase_photons(cipher, tapped)
    if cipher.bits_per_symbol > 1:
        raise InputError.of(SOURCE, "bits_per_symbol", cipher.bits_per_symbol, "1 for the bound on a data bit")
    if photons > _MOST_PHOTONS_DENSE:
        raise InputError.of(SOURCE, "mean_photons", photons, f"at most {_MOST_PHOTONS_DENSE:g} behind the tap")
    harmonics = np.fft.fft(_data_signs(cipher)) / cipher.levels
    numbers = np.arange(_last_number(photons) + 1)
    amplitudes = np.exp(0.5 * (numbers * math.log(photons) - photons - gammaln(numbers + 1.0)))
    differences = (numbers[None, :] - numbers[:, None]) % cipher.levels
    contrast = np.outer(amplitudes, amplitudes) * harmonics[differences]
    return 0.5 - 0.5 * float(np.sum(np.abs(np.linalg.eigvalsh(contrast))))


def _data_signs(cipher: StreamCipher) -> NDArray[np.float64]:
    """+1 or -1 for the bit that each level carries, shape (levels,)."""
    basis = np.arange(cipher.bases, dtype=np.uint32)
    key = RunningKey(basis, np.zeros_like(basis))
    signs = np.empty(cipher.levels)
    for bit, sign in ((0, 1.0), (1, -1.0)):
        signs[sent_levels(cipher, np.full_like(basis, bit), key)] = sign
    return signs


def _photon_number_weights(cipher: StreamCipher, tapped: float) -> NDArray[np.float64]:
    """Probability of each photon number modulo levels: the eigenvalues of the average state."""
    from scipy.stats import poisson  # slow to import

    photons = _phase_photons(cipher, tapped)
    first = max(0, math.floor(photons - _FAR_SIGMAS * math.sqrt(photons) - 1.0))
    numbers = np.arange(first, _last_number(photons) + 1)
    weights = np.asarray(np.bincount(numbers % cipher.levels, weights=poisson.pmf(numbers, photons)), dtype=np.float64)
    return weights / np.sum(weights)  # the rounding errors of many photons


def _last_number(photons: float) -> int:
    return math.ceil(photons + _FAR_SIGMAS * math.sqrt(photons) + 40.0)


def _phase_photons(cipher: StreamCipher, tapped: float) -> float:
    if cipher.keying != "phase":
        raise InputError.of(SOURCE, "keying", cipher.keying, "'phase': the optimum for intensity levels is not known")
    return tapped_photons(cipher, tapped)
