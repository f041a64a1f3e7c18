"""Quadratures as a coherent receiver records them: the law of their moments, and moments of finite samples.

A record is what leaves the converter, in units in which the shot noise of the undisturbed device has variance 1. Values
beyond the linear range are cut to its ends, so their law is not normal; its moments to fourth order are exact, and
averages over very many values are drawn from the normal law of their errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
NODES = 80


@dataclass(frozen=True, slots=True)
class QuadratureAttack:
    """What an eavesdropper does to the light of a continuous-variable system.

    intercepted          share of symbols that she measures (both quadratures) and sends on: two units of excess noise
                         on each (J. Lodewyck et al., Phys. Rev. Lett. 98, 030503 (2007))
    power_gain           power of the signal at the receiver over that without her: a better channel, or amplification
    oscillator_response  shot noise and signal in the record over what they are without her, by pulses of the local
                         oscillator that she reshapes or attenuates (P. Jouguet, S. Kunz-Jacques, E. Diamanti, Phys.
                         Rev. A 87, 062313 (2013); X.-C. Ma et al., Phys. Rev. A 88, 022339 (2013))
    is_delayed           whether the power of these pulses stays, since only their timing to the trigger changes
    displacement         constant added to every quadrature, in standard deviations of the shot noise (H. Qin, R. Kumar,
                         R. Alleaume, Phys. Rev. A 94, 012325 (2016))
    """

    intercepted: float = 0.0
    power_gain: float = 1.0
    oscillator_response: float = 1.0
    is_delayed: bool = True
    displacement: float = 0.0

    @property
    def excess_noise_snu(self) -> float:
        """What interception adds, referred to the channel's input."""
        return 2.0 * self.intercepted


NO_ATTACK = QuadratureAttack()


@dataclass(frozen=True, slots=True)
class QuadratureLaw:
    """One quadrature: Alice's value x of variance V, and the record y = cut(slope x + displacement + noise).

    modulation  V in SNU
    slope       of the record over Alice's value
    noise       variance of the record at a given x, before it is cut
    range_end   where it is cut, on both sides
    """

    modulation: float
    slope: float
    noise: float
    displacement: float
    range_end: float

    def sampled(self, values: float, size: int, generator: np.random.Generator) -> QuadratureMoments:
        """Averages over so many values each, `size` times."""
        mean, covariance, cut = self._moments()
        spread, turn = np.linalg.eigh(covariance)
        errors = generator.standard_normal((size, len(mean))) * np.sqrt(np.maximum(spread, 0.0) / values)
        drawn = mean + errors @ turn.T
        at_ends = generator.binomial(int(min(values, 1e18)), cut, size) / values
        square_x, product, square_y, mean_y = drawn.T
        return QuadratureMoments(values, square_x, product, square_y, mean_y, np.asarray(at_ends))

    def _moments(self) -> tuple[FloatArray, FloatArray, float]:
        """Means of (x^2, x y, y^2, y), their covariances for single values, and the share of values that is cut."""
        nodes, weight = _hermite()
        x = math.sqrt(self.modulation) * nodes
        record = _cut_moments(self.slope * x + self.displacement, math.sqrt(self.noise), self.range_end)
        powers = ((2, 0), (1, 1), (0, 2), (0, 1))
        mean = np.array([float(weight @ (x**i * record[j])) for i, j in powers])
        both = [[float(weight @ (x ** (i + k) * record[j + m])) for k, m in powers] for i, j in powers]
        return mean, np.array(both) - np.outer(mean, mean), float(weight @ record[5])


@dataclass(frozen=True, slots=True)
class QuadratureMoments:
    """Averages over `values` pairs, arrays over blocks: of x^2, x y, y^2 and y, and the share that was cut."""

    values: float
    square_x: FloatArray
    product: FloatArray
    square_y: FloatArray
    mean_y: FloatArray
    cut_share: FloatArray

    @property
    def variance_y(self) -> FloatArray:
        """About the mean: a constant is taken off, as receivers do."""
        return np.asarray(self.square_y - self.mean_y**2)


@cache
def _hermite() -> tuple[FloatArray, FloatArray]:
    nodes, weight = special.roots_hermitenorm(NODES)
    return nodes, weight / weight.sum()


def _cut_moments(centre: FloatArray, spread: float, end: float) -> list[FloatArray]:
    """Moments 0 to 4 of a normal value cut to [-end, end], and the probability that it is cut: six arrays."""
    low, high = (-end - centre) / spread, (end - centre) / spread
    below, above = special.ndtr(low), special.ndtr(-high)
    density_low, density_high = (np.exp(-(one**2) / 2.0) / math.sqrt(2.0 * math.pi) for one in (low, high))
    inside = [1.0 - below - above, density_low - density_high]
    for order in (2, 3, 4):  # of the standard normal law between low and high
        edges = low ** (order - 1) * density_low - high ** (order - 1) * density_high
        inside.append((order - 1) * inside[order - 2] + edges)
    moments = []
    for order in range(5):
        terms = (math.comb(order, k) * centre ** (order - k) * spread**k * inside[k] for k in range(order + 1))
        moments.append(sum(terms, np.zeros_like(centre)) + (-end) ** order * below + end**order * above)
    return [*moments, below + above]
