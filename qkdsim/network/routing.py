"""Routing: the shortest path, by hops, over links that hold enough key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qkdsim.keystore import KeyStore


@dataclass(frozen=True, slots=True)
class Barrier:
    """Why there is no route: the links that hold too little and together cut the target off.

    As long as no key arrives on one of them there can be no route, whatever happens elsewhere.
    """

    links: tuple[int, ...]


class RouteFinder:
    """Breadth-first search over a network of key stores; nodes and links are known by their index in the
    file.

    Among paths of equally many hops the first in file order wins (by node, then by link where links run in
    parallel). Nodes that may not relay appear at the ends of a path only.
    """

    def __init__(self, may_relay: Sequence[bool], ends: Sequence[tuple[int, int]], stores: Sequence[KeyStore]) -> None:
        """Take one flag per node, and the two end nodes and the store of each link."""
        neighbours: list[list[tuple[int, int, KeyStore]]] = [[] for _ in may_relay]
        for link, ((first, second), store) in enumerate(zip(ends, stores, strict=True)):
            neighbours[first].append((second, link, store))
            neighbours[second].append((first, link, store))
        self._neighbours = [sorted(entry, key=lambda item: item[:2]) for entry in neighbours]
        self._may_relay = tuple(may_relay)

    def find(self, source: int, target: int, direct_bits: int, relay_bits: int) -> tuple[int, ...] | Barrier:
        """The links from source to target, in order, or the barrier between them.

        A direct link needs `direct_bits` in its store, every link of a longer path `relay_bits` (key and
        tag).
        """
        may_relay, neighbours = self._may_relay, self._neighbours
        came_by: dict[int, tuple[int, int]] = {source: (-1, -1)}  # node: (previous node, link)
        reached = [source]
        short: list[int] = []
        for node in reached:  # grows while it is walked: first in, first out
            for neighbour, link, store in neighbours[node]:
                if neighbour in came_by:
                    continue
                if neighbour == target:
                    if store.held_bits >= (direct_bits if node == source else relay_bits):
                        came_by[target] = (node, link)
                        return _links_back(came_by, target)
                    short.append(link)
                elif may_relay[neighbour]:
                    if store.held_bits >= relay_bits:
                        came_by[neighbour] = (node, link)
                        reached.append(neighbour)
                    else:
                        short.append(link)
        return Barrier(tuple(short))


def _links_back(came_by: dict[int, tuple[int, int]], target: int) -> tuple[int, ...]:
    links = []
    node, link = came_by[target]
    while link >= 0:
        links.append(link)
        node, link = came_by[node]
    return tuple(reversed(links))
