"""Light that is not the signal: the sky behind a satellite, or the Earth behind a ground station.

Everything is a radiance of an even, unpolarised scene. The rate is that at the receiver's entrance, inside its field
of view and optical filter (`ChannelState.noise_photon_rate_hz`): loss of the optics, efficiency, gate and the share of
each detector are the receiver's business and are applied by the protocol.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim import units
from qkdsim.channels.freespace.checks import require_not_negative, require_positive
from qkdsim.channels.freespace.telescope import ReceiverTelescope
from qkdsim.errors import InputError

FloatArray = NDArray[np.float64]

SkyCondition = Literal["night-moonless", "night-new-moon", "night-full-moon", "day-low", "day-high"]


@dataclass(frozen=True, slots=True)
class Radiance:
    """Spectral radiance of a scene, W/(m^2 sr um): the value to use, its range, and where it comes from."""

    typical: float
    low: float
    high: float
    basis: Literal["published", "assumed"]
    source: str


_MIAO = "E.-L. Miao et al., New J. Phys. 7, 215 (2005), as retold by later papers; not checked against it"
_DAY = f"{_MIAO}; tellings differ by one class (clear, hazy, cloudy) in daytime, hence the range"
# Near 800 nm; the moonless value belongs to a dark site (21.9 mag/arcsec^2)
SKY_RADIANCE: dict[SkyCondition, Radiance] = {
    "night-moonless": Radiance(1.5e-5, 1.5e-5, 1.5e-5, "assumed", _MIAO),
    "night-new-moon": Radiance(1.5e-4, 1.5e-4, 1.5e-4, "assumed", _MIAO),
    "night-full-moon": Radiance(1.5e-3, 1.5e-3, 1.5e-3, "assumed", _MIAO),
    "day-low": Radiance(15.0, 1.5, 15.0, "assumed", _DAY),
    "day-high": Radiance(150.0, 15.0, 150.0, "assumed", _DAY),
}
DARK_SITE_SQM = 21.9  # mag/arcsec^2, natural sky without Moon
DAY_FROM_DEG, NIGHT_FROM_DEG = 0.0, -18.0  # elevations of the Sun

_SUN_RADIUS_OVER_DISTANCE = 6.957e8 / 1.495978707e11  # IAU nominal solar radius over the astronomical unit
_SUN_TEMPERATURE_K = 5772.0  # IAU nominal effective temperature
_BOLTZMANN_J_PER_K = 1.380_649e-23  # exact, SI
_FULL_MOON_OVER_SUN = 2.5e-6  # 0.25 lx over 1e5 lx on the ground; assumed
_STARLIGHT_OVER_SUN = 1e-8  # 1 mlx over 1e5 lx: stars and airglow; assumed


def sky_radiance(condition: str, source: str = "sky") -> Radiance:
    """The shipped radiance of a sky condition. Raises InputError for one that is not known."""
    for known, radiance in SKY_RADIANCE.items():
        if known == condition:
            return radiance
    raise InputError.of(source, "condition", condition, "one of " + ", ".join(SKY_RADIANCE))


def city_sky_radiance(sqm_mag_per_arcsec2: float) -> Radiance:
    """Moonless sky over a lit city, from a sky-quality-meter reading: 10^(0.4 (21.9 - SQM)) times the dark site's.

    The meter sees green light; that the near infrared grows alike is assumed. Raises InputError outside 10 to 23.
    """
    if not 10.0 <= sqm_mag_per_arcsec2 <= 23.0:
        raise InputError.of("sky", "sqm_mag_per_arcsec2", sqm_mag_per_arcsec2, "10 to 23")
    value = SKY_RADIANCE["night-moonless"].typical * 10.0 ** (0.4 * (DARK_SITE_SQM - sqm_mag_per_arcsec2))
    return Radiance(value, value, value, "assumed", f"sky brightness {sqm_mag_per_arcsec2:g} mag/arcsec^2, {_MIAO}")


def solar_irradiance_w_per_m2_um(wavelength_nm: float) -> float:
    """Sunlight on a surface facing the Sun above the air, as a black body of 5772 K; good to about 10 %."""
    wavelength_m = wavelength_nm * 1e-9
    exponent = (
        units.PLANCK_J_S * units.SPEED_OF_LIGHT_M_PER_S / (wavelength_m * _BOLTZMANN_J_PER_K * _SUN_TEMPERATURE_K)
    )
    per_metre = 2.0 * units.PLANCK_J_S * units.SPEED_OF_LIGHT_M_PER_S**2 / wavelength_m**5 / math.expm1(exponent)
    return math.pi * _SUN_RADIUS_OVER_DISTANCE**2 * per_metre * 1e-6


def daylight_share(sun_elevation_deg: ArrayLike) -> FloatArray:
    """How far a scene has gone from its night (0) to its day (1), in decibels of its radiance; any shape.

    Day is from the Sun's elevation of 0 degrees up, night below -18; between the two, decibels in proportion to degrees
    (assumed).
    """
    share = (np.asarray(sun_elevation_deg, dtype=np.float64) - NIGHT_FROM_DEG) / (DAY_FROM_DEG - NIGHT_FROM_DEG)
    return np.clip(share, 0.0, 1.0)


def faded_radiance(night: float, day: float, share: ArrayLike) -> FloatArray:
    """Radiance, or what is in proportion to it, between night (share 0) and day (1): decibels in proportion to share.

    A night without light has no decibels: then the light itself is in proportion. Any shape of `share`.
    """
    shares = np.asarray(share, dtype=np.float64)
    return np.asarray(night * (day / night) ** shares if night > 0.0 else day * shares)


@dataclass(frozen=True, slots=True)
class GroundLight:
    """The Earth as an uplink receiver sees it: a matt ground under Sun, Moon or stars, and city light of its own.

    A simple model whose every number is assumed: the ground reflects `albedo` of the light of a Sun or full Moon
    overhead evenly in all directions, and the air takes nothing. `city_radiance_w_per_m2_sr_um` adds: 1e-4 for a
    suburb to 1e-3 for a city centre, an order of magnitude from satellite images of the night at 500 to 900 nm.
    Raises InputError for an albedo outside 0 to 1 or a negative radiance.
    """

    illumination: Literal["day", "full-moon", "moonless"]
    albedo: float = 0.3
    city_radiance_w_per_m2_sr_um: float = 0.0

    def __post_init__(self) -> None:
        if self.illumination not in ("day", "full-moon", "moonless"):
            raise InputError.of("ground light", "illumination", self.illumination, "day, full-moon or moonless")
        if not 0.0 <= self.albedo <= 1.0:
            raise InputError.of("ground light", "albedo", self.albedo, "0 to 1")
        require_not_negative("ground light", "city_radiance_w_per_m2_sr_um", self.city_radiance_w_per_m2_sr_um)

    def radiance(self, wavelength_nm: float) -> Radiance:
        """Radiance of the ground, W/(m^2 sr um): albedo E/pi and the city's own light. Basis: assumed."""
        share = {"day": 1.0, "full-moon": _FULL_MOON_OVER_SUN, "moonless": _STARLIGHT_OVER_SUN}[self.illumination]
        reflected = self.albedo * share * solar_irradiance_w_per_m2_um(wavelength_nm) / math.pi
        value = reflected + self.city_radiance_w_per_m2_sr_um
        return Radiance(value, value, value, "assumed", f"albedo {self.albedo:g}, {self.illumination}, and city light")


