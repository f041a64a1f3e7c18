"""Trunk routes: which cities are joined, and the trusted nodes along the way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

ROUTE_FACTOR = 1.3  # fibre over straight line, of every link of a generated network
_WIGGLE = 0.05  # how far relay nodes stand off the straight line, in spans, one standard deviation
_MARGIN = 1.05  # a span may be longer than its even share of the route by the wiggle, cut at two standard deviations


@dataclass(frozen=True, slots=True)
class Trunk:
    """A route between two cities (their numbers) and positions [relays, 2] in km of the nodes between them."""

    cities: tuple[int, int]
    relays: NDArray[np.float64]


def trunk_routes(positions: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of cities to join: neighbours whose midpoint is nearest to them (the Gabriel graph), and a few more.

    Gabriel, Sokal, Syst. Zool. 18, 259 (1969). Edges of the Delaunay triangulation are added, the shortest first, until
    no single city cuts the country in two; the triangulation itself has that property.
    """
    corners = Delaunay(positions).simplices
    edges = sorted({(min(a, b), max(a, b)) for one in corners.tolist() for a, b in itertools.combinations(one, 2)})
    ends = np.array(edges)
    lengths = np.linalg.norm(positions[ends[:, 0]] - positions[ends[:, 1]], axis=1)
    nearest, _ = cKDTree(positions).query((positions[ends[:, 0]] + positions[ends[:, 1]]) / 2.0)
    gabriel = nearest >= lengths / 2.0 * (1.0 - 1e-9)
    graph: nx.Graph[int] = nx.Graph([edge for edge, kept in zip(edges, gabriel, strict=True) if kept])
    spare = [edges[number] for number in np.argsort(lengths, kind="stable") if not gabriel[number]]
    while not nx.is_biconnected(graph):
        blocks: dict[int, set[int]] = {city: set() for city in graph}
        found = cast("Iterator[set[int]]", nx.biconnected_components(graph))  # the stubs say a set of sets
        for number, block in enumerate(found):
            for city in block:
                blocks[city].add(number)
        edge = next(one for one in spare if not blocks[one[0]] & blocks[one[1]])
        spare.remove(edge)
        graph.add_edge(*edge)
    return sorted((min(edge), max(edge)) for edge in graph.edges)


def spans(length_km: float, max_span_km: float) -> int:
    """Into how many links a route of this straight length is cut."""
    return max(1, math.ceil(length_km * ROUTE_FACTOR * _MARGIN / max_span_km))


def widest_scale(lengths: NDArray[np.float64], max_span_km: float, relays: int) -> float:
    """The greatest length in km of one unit with which routes of these lengths need no more relay nodes than these."""

    def needed(scale_km: float) -> int:
        return sum(spans(float(length) * scale_km, max_span_km) - 1 for length in lengths)

    low, high = 0.0, 2.0 * (relays + len(lengths)) * max_span_km / float(lengths.sum())
    for _ in range(60):  # far below a millimetre
        middle = (low + high) / 2.0
        low, high = (middle, high) if needed(middle) <= relays else (low, middle)
    return low


def lay_trunk(
    cities: tuple[int, int], positions_km: NDArray[np.float64], max_span_km: float, rng: np.random.Generator
) -> Trunk:
    """Relay nodes along a route, evenly but for a little wiggle to the side."""
    start, end = positions_km[list(cities)]
    way = end - start
    length_km = float(np.linalg.norm(way))
    count = spans(length_km, max_span_km)
    shares = np.arange(1, count)[:, None] / count
    offsets_km = np.clip(rng.normal(size=(count - 1, 1)), -2.0, 2.0) * _WIGGLE * length_km / count
    side = np.array([-way[1], way[0]]) / length_km
    return Trunk(cities, start + shares * way + offsets_km * side)
