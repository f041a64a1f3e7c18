"""Passes behind hills and roofs: the part of a mask that varies with azimuth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.cuts import cut
from qkdsim.channels.orbit.frames import Vectors, sidereal_angle_rad, to_earth_fixed
from qkdsim.channels.orbit.pass_table import PassTable
from qkdsim.channels.orbit.satellites import Propagator
from qkdsim.channels.orbit.stations import Station

STEP_S = 10.0


def cut_at_horizon(passes: PassTable, propagator: Propagator) -> PassTable:
    """Split passes above the lowest point of a mask where the mask itself hides the satellite.

    The satellite is compared with the mask every ten seconds: a shorter view between two hills may be lost, and a
    shorter interruption go unseen. Passes over stations with a level mask stay as they are.
    """
    varies = np.array([not station.mask.is_level for station in passes.stations], dtype=np.bool_)
    chosen = np.flatnonzero(varies[passes.station]) if len(varies) else np.empty(0, np.int64)
    if not len(chosen):
        return passes
    satellite, station = passes.satellite[chosen], passes.station[chosen]

    def elevation_above_mask_deg(owner: NDArray[np.int64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        elevation_deg, azimuth_deg = _directions(passes, propagator, satellite[owner], station[owner], time_s)
        return elevation_deg - _mask_deg(passes.stations, station[owner], azimuth_deg)

    pieces = cut(passes.rise_s[chosen], passes.set_s[chosen], STEP_S, [elevation_above_mask_deg])
    seen = pieces.holds[:, 0]
    begin_s, end_s, whole = pieces.begin_s[seen], pieces.end_s[seen], chosen[pieces.interval[seen]]
    culmination_s, elevation_deg = _highest(passes, propagator, whole, begin_s, end_s)
    pieces_of_passes = replace(
        passes.take(whole),
        rise_s=begin_s,
        culmination_s=culmination_s,
        set_s=end_s,
        max_elevation_deg=elevation_deg,
        is_cut_at_start=passes.is_cut_at_start[whole] & (begin_s == passes.rise_s[whole]),
        is_cut_at_end=passes.is_cut_at_end[whole] & (end_s == passes.set_s[whole]),
    )
    return passes.take(np.setdiff1d(np.arange(len(passes)), chosen)).joined(pieces_of_passes)


def _directions(
    passes: PassTable,
    propagator: Propagator,
    satellite: NDArray[np.int64],
    station: NDArray[np.int64],
    time_s: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Elevation and azimuth [deg] of satellite[i] from station[i] at time_s[i], (n,) each."""
    position = to_earth_fixed(propagator.each_at(satellite, time_s), sidereal_angle_rad(passes.start, time_s))
    offset = position - np.array([one.position_km for one in passes.stations])[station]
    axes: Vectors = np.array([one.axes for one in passes.stations])[station]
    east, north, up = np.einsum("nij,nj->in", axes, offset)
    return np.degrees(np.arctan2(up, np.hypot(east, north))), np.degrees(np.arctan2(east, north)) % 360.0


def _mask_deg(
    stations: tuple[Station, ...], station: NDArray[np.int64], azimuth_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    mask_deg = np.empty(len(station))
    for one in np.unique(station):
        rows = station == one
        mask_deg[rows] = stations[one].mask.at(azimuth_deg[rows])
    return mask_deg


def _highest(
    passes: PassTable,
    propagator: Propagator,
    whole: NDArray[np.int64],
    begin_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where pieces of passes stand highest: at the culmination of the whole if they hold it, otherwise at an end."""
    time_s = np.concatenate([begin_s, end_s])
    twice = np.concatenate([whole, whole])
    elevation_deg, _ = _directions(passes, propagator, passes.satellite[twice], passes.station[twice], time_s)
    at_begin, at_end = np.split(elevation_deg, 2)
    top_s = np.where(at_begin >= at_end, begin_s, end_s)
    top_deg = np.maximum(at_begin, at_end)
    whole_s = passes.culmination_s[whole]
    holds = (begin_s <= whole_s) & (whole_s <= end_s)
    return np.where(holds, whole_s, top_s), np.where(holds, passes.max_elevation_deg[whole], top_deg)
