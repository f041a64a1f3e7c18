"""The air of a free-space link: telescopes, clear air, turbulence, and what shines behind the transmitter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qkdsim import units
from qkdsim.channels.freespace import (
    EvenTurbulence,
    Extinction,
    FreeSpaceLink,
    GroundLight,
    HufnagelValley,
    PathAttenuation,
    TransmissionTable,
    ZenithTransmission,
    city_sky_radiance,
    sky_radiance,
    zenith_preset,
)
from qkdsim.devices import NamedProfile
from qkdsim.devices.claims import claims
from qkdsim.devices.quantity import Quantity
from qkdsim.errors import InputError
from qkdsim.links.free_space_optics import pointing_of, receiving_telescope, sending_telescope
from qkdsim.scenario.free_space_route import FreeSpaceRoute
from qkdsim.topology import FreeSpacePath, Link

VISIBILITY_KM = Quantity(20.0, "assumed", source="clear air over a city")
CN2_M_2_3 = Quantity(1e-14, "assumed", source="some tens of metres above a city; 1e-15 (calm night) to 1e-13 (noon)")
GROUND_CN2_M_2_3 = Quantity(1.7e-14, "assumed", source="HV5/7")
CITY_RADIANCE = Quantity(1e-3, "assumed", source="city centre by night, an order of magnitude")  # W/(m^2 sr um)
CITY_SKY_MAG_PER_ARCSEC2 = Quantity(18.0, "assumed", source="over a large city")
TOP_OF_THE_AIR_M = 40_000.0


def optics(
    route: FreeSpaceRoute, pair: tuple[NamedProfile, NamedProfile], table: TransmissionTable | None
) -> FreeSpaceLink:
    """Telescopes and the air of a clear night, `table` in place of other clear air.

    Beams between fixed places are in their near field, or nearly so: never Fraunhofer's formula. Raises InputError for
    profiles without telescopes.
    """
    for named in pair:
        if named.profile.telescope is None:
            expected = "missing, expected one at both ends of a free-space link, or a loss_db on it and a declared rate"
            raise InputError.of(named.name, "telescope", None, expected)
    source, sending, receiving = pair[0].profile.source, pair[0].profile.telescope, pair[1].profile.telescope
    if source is None or sending is None or receiving is None:
        raise InputError.of(pair[0].name, "source", None, "missing, expected one at the first end of a free-space link")
    wavelength_nm = float(source.wavelength_nm)
    return FreeSpaceLink(
        transmitter=sending_telescope(sending),
        receiver=receiving_telescope(receiving),
        wavelength_nm=wavelength_nm,
        extinction=table or _extinction(route, wavelength_nm),
        direction=route.direction,
        pointing=pointing_of(sending),
        turbulence=_turbulence(route, route.path.cn2_m_2_3),
        propagation="near-field",
    )


def by_day(night: FreeSpaceLink, route: FreeSpaceRoute) -> FreeSpaceLink:
    """The same in the turbulence of the day."""
    strength = route.path.day_cn2_m_2_3
    return night if strength is None else replace(night, turbulence=_turbulence(route, strength))


def mean_loss_db(path: FreeSpaceLink, route: FreeSpaceRoute) -> float:
    """Loss of the mean light, over all places where a platform may be."""
    elevation_deg = None if route.direction == "horizontal" else route.sight.elevation_deg
    return float(units.losses_db(np.mean(path.loss(route.sight.range_km, elevation_deg).transmittance)))


def radiances(route: FreeSpaceRoute, wavelength_nm: float) -> tuple[float, float]:
    """W/(m^2 sr um) behind the transmitter, by night and by day: the sky, or lit ground and walls."""
    if route.direction == "downlink":
        night, day = city_sky_radiance(CITY_SKY_MAG_PER_ARCSEC2).typical, sky_radiance("day-low").typical
    else:
        city = float(CITY_RADIANCE)
        dark, lit = GroundLight("moonless", 0.3, city), GroundLight("day", 0.3, city)
        night, day = dark.radiance(wavelength_nm).typical, lit.radiance(wavelength_nm).typical
    night = float(route.path.night_radiance_w_per_m2_sr_um or night)
    return night, max(float(route.path.day_radiance_w_per_m2_sr_um or day), night)


def assumed_air(link: Link) -> str:
    """What a report says of the air of a free-space link: numbers that nobody has measured or declared."""
    path = link.free_space or FreeSpacePath()
    unread = "sun_below_deg" if path.daylight else ""
    stated = [f"{key} = {value:g}" for key, value in claims(path) if value.basis == "assumed" and key != unread]
    others = "all that the file leaves out of air, background and weather has assumed values"
    return f"{link.id}, through the air: {'; '.join([', '.join(stated), others] if stated else [others])}."


def _extinction(route: FreeSpaceRoute, wavelength_nm: float) -> Extinction:
    path = route.path
    if route.direction != "horizontal":
        if path.zenith_transmission is not None:
            return ZenithTransmission(float(path.zenith_transmission))
        return ZenithTransmission(zenith_preset(wavelength_nm, f"{route.source}.free_space").zenith_transmission)
    if path.attenuation_db_per_km is not None or route.is_high:
        return PathAttenuation(float(path.attenuation_db_per_km or 0.0))
    return PathAttenuation.of_visibility(float(path.visibility_km or VISIBILITY_KM), wavelength_nm)


def _turbulence(route: FreeSpaceRoute, cn2_m_2_3: float | None) -> HufnagelValley | EvenTurbulence:
    lower_m, upper_m = sorted(float(node.height_m or 0.0) for node in (route.sender, route.receiver))
    if route.direction != "horizontal":
        return HufnagelValley(
            ground_cn2_m_2_3=float(GROUND_CN2_M_2_3 if cn2_m_2_3 is None else cn2_m_2_3),
            ground_altitude_m=max(lower_m, 0.0),
            top_altitude_m=min(upper_m, TOP_OF_THE_AIR_M),
        )
    if cn2_m_2_3 is not None:
        return EvenTurbulence(float(cn2_m_2_3))
    return EvenTurbulence(float(HufnagelValley().cn2(lower_m)) if route.is_high else float(CN2_M_2_3))
