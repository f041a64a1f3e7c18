"""The coast of the world, coarse, for maps that need no download. Where it comes from: `coastlines.md` beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_FILE = Path(__file__).with_name("coastlines.npz")


@cache
def coastlines() -> tuple[NDArray[np.float64], ...]:
    """Lines of points (n, 2), longitude -180 to 180 and latitude [deg], read-only; none crosses the 180th meridian.

    Natural Earth 1:110m, public domain. Islands smaller than some 50 km, such as Okinawa, are not in it.
    """
    with np.load(_FILE, allow_pickle=False) as stored:
        points_deg = stored["hundredths_deg"] / 100.0
        counts = stored["counts"]
    points_deg.flags.writeable = False  # every caller is given the same arrays
    return tuple(np.split(points_deg, np.cumsum(counts)[:-1]))
