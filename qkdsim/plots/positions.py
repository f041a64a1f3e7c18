"""Where the nodes of a map are drawn: true to the earth, and apart far enough to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim.plots.facts import MapLink, MapNode
from qkdsim.plots.layout import pivot_layout
from qkdsim.plots.longitudes import around, parted
from qkdsim.plots.untangle import Pairs, Points, untangled

KM_PER_DEGREE = 111.2  # of a great circle on a sphere of 6371 km
FRAME_IN = (7.6, 4.6)
LARGE_FRAME_IN = (8.6, 6.6)  # for more than MANY nodes
COUNTRY_FRAME_IN = (9.6, 9.6)  # for more than COUNTRY_MANY nodes
MANY, COUNTRY_MANY = 16, 36
LARGE_NODES, LARGE_LINKS = 60, 150  # above, nodes stay where they are and few names are written
_MIN_HEIGHT_IN = 2.4
COUNTRY_KM = 300.0  # from here on a map shows coasts, which tell how far a node is from its place
_LEGIBLE_IN, _COUNTRY_LEGIBLE_IN = 1.35, 0.75
_MOVED_IN = 0.12  # a node drawn further than this from its true place is marked


@dataclass(frozen=True, slots=True)
class Plane:
    """An equirectangular projection about a middle, true to scale along its latitude; whole over the date line."""

    latitude_deg: float
    longitude_deg: float

    @classmethod
    def of(cls, nodes: Sequence[MapNode]) -> Plane:
        """The plane about the middle of nodes that all have coordinates."""
        longitude, latitude = _coordinates(nodes)
        if np.ptp(longitude) > 180:
            longitude = longitude % 360.0
        return cls(float(latitude.min() + latitude.max()) / 2, float(longitude.min() + longitude.max()) / 2)

    def nodes_km(self, nodes: Sequence[MapNode]) -> Points:
        """Where nodes stand, east and north of the middle; (nodes, 2)."""
        longitude, latitude = _coordinates(nodes)
        return self._km(around(longitude, self.longitude_deg), latitude)

    def line_km(self, longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> Points:
        """A line of points (n, 2), with NaN where it leaves the map on one side and comes back on the other."""
        return self._km(*parted(longitude_deg, latitude_deg, self.longitude_deg))

    def _km(self, longitude: Points, latitude: Points) -> Points:
        east = (longitude - self.longitude_deg) * math.cos(math.radians(self.latitude_deg))
        return np.column_stack([east, latitude - self.latitude_deg]) * KM_PER_DEGREE


@dataclass(frozen=True, slots=True)
class Placed:
    """Drawn and true positions in inches, scale and projection; a schematic map has neither of the two."""

    drawn: Points
    true: Points
    inches_per_km: float | None
    plane: Plane | None = None

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which nodes are drawn away from their true place."""
        apart = self.drawn - self.true
        return np.asarray(np.hypot(apart[:, 0], apart[:, 1]) > _MOVED_IN)


def frame_in(count: int) -> tuple[float, float]:
    """Largest size of a map of `count` nodes, without its margins."""
    if count > COUNTRY_MANY:
        return COUNTRY_FRAME_IN
    return LARGE_FRAME_IN if count > MANY else FRAME_IN


def is_large(nodes: int, links: int) -> bool:
    """Whether a map is too full to move nodes apart, bow links and write on each of them."""
    return nodes > LARGE_NODES or links > LARGE_LINKS


def legible_in(count: int, half: Points, most_in: float) -> float:
    """How far apart nodes should stand on a map with these half sides."""
    share = 0.52 if count > MANY else 0.8
    return min(most_in, share * math.sqrt(4 * half[0] * half[1] / max(1, count)))


