"""From the stars to the ground: sidereal time, Earth-fixed axes, the WGS-84 ellipsoid, look angles.

TEME is the frame of SGP4, true equator and mean equinox of date; its z axis is that of the Earth, so sidereal time
alone turns it into Earth-fixed axes. Polar motion (0.3 arc seconds) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.times import DAY_S, days_since_j2000

Vectors = NDArray[np.float64]
SEMI_MAJOR_AXIS_KM = 6378.137  # WGS-84, defining constants
FLATTENING = 1.0 / 298.257223563
_SQUARED_ECCENTRICITY = FLATTENING * (2.0 - FLATTENING)
EARTH_ROTATION_RAD_PER_S = 2.0 * np.pi * 1.00273790935 / DAY_S  # of sidereal time, against the mean equinox


@dataclass(frozen=True, slots=True)
class LookAngles:
    """How a station sees a satellite; azimuth from north through east, 0 to 360. Refraction is left out."""

    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    range_km: NDArray[np.float64]
    range_rate_km_per_s: NDArray[np.float64]


def sidereal_angle_rad(start: datetime, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Greenwich mean sidereal time, IAU 1982 (S. Aoki et al., Astron. Astrophys. 105, 359 (1982)), in [0, 2 pi)."""
    century = days_since_j2000(start, time_s) / 36_525.0
    angle_s = 67_310.548_41 + century * (
        876_600.0 * 3600.0 + 8_640_184.812_866 + century * (0.093_104 - 6.2e-6 * century)
    )
    return (angle_s % DAY_S) * (2.0 * np.pi / DAY_S)


def to_earth_fixed(vector: Vectors, angle_rad: NDArray[np.float64]) -> Vectors:
    """Vectors (..., 3) turned about z from TEME to Earth-fixed axes at sidereal angles (...)."""
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    turned = np.empty(np.broadcast_shapes(vector.shape, (*angle_rad.shape, 3)))
    turned[..., 0] = cosine * vector[..., 0] + sine * vector[..., 1]
    turned[..., 1] = cosine * vector[..., 1] - sine * vector[..., 0]
    turned[..., 2] = vector[..., 2]
    return turned


def earth_fixed_motion(position: Vectors, velocity: Vectors, angle_rad: NDArray[np.float64]) -> tuple[Vectors, Vectors]:
    """Position and velocity, (..., 3) each, as seen from the turning Earth."""
    place, motion = to_earth_fixed(position, angle_rad), to_earth_fixed(velocity, angle_rad)
    motion[..., 0] += EARTH_ROTATION_RAD_PER_S * place[..., 1]
    motion[..., 1] -= EARTH_ROTATION_RAD_PER_S * place[..., 0]
    return place, motion


def place_on_earth_km(latitude_deg: float, longitude_deg: float, height_km: float) -> Vectors:
    """Earth-fixed position, (3,), of a point above the ellipsoid."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    normal_km = SEMI_MAJOR_AXIS_KM / np.sqrt(1.0 - _SQUARED_ECCENTRICITY * np.sin(latitude) ** 2)
    across_km = (normal_km + height_km) * np.cos(latitude)
    along_km = (normal_km * (1.0 - _SQUARED_ECCENTRICITY) + height_km) * np.sin(latitude)
    return np.array([across_km * np.cos(longitude), across_km * np.sin(longitude), along_km])


def local_axes(latitude_deg: float, longitude_deg: float) -> Vectors:
    """Unit vectors east, north and up of the ellipsoid, as rows of (3, 3)."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    sin_b, cos_b, sin_l, cos_l = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    return np.array(
        [[-sin_l, cos_l, 0.0], [-sin_b * cos_l, -sin_b * sin_l, cos_b], [cos_b * cos_l, cos_b * sin_l, sin_b]]
    )


def geodetic(position: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Latitude [deg], longitude [deg] and height [km] of Earth-fixed positions (..., 3) well outside the Earth's core.

    The latitude is iterated to rest; each round leaves about 1/150 of the error.
    """
    across_km = np.hypot(position[..., 0], position[..., 1])
    latitude = np.arctan2(position[..., 2], across_km * (1.0 - _SQUARED_ECCENTRICITY))
    for _ in range(7):
        sine = np.sin(latitude)
        normal_km = SEMI_MAJOR_AXIS_KM / np.sqrt(1.0 - _SQUARED_ECCENTRICITY * sine**2)
        latitude = np.arctan2(position[..., 2] + normal_km * _SQUARED_ECCENTRICITY * sine, across_km)
    sine, cosine = np.sin(latitude), np.cos(latitude)
    normal_km = SEMI_MAJOR_AXIS_KM / np.sqrt(1.0 - _SQUARED_ECCENTRICITY * sine**2)
    # along the normal: well defined at the poles too
    height_km = across_km * cosine + position[..., 2] * sine - SEMI_MAJOR_AXIS_KM**2 / normal_km
    longitude = np.arctan2(position[..., 1], position[..., 0])
    return np.degrees(latitude), np.degrees(longitude), height_km
