"""Orbits, passes over ground stations, the Sun and the Earth's shadow."""

from qkdsim.channels.orbit.conditions import PassConditions, UsableIntervals, usable_intervals
from qkdsim.channels.orbit.constellations import walker_delta
from qkdsim.channels.orbit.elements import MeanElements, mean_elements
from qkdsim.channels.orbit.frames import LookAngles, sidereal_angle_rad
from qkdsim.channels.orbit.geometry import GroundTrack, PassGeometry, geometry_along, geometry_at, ground_track
from qkdsim.channels.orbit.pass_table import Pass, PassTable
from qkdsim.channels.orbit.passes import find_passes
from qkdsim.channels.orbit.satellites import Satellite
from qkdsim.channels.orbit.stations import HorizonMask, Station, level_mask
from qkdsim.channels.orbit.sun import sky_state, sun_direction, sun_elevation_deg
from qkdsim.channels.orbit.times import julian_date, moment_at
from qkdsim.channels.orbit.tle import read_tle

__all__ = [
    "GroundTrack",
    "HorizonMask",
    "LookAngles",
    "MeanElements",
    "Pass",
    "PassConditions",
    "PassGeometry",
    "PassTable",
    "Satellite",
    "Station",
    "UsableIntervals",
    "find_passes",
    "geometry_along",
    "geometry_at",
    "ground_track",
    "julian_date",
    "level_mask",
    "mean_elements",
    "moment_at",
    "read_tle",
    "sidereal_angle_rad",
    "sky_state",
    "sun_direction",
    "sun_elevation_deg",
    "usable_intervals",
    "walker_delta",
]
