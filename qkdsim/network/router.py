"""Route decisions: which links a key shall take, by the policy of the network and by what its nodes know."""

from __future__ import annotations

import numpy as np

from qkdsim.network.control import ControlPlane, Picture
from qkdsim.network.link_states import BoolArray
from qkdsim.network.request import RequestQueue
from qkdsim.network.search import Barrier, RouteSearch
from qkdsim.network.waiting import FREE


class Router:
    """Finds one route, or several that share no node, for the requests of a queue."""

    def __init__(
        self, search: RouteSearch, control: ControlPlane, links: int, *, reserve_bits: int, widest: bool
    ) -> None:
        """Take the search over the network's graph; `reserve_bits` must stay in every store that relays."""
        self._search = search
        self._control = control
        self._reserve_bits = reserve_bits
        self._widest = widest
        # the most urgent priority that waits for key of a link: nobody less urgent may take it
        self._guard = np.full(links, FREE, dtype=np.int64)
        self._guarded = 0

    def guard(self, link: int, priority: int) -> None:
        """Requests of `priority` wait for key of a link (FREE: nobody does)."""
        self._guarded += (priority != FREE) - (self._guard.item(link) != FREE)
        self._guard[link] = priority

    def find(
        self, queue: RequestQueue, path_bits: int, relay_bits: int, now_s: float, excluded: set[int]
    ) -> list[tuple[int, ...]] | Barrier:
        """Links of the route, or of as many disjoint routes as the class asks for or does with; or what bars them.

        A direct link must hold `path_bits`, each link of a longer route `relay_bits`. Links in `excluded` have just
        turned out to be short.
        """
        picture = self._control.seen_from(queue.source, now_s)
        usable = self._usable(picture, queue.service.priority, excluded)
        relay_bits += self._reserve_bits
        ends = (queue.source, queue.target)
        if queue.service.paths > 1:
            routes = self._search.disjoint(
                picture.costs, picture.held_bits, usable, *ends, relay_bits, queue.service.paths
            )
            return (
                routes if queue.may_do_with(len(routes)) else self._closed(picture, queue.service.priority, relay_bits)
            )
        if self._widest:
            found = self._search.widest(picture.held_bits, usable, *ends, path_bits, relay_bits)
        else:
            found = self._search.cheapest(picture.costs, picture.held_bits, usable, *ends, path_bits, relay_bits)
        return self._kept_too(picture, found, queue.service.priority) if isinstance(found, Barrier) else [found]

    def _usable(self, picture: Picture, priority: int, excluded: set[int]) -> BoolArray:
        usable = picture.usable
        if self._guarded:
            usable = usable & (self._guard >= priority)
        if excluded:
            usable = usable.copy()
            usable[list(excluded)] = False
        return usable

    def _kept_too(self, picture: Picture, barrier: Barrier, priority: int) -> Barrier:
        """A barrier with the links whose key is kept for more urgent requests, or that a policy rules out for now."""
        if not barrier.others:
            return barrier
        kept = [link for link in barrier.others if self._guard[link] < priority or picture.costs[link] == np.inf]
        return Barrier((*barrier.links, *kept))

    def _closed(self, picture: Picture, priority: int, relay_bits: int) -> Barrier:
        """All links that lack key for a relay, keep it for more urgent requests, or are ruled out for now: what a split
        key waits for.
        """
        closed = (picture.held_bits < relay_bits) | (self._guard < priority) | np.isinf(picture.costs)
        return Barrier(tuple(np.flatnonzero(picture.usable & closed).tolist()))
