"""Key supply by trusted nodes: a request is served at once, waits for key, or is blocked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from qkdsim.network.admission import TokenBucket
from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.classical import ClassicalNetwork
from qkdsim.network.control import CentralControl, LinkStateControl
from qkdsim.network.control_plane import control_plane, needs_updates
from qkdsim.network.costs import policy_of, single_cost_of
from qkdsim.network.incidents import Incident
from qkdsim.network.link_states import IntArray, LinkStates, NetworkLink
from qkdsim.network.message_delays import MessageDelays
from qkdsim.network.messages import MessageCounts
from qkdsim.network.outage import Outage
from qkdsim.network.outages import Outages
from qkdsim.network.relay import Relay
from qkdsim.network.request import (
    NO_KEY,
    NO_ROUTE,
    OVER_LIMIT,
    QUEUE_FULL,
    TOO_FEW_PATHS,
    TOO_LATE,
    KeyRequest,
    RequestQueue,
)
from qkdsim.network.route import Route, RouteBook
from qkdsim.network.router import Router
from qkdsim.network.search import Barrier, RouteSearch, SearchGraph
from qkdsim.network.service import ServiceClass
from qkdsim.network.settings import NetworkSettings
from qkdsim.network.waiting import Turns, WaitingList

_LOG_LENGTH = 50_000  # settled requests are handed on when so many have gathered


class KeyNetwork:
    """Nodes, links with their stores, and the requests under way.

    Requests of one pair and demand never overtake each other. Between them, key that arrives goes to the most urgent
    class, and within it to the request that came first among those it can serve; one that it cannot serve does not hold
    up others of its priority.
    """

    def __init__(
        self,
        agenda: Agenda,
        nodes: Sequence[tuple[str, bool]],
        links: Sequence[NetworkLink],
        settings: NetworkSettings,
        *,
        classical: ClassicalNetwork,
        draws: np.random.Generator,
        on_settled: Callable[[Sequence[KeyRequest]], None] | None = None,
        on_incident: Callable[[Incident], None] | None = None,
    ) -> None:
        """Take (name, may relay) per node; `draws` are for the chances of messages. `on_settled` gets settled requests,
        in order of arrival, in large lots.
        """
        self.agenda = agenda
        self.links = tuple(links)
        self.settings = settings
        self.queues: list[RequestQueue] = []
        self.messages = MessageCounts()
        self._index = {name: index for index, (name, _) in enumerate(nodes)}
        self._classical = classical
        self._states = LinkStates(links, policy_of(settings), single_cost_of(settings))
        self._search = RouteSearch(SearchGraph.of([may for _, may in nodes], [link.ends for link in links]))
        self._control = control_plane(settings, self._states, len(nodes), links)
        self._is_live = settings.control == "ideal"
        reserve, widest = settings.relay_reserve_bits, settings.policy == "widest"
        self._router = Router(self._search, self._control, len(links), reserve_bits=reserve, widest=widest)
        self._waiting = WaitingList(len(links), self._router)
        self._book = RouteBook([name for name, _ in nodes], links, classical, settings.hop_delay_s)
        incident = on_incident or _nothing
        self._outages = Outages(
            agenda,
            self._index,
            links,
            self._states,
            classical,
            controller=self._set_controller,
            changed=self._links_changed,
            incident=incident,
        )
        self._relay = Relay(
            agenda,
            self._states,
            [link.store for link in links],
            settings.hop_tag_bits,
            delays=None if classical.settings.is_certain else MessageDelays(classical.settings, draws),
            draws=draws,
            crossed=self._crossed,
            failed=self._outages.hit,
            settled=self._count,
            incident=incident,
        )
        self._log: list[KeyRequest] = []
        self._log_limit = _LOG_LENGTH
        self._arrived = 0
        self._on_settled = on_settled
        if settings.key_lifetime_s is not None:
            for link in range(len(links)):
                self._expire_later(link)
        if needs_updates(settings):
            agenda.at(settings.update_interval_s, Turn.CONTROL, self._update, 1)

    @property
    def held_bits(self) -> IntArray:
        """Key in every store now, shape (links,)."""
        return self._states.held_bits.copy()

    def announce(self, outages: Sequence[Outage]) -> None:
        """Outages that will come."""
        self._outages.announce(outages)

    def open_queue(self, demand: str, service: ServiceClass, source: str, target: str, bits: int) -> RequestQueue:
        """A queue for the requests of one demand between two named nodes."""
        bucket = None
        if service.rate_limit_bps is not None:
            bucket = TokenBucket(service.rate_limit_bps, max(service.burst_bits, float(bits)))
        ends = (self._index[source], self._index[target])
        queue = RequestQueue(len(self.queues), demand, service, (source, target), *ends, bits, bucket)
        if service.paths > 1:
            queue.most_paths = self._most_paths(*ends, service.paths)
        self.queues.append(queue)
        return queue

    def request(self, queue: RequestQueue) -> None:
        """One request arrives now: it is served if a route holds enough key, waits, or is blocked."""
        now_s, service = self.agenda.now_s, queue.service
        request = KeyRequest(self._arrived, queue, now_s)
        self._arrived += 1
        self.messages.requests += 1
        queue.requested += 1
        self._log.append(request)
        if len(self._log) >= self._log_limit:
            self.hand_over()
        if queue.bucket is not None and not queue.bucket.admits(queue.bits, now_s):
            self._block(request, OVER_LIMIT)
        elif queue.most_paths < service.paths and not self._may_do_with(queue, queue.most_paths):
            self._block(request, TOO_FEW_PATHS)
        elif not queue.waiting and self._try(queue, request):
            return
        elif service.latency_budget_s <= 0.0:
            self._give_up(queue, request)
            self._waiting.watch(queue, ())
        elif service.max_waiting is not None and len(queue.waiting) >= service.max_waiting:
            self._block(request, QUEUE_FULL)
            if not queue.waiting:
                self._waiting.watch(queue, ())
        else:
            queue.waiting.append(request)
            self._waiting.hold(queue)
            self.agenda.at(now_s + service.latency_budget_s, Turn.EXPIRY, self._expire, request)

    def deposit(self, link: int, block: int, bits: int, epsilon: float) -> None:
        """A block of key enters the store of a link; those who wait for it are tried, most urgent and oldest first."""
        store, now_s = self.links[link].store, self.agenda.now_s
        self.messages.blocks += 1
        if not store.deposit(block, bits, epsilon, now_s).stored_bits:
            return
        self._states.key_made(link, bits)
        if self._states.level_is(link, store.held_bits):
            self._control.changed(link, now_s)
        if self.settings.key_lifetime_s is not None and store.oldest_s == now_s:
            self._expire_later(link)
        if link in self._waiting:
            self._try_all(self._waiting.on(link))

    def close(self) -> None:
        """End of the run: what still waits is blocked, and everything settled is handed over."""
        self._relay.finish()
        for queue in self.queues:
            while queue.waiting:
                self._give_up(queue, queue.waiting.popleft())
            self._waiting.release(queue)
        self.hand_over()

    def hand_over(self) -> None:
        """Hand settled requests on, up to the first that is not: they come in order of arrival."""
        settled = next((i for i, request in enumerate(self._log) if not request.outcome), len(self._log))
        if settled and self._on_settled is not None:
            self._on_settled(self._log[:settled])
        del self._log[:settled]
        self._log_limit = len(self._log) + _LOG_LENGTH

    def _try(self, queue: RequestQueue, request: KeyRequest) -> bool:
        """Look for routes that hold the key, and send it off; or note what the queue waits for."""
        now_s, bits = self.agenda.now_s, queue.bits
        relay_bits = bits + self.settings.hop_tag_bits
        before_s, excluded = now_s - request.arrival_s, set[int]()
        if self.settings.control == "central":
            before_s += self._query_s(queue.source)
        while True:
            request.attempts += 1
            found = self._router.find(queue, bits, relay_bits, now_s, excluded)
            if isinstance(found, Barrier):
                self._waiting.watch(queue, tuple(sorted(excluded.union(found.links))))
                return False
            if len(found) < queue.service.paths and not self._may_do_with(queue, len(found)):
                self._waiting.watch(queue, self._router.short_links(queue, relay_bits, now_s).links)
                return False
            routes = [self._book.route(queue.source, links, relay_bits) for links in found]
            short = None if self._is_live else self._short_link(routes, bits, relay_bits)
            if short is None:
                break
            excluded.add(short)
            before_s += self._crankback_s(routes, short)
            if len(excluded) >= self.settings.max_attempts:
                self._waiting.watch(queue, tuple(sorted(excluded)))
                return False
        if before_s + max(route.delay_s for route in routes) > queue.service.latency_budget_s:
            self._waiting.watch(queue, ())  # the key would come too late: waiting cannot help
            request.cause = TOO_LATE
            return False
        request.served_s = now_s
        request.outages_before = self._outages.count
        self._relay.start(request, routes, before_s)
        return True

    def _try_all(self, queues: Sequence[RequestQueue]) -> None:
        turns = Turns(queues)
        while (queue := turns.next()) is not None:
            if not queue.waiting or not self._try(queue, queue.waiting[0]):
                continue
            queue.waiting.popleft()
            if queue.waiting:
                turns.add(queue)
                continue
            for freed in self._waiting.release(queue):
                turns.add(freed)

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
        return 2.0 * route.hop_start_s[route.links.index(short)]

    def _query_s(self, source: int) -> float:
        """Asking the controller for a route; a node that cannot reach it goes by what it heard last, at once."""
        controller = self.settings.controller
        if not isinstance(self._control, CentralControl) or not self._control.is_up or controller is None:
            return 0.0
        path = self._classical.path(source, controller)
        if path is None:
            return 0.0
        self.messages.route_queries += 1
        return 2.0 * path.message_s(self._classical.settings.message_bits)

    @staticmethod
    def _may_do_with(queue: RequestQueue, paths: int) -> bool:
        """Whether a class serves over fewer paths than it asks for."""
        service = queue.service
        least = service.threshold if service.sharing == "shamir" else 1
        return service.fewer_paths == "accept" and paths >= least

    def _most_paths(self, source: int, target: int, wanted: int) -> int:
        """Disjoint paths between two nodes if every store were full."""
        links = len(self.links)
        full, all_usable = np.full(links, 1 << 62, dtype=np.int64), np.ones(links, dtype=np.bool_)
        return len(self._search.disjoint(np.ones(links), full, all_usable, source, target, 0, wanted))

    def _expire(self, request: object) -> None:
        assert isinstance(request, KeyRequest)
        queue = request.queue
        if request.outcome or not queue.waiting or queue.waiting[0] is not request:
            return
        # one budget per queue: whoever runs out of patience came first, so it is the head of the queue
        queue.waiting.popleft()
        self._give_up(queue, request)
        if not queue.waiting:
            self._try_all(self._waiting.release(queue))

    def _give_up(self, queue: RequestQueue, request: KeyRequest) -> None:
        self._block(request, request.cause or (NO_KEY if queue.barrier else NO_ROUTE))

    @staticmethod
    def _block(request: KeyRequest, cause: str) -> None:
        request.outcome, request.cause = "blocked", cause
        request.queue.blocked += 1

    def _count(self, request: KeyRequest) -> None:
        queue = request.queue
        for route in request.routes:
            if route.hops > 1:
                self.messages.relays += 1
                self.messages.relayed_hops += route.hops
        if request.outcome == "served":
            self.messages.served += 1
            queue.served += 1
            queue.total_delay_s += request.delay_s or 0.0
        else:
            queue.lost += 1

    def _crossed(self, link: int) -> None:
        self._control.changed(link, self.agenda.now_s)

    def _links_changed(self, links: Sequence[int]) -> None:
        """Links have failed, come back or lost their key: those who wait may find another way now."""
        self._states.reprice(self.agenda.now_s)
        for link in links:
            self._control.changed(link, self.agenda.now_s)
        self._try_all(self._waiting.everybody())

    def _set_controller(self, up: bool) -> None:
        if isinstance(self._control, CentralControl):
            self._control.is_up = up

    def _update(self, number: object) -> None:
        assert isinstance(number, int)
        interval_s = self.settings.update_interval_s
        self._control.update(self.agenda.now_s)
        if isinstance(self._control, CentralControl) and self._control.is_up:
            self.messages.store_reports += len(self._index)
        elif isinstance(self._control, LinkStateControl):
            self.messages.announcements = self._control.announcements * len(self.links)
        if not self._is_live:
            self._try_all(self._waiting.everybody())
        self.agenda.at((number + 1) * interval_s, Turn.CONTROL, self._update, number + 1)

    def _expire_later(self, link: int) -> None:
        oldest_s, lifetime_s = self.links[link].store.oldest_s, self.settings.key_lifetime_s
        if oldest_s is not None and lifetime_s is not None:
            self.agenda.at(oldest_s + lifetime_s, Turn.KEY, self._expire_key, link)

    def _expire_key(self, link: object) -> None:
        assert isinstance(link, int)
        store, lifetime_s = self.links[link].store, self.settings.key_lifetime_s
        if lifetime_s is not None:
            store.expire(math.nextafter(self.agenda.now_s - lifetime_s, math.inf))
        if self._states.level_is(link, store.held_bits):
            self._crossed(link)
        self._expire_later(link)


def _nothing(_incident: Incident) -> None:
    """Nobody wants to know."""
