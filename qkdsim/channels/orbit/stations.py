"""Ground stations on the WGS-84 ellipsoid, and the horizon that hides the sky from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.frames import LookAngles, Vectors, local_axes, place_on_earth_km
from qkdsim.errors import InputError

LOWEST_MASK_DEG, HIGHEST_MASK_DEG = -5.0, 90.0
LOWEST_HEIGHT_M = -1000.0  # a little below the deepest valley


@dataclass(frozen=True, slots=True)
class HorizonMask:
    """The elevation below which a station does not see or use the sky.

    vertices_deg  (azimuth, elevation) pairs by rising azimuth in [0, 360); straight between them, and round through
                  north from the last to the first. One pair is the same mask all around.

    Raises InputError for azimuths out of order and elevations outside -5 to 90 degrees.
    """

    vertices_deg: tuple[tuple[float, float], ...] = ((0.0, 10.0),)
    source: str = field(default="station", repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.vertices_deg:
            raise InputError.of(self.source, "horizon", "no entries", "at least one azimuth and elevation")
        key = "mask_deg" if len(self.vertices_deg) == 1 else "horizon"
        last_deg = -math.inf
        for azimuth_deg, elevation_deg in self.vertices_deg:
            if not (0.0 <= azimuth_deg < 360.0 and azimuth_deg > last_deg):
                raise InputError.of(self.source, "horizon", azimuth_deg, "azimuths from 0 to below 360, rising")
            if not LOWEST_MASK_DEG <= elevation_deg <= HIGHEST_MASK_DEG:
                raise InputError.of(self.source, key, elevation_deg, "an elevation from -5 to 90 degrees")
            last_deg = azimuth_deg

    @property
    def lowest_deg(self) -> float:
        """The least elevation at which anything is seen."""
        return min(elevation_deg for _, elevation_deg in self.vertices_deg)

    @property
    def is_level(self) -> bool:
        """Whether the mask is the same in all directions."""
        return len({elevation_deg for _, elevation_deg in self.vertices_deg}) == 1

    def at(self, azimuth_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mask [deg] in the given directions."""
        azimuths, elevations = zip(*self.vertices_deg, strict=True)
        return np.asarray(np.interp(azimuth_deg, azimuths, elevations, period=360.0), dtype=np.float64)


def level_mask(mask_deg: float, *, source: str = "station") -> HorizonMask:
    """The same mask in all directions."""
    return HorizonMask(((0.0, mask_deg),), source=source)


@dataclass(frozen=True, slots=True)
class Station:
    """An optical ground station: geodetic latitude and longitude, height above the ellipsoid, horizon.

    Raises InputError for a place that is not on the Earth.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    height_m: float = 0.0
    mask: HorizonMask = HorizonMask()
    source: str = field(default="station", repr=False, compare=False)

    def __post_init__(self) -> None:
        if not -90.0 <= self.latitude_deg <= 90.0:
            raise InputError.of(self.source, f"{self.name}.latitude_deg", self.latitude_deg, "-90 to 90")
        if not -180.0 <= self.longitude_deg <= 360.0:
            raise InputError.of(self.source, f"{self.name}.longitude_deg", self.longitude_deg, "-180 to 360")
        if not (math.isfinite(self.height_m) and self.height_m >= LOWEST_HEIGHT_M):
            raise InputError.of(self.source, f"{self.name}.height_m", self.height_m, f"{LOWEST_HEIGHT_M:g} or more")

    @property
    def position_km(self) -> Vectors:
        """Earth-fixed position, (3,)."""
        return place_on_earth_km(self.latitude_deg, self.longitude_deg, self.height_m * 1e-3)

    @property
    def axes(self) -> Vectors:
        """East, north and up, the rows of (3, 3)."""
        return local_axes(self.latitude_deg, self.longitude_deg)

    def look_at(self, position: Vectors, velocity: Vectors) -> LookAngles:
        """Look angles to Earth-fixed positions [km] and velocities [km/s], (n, 3) each."""
        offset = position - self.position_km
        range_km = np.sqrt((offset * offset).sum(axis=-1))
        east, north, up = (offset @ axis for axis in self.axes)
        return LookAngles(
            elevation_deg=np.degrees(np.arctan2(up, np.hypot(east, north))),
            azimuth_deg=np.degrees(np.arctan2(east, north)) % 360.0,
            range_km=range_km,
            range_rate_km_per_s=(offset * velocity).sum(axis=-1) / range_km,
        )