def background_photon_rate_hz(
    *,
    radiance_w_per_m2_sr_um: ArrayLike,
    receiver: ReceiverTelescope,
    wavelength_nm: float,
    filter_width_nm: float,
) -> FloatArray:
    """Photons per second, both polarisations: radiance x area x solid angle x filter width, over h c/lambda.

    The solid angle is pi FOV^2/4 of the full field of view; a single-mode fibre takes area times solid angle of one
    mode, lambda^2. `filter_width_nm` is the full width. Any shape of the radiance. Raises InputError without a field of
    view or for a filter that has no width.
    """
    require_positive("receiver", "filter_width_nm", filter_width_nm)
    power_w = np.asarray(radiance_w_per_m2_sr_um, dtype=np.float64) * _etendue_m2_sr(receiver, wavelength_nm)
    return np.asarray(power_w * filter_width_nm * 1e-3 * units.photon_rate_hz(1.0, wavelength_nm))


def _etendue_m2_sr(receiver: ReceiverTelescope, wavelength_nm: float) -> float:
    if receiver.single_mode:
        return (wavelength_nm * 1e-9) ** 2
    if receiver.field_of_view_full_urad is None:
        raise InputError.of(
            "receiver telescope", "field_of_view_full_urad", None, "needed to know how much background comes in"
        )
    solid_angle_sr = math.pi * (receiver.field_of_view_full_urad * 1e-6) ** 2 / 4.0
    return receiver.collecting_area_m2 * solid_angle_sr
