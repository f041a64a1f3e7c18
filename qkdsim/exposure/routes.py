"""What holds whatever the route: disjoint paths between two nodes, and the smallest sets of relays that cut them all.

K. Menger (1927): the greatest number of paths without a common relay is the fewest relays that meet every path. It is
a maximum flow with each relay cut in two, joined by an edge of capacity 1.

A satellite link is met by all satellites together that brought its key. One satellite may serve many links, so each set
of satellites that meets some links is tried, with the fewest relays that meet what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from qkdsim.crypto import SharingScheme
from qkdsim.errors import InputError
from qkdsim.exposure.smallest import MOST_LISTED, NO_SET, SmallestSets
from qkdsim.results import RunResult

MOST_SATELLITE_SETS = 1_000  # that are tried
_FREE, _TAKEN = 1, 0  # capacity of a relay; a barred one has as much as there are nodes


@dataclass(frozen=True, slots=True)
class RouteCuts:
    """The routes that the links of a network allow between two nodes.

    is_direct       a link joins the two nodes: keys on it pass no relay, and no satellite
    disjoint_paths  greatest number of paths without a common relay, the direct one included; a satellite link is one
                    link, whatever satellites serve it
    cuts            the smallest sets of relays and satellites that meet every route but the direct one
    """

    is_direct: bool
    disjoint_paths: int
    cuts: SmallestSets

    def nodes_needed(self, scheme: SharingScheme) -> int | None:
        """Fewest relays that expose every key of a scheme, whichever disjoint paths carry it; None if none do.

        The satellites of a satellite link between the two nodes count as one relay.

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

    Satellite links are met by the satellites that announced their key in the run. Nodes of kind `user`
    relay nothing. Both ends must be nodes of the run.

    Raises InputError where too many sets of satellites would have to be tried.
    """
    nodes = result.table("nodes").select("id", pl.col("kind") != "user").rows()
    links = {link: (start, end) for link, start, end in result.table("links").select("id", "from", "to").rows()}
    served = result.lazy("announcements").group_by("link").agg(pl.col("satellite").unique()).collect()
    satellites = {link: frozenset(names) for link, names in served.iter_rows()}
    direct = {link for link, both in links.items() if set(both) == set(ends)}
    names, may_relay = [name for name, _ in nodes], [may for _, may in nodes]

    def flow_without(taken: frozenset[str]) -> _RelayFlow:
        left = [both for link, both in links.items() if not satellites.get(link, {""}) <= taken]
        return _RelayFlow(names, may_relay, left, ends)

    flows: list[tuple[int, int, frozenset[str], _RelayFlow]] = []
    must_take = frozenset[str]().union(*(satellites.get(link, frozenset()) for link in direct))
    for taken in _satellite_sets(set(satellites.values()), must_take):
        if flows and len(taken) > min(nodes for nodes, *_ in flows):
            break
        flow = flow_without(taken)
        relays = flow.value()
        flows.append((len(taken) + relays, relays, taken, flow))
    is_direct = bool(direct - satellites.keys())
    return RouteCuts(is_direct, flow_without(frozenset()).value() + bool(direct), _smallest(flows))


def _satellite_sets(of_links: set[frozenset[str]], must_take: frozenset[str]) -> list[frozenset[str]]:
    """All sets of satellites that meet some links and no more, the smallest first.

    Raises InputError beyond `MOST_SATELLITE_SETS`.
    """
    found = {must_take}
    for one in of_links:
        found |= {one | other for other in found}
        if len(found) > MOST_SATELLITE_SETS:
            limit = f"satellites may be taken in more than {MOST_SATELLITE_SETS} ways, which is the limit of the search"
            raise InputError.of("smallest sets of nodes", "", None, limit)
    return sorted(found, key=lambda one: (len(one), sorted(one)))


def _smallest(flows: list[tuple[int, int, frozenset[str], _RelayFlow]]) -> SmallestSets:
    """The sets of the flows with the fewest nodes: their satellites, and the relays that meet what these leave."""
    nodes = min(nodes for nodes, *_ in flows)
    if nodes == 0:
        return NO_SET
    sets = (
        tuple(sorted([*taken, *cut]))
        for count, relays, taken, flow in flows
        if count == nodes
        for cut in flow.cuts(relays, {})
    )
    first = list(islice(sets, MOST_LISTED + 1))
    return SmallestSets(nodes, tuple(sorted(first[:MOST_LISTED])), len(first) <= MOST_LISTED)


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
