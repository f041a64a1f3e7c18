"""Passes whose losses are given beforehand, second by second, in place of an orbit."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.freespace import Extinction, ZenithTransmission
from qkdsim.channels.orbit import Satellite, Station, level_mask, mean_elements
from qkdsim.devices import NamedProfile
from qkdsim.links.satellites import OpticalStation, Spacecraft
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.links.satellites.slices import PassSlices

XINGLONG = Station("xinglong", 40.396, 117.578, 890.0, level_mask(10.0))


def downlink(transmitter: NamedProfile, receiver: NamedProfile, extinction: Extinction | None = None) -> OpticalLink:
    """A satellite over Xinglong, which serves for any place: passes of this file do not look at the orbit."""
    orbit = mean_elements(datetime(2016, 12, 19, tzinfo=UTC), altitude_km=500, inclination_deg=97.4)
    craft = Spacecraft(Satellite("satellite", orbit), transmitter, 10**9)
    air = extinction or ZenithTransmission(1.0)
    return OpticalLink(craft, OpticalStation(XINGLONG, receiver, air, 21.0, -12.0), slice_db=0.1)


def seconds_of(loss_db: NDArray[np.float64], noise_photon_rate_hz: float = 0.0) -> PassSlices:
    """One slice for each second of a pass."""
    start_s = np.arange(len(loss_db), dtype=np.float64)
    return PassSlices(start_s, start_s + 1.0, loss_db, np.full(len(loss_db), noise_photon_rate_hz))
