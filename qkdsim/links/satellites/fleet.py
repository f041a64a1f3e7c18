"""Satellites with what they carry, ground stations with what they see, and the optical path between the two."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.channels.freespace import (
    Direction,
    Extinction,
    FreeSpaceLink,
    GroundLight,
    HufnagelValley,
    ZenithTransmission,
    city_sky_radiance,
    daylight_share,
    faded_radiance,
    sky_radiance,
    zenith_preset,
)
from qkdsim.channels.orbit import Satellite, Station
from qkdsim.channels.weather import WeatherSite
from qkdsim.devices import NamedProfile
from qkdsim.errors import InputError
from qkdsim.links.free_space_optics import pointing_of, receiving_telescope, sending_telescope

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spacecraft:
    """A satellite, the one module it carries, a transmitter or a receiver, and what it can store."""

    satellite: Satellite
    transmitter: NamedProfile | None
    storage_bits: int
    receiver: NamedProfile | None = None

    @property
    def name(self) -> str:
        """Id of the satellite."""
        return self.satellite.name


@dataclass(frozen=True, slots=True)
class OpticalStation:
    """A ground station: place and horizon, modules, clear air, sky, climate, and the ground as a satellite sees it.

    extinction     None: the shipped preset for the transmitter's wavelength
    sun_below_deg  the link works while the Sun is below; None: by day, too
    site           None where the sky is always clear
    albedo, city_radiance_w_per_m2_sr_um  of the ground around the station: the background of an uplink
    """

    station: Station
    receiver: NamedProfile | None
    extinction: Extinction | None
    sky_mag_per_arcsec2: float
    sun_below_deg: float | None
    site: WeatherSite | None = field(default=None, repr=False)
    transmitter: NamedProfile | None = None
    albedo: float = 0.3
    city_radiance_w_per_m2_sr_um: float = 1e-4

    @property
    def name(self) -> str:
        """Id of the node."""
        return self.station.name

    def radiance_w_per_m2_sr_um(self, sun_elevation_deg: ArrayLike) -> FloatArray:
        """Radiance of the sky: that of night, of day, and between them in proportion of decibels to elevation."""
        night = city_sky_radiance(self.sky_mag_per_arcsec2).typical
        return faded_radiance(night, sky_radiance("day-low").typical, daylight_share(sun_elevation_deg))

    def ground_radiance_w_per_m2_sr_um(self, sun_elevation_deg: ArrayLike, wavelength_nm: float) -> FloatArray:
        """Radiance of the ground, which fades between day and night as the sky does; the Moon is left out."""
        own = self.albedo, self.city_radiance_w_per_m2_sr_um
        night, day = (GroundLight(when, *own).radiance(wavelength_nm).typical for when in ("moonless", "day"))
        return faded_radiance(night, day, daylight_share(sun_elevation_deg))


def link_direction(craft: Spacecraft, station: OpticalStation) -> Direction | None:
    """Which way light goes between the two; None where neither has what the other lacks."""
    if craft.transmitter is not None and station.receiver is not None:
        return "downlink"
    return "uplink" if craft.receiver is not None and station.transmitter is not None else None


def module_pair(craft: Spacecraft, station: OpticalStation) -> tuple[NamedProfile, NamedProfile]:
    """The transmitter and the receiver of a satellite and a station.

    Raises ValueError if they have none for each other.
    """
    down = link_direction(craft, station) == "downlink"
    sending, receiving = (craft.transmitter, station.receiver) if down else (station.transmitter, craft.receiver)
    if sending is None or receiving is None:
        raise ValueError(f"{craft.name} and {station.name} have no modules for each other")
    return sending, receiving


def optical_path(craft: Spacecraft, station: OpticalStation) -> FreeSpaceLink:
    """The downlink from a satellite to a station, or the uplink.

    Raises InputError if a profile states no telescope, or no source or detector, or there is no preset for clear air.
    """
    sender, receiver = module_pair(craft, station)
    down = link_direction(craft, station) == "downlink"
    on_board, on_ground = "on a satellite", "at a ground station"
    tx, rx = sender.profile, receiver.profile
    if tx.source is None or tx.telescope is None:
        expected = f"missing, expected a [source] and a [telescope] {on_board if down else on_ground}"
        raise InputError.of(sender.name, "telescope", None, expected)
    if rx.detector is None or rx.telescope is None or rx.post_processing is None:
        modules = "a [detector], [post_processing] and a [telescope]"
        place = on_ground if down else on_board
        raise InputError.of(receiver.name, "telescope", None, f"missing, expected {modules} {place}")
    wavelength_nm = float(tx.source.wavelength_nm)
    extinction = station.extinction
    if extinction is None:
        extinction = ZenithTransmission(zenith_preset(wavelength_nm, station.station.source).zenith_transmission)
    return FreeSpaceLink(
        transmitter=sending_telescope(tx.telescope),
        receiver=receiving_telescope(rx.telescope),
        wavelength_nm=wavelength_nm,
        extinction=extinction,
        direction="downlink" if down else "uplink",
        pointing=pointing_of(tx.telescope),
        turbulence=HufnagelValley(ground_altitude_m=max(station.station.height_m, 0.0)),
    )
