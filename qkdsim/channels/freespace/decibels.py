"""Decibels of whole arrays: `qkdsim.units` for numbers, here the same for a pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def loss_db(transmittance: ArrayLike) -> NDArray[np.float64]:
    """Loss in decibels of power transmittances, any shape; infinite for 0."""
    with np.errstate(divide="ignore"):  # no light is a loss without end, and no accident
        return np.asarray(-10.0 * np.log10(np.asarray(transmittance, dtype=np.float64)) + 0.0)


def transmittance(loss: ArrayLike) -> NDArray[np.float64]:
    """Power transmittances of losses in decibels, any shape."""
    return np.asarray(10.0 ** (-np.asarray(loss, dtype=np.float64) / 10.0))
