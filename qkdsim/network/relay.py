"""The relay of a key over one or several routes: key is set aside on every hop, and used or lost when the messages have
run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal

import numpy as np

from qkdsim.keystore import KeyStore
from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.incidents import Incident
from qkdsim.network.link_states import LinkStates
from qkdsim.network.message_delays import MessageDelays
from qkdsim.network.outages import Hit
from qkdsim.network.request import FAILED_ON_THE_WAY, MESSAGE_LOST, KeyRequest
from qkdsim.network.route import Route

Failed = Callable[[Route, int], Hit | None]


@dataclass(slots=True, eq=False)
class _Flight:
    """A key on its way: the times that shares under way take (infinite if a message is given up), by number, and the
    times of those that have arrived.
    """

    request: KeyRequest
    before_s: float
    under_way: dict[int, float] = field(default_factory=dict)
    arrived_s: list[float] = field(default_factory=list)
    cause: str = ""


class Relay:
    """Carries keys hop by hop.

    On the first hop the link's own key is the key; each further hop uses up as many bits as a one-time pad, and each
    hop of a longer route `tag_bits` for a Wegman-Carter tag, since a one-time pad alone can be altered without notice.
    A key over a single link is that link's own key and needs neither.
    """

    def __init__(
        self,
        agenda: Agenda,
        states: LinkStates,
        stores: Sequence[KeyStore],
        tag_bits: int,
        *,
        delays: MessageDelays | None,
        draws: np.random.Generator | None,
        level_changed: Callable[[int], None],
        failed: Failed,
        settled: Callable[[KeyRequest], None],
        incident: Callable[[Incident], None],
    ) -> None:
        """`level_changed(link)` hears of stores that have given key, `failed(route, since)` tells where on a route
        something went down after the outage of that number, `settled` and `incident` get what comes of it. Without
        `delays` messages are never lost and have no jitter.
        """
        from qkdsim.network import relay_kernels  # compiled code: only where a network runs

        self._agenda = agenda
        self._states = states
        self._stores = stores
        self._tag_bits = tag_bits
        self._delays = delays
        self._draws = draws
        self._level_changed = level_changed
        self._failed = failed
        self._settled = settled
        self._incident = incident
        self._kernels = relay_kernels
        self._flying: dict[int, _Flight] = {}
        self._left_out = np.zeros(len(stores), dtype=np.int64)  # of one reservation

    def start(self, request: KeyRequest, routes: Sequence[Route], before_s: float) -> None:
        """Set key aside on all hops and send it off; `before_s` has passed since the request came, with signalling."""
        service, bits = request.queue.service, request.queue.bits
        request.routes = tuple(routes)
        if service.paths > 1 and service.verification == "tags":
            request.consumed_bits += len(routes) * self._tag_bits  # pre-shared between the ends, for each share
        flight = self._flying[request.index] = _Flight(request, before_s)
        for number, route in enumerate(routes):
            request.epsilon += self._reserve(route, bits if route.hops == 1 else bits + self._tag_bits)
            time_s = route.delay_s if self._delays is None else self._delays.chain(route.delay_s, route.crossings)
            flight.under_way[number] = time_s
            lands_s = route.delay_s if time_s == inf else time_s  # infinite: a message is given up
            self._agenda.at(request.arrival_s + before_s + lands_s, Turn.OUTCOME, self._land, (flight, number))

    def finish(self) -> None:
        """Bring everything that is still on the way to its end."""
        for flight in [self._flying[index] for index in sorted(self._flying)]:
            for number in sorted(flight.under_way):
                self._land((flight, number))

    def _reserve(self, route: Route, bits: int) -> float:
        states = self._states
        state = (states.accounts, states.epsilons, states.held_bits, states.falls_below)
        missing, crossed, epsilon = self._kernels.reserve(*state, route.link_array, bits, self._left_out)
        if missing:  # their oldest blocks are at their ends
            left_out = self._left_out[:missing].tolist()
            epsilon += sum(self._stores[link].reserve(bits) or 0.0 for link in left_out)
            for link in left_out:
                self._level_changed(link)
        if crossed:
            for link in route.links:
                self._level_changed(link)
        return epsilon

    def _land(self, share: tuple[_Flight, int]) -> None:
        """One route has brought its share, or not; with the last of them the request is settled."""
        flight, number = share
        request, time_s = flight.request, flight.under_way.pop(number)
        route = request.routes[number]
        hit = self._failed(route, request.outages_before)
        if hit is not None:
            flight.cause = FAILED_ON_THE_WAY
            self._destroy(request, route, "relay-failed", *hit)
        elif time_s == inf:
            flight.cause = MESSAGE_LOST
            hop = 0 if self._draws is None else int(self._draws.integers(route.hops))
            self._destroy(request, route, "store-mismatch", route.links[hop])
        else:
            flight.arrived_s.append(time_s)
            self._use(request, route)
        if not flight.under_way:
            self._settle(flight)

    def _settle(self, flight: _Flight) -> None:
        request, arrived_s = flight.request, sorted(flight.arrived_s)
        del self._flying[request.index]
        needed = request.queue.needed(len(request.routes))
        if len(arrived_s) >= needed:
            request.outcome, request.delay_s = "served", flight.before_s + arrived_s[needed - 1]
        else:
            request.outcome, request.cause = "lost", flight.cause
        self._settled(request)

    def _use(self, request: KeyRequest, route: Route) -> None:
        bits, tag_bits = request.queue.bits, 0 if route.hops == 1 else self._tag_bits
        request.consumed_bits += route.hops * (bits + tag_bits)
        self._kernels.use(self._states.accounts, route.link_array, bits, tag_bits)

    def _destroy(
        self,
        request: KeyRequest,
        route: Route,
        kind: Literal["store-mismatch", "relay-failed"],
        link: int,
        node: int | None = None,
    ) -> None:
        """Nothing of this route's key may be used: one end of some hop may have used it already."""
        bits, tag_bits = request.queue.bits, 0 if route.hops == 1 else self._tag_bits
        for one in route.links:
            self._stores[one].settle(bits, tag_bits, "destroyed")
        lost_bits = route.hops * (bits + tag_bits)
        request.consumed_bits += lost_bits
        self._incident(Incident(self._agenda.now_s, kind, link, node, request.index, lost_bits))
