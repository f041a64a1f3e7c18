"""The relay of a key over one or several routes: key is set aside on every hop, and used or lost when the messages have
run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Literal

import numpy as np

from qkdsim.keystore import KeyStore
from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.incidents import Incident
from qkdsim.network.link_states import LinkStates
from qkdsim.network.message_delays import MessageDelays
from qkdsim.network.request import FAILED_ON_THE_WAY, MESSAGE_LOST, KeyRequest
from qkdsim.network.route import Route

Failed = Callable[[Route, int], bool]


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
        """`level_changed(link)` hears of stores that have given key, `failed(route, since)` tells whether something on
        a route went down after the outage of that number, `settled` and `incident` get what comes of it. Without
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
        self._flying: dict[int, tuple[KeyRequest, list[float]]] = {}

    def start(self, request: KeyRequest, routes: Sequence[Route], before_s: float) -> None:
        """Set key aside on all hops and send it off; `before_s` has passed since the request came, with signalling."""
        queue = request.queue
        bits = queue.bits
        request.routes = tuple(routes)
        times_s = []
        for route in routes:
            request.epsilon += self._reserve(route, bits if route.hops == 1 else bits + self._tag_bits)
            # infinite if a message is given up
            times_s.append(
                route.delay_s if self._delays is None else self._delays.chain(route.delay_s, route.crossings)
            )
        arrival_s = times_s[0]
        if queue.service.paths > 1:
            if queue.service.verification == "tags":
                request.consumed_bits += len(routes) * self._tag_bits  # pre-shared between the ends, for each share
            arrival_s = sorted(times_s)[queue.needed(len(routes)) - 1]
        if arrival_s == inf:
            arrival_s = max(route.delay_s for route in routes)
        request.delay_s = before_s + arrival_s
        self._flying[request.index] = request, times_s
        self._agenda.at(request.arrival_s + request.delay_s, Turn.OUTCOME, self._land, request.index)

    def finish(self) -> None:
        """Bring everything that is still on the way to its end."""
        for index in sorted(self._flying):
            self._land(index)

    def _reserve(self, route: Route, bits: int) -> float:
        states = self._states
        crossed, epsilon = self._kernels.reserve(
            states.accounts, states.epsilons, states.held_bits, states.falls_below, route.link_array, bits
        )
        if crossed < 0:  # some block is at its end: one by one
            return sum(self._reserve_on(link, bits) for link in route.links)
        if crossed:
            for link in route.links:
                self._level_changed(link)
        return epsilon

    def _reserve_on(self, link: int, bits: int) -> float:
        epsilon = self._stores[link].reserve(bits)
        self._level_changed(link)
        return epsilon or 0.0

    def _land(self, index: int) -> None:
        request, times_s = self._flying.pop(index)
        arrived, cause = 0, ""
        for route, time_s in zip(request.routes, times_s, strict=True):
            if self._failed(route, request.outages_before):
                cause = FAILED_ON_THE_WAY
                self._destroy(request, route, "relay-failed")
            elif time_s == inf:
                cause = MESSAGE_LOST
                self._destroy(request, route, "store-mismatch")
            else:
                arrived += 1
                self._use(request, route)
        if arrived >= request.queue.needed(len(request.routes)):
            request.outcome = "served"
        else:
            request.outcome, request.cause, request.delay_s = "lost", cause, None
        self._settled(request)

    def _use(self, request: KeyRequest, route: Route) -> None:
        bits, tag_bits = request.queue.bits, 0 if route.hops == 1 else self._tag_bits
        request.consumed_bits += route.hops * (bits + tag_bits)
        self._kernels.use(self._states.accounts, route.link_array, bits, tag_bits)

    def _destroy(self, request: KeyRequest, route: Route, kind: Literal["store-mismatch", "relay-failed"]) -> None:
        """Nothing of this route's key may be used: one end of some hop may have used it already."""
        tag_bits = 0 if route.hops == 1 else self._tag_bits
        for link in route.links:
            self._stores[link].settle(request.queue.bits, tag_bits, "destroyed")
        request.consumed_bits += route.hops * (request.queue.bits + tag_bits)
        hop = 0 if self._draws is None else int(self._draws.integers(route.hops))
        self._incident(
            Incident(
                time_s=self._agenda.now_s,
                kind=kind,
                link=route.links[hop],
                node=None,
                request=request.index,
                bits=route.hops * (request.queue.bits + tag_bits),
            )
        )
