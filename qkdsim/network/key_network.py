"""Key supply by trusted nodes: a request is served at once, waits for key, or is blocked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qkdsim.network.admission import TokenBucket
from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.classical import ClassicalNetwork
from qkdsim.network.control import CentralControl, LinkStateControl
from qkdsim.network.control_plane import control_plane, needs_updates
from qkdsim.network.costs import policy_of, single_cost_of
from qkdsim.network.incidents import Incident
from qkdsim.network.key_age import KeyAge
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
from qkdsim.network.request_log import RequestLog
from qkdsim.network.route import Route, RouteBook
from qkdsim.network.route_setup import RouteSetup
from qkdsim.network.router import Router
from qkdsim.network.search import Barrier, RouteSearch, SearchGraph
from qkdsim.network.service import ServiceClass
from qkdsim.network.settings import NetworkSettings
from qkdsim.network.waiting import WaitingList


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
        self.classical = classical
        self.links = tuple(links)
        self.settings = settings
        self.queues: list[RequestQueue] = []
        self.messages = MessageCounts()
        self._index = {name: index for index, (name, _) in enumerate(nodes)}
        self._states = LinkStates(links, policy_of(settings), single_cost_of(settings))
        self._search = RouteSearch(SearchGraph.of([may for _, may in nodes], [link.ends for link in links]))
        self._control = control_plane(settings, self._states, links, classical, self._announced)
        reserve, widest = settings.relay_reserve_bits, settings.policy == "widest"
        self._router = Router(self._search, self._control, len(links), reserve_bits=reserve, widest=widest)
        self._waiting = WaitingList(len(links), self._router)
        self._book = RouteBook([name for name, _ in nodes], links, classical, settings.hop_delay_s)
        self._setup = RouteSetup(
            settings,
            self._router,
            self._control,
            self._book,
            self._states,
            self.messages,
            classical.settings.message_bits,
        )
        incident = on_incident or _nothing
        self._outages = self._new_outages(incident)
        self._relay = self._new_relay(draws, incident)
        self._age = self._new_age()
        self._log = RequestLog(on_settled)
        if needs_updates(settings):
            agenda.at(settings.update_interval_s, Turn.CONTROL, self._update, 1)

    @property
    def held_bits(self) -> IntArray:
        """Key in every store now, shape (links,)."""
        return self._states.held_bits.copy()

    def node(self, name: str) -> int:
        """Index of a node, as the classical network knows it."""
        return self._index[name]

    def is_up(self, node: int) -> bool:
        """Whether a node works now."""
        return self._outages.is_up(node)

    def holds(self, queue: RequestQueue, bits: int) -> bool:
        """Whether the routes for a request of a queue hold so much key, by what its first node knows; takes none."""
        relay_bits = bits + self.settings.hop_tag_bits
        found = self._router.find(queue, bits, relay_bits, self.agenda.now_s, set())
        return not isinstance(found, Barrier)

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
        request = self._arrived(queue)
        refusal = self._refusal(request)
        if refusal:
            self._block(request, refusal)
            return
        barrier = queue.barrier
        if not queue.waiting:
            found = self._try(request)
            if found is None:
                return
            barrier = found.links
        service = queue.service
        if service.latency_budget_s <= 0.0:
            self._block(request, NO_KEY if barrier else NO_ROUTE)
        elif service.max_waiting is not None and len(queue.waiting) >= service.max_waiting:
            self._block(request, QUEUE_FULL)
        else:
            queue.waiting.append(request)
            self._waiting.watch(queue, barrier)
            self.agenda.at(request.arrival_s + service.latency_budget_s, Turn.EXPIRY, self._expire, request)

    def deposit(self, link: int, block: int, bits: int, epsilon: float) -> None:
        """A block of key enters the store of a link; those who wait for it are tried, most urgent and oldest first."""
        self.messages.blocks += 1
        if not self.links[link].store.deposit(block, bits, epsilon, self.agenda.now_s).stored_bits:
            return
        self._states.key_made(link, bits)
        self._level_changed(link)
        if self._age is not None:
            self._age.watch(link)
        if link in self._waiting:
            self._waiting.wake_link(link)
            self._serve_waiting()

    def close(self) -> None:
        """End of the run: what still waits is blocked, and everything settled is handed over."""
        self._relay.finish()
        for queue in self.queues:
            while queue.waiting:
                self._block(queue.waiting.popleft(), NO_KEY if queue.barrier else NO_ROUTE)
        self.hand_over()

    def hand_over(self) -> None:
        """Hand settled requests on, up to the first that is not: they come in order of arrival."""
        self._log.hand_over()

    def _new_outages(self, incident: Callable[[Incident], None]) -> Outages:
        return Outages(
            self.agenda,
            self._index,
            self.links,
            self._states,
            self.classical,
            controller=self._set_controller,
            changed=self._links_changed,
            incident=incident,
        )

    def _new_relay(self, draws: np.random.Generator, incident: Callable[[Incident], None]) -> Relay:
        settings = self.classical.settings
        return Relay(
            self.agenda,
            self._states,
            [link.store for link in self.links],
            self.settings.hop_tag_bits,
            delays=None if settings.is_certain else MessageDelays(settings, draws),
            draws=draws,
            level_changed=self._level_changed,
            failed=self._outages.hit,
            settled=self._count,
            incident=incident,
        )

    def _new_age(self) -> KeyAge | None:
        """Where key does not grow old, nobody watches its age."""
        lifetime_s = self.settings.key_lifetime_s
        if lifetime_s is None:
            return None
        return KeyAge(self.agenda, [link.store for link in self.links], lifetime_s, self._level_changed)

    def _arrived(self, queue: RequestQueue) -> KeyRequest:
        request = KeyRequest(self.messages.requests, queue, self.agenda.now_s)
        self.messages.requests += 1
        queue.requested += 1
        self._log.add(request)
        return request

    @staticmethod
    def _refusal(request: KeyRequest) -> str:
        """Why a request is not admitted; empty if it is."""
        queue = request.queue
        if queue.bucket is not None and not queue.bucket.admits(queue.bits, request.arrival_s):
            return OVER_LIMIT
        return "" if queue.may_do_with(queue.most_paths) else TOO_FEW_PATHS

    def _try(self, request: KeyRequest) -> Barrier | None:
        """Look for routes that hold the key, and send it off; or say what bars it.

        A key that would come too late is not sent: the request is blocked at once.
        """
        now_s, queue = self.agenda.now_s, request.queue
        found = self._setup.find(request, now_s)
        if isinstance(found, Barrier):
            return found
        before_s = now_s - request.arrival_s + found.signalling_s
        if before_s + self._arrival_s(queue, found.routes) > queue.service.latency_budget_s:
            self._block(request, TOO_LATE)
            return None
        request.served_s = now_s
        request.outages_before = self._outages.count
        self._relay.start(request, found.routes, before_s)
        return None

    @staticmethod
    def _arrival_s(queue: RequestQueue, routes: Sequence[Route]) -> float:
        """When as many shares are there as rebuild the key."""
        if len(routes) == 1:
            return routes[0].delay_s
        return sorted(route.delay_s for route in routes)[queue.needed(len(routes)) - 1]

    def _serve_waiting(self) -> None:
        """Try those who have a turn, and those for whom that clears the way."""
        while (queue := self._waiting.next()) is not None:
            barrier = self._try(queue.waiting[0])
            if barrier is not None:
                self._waiting.watch(queue, barrier.links)
                continue
            queue.waiting.popleft()
            if queue.waiting:
                self._waiting.wake(queue)
            else:
                self._waiting.release(queue)

    def _most_paths(self, source: int, target: int, wanted: int) -> int:
        """Disjoint paths between two nodes if every store were full."""
        links = len(self.links)
        full, all_usable = np.full(links, 1 << 62, dtype=np.int64), np.ones(links, dtype=np.bool_)
        return len(self._search.disjoint(np.ones(links), full, all_usable, source, target, 0, wanted))

    def _expire(self, request: KeyRequest) -> None:
        queue = request.queue
        if not queue.waiting or queue.waiting[0] is not request:
            return
        # one budget per queue: whoever runs out of patience came first, so it is the head of the queue
        self._block(queue.waiting.popleft(), NO_KEY if queue.barrier else NO_ROUTE)
        if not queue.waiting:
            self._waiting.release(queue)
            self._serve_waiting()

    @staticmethod
    def _block(request: KeyRequest, cause: str) -> None:
        request.outcome, request.cause = "blocked", cause
        request.queue.blocked += 1
        if request.queue.on_outcome is not None:
            request.queue.on_outcome(request)

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
        if queue.on_outcome is not None:
            queue.on_outcome(request)

    def _level_changed(self, link: int) -> None:
        if self._states.level_is(link, self.links[link].store.held_bits):
            self._control.changed(link, self.agenda.now_s)

    def _links_changed(self, links: Sequence[int]) -> None:
        """Links have failed, come back or lost their key: those who wait may find another way now."""
        self._states.reprice(self.agenda.now_s)
        for link in links:
            self._control.changed(link, self.agenda.now_s)
        self._waiting.wake_all()
        self._serve_waiting()

    def _announced(self, link: int, opened: bool) -> None:
        """Those who wait for a link, or for any way if the link has come back, try again when they hear of it."""
        if not isinstance(self._control, LinkStateControl):
            return
        for queue in self._waiting.everybody() if opened else self._waiting.on(link):
            heard_s = self._control.heard_s(queue.source, link)
            if heard_s is not None:
                self.agenda.at(heard_s, Turn.CONTROL, self._hear, queue)

    def _hear(self, queue: RequestQueue) -> None:
        if queue.waiting:
            self._waiting.wake(queue)
            self._serve_waiting()

    def _set_controller(self, up: bool) -> None:
        if isinstance(self._control, CentralControl):
            self._control.is_up = up

    def _update(self, number: int) -> None:
        self._control.update(self.agenda.now_s)
        if isinstance(self._control, CentralControl):
            self.messages.store_reports = self._control.reports
        elif isinstance(self._control, LinkStateControl):
            self.messages.announcements = self._control.announcements * len(self.links)
        if self.settings.control != "ideal" or callable(self.settings.policy):
            # pictures are new; and where a policy of the user's had closed a link, it may be open now
            self._waiting.wake_all()
            self._serve_waiting()
        self.agenda.at((number + 1) * self.settings.update_interval_s, Turn.CONTROL, self._update, number + 1)


def _nothing(_incident: Incident) -> None:
    """Nobody wants to know."""
