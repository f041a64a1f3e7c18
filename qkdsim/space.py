"""Satellites and optical ground stations as a topology file states them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from qkdsim import library
from qkdsim.devices.quantity import (
    NonNegative,
    Positive,
    PositiveProbability,
    Probability,
    Quantity,
    bounded,
)

Angle = Annotated[Quantity, *bounded(ge=-360, le=360)]
Eccentricity = Annotated[Quantity, *bounded(ge=0, lt=1)]
Mask = Annotated[Quantity, *bounded(ge=-5, le=90)]
Brightness = Annotated[Quantity, *bounded(ge=10, le=23)]
Elevation = Annotated[Quantity, *bounded(ge=-90, le=90)]
Height = Annotated[Quantity, *bounded(ge=-1000, lt=40_000)]  # turbulence ends at 40 km, far below any orbit
SliceStep = Annotated[Quantity, *bounded(gt=0, le=1)]  # one loss stands for a whole slice: 1 dB errs by 2 % of key


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
    """What a satellite carries: a transmitter, or a receiver for the light of ground stations.

    It is a trusted node: what it stores, whoever holds it can read.

    `storage_bits` is what it can keep on board of key and of raw data that waits to become key, all stations together.
    """

    transmitter: str | None = None
    receiver: str | None = None
    storage_bits: Positive = Quantity(1e9, "assumed")

    @model_validator(mode="after")
    def _one_module(self) -> Self:
        if (self.transmitter is None) == (self.receiver is None):
            raise ValueError("expected exactly one of transmitter and receiver")
        return self


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
    """A telescope at a node, which must have a latitude and a longitude: for the light of satellites, for light to
    satellites, or for both.
    """

    node: str
    receiver: str | None = None  # for satellites with a transmitter
    transmitter: str | None = None  # for satellites with a receiver
    height_m: Height = Quantity(0.0, "assumed")  # of the telescope above the sea
    mask_deg: Mask = Quantity(10.0, "assumed")  # least elevation
    horizon: tuple[tuple[float, float], ...] = ()  # (azimuth, least elevation) pairs in place of mask_deg
    climate: str | None = None  # a shipped place, for the share of clear sky
    clear_fraction: PositiveProbability | None = None  # that share as a number
    zenith_transmission: PositiveProbability | None = None  # of clear air; a shipped preset when left out
    transmission: tuple[tuple[float, float], ...] = ()  # (elevation, transmission) pairs in its place
    transmission_table: str | None = None  # the same as a CSV file beside the topology: elevation_deg,transmission
    sky_mag_per_arcsec2: Brightness = Quantity(21.9, "assumed")  # moonless sky, visual; 21.9 is a dark site
    sun_below_deg: Elevation = Quantity(-12.0, "assumed")  # the Sun's elevation below which the link works
    daylight: StrictBool = False  # works by day, too, under the radiance of a day sky
    albedo: Probability = Quantity(0.3, "assumed")  # of the ground, which the receiver of a satellite looks at
    city_radiance_w_per_m2_sr_um: NonNegative = Quantity(1e-4, "assumed")  # light of its own; a city centre has 1e-3

    @model_validator(mode="after")
    def _a_module(self) -> GroundStation:
        if self.receiver is None and self.transmitter is None:
            raise ValueError("expected a receiver, a transmitter or both")
        return self

    @model_validator(mode="after")
    def _one_climate(self) -> GroundStation:
        if self.climate is not None and self.clear_fraction is not None:
            raise ValueError("climate and clear_fraction are both given, expected one or the other")
        airs = {
            "transmission": self.transmission or None,
            "transmission_table": self.transmission_table,
            "zenith_transmission": self.zenith_transmission,
        }
        stated = [key for key, value in airs.items() if value is not None]
        if len(stated) > 1:
            raise ValueError(f"{stated[0]} and {stated[1]} are both given, expected one or the other")
        return self


class SpaceSettings(library.FileModel):
    """How a scenario runs its satellites."""

    policy: str = "expected-key"  # of competing passes: greatest-elevation, expected-key or least-served
    weather: str = "drawn"  # from climates; table: from weather_table; or always clear
    weather_table: str | None = None  # a CSV file of station,time,clear beside the scenario
    slice_db: SliceStep = Quantity(0.1)  # a pass is cut where its loss has changed by this
    announcement_tag_bits: NonNegative = Quantity(128.0)  # paid for each contact that gives key
    passes_per_block: StrictInt = Field(default=1, ge=1)  # of one satellite and station, their counts pooled
    raw_record_bits: NonNegative = Quantity(8.0, "assumed")  # storage of a detection that waits for more passes

    @model_validator(mode="after")
    def _known(self) -> SpaceSettings:
        for key, allowed in (("policy", POLICIES), ("weather", ("drawn", "clear", "table"))):
            if getattr(self, key) not in allowed:
                raise ValueError(f"{key}: got {getattr(self, key)!r}, expected one of {', '.join(allowed)}")
        if (self.weather == "table") != (self.weather_table is not None):
            raise ValueError("weather = 'table' and a weather_table belong together, expected both or neither")
        return self


POLICIES = ("greatest-elevation", "expected-key", "least-served")


def satellite_names(satellites: tuple[SatelliteEntry, ...], constellations: tuple[Constellation, ...]) -> list[str]:
    """Ids of all satellites, those of constellations included."""
    names = [one.id for one in satellites]
    for one in constellations:
        places = one.total // one.planes
        names += [f"{one.id}-{plane}-{place}" for plane in range(1, one.planes + 1) for place in range(1, places + 1)]
    return names
