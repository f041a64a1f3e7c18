"""Scintillation as a random factor of the received power.

Only statistics in real time need it: outages, buffers, keeping the seconds with much light, dead time. Counts over a
second or more depend on the mean alone, since the air changes within 1 to 10 ms and the gain is linear in the loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogNormalFading:
    """A log-normal factor with mean 1 and the given variance (the scintillation index after aperture averaging).

    For weak turbulence, index below about 1. Raises ValueError for a negative index.
    """

    scintillation_index: float

    def __post_init__(self) -> None:
        if not self.scintillation_index >= 0.0:
            raise ValueError(f"scintillation_index: got {self.scintillation_index}, expected 0 or more")

    @property
    def log_variance(self) -> float:
        """Variance of ln h: ln(1 + index); its mean is minus half of that."""
        return math.log1p(self.scintillation_index)

    def density(self, factor: ArrayLike) -> FloatArray:
        """p(h); 0 for h <= 0. Raises ValueError without scintillation, where h is always 1."""
        variance = self.log_variance
        if variance == 0.0:
            raise ValueError("without scintillation the factor is 1 and has no density")
        h = np.asarray(factor, dtype=np.float64)
        logarithm = np.log(np.where(h > 0.0, h, 1.0))
        weight = np.exp(-((logarithm + variance / 2.0) ** 2) / (2.0 * variance))
        return np.where(h > 0.0, weight / (np.where(h > 0.0, h, 1.0) * math.sqrt(2.0 * math.pi * variance)), 0.0)

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """The h that is not exceeded with this probability; any shape."""
        normal = np.asarray(ndtri(np.asarray(probability, dtype=np.float64)))
        return np.asarray(np.exp(math.sqrt(self.log_variance) * normal - self.log_variance / 2.0))

    def sample(self, generator: np.random.Generator, count: int) -> FloatArray:
        """Independent draws, shape (count,)."""
        draws = generator.standard_normal(count)
        return np.asarray(np.exp(math.sqrt(self.log_variance) * draws - self.log_variance / 2.0))