def placed(nodes: Sequence[MapNode], links: Sequence[MapLink]) -> Placed:
    """Positions for a map: from coordinates where every node has them, else from who is joined to whom."""
    if all(node.latitude_deg is not None and node.longitude_deg is not None for node in nodes):
        plane = Plane.of(nodes)
        plane_km = plane.nodes_km(nodes)
    else:
        return Placed(drawn := _schematic(nodes, links), drawn, None)
    span = np.ptp(plane_km, axis=0)
    frame = frame_in(len(nodes))
    per_km = min(frame[axis] / span[axis] if span[axis] > 0 else math.inf for axis in (0, 1))
    if not math.isfinite(per_km):
        per_km = 1.0
    true = plane_km * per_km
    if is_large(len(nodes), len(links)):
        return Placed(true, true, per_km, plane)
    most_in = _LEGIBLE_IN if span.max() < COUNTRY_KM else _COUNTRY_LEGIBLE_IN
    drawn = untangled(spread(true, most_in), true, _pairs(nodes, links), 0.6 * most_in)
    return Placed(drawn, true, per_km, plane)


def _coordinates(nodes: Sequence[MapNode]) -> tuple[Points, Points]:
    places = np.array([(node.longitude_deg, node.latitude_deg) for node in nodes], dtype=np.float64)
    return places[:, 0], places[:, 1]


def _schematic(nodes: Sequence[MapNode], links: Sequence[MapLink]) -> Points:
    large = is_large(len(nodes), len(links))
    points = pivot_layout(len(nodes), _pairs(nodes, links).tolist()) if large else _by_springs(nodes, links)
    points = np.round(points, 6)
    points[:, 0] *= -1.0 if points[0, 0] > points[-1, 0] else 1.0  # the first node stands left
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    span = np.maximum(np.ptp(points, axis=0), 1e-9)
    frame = frame_in(len(nodes))
    points = points * min(frame[0] / span[0], frame[1] / span[1], 1e3)
    return points if large else spread(points)


def _by_springs(nodes: Sequence[MapNode], links: Sequence[MapLink]) -> Points:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(node.id for node in nodes)
    graph.add_edges_from(link.ends for link in links)
    layout = nx.kamada_kawai_layout(graph) if len(nodes) > 1 else {nodes[0].id: np.zeros(2)}
    return np.array([layout[node.id] for node in nodes], dtype=np.float64)


def spread(true: Points, most_in: float = _LEGIBLE_IN, rounds: int = 400) -> Points:
    """Push nodes that stand too close apart, a little per round, pulled back to their true places.

    The same input gives the same output: nodes at one spot leave it in directions given by their number.
    """
    count = len(true)
    half = np.maximum(np.ptp(true, axis=0) / 2, (0.4 * FRAME_IN[0], _MIN_HEIGHT_IN / 2))
    apart = legible_in(count, half, most_in)
    turn = np.arange(count) * 2.399963  # golden angle: no two directions alike
    own_way = 0.02 * np.column_stack([np.cos(turn), np.sin(turn)])
    drawn = true + own_way
    for _ in range(rounds):
        # also nodes that the frame has pressed into one corner part again
        nudged = drawn + own_way
        offset = nudged[:, None, :] - nudged[None, :, :]
        distance = np.hypot(offset[..., 0], offset[..., 1])
        np.fill_diagonal(distance, np.inf)
        push = np.clip(apart - distance, 0.0, None) / np.maximum(distance, 1e-9)
        drawn = drawn + 0.25 * (push[..., None] * offset).sum(axis=1) + 0.02 * (true - drawn)
        drawn = np.clip(drawn, -half, half)
    return drawn


def _pairs(nodes: Sequence[MapNode], links: Sequence[MapLink]) -> Pairs:
    """The joined pairs of nodes by number, each once; shape (pairs, 2)."""
    number = {node.id: index for index, node in enumerate(nodes)}
    joined = {tuple(sorted((number[start], number[end]))) for start, end in (link.ends for link in links)}
    return np.array(sorted(joined), dtype=np.int64).reshape(-1, 2)
