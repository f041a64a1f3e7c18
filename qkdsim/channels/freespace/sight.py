"""From one place to another over the round Earth: range, elevation, and whether they see each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.frames import geodetic, local_axes, place_on_earth_km

FloatArray = NDArray[np.float64]

_ALONG = 257  # points of the straight line at which its height is looked at
_RINGS, _DIRECTIONS = 2, 6  # of a platform's circle: rings of equal area, and places on each


@dataclass(frozen=True, slots=True)
class Place:
    """Latitude, longitude, height above the ellipsoid; what moves stays within `roams_km` of it, all places alike."""

    latitude_deg: float
    longitude_deg: float
    height_m: float
    roams_km: float = 0.0

    @property
    def positions_km(self) -> FloatArray:
        """Earth-fixed positions, (positions, 3), of equal weight: one, or 12 spread over the circle it roams."""
        centre = place_on_earth_km(self.latitude_deg, self.longitude_deg, self.height_m * 1e-3)
        if not self.roams_km:
            return centre[None]
        east, north, _ = local_axes(self.latitude_deg, self.longitude_deg)
        radius_km = self.roams_km * np.sqrt((np.arange(_RINGS) + 0.5) / _RINGS)
        angle = 2.0 * math.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
        offsets = np.cos(angle)[:, None] * east + np.sin(angle)[:, None] * north
        return np.asarray(centre + (radius_km[:, None, None] * offsets).reshape(-1, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The straight line between two places; columns (positions,) over what the two may roam, of equal weight.

    elevation_deg  of the higher end, seen from the lower one; geometric, without refraction
    clearance_m    least height of the line above the ellipsoid: below 0 the Earth stands between. Hills, buildings and
                   trees are not known
    """

    range_km: FloatArray
    elevation_deg: FloatArray
    clearance_m: float


def line_of_sight(a: Place, b: Place) -> Sight:
    """How two places see each other. Light bends down a little with the air; leaving that out is cautious."""
    low, high = (a, b) if a.height_m <= b.height_m else (b, a)
    start, end = (
        grid.reshape(-1, 3) for grid in np.broadcast_arrays(low.positions_km[:, None], high.positions_km[None])
    )
    offset = end - start
    range_km = np.linalg.norm(offset, axis=-1)
    up = local_axes(low.latitude_deg, low.longitude_deg)[2]
    with np.errstate(invalid="ignore"):  # two ends at one place have no direction
        elevation_deg = np.degrees(np.arcsin(np.clip((offset @ up) / range_km, -1.0, 1.0)))
    share = np.linspace(0.0, 1.0, _ALONG)[:, None, None]
    _, _, height_km = geodetic(start + share * offset)
    return Sight(range_km, elevation_deg, float(height_km.min()) * 1e3)
