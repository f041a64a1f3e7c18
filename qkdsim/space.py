"""Satellites and optical ground stations as a topology file states them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, model_validator

from qkdsim import library
from qkdsim.devices.quantity import (
    NonNegative,
    Positive,
    PositiveProbability,
    Quantity,
    Real,
    bounded,
)

Angle = Annotated[Quantity, *bounded(ge=-360, le=360)]
Eccentricity = Annotated[Quantity, *bounded(ge=0, lt=1)]
Mask = Annotated[Quantity, *bounded(ge=-5, le=90)]
Brightness = Annotated[Quantity, *bounded(ge=10, le=23)]
Elevation = Annotated[Quantity, *bounded(ge=-90, le=90)]


class Orbit(library.FileModel):
    """Mean elements at an epoch (UTC); `altitude_km` is the semi-major axis less 6378.137 km. Drag is kept up."""

    epoch: datetime
    altitude_km: Positive
    inclination_deg: Annotated[Quantity, *bounded(ge=0, le=180)]
    raan_deg: Angle = Quantity(0.0)
    eccentricity: Eccentricity = Quantity(0.0)
    argument_of_perigee_deg: Angle = Quantity(0.0)
    mean_anomaly_deg: Angle = Quantity(0.0)


class SpaceSegment(library.FileModel):
    """What a satellite carries. It is a trusted node: what it stores, whoever holds it can read.

    `storage_bits` is what it can keep of key on board, all stations together.
    """

    transmitter: str
    storage_bits: Positive = Quantity(1e9, "assumed")


class SatelliteEntry(SpaceSegment):
    """One satellite: an orbit, or two TLE lines."""

    id: str = Field(min_length=1)
    label: str | None = None
    orbit: Orbit | None = None
    tle: tuple[str, str] | None = None

    @model_validator(mode="after")
    def _one_orbit(self) -> SatelliteEntry:
        if (self.orbit is None) == (self.tle is None):
            raise ValueError("expected exactly one of orbit and tle")
        return self


class Constellation(SpaceSegment):
    """A Walker delta pattern T/P/F of equal circular orbits; its satellites are named `id-plane-place` from 1."""

    id: str = Field(min_length=1)
    total: StrictInt = Field(ge=1, le=2000)
    planes: StrictInt = Field(ge=1)
    phasing: StrictInt = Field(default=0, ge=0)
    epoch: datetime
    altitude_km: Positive
    inclination_deg: Annotated[Quantity, *bounded(ge=0, le=180)]
    first_raan_deg: Angle = Quantity(0.0)


class GroundStation(library.FileModel):
    """A telescope at a node, which must have a latitude and a longitude."""

    node: str
    receiver: str
    height_m: Real = Quantity(0.0, "assumed")
    mask_deg: Mask = Quantity(10.0, "assumed")  # least elevation
    horizon: tuple[tuple[float, float], ...] = ()  # (azimuth, least elevation) pairs in place of mask_deg
    climate: str | None = None  # a shipped place, for the share of clear sky
    clear_fraction: PositiveProbability | None = None  # that share as a number
    zenith_transmission: PositiveProbability | None = None  # of clear air; a shipped preset when left out
    transmission: tuple[tuple[float, float], ...] = ()  # (elevation, transmission) pairs in its place
    sky_mag_per_arcsec2: Brightness = Quantity(21.9, "assumed")  # moonless sky, visual; 21.9 is a dark site
    sun_below_deg: Elevation = Quantity(-12.0, "assumed")  # the Sun's elevation below which the link works
    daylight: StrictBool = False  # works by day, too, under the radiance of a day sky

    @model_validator(mode="after")
    def _one_climate(self) -> GroundStation:
        if self.climate is not None and self.clear_fraction is not None:
            raise ValueError("climate and clear_fraction are both given, expected one or the other")
        if self.transmission and self.zenith_transmission is not None:
            raise ValueError("transmission and zenith_transmission are both given, expected one or the other")
        return self


class SpaceSettings(library.FileModel):
    """How a scenario runs its satellites."""

    policy: str = "expected-key"  # of competing passes: greatest-elevation, expected-key or least-served
    weather: str = "drawn"  # from the stations' climates, or always clear
    slice_db: Positive = Quantity(0.1)  # a pass is cut where its loss has changed by this
    announcement_tag_bits: NonNegative = Quantity(128.0)  # paid for each contact that gives key

    @model_validator(mode="after")
    def _known(self) -> SpaceSettings:
        for key, allowed in (("policy", POLICIES), ("weather", ("drawn", "clear"))):
            if getattr(self, key) not in allowed:
                raise ValueError(f"{key}: got {getattr(self, key)!r}, expected one of {', '.join(allowed)}")
        return self


POLICIES = ("greatest-elevation", "expected-key", "least-served")


def satellite_names(satellites: tuple[SatelliteEntry, ...], constellations: tuple[Constellation, ...]) -> list[str]:
    """Ids of all satellites, those of constellations included."""
    names = [one.id for one in satellites]
    for one in constellations:
        places = one.total // one.planes
        names += [f"{one.id}-{plane}-{place}" for plane in range(1, one.planes + 1) for place in range(1, places + 1)]
    return names
