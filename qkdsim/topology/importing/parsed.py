"""What readers hand over: a network as a file states it, before ids, lengths and gaps are settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ParsedNode:
    """A node under the name that edges of the same file use; `values` are keys of a node of a topology file."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place_deg(self) -> tuple[float, float] | None:
        """Latitude and longitude, if both are known."""
        latitude, longitude = self.values.get("latitude_deg"), self.values.get("longitude_deg")
        return None if latitude is None or longitude is None else (latitude, longitude)


@dataclass(frozen=True, slots=True)
class ParsedEdge:
    """An edge between the keys of two nodes; `values` are keys of a link. `drawn_km`: along a line on a map."""

    source: str
    target: str
    values: Mapping[str, Any] = field(default_factory=dict)
    drawn_km: float | None = None


@dataclass(frozen=True, slots=True)
class ParsedNetwork:
    """Nodes and edges with their known attributes.

    directed    whether every edge is one direction of a cable, so that opposite ones belong together
    unused      attributes of the file that have no place in a topology
    notes       what the reader decided, one line each
    """

    nodes: tuple[ParsedNode, ...]
    edges: tuple[ParsedEdge, ...]
    title: str | None = None
    directed: bool = False
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
