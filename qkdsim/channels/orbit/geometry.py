"""What a station sees along a pass, and what a satellite flies over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.frames import earth_fixed_motion, geodetic, sidereal_angle_rad, to_earth_fixed
from qkdsim.channels.orbit.pass_table import Pass
from qkdsim.channels.orbit.satellites import Propagator, Satellite
from qkdsim.channels.orbit.stations import Station
from qkdsim.channels.orbit.sun import height_above_shadow_km, sun_direction, sun_elevation_deg


@dataclass(frozen=True, slots=True)
class PassGeometry:
    """A satellite seen from a station at some moments, `time_s` after the start; columns (times,).

    sun_elevation_deg  of the Sun at the station
    is_lit             whether the Sun shines on the satellite
    """

    time_s: NDArray[np.float64]
    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    range_km: NDArray[np.float64]
    range_rate_km_per_s: NDArray[np.float64]
    sun_elevation_deg: NDArray[np.float64]
    is_lit: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroundTrack:
    """The points of the ellipsoid below a satellite, longitudes from -180 to 180, and its height; columns (times,)."""

    time_s: NDArray[np.float64]
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    height_km: NDArray[np.float64]


def geometry_along(one: Pass, step_s: float) -> PassGeometry:
    """The geometry of a pass from rise to set, every `step_s` seconds and at the set.

    Raises ValueError if the step is not positive.
    """
    if not step_s > 0.0:
        raise ValueError(f"step_s must be positive, got {step_s}")
    inner_s = np.arange(one.rise_s, one.set_s, step_s)
    return geometry_at(one.satellite, one.station, one.start, np.append(inner_s, one.set_s))


def geometry_at(satellite: Satellite, station: Station, start: datetime, time_s: NDArray[np.float64]) -> PassGeometry:
    """The geometry at any moments `time_s` (times,) after `start`, satellites below the horizon included.

    Raises InputError as Propagator does.
    """
    propagator = Propagator([satellite], start, float(time_s.max(initial=0.0)))
    position, velocity = propagator.one_at(0, time_s)
    place, motion = earth_fixed_motion(position, velocity, sidereal_angle_rad(propagator.start, time_s))
    seen = station.look_at(place, motion)
    height_km = height_above_shadow_km(position, sun_direction(propagator.start, time_s))
    return PassGeometry(
        time_s=time_s,
        elevation_deg=seen.elevation_deg,
        azimuth_deg=seen.azimuth_deg,
        range_km=seen.range_km,
        range_rate_km_per_s=seen.range_rate_km_per_s,
        sun_elevation_deg=sun_elevation_deg(station, propagator.start, time_s),
        is_lit=height_km >= 0.0,
    )


def ground_track(satellite: Satellite, start: datetime, time_s: NDArray[np.float64]) -> GroundTrack:
    """Where a satellite stands in the zenith at moments `time_s` (times,) after `start`.

    Raises InputError as Propagator does.
    """
    propagator = Propagator([satellite], start, float(time_s.max(initial=0.0)))
    position, _ = propagator.one_at(0, time_s)
    latitude_deg, longitude_deg, height_km = geodetic(
        to_earth_fixed(position, sidereal_angle_rad(propagator.start, time_s))
    )
    return GroundTrack(time_s, latitude_deg, longitude_deg, height_km)
