"""Satellites with what they carry, ground stations with what they see, and the optical path between the two."""

from __future__ import annotations

from dataclasses import dataclass, field

from qkdsim.channels.freespace import (
    Extinction,
    FreeSpaceLink,
    HufnagelValley,
    Pointing,
    ReceiverTelescope,
    TransmitterTelescope,
    ZenithTransmission,
    city_sky_radiance,
    sky_radiance,
    zenith_preset,
)
from qkdsim.channels.orbit import Satellite, Station
from qkdsim.channels.weather import WeatherSite
from qkdsim.devices import NamedProfile
from qkdsim.errors import InputError

DAY_FROM_DEG, NIGHT_FROM_DEG = 0.0, -18.0  # Sun's elevation; between them the sky fades exponentially (assumed)


@dataclass(frozen=True, slots=True)
class Spacecraft:
    """A satellite, the module it carries, and what it can store of key."""

    satellite: Satellite
    transmitter: NamedProfile
    storage_bits: int

    @property
    def name(self) -> str:
        """Id of the satellite."""
        return self.satellite.name


@dataclass(frozen=True, slots=True)
class OpticalStation:
    """A ground station: place and horizon, receiver, clear air, sky, climate.

    extinction     None: the shipped preset for the satellite's wavelength
    sun_below_deg  the link works while the Sun is below; None: by day, too
    site           None where the sky is always clear
    """

    station: Station
    receiver: NamedProfile
    extinction: Extinction | None
    sky_mag_per_arcsec2: float
    sun_below_deg: float | None
    site: WeatherSite | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Id of the node."""
        return self.station.name

    def radiance_w_per_m2_sr_um(self, sun_elevation_deg: float) -> float:
        """Radiance of the sky: that of night, of day, and between them in proportion of decibels to elevation."""
        night = city_sky_radiance(self.sky_mag_per_arcsec2).typical
        day = sky_radiance("day-low").typical
        share = (sun_elevation_deg - NIGHT_FROM_DEG) / (DAY_FROM_DEG - NIGHT_FROM_DEG)
        return float(night * (day / night) ** min(max(share, 0.0), 1.0))


def optical_path(craft: Spacecraft, station: OpticalStation) -> FreeSpaceLink:
    """The downlink from a satellite to a station.

    Raises InputError if a profile states no telescope, or no source or detector, or there is no preset for clear air.
    """
    tx, rx = craft.transmitter.profile, station.receiver.profile
    if tx.source is None or tx.telescope is None:
        raise InputError.of(craft.transmitter.name, "telescope", None, "a [source] and a [telescope] on a satellite")
    if rx.detector is None or rx.telescope is None or rx.post_processing is None:
        expected = "a [detector], [post_processing] and a [telescope] at a ground station"
        raise InputError.of(station.receiver.name, "telescope", None, expected)
    sending, receiving = tx.telescope, rx.telescope
    wavelength_nm = float(tx.source.wavelength_nm)
    extinction = station.extinction
    if extinction is None:
        extinction = ZenithTransmission(zenith_preset(wavelength_nm, station.station.source).zenith_transmission)
    return FreeSpaceLink(
        transmitter=TransmitterTelescope(
            aperture_diameter_m=float(sending.aperture_diameter_m),
            beam_radius_m=_float(sending.beam_radius_m),
            obscuration_ratio=float(sending.obscuration_ratio),
            divergence_half_angle_urad=_float(sending.divergence_half_angle_urad),
        ),
        receiver=ReceiverTelescope(
            aperture_diameter_m=float(receiving.aperture_diameter_m),
            obscuration_ratio=float(receiving.obscuration_ratio),
            field_of_view_full_urad=_float(receiving.field_of_view_full_urad),
            single_mode=bool(receiving.single_mode),
        ),
        wavelength_nm=wavelength_nm,
        extinction=extinction,
        direction="downlink",
        pointing=Pointing(
            jitter_urad=float(sending.pointing_jitter_urad),
            boresight_urad=float(sending.boresight_urad),
        ),
        turbulence=HufnagelValley(ground_altitude_m=max(station.station.height_m, 0.0)),
    )


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
