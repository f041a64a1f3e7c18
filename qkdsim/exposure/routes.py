"""What holds whatever the route: disjoint paths between two nodes, and the smallest sets of relays that cut them all.

K. Menger (1927): the greatest number of paths without a common relay is the fewest relays that meet every path. It is
a maximum flow with each relay cut in two, joined by an edge of capacity 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from qkdsim.crypto import SharingScheme
from qkdsim.exposure.smallest import MOST_LISTED, NO_SET, SmallestSets
from qkdsim.results import RunResult

_FREE, _TAKEN = 1, 0  # capacity of a relay; a barred one has as much as there are nodes


@dataclass(frozen=True, slots=True)
class RouteCuts:
    """The routes that the links of a network allow between two nodes.

    is_direct       a link joins the two nodes: keys on it pass no relay
    disjoint_paths  greatest number of paths without a common relay, the direct one included
    cuts            the smallest sets of relays that meet every route but the direct one
    """

    is_direct: bool
    disjoint_paths: int
    cuts: SmallestSets

    def nodes_needed(self, scheme: SharingScheme) -> int | None:
        """Fewest relays that expose every key of a scheme, whichever disjoint paths carry it; None if none do.

        With K disjoint paths, n used and k needed, it is K - n + k. Fewer relays leave more than n - k of some K
        disjoint paths alone, and the key may take n of those K, with these among them. As many, all of one smallest
        cut, leave n - k disjoint paths at most.

        Raises ValueError if the scheme takes more paths than there are.
        """
        if scheme.paths > self.disjoint_paths:
            raise ValueError(f"{scheme.paths} disjoint paths are needed, {self.disjoint_paths} exist")
        needed = self.disjoint_paths - scheme.paths + scheme.threshold
        return needed if needed <= self.disjoint_paths - self.is_direct else None


def route_cuts(result: RunResult, ends: tuple[str, str]) -> RouteCuts:
    """Disjoint paths and smallest cuts between two nodes over all links of a run, whatever their stores hold.

    Nodes of kind `user` relay nothing. Both ends must be nodes of the run.
    """
    nodes = result.table("nodes").select("id", pl.col("kind") != "user").rows()
    links = result.table("links").select("from", "to").rows()
    is_direct = any({start, end} == set(ends) for start, end in links)
    flow = _RelayFlow([name for name, _ in nodes], [may_relay for _, may_relay in nodes], links, ends)
    relayed = flow.value()
    sets: list[tuple[str, ...]] = []
    complete = True
    if relayed:
        for cut in flow.cuts(relayed, {}):
            if len(sets) == MOST_LISTED:
                complete = False
                break
            sets.append(cut)
    cuts = SmallestSets(relayed, tuple(sorted(sets)), complete) if relayed else NO_SET
    return RouteCuts(is_direct, relayed + is_direct, cuts)


class _RelayFlow:
    """The network as a flow between two nodes, without links that join them directly."""

    def __init__(
        self, names: list[str], may_relay: list[bool], links: list[tuple[str, str]], ends: tuple[str, str]
    ) -> None:
        index = {name: number for number, name in enumerate(names)}
        self._names = names
        self._start, self._goal = index[ends[0]], index[ends[1]]
        ways = {(index[a], index[b]) for start, end in links for a, b in ((start, end), (end, start))}
        ways = {way for way in ways if set(way) != {self._start, self._goal}}
        self._next: dict[int, list[int]] = {}
        for a, b in sorted(ways):
            self._next.setdefault(a, []).append(b)
        relays = [number for number, may in enumerate(may_relay) if may and number not in (self._start, self._goal)]
        self._relays = frozenset(relays)
        # vertex 2 v is where a node is entered, 2 v + 1 where it is left
        self._unlimited = len(names) + 1
        edges = [(2 * v, 2 * v + 1) for v in relays] + [(2 * a + 1, 2 * b) for a, b in sorted(ways)]
        rows, columns = np.array(edges, dtype=np.int32).reshape(-1, 2).T
        capacities = np.full(len(edges), self._unlimited, dtype=np.int32)
        capacities[: len(relays)] = _FREE
        size = 2 * len(names)
        # an edge's place in the matrix is found by putting its number there first
        numbered = csr_array((np.arange(1, len(edges) + 1, dtype=np.int32), (rows, columns)), shape=(size, size))
        numbered.sort_indices()
        self._place = np.empty(len(edges), dtype=np.int64)
        self._place[numbered.data - 1] = np.arange(len(edges))
        self._matrix = csr_array((capacities[numbered.data - 1], numbered.indices, numbered.indptr), shape=(size, size))
        self._edge_of = {v: number for number, v in enumerate(relays)}

    def value(self, changed: dict[int, int] | None = None) -> int:
        """The greatest number of paths without a common relay, with the capacity of some relays changed."""
        matrix = self._matrix.copy()
        for relay, capacity in (changed or {}).items():
            matrix.data[self._place[self._edge_of[relay]]] = capacity
        if not matrix.nnz:
            return 0
        return int(maximum_flow(matrix, 2 * self._start + 1, 2 * self._goal).flow_value)

    def cuts(self, nodes: int, changed: dict[int, int]) -> Iterator[tuple[str, ...]]:
        """All sets of `nodes` relays that, with those taken already, meet every path.

        Each holds a relay of any one path: take each in turn if the flow then falls by one, and bar it afterwards by
        giving it room for every path; so no set comes twice, and every branch ends in one.
        """
        if nodes == 0:
            yield tuple(sorted(self._names[v] for v, capacity in changed.items() if capacity == _TAKEN))
            return
        changed = dict(changed)
        for relay in self._path(changed):
            if changed.get(relay) is None and self.value({**changed, relay: _TAKEN}) == nodes - 1:
                yield from self.cuts(nodes - 1, {**changed, relay: _TAKEN})
                changed[relay] = self._unlimited
                if self.value(changed) != nodes:
                    return

    def _path(self, changed: dict[int, int]) -> list[int]:
        """The relays of a path with the fewest hops that passes no taken relay."""
        before = {self._start: self._start}
        queue = [self._start]
        for node in queue:
            for other in self._next.get(node, ()):
                if other == self._goal:
                    path = []
                    while node != self._start:
                        path.append(node)
                        node = before[node]  # noqa: PLW2901 (walking back; the loop is left)
                    return path[::-1]
                if other in self._relays and other not in before and changed.get(other) != _TAKEN:
                    before[other] = node
                    queue.append(other)
        return []
