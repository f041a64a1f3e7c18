"""Where a free-space link goes: down from a platform, up to one, or level; and whether its ends see each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from qkdsim import library
from qkdsim.channels.freespace import Direction, Place, Sight, line_of_sight
from qkdsim.devices.quantity import Quantity
from qkdsim.errors import InputError
from qkdsim.topology import FreeSpacePath, Link, NamedTopology, Node

STATION_KEEPING_KM = Quantity(1.0, "assumed", source="airships and slow aircraft in the stratosphere; sweep it")
LEAST_ELEVATION_DEG = 5.0  # airmass and turbulence of slant paths mean nothing at the horizon
_LOWEST_CLEARANCE_M = -0.01  # rounding of a line that begins at sea level


@dataclass(frozen=True, slots=True)
class FreeSpaceRoute:
    """Where a link through the air goes. Raises InputError if its ends do not see each other."""

    link: Link
    sender: Node
    receiver: Node
    source: str
    sight: Sight = field(init=False)

    def __post_init__(self) -> None:
        sight = line_of_sight(_place(self.sender), _place(self.receiver))
        object.__setattr__(self, "sight", sight)
        given = " and ".join(self.link.ends)
        if not sight.range_km.min() > 0.0:
            raise InputError.of(self.source, "ends", given, "two different places")
        if sight.clearance_m < _LOWEST_CLEARANCE_M:
            expected = (
                f"ends in sight of each other: over {sight.range_km.mean():.3g} km the Earth's bulge rises "
                f"{-sight.clearance_m:.3g} m above the line between them"
            )
            raise InputError.of(self.source, "ends", given, expected)
        if self.direction != "horizontal" and sight.elevation_deg.min() < LEAST_ELEVATION_DEG:
            expected = f"a platform that stands at least {LEAST_ELEVATION_DEG:g} degrees above the horizon"
            raise InputError.of(self.source, "ends", f"{given}, {sight.elevation_deg.min():.3g} degrees", expected)

    @property
    def path(self) -> FreeSpacePath:
        """What the file says of the air."""
        return self.link.free_space or FreeSpacePath()

    @property
    def direction(self) -> Direction:
        """Down from a platform, up to one, or level: between ends of one kind."""
        up, down = self.receiver.kind == "platform", self.sender.kind == "platform"
        return "horizontal" if up == down else "uplink" if up else "downlink"

    @property
    def lower(self) -> Node:
        """The end under whose sky the path is: that on the ground, or the lower one."""
        return min((self.sender, self.receiver), key=lambda node: float(node.height_m or 0.0))

    @property
    def is_high(self) -> bool:
        """Whether it goes between two platforms."""
        return self.sender.kind == self.receiver.kind == "platform"


def free_space_route(named: NamedTopology, index: int) -> FreeSpaceRoute:
    """The route of `link[index]`. Raises InputError if its ends do not see each other."""
    link = named.topology.link[index]
    nodes = {node.id: node for node in named.topology.node}
    source = f"{library.display_name(named.path)}: link[{index}]"
    return FreeSpaceRoute(link, nodes[link.ends[0]], nodes[link.ends[1]], source)


def _place(node: Node) -> Place:
    roams_km = 0.0
    if node.kind == "platform":
        roams_km = float(STATION_KEEPING_KM if node.station_keeping_km is None else node.station_keeping_km)
    return Place(
        float(node.latitude_deg or 0.0), float(node.longitude_deg or 0.0), float(node.height_m or 0.0), roams_km
    )
