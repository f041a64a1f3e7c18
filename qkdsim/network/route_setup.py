"""Setting up routes for a request: asking, trying, and coming back where what is known is out of date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qkdsim.network.control import CentralControl, ControlPlane
from qkdsim.network.link_states import LinkStates
from qkdsim.network.messages import MessageCounts
from qkdsim.network.request import KeyRequest
from qkdsim.network.route import Route, RouteBook
from qkdsim.network.router import Router
from qkdsim.network.search import Barrier
from qkdsim.network.settings import NetworkSettings


class Found(NamedTuple):
    """Routes whose links do hold the key, and the time that it took to find them by messages."""

    routes: list[Route]
    signalling_s: float


class RouteSetup:
    """Finds routes by what is known, and others where that turns out to be wrong."""

    def __init__(
        self,
        settings: NetworkSettings,
        router: Router,
        control: ControlPlane,
        book: RouteBook,
        states: LinkStates,
        messages: MessageCounts,
        message_bits: float,
    ) -> None:
        """`messages` counts the queries to a controller, of `message_bits` each."""
        self._settings = settings
        self._router = router
        self._controller = control if isinstance(control, CentralControl) else None
        self._is_live = settings.control == "ideal"
        self._book = book
        self._states = states
        self._message_bits = message_bits
        self._messages = messages

    def find(self, request: KeyRequest, now_s: float) -> Found | Barrier:
        """Routes for a request, or the links that must get key before there can be any."""
        queue, bits = request.queue, request.queue.bits
        relay_bits = bits + self._settings.hop_tag_bits
        signalling_s = self._query_s(queue.source)
        excluded = set[int]()
        while True:
            found = self._router.find(queue, bits, relay_bits, now_s, excluded)
            if isinstance(found, Barrier):
                return Barrier(tuple(sorted(excluded.union(found.links)))) if excluded else found
            request.attempts += 1
            routes = [self._book.route(queue.source, links, relay_bits) for links in found]
            short = None if self._is_live else self._short_link(routes, bits, relay_bits)
            if short is None:
                return Found(routes, signalling_s)
            excluded.add(short)
            signalling_s += self._crankback_s(routes, short)
            if len(excluded) >= self._settings.max_attempts:
                return Barrier(tuple(sorted(excluded)))

    def _short_link(self, routes: Sequence[Route], bits: int, relay_bits: int) -> int | None:
        """The first link that cannot give what it must, whatever the picture said."""
        held_bits, usable = self._states.held_bits, self._states.usable
        for route in routes:
            need = bits if route.hops == 1 else relay_bits
            for link in route.links:
                if not usable[link] or held_bits[link] < need:
                    return link
        return None

    @staticmethod
    def _crankback_s(routes: Sequence[Route], short: int) -> float:
        """The time that it takes to find out: set-up as far as the short link, and back."""
        route = next(route for route in routes if short in route.links)
        return 2.0 * float(route.hop_start_s[route.links.index(short)])

    def _query_s(self, source: int) -> float:
        """Asking the controller for a route; a node that cannot reach it goes by what it heard last, at once."""
        way = None if self._controller is None else self._controller.way_from(source)
        if way is None:
            return 0.0
        self._messages.route_queries += 1
        return 2.0 * way.message_s(self._message_bits)
