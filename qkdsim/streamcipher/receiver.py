"""The receiver who knows the running key: it tells apart only the states of one basis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE, StreamCipher
from qkdsim.streamcipher.line import Arrival

_BOLTZMANN_J_PER_K = 1.380_649e-23  # exact, SI
_ELEMENTARY_CHARGE_C = 1.602_176_634e-19  # exact, SI


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver and its noise.

    `heterodyne` stands for every phase-diverse coherent receiver: both quadratures at once, basis removed afterwards.
    `homodyne` turns its local oscillator by the running key, for one bit per symbol. `direct` counts photons, for
    intensity keying. `electronic_noise` is a variance in units of the shot noise of the local oscillator;
    `thermal_electrons` a standard deviation per symbol; `noise_modes` the modes of spontaneous light that reach a
    direct receiver (polarisations x filter width x symbol time); `penalty_db` what the implementation loses of the
    signal-to-noise ratio.
    """

    kind: Literal["heterodyne", "homodyne", "direct"]
    efficiency: float = 1.0
    electronic_noise: float = 0.0
    thermal_electrons: float = 0.0
    noise_modes: float = 2.0
    penalty_db: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in {"heterodyne", "homodyne", "direct"}:
            raise InputError.of(SOURCE, "receiver", self.kind, "'heterodyne', 'homodyne' or 'direct'")
        if not 0.0 < self.efficiency <= 1.0:
            raise InputError.of(SOURCE, "efficiency", self.efficiency, "above 0 and up to 1")
        for name in ("electronic_noise", "thermal_electrons", "noise_modes", "penalty_db"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise InputError.of(SOURCE, name, getattr(self, name), "a number, 0 or more")

    def amplitude(self, cipher: StreamCipher, arrival: Arrival) -> float:
        """Detected field amplitude of a phase-keyed symbol; its square is the number of detected photons."""
        return math.sqrt(self.efficiency * arrival.transmittance * cipher.mean_photons)

    def quadrature_sigma(self, arrival: Arrival) -> float:
        """Standard deviation of one measured quadrature, in the unit of `amplitude`.

        Vacuum has variance 1/4; heterodyne lets it in twice. N noise photons add N/2 to each quadrature.
        """
        noise_photons = self.efficiency * arrival.noise_photons
        if self.kind == "heterodyne":
            variance = (1.0 + noise_photons + self.electronic_noise) / 2.0
        else:
            variance = (1.0 + 2.0 * noise_photons + self.electronic_noise) / 4.0
        return math.sqrt(variance * self._penalty)

    def counts(self, photons: NDArray[np.float64], arrival: Arrival) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of detected photons at these transmitted photon numbers, shape as `photons`.

        Shot noise, beating of signal and spontaneous light, spontaneous light with itself, thermal noise: the variance
        of displaced thermal light, n (1 + 2 N) + m N (1 + N). The mean of the spontaneous light is known and
        subtracted.
        """
        mean = self.efficiency * arrival.transmittance * photons
        noise = self.efficiency * arrival.noise_photons
        spontaneous = self.noise_modes * noise * (1.0 + noise)
        variance = mean * (1.0 + 2.0 * noise) + spontaneous + self.thermal_electrons**2
        return mean, np.sqrt(variance * self._penalty)

    @property
    def _penalty(self) -> float:
        return float(10.0 ** (self.penalty_db / 10.0))


def thermal_electrons(temperature_k: float, load_ohm: float, symbol_rate_hz: float) -> float:
    """Standard deviation per symbol, in electrons, of the thermal noise of a load: sqrt(2 k T t / R) / e.

    Johnson noise 4 k T / R in the noise bandwidth 1/(2t) of an integrator over the symbol time t.
    """
    variance_c2 = 2.0 * _BOLTZMANN_J_PER_K * temperature_k / (load_ohm * symbol_rate_hz)
    return math.sqrt(variance_c2) / _ELEMENTARY_CHARGE_C


def q_factors(cipher: StreamCipher, receiver: Receiver, arrival: Arrival) -> NDArray[np.float64]:
    """Q factor of every basis, shape (bases,) for intensity keying and (1,) for phase keying: error rate erfc(Q/√2)/2.

    Raises InputError for a receiver that cannot read this keying.
    """
    require_fitting(cipher, receiver)
    if cipher.keying == "phase":
        q_factor = receiver.amplitude(cipher, arrival) / receiver.quadrature_sigma(arrival)
        return np.array([q_factor / math.sqrt(cipher.bits_per_symbol)])
    mean, sigma = receiver.counts(cipher.level_photons, arrival)
    low, high = slice(None, cipher.bases), slice(cipher.bases, None)
    return np.asarray((mean[high] - mean[low]) / (sigma[high] + sigma[low]))


def bit_error(cipher: StreamCipher, receiver: Receiver, arrival: Arrival) -> float:
    """Error probability of a data bit, averaged over bases, before error correction."""
    return float(np.mean(erfc(q_factors(cipher, receiver, arrival) / math.sqrt(2.0)) / 2.0))


def symbol_error(cipher: StreamCipher, receiver: Receiver, arrival: Arrival) -> float:
    """Probability that the receiver decides on a wrong state of the basis."""
    error = bit_error(cipher, receiver, arrival)
    return error if cipher.bits_per_symbol == 1 else error * (2.0 - error)


def require_fitting(cipher: StreamCipher, receiver: Receiver) -> None:
    """Raise InputError unless the receiver can read the keying."""
    if cipher.keying == "intensity" and receiver.kind != "direct":
        raise InputError.of(SOURCE, "receiver", receiver.kind, "'direct' with intensity keying")
    if cipher.keying == "phase" and receiver.kind == "direct":
        raise InputError.of(SOURCE, "receiver", receiver.kind, "'heterodyne' or 'homodyne' with phase keying")
    if cipher.bits_per_symbol > 1 and receiver.kind == "homodyne":
        raise InputError.of(SOURCE, "receiver", receiver.kind, "'heterodyne' with two bits per symbol")
