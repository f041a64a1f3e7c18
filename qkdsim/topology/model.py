"""Who is joined to whom: the nodes and links of a network file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from qkdsim import library
from qkdsim.devices.quantity import ErrorProbability, Length, NonNegative, Positive, Quantity, Real, bounded
from qkdsim.space import Constellation, GroundStation, SatelliteEntry, satellite_names
from qkdsim.topology.classical import ClassicalLinkEntry, not_joined
from qkdsim.topology.free_space import ON_FREE_SPACE, FreeSpacePath, StationKeeping, free_space_problems

if TYPE_CHECKING:
    import networkx as nx


Latitude = Annotated[Quantity, *bounded(ge=-90, le=90)]
Longitude = Annotated[Quantity, *bounded(ge=-360, le=360)]


def _without_signs_of_paths(name: str) -> str:
    if ">" in name or "|" in name:
        raise PydanticCustomError("node_id", "a name without > and |: tables write paths with them")
    return name


NodeId = Annotated[str, Field(min_length=1), AfterValidator(_without_signs_of_paths)]


class Node(library.FileModel):
    """A site. A `user` passes no key on, every other kind does.

    A `platform` stays in the sky over its place: an aircraft or airship in the stratosphere, wherever within
    `station_keeping_km` of it (1 km, assumed), as likely here as there.
    """

    id: NodeId
    kind: Literal["trusted", "user", "relay", "ground-station", "satellite", "platform"] = "trusted"
    label: str | None = None
    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None
    height_m: Real | None = None  # above the sea, of the telescopes of free-space links
    station_keeping_km: StationKeeping | None = None
    weight: NonNegative | None = None  # such as inhabitants: how much of the demand a gravity model draws to the node

    @property
    def name(self) -> str:
        """What a figure calls the node."""
        return self.label or self.id

    @property
    def may_relay(self) -> bool:
        """Whether other nodes' key may pass through."""
        return self.kind != "user"


class ClassicalChannel(library.FileModel):
    """A classical channel in the same fibre, seen from the receiver of the quantum channel.

    `forward`: it runs with the quantum light; `backward`: against it.
    """

    direction: Literal["forward", "backward"]
    launch_power_dbm: Real
    wavelength_nm: Positive = Quantity(1550.0, "assumed")
    raman_coefficient_per_km_nm: NonNegative = Quantity(3e-9, "assumed")
    attenuation_db_per_km: Positive | None = None  # that of the quantum channel when left out


class Published(library.FileModel):
    """What the literature reports of this link; shown beside results, never used by the simulation."""

    secret_key_rate_bps: NonNegative | None = None
    qber: ErrorProbability | None = None
    note: str | None = None
    source: str | None = None


class Link(library.FileModel):
    """A QKD link. `profile` is shorthand for a matched pair; `loss_db` (fibre and its connectors) beats the length.

    A link of kind `satellite` joins two nodes with ground stations: key that satellites bring to both of them. It has
    neither length nor devices of its own. A link of kind `free-space` goes through the air from the first of its ends,
    the transmitter's, to the second, both with a telescope; its length follows from their places, and its loss, too,
    unless a measured `loss_db` is given.
    """

    id: str = ""
    ends: tuple[str, str]
    kind: Literal["fibre", "satellite", "free-space"] = "fibre"
    length_km: Length | None = None
    loss_db: NonNegative | None = None
    attenuation_db_per_km: Positive = Quantity(0.20, "assumed")
    connectors: StrictInt = Field(default=0, ge=0)
    connector_loss_db: NonNegative = Quantity(0.3, "assumed")
    splices: StrictInt = Field(default=0, ge=0)
    splice_loss_db: NonNegative = Quantity(0.05, "assumed")
    multiplexer_loss_db: NonNegative = Quantity(0.0)
    dispersion_ps_per_nm_km: Real = Quantity(17.0, "assumed")
    polarisation_drift_time_s: Positive | None = None
    phase_drift_time_s: Positive | None = None
    amplifiers: StrictInt = Field(default=0, ge=0)
    quantum_bypass: StrictBool = False
    classical_channel: tuple[ClassicalChannel, ...] = ()
    profile: str | None = None
    transmitter: str | None = None
    receiver: str | None = None
    published: Published | None = None
    note: str | None = None
    free_space: FreeSpacePath | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and "id" not in data and _two_names(data.get("ends")):
            data = {**data, "id": "--".join(data["ends"])}
        return data

    @model_validator(mode="after")
    def _one_way_to_name_devices(self) -> Link:
        if self.profile is not None and (self.transmitter is not None or self.receiver is not None):
            raise ValueError("profile and transmitter/receiver are both given, expected one or the other")
        if (self.transmitter is None) != (self.receiver is None):
            raise ValueError("only one of transmitter and receiver is given, expected both")
        if self.ends[0] == self.ends[1]:
            raise ValueError(f"ends: got {self.ends[0]!r} twice, expected two different nodes")
        if self.kind == "fibre" and self.length_km is None:
            raise ValueError("length_km: missing, expected the length of the fibre")
        return self

    @model_validator(mode="after")
    def _satellites_need_no_fibre(self) -> Link:
        if self.kind == "satellite":
            own = {"id", "ends", "kind", "published", "note"}
            strange = sorted(self.model_fields_set - own)
            if strange:
                raise ValueError(f"{strange[0]}: belongs to a fibre, expected none on a link of kind satellite")
        return self

    @model_validator(mode="after")
    def _air_is_no_fibre(self) -> Link:
        strange = sorted(self.model_fields_set - ON_FREE_SPACE)
        if self.kind == "free-space" and strange:
            raise ValueError(f"{strange[0]}: belongs to a fibre, expected none on a link of kind free-space")
        if self.kind == "fibre" and self.free_space is not None:
            raise ValueError("free_space: got a table, expected none on a link of kind fibre")
        return self

    @property
    def device_names(self) -> tuple[str, str] | None:
        """Profile names of transmitter and receiver, or None where the file names none."""
        if self.profile is not None:
            return (self.profile, self.profile)
        if self.transmitter is not None and self.receiver is not None:
            return (self.transmitter, self.receiver)
        return None


