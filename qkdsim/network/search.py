"""Exact searches for routes over arrays of link costs and store levels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
BitsArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST_NODES = 1 << 20  # a heap entry keeps 20 bits for the node and 20 for the hops
ROWS_BYTES = 64 * 1024**2  # hop distances kept

_ENTRY = np.dtype([("key", "f8"), ("order", "i8")])
NODE = np.dtype(
    [
        ("cost", "f8"),
        ("stamp", "i8"),
        ("hops", "i4"),
        ("next_node", "i4"),
        ("next_link", "i4"),
        ("first", "i4"),
        ("end", "i4"),
        ("relay", "i4"),
    ]
)


@dataclass(frozen=True, slots=True)
class Barrier:
    """Why there is no route: links that cannot be used and together cut the source off from the target.

    `links` hold too little key. As long as no key arrives on one of them there can be no route, whatever happens
    elsewhere, unless one of `others` comes back: links that are not usable, or of infinite cost. Without any link in
    either, the network has no way between the two at all.
    """

    links: tuple[int, ...]
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchGraph:
    """Nodes and links by their index in the file, as arrays.

    The arcs of node u are `first[u]` to `first[u + 1]`, each with the node it leads to and its link, sorted by these.
    Shapes: `first` (nodes + 1,), `neighbour` and `link` (2 links,), all int32; `may_relay` (nodes,): whether a node may
    stand in the middle of a route.
    """

    first: IntArray = field(repr=False)
    neighbour: IntArray = field(repr=False)
    link: IntArray = field(repr=False)
    may_relay: BoolArray = field(repr=False)

    @classmethod
    def of(cls, may_relay: Sequence[bool], ends: Sequence[tuple[int, int]]) -> SearchGraph:
        """Take one flag per node, and the two end nodes of each link; links may run in parallel.

        Raises ValueError for a link from a node to itself or to no node, and for more than 2^20 nodes.
        """
        nodes = len(may_relay)
        pairs = np.array(ends, np.int32).reshape(-1, 2)
        if nodes > MOST_NODES:
            raise ValueError(f"got {nodes} nodes, expected at most {MOST_NODES}")
        if np.any(pairs[:, 0] == pairs[:, 1]) or np.any(pairs < 0) or np.any(pairs >= nodes):
            raise ValueError(f"expected links between two different nodes from 0 to {nodes - 1}")
        origin = np.concatenate([pairs[:, 0], pairs[:, 1]])
        neighbour = np.concatenate([pairs[:, 1], pairs[:, 0]])
        link = np.tile(np.arange(len(pairs), dtype=np.int32), 2)
        order = np.lexsort((link, neighbour, origin))
        first = np.searchsorted(origin[order], np.arange(nodes + 1)).astype(np.int32)
        return cls(first, neighbour[order], link[order], np.array(may_relay, np.bool_))

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.may_relay)

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.link) // 2


class RouteSearch:
    """Searches over one graph; costs and levels may change from call to call.

    A route is the tuple of its links, source to target; () from a node to itself. A link is open if it is `usable`, of
    finite cost, and holds at least `relay_bits`; a link that is the whole route needs `direct_bits` instead.

    Arrays are indexed by link: `costs` float64, none below `hop_cost_floor`, infinite for never; `held_bits` int64;
    `usable` bool. They are read as they are: other types would be compiled for anew, at the price of seconds.

    Fewest hops from a node are worked out when first needed and kept, up to 64 MiB (4,096 nodes); beyond, the row that
    was not used for longest is dropped. The object keeps its scratch space, so one thread may use it at a time.
    """

    def __init__(self, graph: SearchGraph, hop_cost_floor: float = 1.0) -> None:
        """Set up the scratch space; the nearer `hop_cost_floor` is to the costs, the faster the search.

        Raises ValueError unless the floor is finite and above 0.
        """
        from qkdsim.network import search_kernels

        if not 0.0 < hop_cost_floor < np.inf:
            raise ValueError(f"hop_cost_floor: got {hop_cost_floor}, expected a finite number above 0")
        self._kernels = search_kernels
        self._floor = float(hop_cost_floor)
        self._nodes = np.zeros(graph.nodes, NODE)
        self._nodes["first"], self._nodes["end"] = graph.first[:-1], graph.first[1:]
        self._nodes["relay"] = graph.may_relay
        self._arcs = np.ascontiguousarray(np.column_stack([graph.neighbour, graph.link]), np.int32)
        self._heap = np.zeros(2 * (graph.links + graph.nodes) + 2, _ENTRY)
        self._found = np.zeros(2 * graph.links + 1, np.int32)
        self._ones = np.ones(graph.links)
        self._rows: OrderedDict[int, IntArray] = OrderedDict()
        self._most_rows = max(2, ROWS_BYTES // (4 * max(1, graph.nodes)))
        self._search = 0

    def cheapest(
        self,
        costs: FloatArray,
        held_bits: BitsArray,
        usable: BoolArray,
        source: int,
        target: int,
        direct_bits: int,
        relay_bits: int,
    ) -> tuple[int, ...] | Barrier:
        """The open route of least total cost, or the barrier between source and target.

        Of routes with equal cost (added up from the target) one with fewest hops; of those the first in file order: by
        nodes from the source on, then by links where links run in parallel.
        """
        self._search += 2
        count = self._kernels.cheapest(
            self._nodes,
            self._arcs,
            self._heap,
            self._found,
            self._hops_from(source),
            costs,
            held_bits,
            usable,
            self._floor,
            source,
            target,
            direct_bits,
            relay_bits,
            self._search,
        )
        return self._read(count)

    def widest(
        self, held_bits: BitsArray, usable: BoolArray, source: int, target: int, direct_bits: int, relay_bits: int
    ) -> tuple[int, ...] | Barrier:
        """The open route whose poorest link holds most key, or the barrier between source and target.

        Of routes as wide one with fewest hops; of those the first in file order.
        """
        self._search += 6
        count = self._kernels.widest(
            self._nodes,
            self._arcs,
            self._heap,
            self._found,
            self._hops_from(source),
            self._ones,
            held_bits,
            usable,
            source,
            target,
            direct_bits,
            relay_bits,
            self._search - 4,
        )
        return self._read(count)

    def disjoint(
        self,
        costs: FloatArray,
        held_bits: BitsArray,
        usable: BoolArray,
        source: int,
        target: int,
        relay_bits: int,
        count: int,
    ) -> list[tuple[int, ...]]:
        """Up to `count` open routes without a common node between the ends, fewer if there are no more.

        Their total cost is the least for that many routes; cheaper ones come first, then shorter ones. All links need
        `relay_bits`. Parallel links between source and target are routes of their own.

        Method: minimum-cost flow by successive shortest paths over split nodes (J. W. Suurballe, Networks 4 (1974) 125;
        R. Bhandari, Survivable Networks, 1999).
        """
        if source == target or count < 1:
            return []
        links = self._kernels.disjoint(
            self._nodes,
            self._arcs,
            self._heap,
            self._hops_from(target),
            costs,
            held_bits,
            usable,
            self._floor,
            source,
            target,
            relay_bits,
            count,
        ).tolist()
        routes = []
        start = 0
        while start < len(links):
            end = links.index(-1, start)
            routes.append(tuple(reversed(links[start:end])))
            start = end + 1
        return sorted(routes, key=lambda route: (sum(costs[link] for link in route), len(route), route))

    def _read(self, count: int) -> tuple[int, ...] | Barrier:
        found = self._found
        if count >= 0:
            return tuple(found[:count].tolist())
        links, short = found[: -1 - count].tolist(), -1 - count - int(found[-1])
        return Barrier(tuple(links[:short]), tuple(links[short:]))

    def _hops_from(self, node: int) -> IntArray:
        row = self._rows.get(node)
        if row is None:
            row = np.empty(len(self._nodes), np.int32)
            self._kernels.hops_from(self._nodes, self._arcs, node, row)
            self._rows[node] = row
            if len(self._rows) > self._most_rows:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(node)
        return row
