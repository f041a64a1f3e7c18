"""Longitudes on a map: near its middle, and lines parted where they leave on one side and come back on the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def around(longitude_deg: ArrayLike, centre_deg: float) -> FloatArray:
    """The same longitudes within 180 degrees of the middle of the map."""
    longitude = np.asarray(longitude_deg, dtype=np.float64)
    return (longitude - centre_deg + 180.0) % 360.0 - 180.0 + centre_deg


def parted(longitude_deg: ArrayLike, latitude_deg: ArrayLike, centre_deg: float) -> tuple[FloatArray, FloatArray]:
    """A line around the middle of the map, with NaN between points on opposite edges; columns (points,)."""
    x, y = around(longitude_deg, centre_deg), np.asarray(latitude_deg, dtype=np.float64)
    jumps = np.flatnonzero(np.abs(np.diff(x)) > 180.0) + 1  # NaN, which parts a line by itself, is no jump
    return np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan)
