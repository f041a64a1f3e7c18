"""Light lost because the beam's axis does not stay on the receiver.

A Gaussian spot of 1/e^2 radius w whose axis jitters with standard deviation s per axis is, on average, a Gaussian spot
of radius sqrt(w^2 + 4 s^2): two Gaussians convolved. So the mean is closed for a receiver of any size, with or without
a boresight error (`near_field.gaussian_capture`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chndtrix

from qkdsim.channels.freespace.near_field import gaussian_capture

FloatArray = NDArray[np.float64]


def jittered_spot_radius_m(spot_radius_m: ArrayLike, range_km: ArrayLike, jitter_urad: float) -> FloatArray:
    """1/e^2 radius of the mean spot, sqrt(w^2 + 4 sigma^2 L^2); sigma per axis. Shapes broadcast."""
    return np.hypot(spot_radius_m, 2e-3 * jitter_urad * np.asarray(range_km, dtype=np.float64))


def mean_pointing_factor(
    *,
    spot_radius_m: ArrayLike,
    range_km: ArrayLike,
    receiver_radius_m: float,
    jitter_urad: float,
    boresight_urad: float = 0.0,
) -> FloatArray:
    """Mean received power over that of perfect pointing, in [0, 1], for a Gaussian spot and an open round receiver.

    For a receiver much smaller than the spot: w^2/w'^2 exp(-2 b^2 L^2/w'^2) with w'^2 = w^2 + 4 sigma^2 L^2.
    Shapes broadcast. A spot of infinite radius gives 1: there is nothing to miss.
    """
    ranges = np.asarray(range_km, dtype=np.float64)
    spot = np.asarray(spot_radius_m, dtype=np.float64)
    still = gaussian_capture(spot, receiver_radius_m)
    moving = gaussian_capture(
        jittered_spot_radius_m(spot, ranges, jitter_urad), receiver_radius_m, 1e-3 * boresight_urad * ranges
    )
    return np.array(np.where(still > 0.0, np.minimum(moving / np.where(still > 0.0, still, 1.0), 1.0), 1.0))


@dataclass(frozen=True, slots=True)
class SmallReceiverFading:
    """Fading by jitter for a receiver much smaller than the spot: p(h) = beta h^(beta - 1), 0 < h < 1.

    beta = w^2/(4 sigma^2 L^2), sigma per axis, no boresight error; h is the received power over that of perfect
    pointing. beta is infinite without jitter.
    """

    beta: float

    @property
    def mean(self) -> float:
        """beta/(beta + 1)."""
        return 1.0 / (1.0 + 1.0 / self.beta)

    def density(self, factor: ArrayLike) -> FloatArray:
        """p(h); 0 outside (0, 1]. Undefined (ValueError) without jitter, where h is always 1."""
        if math.isinf(self.beta):
            raise ValueError("without jitter the factor is 1 and has no density")
        h = np.asarray(factor, dtype=np.float64)
        inside = (h > 0.0) & (h <= 1.0)
        return np.where(inside, self.beta * np.where(inside, h, 1.0) ** (self.beta - 1.0), 0.0)

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """The h that is not exceeded with this probability: probability^(1/beta)."""
        return np.asarray(np.asarray(probability, dtype=np.float64) ** (1.0 / self.beta))

    def sample(self, generator: np.random.Generator, count: int) -> FloatArray:
        """Independent draws, shape (count,)."""
        return self.quantile(generator.random(count))


@dataclass(frozen=True, slots=True)
class WanderingSpot:
    """Transmittance of a Gaussian spot that jitters over a round receiver of any size.

    spot_radius_m      1/e^2 intensity radius of the steady spot
    receiver_radius_m  of the open aperture
    jitter_m           standard deviation of the spot's place, per axis
    boresight_m        distance of its mean place from the receiver's centre

    The exact law behind the elliptic and log-negative-Weibull approximations of D. Vasylyev et al., Phys. Rev. Lett.
    108, 220501 (2012): the distance r obeys Rice's law, the transmittance follows from r.
    """

    spot_radius_m: float
    receiver_radius_m: float
    jitter_m: float
    boresight_m: float = 0.0

    @property
    def mean(self) -> float:
        """Mean transmittance."""
        blurred = math.hypot(self.spot_radius_m, 2.0 * self.jitter_m)
        return float(gaussian_capture(blurred, self.receiver_radius_m, self.boresight_m))

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """The transmittance that is not exceeded with this probability; any shape."""
        p = np.asarray(probability, dtype=np.float64)
        if self.jitter_m == 0.0:
            return np.full(p.shape, self.mean)
        noncentrality = (self.boresight_m / self.jitter_m) ** 2
        distance = self.jitter_m * np.sqrt(np.asarray(chndtrix(1.0 - p, 2.0, noncentrality)))
        return gaussian_capture(self.spot_radius_m, self.receiver_radius_m, distance)

    def sample(self, generator: np.random.Generator, count: int) -> FloatArray:
        """Independent draws, shape (count,)."""
        place = self.jitter_m * generator.standard_normal((2, count))
        distance = np.hypot(place[0] + self.boresight_m, place[1])
        return gaussian_capture(self.spot_radius_m, self.receiver_radius_m, distance)
