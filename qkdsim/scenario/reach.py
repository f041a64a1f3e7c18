"""Which nodes can come to share key at all: joined by links, through nodes that pass key on."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from qkdsim.topology import Topology

FloatArray = NDArray[np.float64]


class Reach:
    """Looked at once per topology: questions about single pairs cost no search."""

    def __init__(self, topology: Topology) -> None:
        """Take the nodes and links of a topology, whatever the links are made of."""
        self.ids = tuple(node.id for node in topology.node)
        self.index = {name: number for number, name in enumerate(self.ids)}
        self._relays = np.array([node.may_relay for node in topology.node])
        ends = [(self.index[link.ends[0]], self.index[link.ends[1]]) for link in topology.link]
        self._ends = np.array(ends, dtype=np.int64).reshape(-1, 2)

    def joins(self, source: str, target: str) -> bool:
        """Whether any path joins two different nodes, through nodes that pass key on."""
        first, second = self.index[source], self.index[target]
        return second in self._neighbours[first] or not self._regions[first].isdisjoint(self._regions[second])

    @cached_property
    def _neighbours(self) -> list[set[int]]:
        found: list[set[int]] = [set() for _ in self.ids]
        for first, second in self._ends.tolist():
            found[first].add(second)
            found[second].add(first)
        return found

    @cached_property
    def _regions(self) -> list[set[int]]:
        """Of each node, the connected parts of the relaying network that it is in or stands at the edge of."""
        between = self._ends[self._relays[self._ends].all(axis=1)]
        label = connected_components(self._graph(between), directed=False)[1].tolist()
        relays = self._relays.tolist()
        return [
            {label[node]} if relays[node] else {label[other] for other in self._neighbours[node] if relays[other]}
            for node in range(len(self.ids))
        ]

    def hops(self, nodes: list[int]) -> FloatArray:
        """Fewest hops between these nodes through nodes that pass key on, infinite without a path; shape (n, n)."""
        both_ways = np.concatenate([self._ends, self._ends[:, ::-1]])
        onward = self._graph(both_ways[self._relays[both_ways[:, 0]]])  # out of a node that passes key on
        hops = np.asarray(dijkstra(onward, unweighted=True, indices=nodes))
        for row, node in enumerate(nodes):
            if not self._relays[node]:  # its own key starts here all the same
                near = sorted(self._neighbours[node])
                steps = dijkstra(onward, unweighted=True, indices=near, min_only=True) if near else np.inf
                hops[row] = 1.0 + steps
                hops[row, node] = 0.0
        return np.asarray(hops[:, nodes])

    def _graph(self, ends: NDArray[np.int64]) -> coo_array:
        return coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(self.ids), len(self.ids)))
