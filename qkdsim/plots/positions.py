"""Where the nodes of a map are drawn: true to the earth, and apart far enough to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from qkdsim.plots.facts import MapLink, MapNode

Points: TypeAlias = NDArray[np.float64]  # shape (nodes, 2), inches

KM_PER_DEGREE = 111.2  # of a great circle on a sphere of 6371 km
FRAME_IN = (7.6, 4.6)
_MIN_HEIGHT_IN = 2.4
_LEGIBLE_IN = 1.35
_MOVED_IN = 0.12  # a node drawn further than this from its true place is marked


@dataclass(frozen=True, slots=True)
class Placed:
    """Drawn and true positions in inches, and the scale; schematic maps have no scale and no true positions."""

    drawn: Points
    true: Points
    inches_per_km: float | None

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which nodes are drawn away from their true place."""
        apart = self.drawn - self.true
        return np.asarray(np.hypot(apart[:, 0], apart[:, 1]) > _MOVED_IN)


def placed(nodes: Sequence[MapNode], links: Sequence[MapLink]) -> Placed:
    """Positions for a map: from coordinates where every node has them, else from who is joined to whom."""
    if all(node.latitude_deg is not None and node.longitude_deg is not None for node in nodes):
        plane_km = _plane_km(nodes)
    else:
        return Placed(drawn := _schematic(nodes, links), drawn, None)
    span = np.ptp(plane_km, axis=0)
    per_km = min(FRAME_IN[axis] / span[axis] if span[axis] > 0 else math.inf for axis in (0, 1))
    if not math.isfinite(per_km):
        per_km = 1.0
    true = (plane_km - (plane_km.min(axis=0) + plane_km.max(axis=0)) / 2) * per_km
    return Placed(spread(true), true, per_km)


def _plane_km(nodes: Sequence[MapNode]) -> Points:
    """Equirectangular projection about the middle latitude; a network over the date line stays in one piece."""
    latitude = np.array([node.latitude_deg for node in nodes], dtype=np.float64)
    longitude = np.array([node.longitude_deg for node in nodes], dtype=np.float64)
    if np.ptp(longitude) > 180:
        longitude = longitude % 360.0
    middle = math.radians((latitude.min() + latitude.max()) / 2)
    return np.column_stack([longitude * math.cos(middle), latitude]) * KM_PER_DEGREE


def _schematic(nodes: Sequence[MapNode], links: Sequence[MapLink]) -> Points:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(node.id for node in nodes)
    graph.add_edges_from(link.ends for link in links)
    layout = nx.kamada_kawai_layout(graph) if len(nodes) > 1 else {nodes[0].id: np.zeros(2)}
    points = np.round(np.array([layout[node.id] for node in nodes], dtype=np.float64), 6)
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    span = np.maximum(np.ptp(points, axis=0), 1e-9)
    return spread(points * min(FRAME_IN[0] / span[0], FRAME_IN[1] / span[1], 1e3))


def spread(true: Points, rounds: int = 400) -> Points:
    """Push nodes that stand too close apart, a little per round, pulled back to their true places.

    The same input gives the same output: nodes at one spot leave it in directions given by their number.
    """
    count = len(true)
    half = (
        np.maximum(np.ptp(true, axis=0) / 2, (0.4 * FRAME_IN[0], _MIN_HEIGHT_IN / 2))
        if count > 1
        else np.ones(2)
    )
    apart = min(_LEGIBLE_IN, 0.8 * math.sqrt(4 * half[0] * half[1] / max(1, count)))
    turn = np.arange(count) * 2.399963  # golden angle: no two directions alike
    drawn = true + 0.02 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(rounds):
        offset = drawn[:, None, :] - drawn[None, :, :]
        distance = np.hypot(offset[..., 0], offset[..., 1])
        np.fill_diagonal(distance, np.inf)
        push = np.clip(apart - distance, 0.0, None) / np.maximum(distance, 1e-9)
        drawn = drawn + 0.25 * (push[..., None] * offset).sum(axis=1) + 0.02 * (true - drawn)
        drawn = np.clip(drawn, -half, half)
    return drawn
