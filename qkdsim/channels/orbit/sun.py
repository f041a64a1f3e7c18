"""The Sun: where it stands, how dark the sky is, and which satellites it lights.

Low-precision formulas of the Astronomical Almanac (section C, "Low precision formulas for the Sun's coordinates"):
within 0.01 degrees from 1950 to 2050, which at twilight is 4 s of clock. Elevations are geometric, without refraction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.frames import Vectors, sidereal_angle_rad, to_earth_fixed
from qkdsim.channels.orbit.stations import Station
from qkdsim.channels.orbit.times import days_since_j2000

SHADOW_RADIUS_KM = 6378.0  # of the cylinder behind the Earth; penumbra and air are left out, about 10 s of an orbit
CIVIL_DEG, NAUTICAL_DEG, ASTRONOMICAL_DEG = -6.0, -12.0, -18.0
SkyState = Literal["day", "civil twilight", "nautical twilight", "astronomical twilight", "night"]


def sun_direction(start: datetime, time_s: NDArray[np.float64]) -> Vectors:
    """Unit vectors (..., 3) from the Earth to the Sun; the equinox of date is TEME's but for 18 arc seconds."""
    day = days_since_j2000(start, time_s)
    anomaly = np.radians(357.528 + 0.985_600_3 * day)
    longitude = np.radians(280.460 + 0.985_647_4 * day + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    obliquity = np.radians(23.439 - 4e-7 * day)
    across = np.sin(longitude)
    return np.stack([np.cos(longitude), np.cos(obliquity) * across, np.sin(obliquity) * across], axis=-1)


def sun_earth_fixed(start: datetime, time_s: NDArray[np.float64]) -> Vectors:
    """Unit vectors (..., 3) to the Sun in Earth-fixed axes."""
    return to_earth_fixed(sun_direction(start, time_s), sidereal_angle_rad(start, time_s))


def sun_elevation_deg(station: Station, start: datetime, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elevation of the Sun's centre at a station; its parallax, 0.002 degrees, is left out."""
    sine = sun_earth_fixed(start, time_s) @ station.axes[2]
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), dtype=np.float64)


def sky_state(elevation_deg: float) -> SkyState:
    """Day, the three twilights, or night: the Sun's centre above 0, -6, -12, -18 degrees, or below them all."""
    if elevation_deg >= 0.0:
        return "day"
    if elevation_deg >= CIVIL_DEG:
        return "civil twilight"
    if elevation_deg >= NAUTICAL_DEG:
        return "nautical twilight"
    return "astronomical twilight" if elevation_deg >= ASTRONOMICAL_DEG else "night"


def height_above_shadow_km(position: Vectors, sun: Vectors) -> NDArray[np.float64]:
    """How far satellites (..., 3) are outside the cylinder of the Earth's shadow; negative in eclipse.

    position, sun: in the same axes; sun a unit vector.
    """
    along_km = (position * sun).sum(axis=-1)
    across_km = np.linalg.norm(position - along_km[..., None] * sun, axis=-1)
    return np.asarray(np.maximum(along_km, across_km - SHADOW_RADIUS_KM), dtype=np.float64)