def _two_names(ends: object) -> bool:
    return isinstance(ends, list | tuple) and len(ends) == 2 and all(isinstance(end, str) for end in ends)


class Topology(library.FileModel):
    """A network: nodes, links, and what of it is published and what approximate."""

    name: str = Field(min_length=1)
    title: str
    source: str
    published: str
    approximate: str
    node: tuple[Node, ...] = Field(min_length=1)
    link: tuple[Link, ...] = ()
    epoch: datetime | None = None  # where `qkdsim passes` starts
    satellite: tuple[SatelliteEntry, ...] = ()
    constellation: tuple[Constellation, ...] = ()
    ground_station: tuple[GroundStation, ...] = ()
    classical_link: tuple[ClassicalLinkEntry, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> Topology:
        problems = [*_repeated("node", [node.id for node in self.node])]
        problems += _repeated("link", [link.id for link in self.link])
        problems += _repeated("classical_link", [link.id for link in self.classical_link])
        nodes = {node.id for node in self.node}
        ends = [(f"link[{index}]", link.ends) for index, link in enumerate(self.link)]
        ends += [(f"classical_link[{index}]", link.ends) for index, link in enumerate(self.classical_link)]
        for key, pair in ends:
            missing = (end for end in pair if end not in nodes)
            problems += (f"{key}.ends: got {end!r}, expected the id of a node" for end in missing)
        apart = not_joined([link.ends for link in self.link], self.classical_link) if self.classical_link else []
        for index in apart:
            given = "{!r} and {!r}".format(*self.link[index].ends)
            problems.append(f"link[{index}].ends: got {given}, expected nodes that classical links join")
        problems += self._space_problems()
        problems += free_space_problems(self.node, self.link)
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _space_problems(self) -> Iterator[str]:
        places = {node.id: node.latitude_deg is not None and node.longitude_deg is not None for node in self.node}
        stations: set[str] = set()
        for index, name in enumerate(station.node for station in self.ground_station):
            if not places.get(name, False):
                yield f"ground_station[{index}].node: got {name!r}, expected a node with latitude_deg and longitude_deg"
            if name in stations:
                yield f"ground_station[{index}].node: got {name!r} twice, expected one station a node"
            stations.add(name)
        taken = set(places)
        for name in satellite_names(self.satellite, self.constellation):
            if name in taken:
                yield f"satellite: got the id {name!r} twice, expected unique ids"
            taken.add(name)
        for index, link in enumerate(self.link):
            lone = [end for end in link.ends if end not in stations]
            if link.kind == "satellite" and lone:
                yield f"link[{index}].ends: got {lone[0]!r}, expected a node with a ground_station"

    def to_networkx(self) -> nx.MultiGraph[str]:
        """The network as a multigraph whose edge keys are link ids; see `qkdsim.topology.graph`."""
        from qkdsim.topology.graph import to_networkx

        return to_networkx(self)

    @classmethod
    def from_networkx(
        cls, graph: nx.Graph[Any], *, names: Mapping[str, str] | None = None, ignore: Collection[str] = ()
    ) -> Topology:
        """A topology from a networkx graph; see `qkdsim.topology.graph`. Raises InputError."""
        from qkdsim.topology.graph import from_networkx

        return from_networkx(graph, names=names, ignore=ignore)


def _repeated(kind: str, ids: list[str]) -> Iterator[str]:
    hint = " (parallel links need an id)" if kind.endswith("link") else ""
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            yield f"{kind}[{index}].id: got {name!r} twice, expected unique ids{hint}"
        seen.add(name)


@dataclass(frozen=True, slots=True)
class NamedTopology:
    """A topology with its path and the hash of its file."""

    path: Path
    topology: Topology
    sha256: str


def load_named_topology(name: str, *, beside: Path | None = None) -> NamedTopology:
    """Load a shipped topology by name or a user's by path, with its provenance.

    Raises InputError.
    """
    path = library.find("topology", name, beside)
    source = library.read(path)
    return NamedTopology(path, library.parse(Topology, source, "topology"), source.sha256)


def load_topology(name: str) -> Topology:
    """Load a shipped topology by name or a user's by path.

    Raises InputError.
    """
    return load_named_topology(name).topology
