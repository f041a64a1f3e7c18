"""Links through the air between two fixed places, as a topology file states them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import StrictBool, model_validator

from qkdsim import library
from qkdsim.devices.quantity import PositiveProbability, Quantity, bounded

if TYPE_CHECKING:
    from qkdsim.topology.model import Link, Node

Elevation = Annotated[Quantity, *bounded(ge=-90, le=90)]
Visibility = Annotated[Quantity, *bounded(ge=0.001, le=1000)]  # clean air alone scatters so much that 300 km are rare
Haze = Annotated[Quantity, *bounded(ge=0, le=10_000)]  # the densest fog takes some hundreds of dB/km
Turbulence = Annotated[Quantity, *bounded(ge=0, le=1e-10)]  # just above hot ground it comes to 1e-12
StationKeeping = Annotated[Quantity, *bounded(ge=0, le=500)]  # the radius of the sky over a platform at 20 km
Radiance = Annotated[Quantity, *bounded(gt=0, le=1e5)]  # snow in the Sun has some hundreds
LOWEST_M, HIGHEST_GROUND_M = -500.0, 10_000.0  # from the Dead Sea to above all summits
HIGHEST_PLATFORM_M = 60_000.0  # no balloon has been as high; what flies higher is a satellite


class FreeSpacePath(library.FileModel):
    """The air of a link of kind `free-space`, whose transmitter stands at the first of its two ends.

    Between two ends on the ground light goes level: air of one `visibility_km` (20, assumed) or
    `attenuation_db_per_km`, turbulence of one strength (1e-14, assumed). From or to a platform it goes on a slant:
    `zenith_transmission` (a shipped preset when left out) or `transmission_table`, and the Hufnagel-Valley profile,
    whose layer at the ground has the stated strength (1.7e-14). Between two platforms the air takes
    `attenuation_db_per_km` (0, assumed), and turbulence is that profile's at the lower one.

    Weather shuts a link wholly or not at all: clouds a slant path (`climate` or `clear_fraction`), fog and heavy rain a
    level one (`clear_fraction`, the share of time without), nothing one between platforms.
    """

    visibility_km: Visibility | None = None  # at 550 nm; sets the loss of haze at the link's wavelength
    attenuation_db_per_km: Haze | None = None
    zenith_transmission: PositiveProbability | None = None
    transmission_table: str | None = None  # a CSV file of elevation_deg,transmission beside the topology
    cn2_m_2_3: Turbulence | None = None  # strength of turbulence
    day_cn2_m_2_3: Turbulence | None = None  # that while the Sun is up; as by night when left out
    climate: str | None = None  # a shipped place, for the share of clear sky
    clear_fraction: PositiveProbability | None = None  # that share as a number
    night_radiance_w_per_m2_sr_um: Radiance | None = None  # of what is behind the transmitter, seen from the receiver
    day_radiance_w_per_m2_sr_um: Radiance | None = None
    sun_below_deg: Elevation = Quantity(-12.0, "assumed")  # the Sun's elevation below which the link works
    daylight: StrictBool = False  # works by day, too

    @model_validator(mode="after")
    def _one_of_each(self) -> FreeSpacePath:
        for one, other in (
            ("visibility_km", "attenuation_db_per_km"),
            ("zenith_transmission", "transmission_table"),
            ("climate", "clear_fraction"),
        ):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"{one} and {other} are both given, expected one or the other")
        for night, day in (
            ("cn2_m_2_3", "day_cn2_m_2_3"),
            ("night_radiance_w_per_m2_sr_um", "day_radiance_w_per_m2_sr_um"),
        ):
            least, given = getattr(self, night), getattr(self, day)
            if given is not None and given < (least or 0.0):
                raise ValueError(f"{day}: got {given:g}, expected at least {night}, {least:g}")
        return self


ON_FREE_SPACE = frozenset(
    {"id", "ends", "kind", "loss_db", "profile", "transmitter", "receiver", "published", "note", "free_space"}
)  # keys of a link that belong to one through the air


def free_space_problems(nodes: Sequence[Node], links: Sequence[Link]) -> Iterator[str]:
    """What is wrong between links through the air and the nodes they join, and with platforms."""
    known = {node.id: node for node in nodes}
    through_the_air = {end for link in links if link.kind == "free-space" for end in link.ends}
    for index, node in enumerate(nodes):
        if node.kind == "platform" and not 0.0 < (node.height_m or 0.0) <= HIGHEST_PLATFORM_M:
            expected = f"the altitude of the platform, at most {HIGHEST_PLATFORM_M:g} m"
            yield f"node[{index}].height_m: got {node.height_m}, expected {expected}"
        on_ground = node.kind != "platform" and node.id in through_the_air
        if on_ground and not LOWEST_M <= (node.height_m or 0.0) <= HIGHEST_GROUND_M:
            expected = f"{LOWEST_M:g} to {HIGHEST_GROUND_M:g} m on the ground, or a node of kind 'platform'"
            yield f"node[{index}].height_m: got {node.height_m:g}, expected {expected}"
        if node.kind != "platform" and node.station_keeping_km is not None:
            yield f"node[{index}].station_keeping_km: got {node.station_keeping_km:g}, expected none but on a platform"
    for index, link in enumerate(links):
        ends = [known[end] for end in link.ends if end in known]
        if link.kind == "free-space":
            for end in ends:
                if None in (end.latitude_deg, end.longitude_deg, end.height_m):
                    expected = "a node with latitude_deg, longitude_deg and height_m"
                    yield f"link[{index}].ends: got {end.id!r}, expected {expected}"
            wrong = _strange_key(link.free_space, sum(end.kind == "platform" for end in ends))
            if wrong:
                yield f"link[{index}].free_space.{wrong}"
        for end in ends:
            if link.kind != "free-space" and end.kind == "platform":
                yield f"link[{index}].kind: got {link.kind!r}, expected 'free-space', since {end.id} is in the sky"


_LEVEL, _SLANT, _HIGH = range(3)  # by the number of ends that are platforms
_BELONGS = {
    "visibility_km": ({_LEVEL}, "between two ends on the ground"),
    "attenuation_db_per_km": ({_LEVEL, _HIGH}, "between ends of one kind"),
    "zenith_transmission": ({_SLANT}, "from or to a platform"),
    "transmission_table": ({_SLANT}, "from or to a platform"),
    "climate": ({_SLANT}, "from or to a platform: clouds do not shut other paths"),
    "clear_fraction": ({_LEVEL, _SLANT}, "with an end on the ground: no weather reaches the others"),
}


def _strange_key(path: FreeSpacePath | None, platforms: int) -> str | None:
    for key in () if path is None else sorted(path.model_fields_set):
        where, words = _BELONGS.get(key, ({platforms}, ""))
        if getattr(path, key) is not None and platforms not in where:
            return f"{key}: got {getattr(path, key)!r}, expected none; it belongs to a path {words}"
    return None
