"""Key supply by trusted nodes: a request is served at once, waits for key, or is blocked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.request import KeyRequest, RequestQueue
from qkdsim.network.route import NetworkLink, Route, plan_route
from qkdsim.network.routing import Barrier, RouteFinder

_LOG_LENGTH = 50_000  # settled requests are handed on when so many have gathered


class KeyNetwork:
    """Nodes, links with their stores, and the requests under way.

    Requests of one demand never overtake each other. Between demands, key that arrives goes to the request
    that came first among those it can serve; one that it cannot serve does not hold up the others.
    """

    def __init__(
        self,
        agenda: Agenda,
        nodes: Sequence[tuple[str, bool]],
        links: Sequence[NetworkLink],
        *,
        hop_tag_bits: int,
        hop_delay_s: float,
        on_settled: Callable[[Sequence[KeyRequest]], None] | None = None,
    ) -> None:
        """Take (name, may relay) per node; `on_settled` gets settled requests, in order of arrival, in large
        lots.
        """
        self.agenda = agenda
        self.links = tuple(links)
        self.hop_tag_bits = hop_tag_bits
        self.hop_delay_s = hop_delay_s
        self.queues: list[RequestQueue] = []
        self._names = tuple(name for name, _ in nodes)
        self._index = {name: index for index, name in enumerate(self._names)}
        self._finder = RouteFinder(
            [may_relay for _, may_relay in nodes],
            [link.ends for link in links],
            [link.store for link in links],
        )
        self._routes: dict[tuple[int, tuple[int, ...]], Route] = {}
        self._watchers: list[set[int]] = [set() for _ in links]
        self._log: list[KeyRequest] = []
        self._log_limit = _LOG_LENGTH
        self._arrived = 0
        self._on_settled = on_settled

    def open_queue(self, demand: str, source: str, target: str, bits: int, latency_budget_s: float) -> RequestQueue:
        """A queue for the requests of one demand between two named nodes."""
        queue = RequestQueue(
            len(self.queues), demand, (source, target), self._index[source], self._index[target], bits, latency_budget_s
        )
        # the route when every store holds enough: as long as it does, no search can find another
        best = self._finder.find(queue.source, queue.target, 0, 0)
        if not isinstance(best, Barrier):
            queue.preferred = self._route(queue.source, best)
        self.queues.append(queue)
        return queue

    def request(self, queue: RequestQueue) -> KeyRequest:
        """One request arrives now: it is served if a route holds enough key, waits, or is blocked without a
        budget.
        """
        now_s = self.agenda.now_s
        request = KeyRequest(self._arrived, queue.demand, queue.ends, queue.bits, now_s)
        self._arrived += 1
        queue.requested += 1
        self._log.append(request)
        if len(self._log) >= self._log_limit:
            self.hand_over()
        if not queue.waiting and self._try(queue, request):
            return request
        if queue.latency_budget_s <= 0.0:
            self._block(queue, request)
            self._watch(queue, ())
            return request
        queue.waiting.append(request)
        self.agenda.at(now_s + queue.latency_budget_s, Turn.EXPIRY, self._expire, (queue, request))
        return request

    def key_arrived(self, link: int) -> None:
        """Tell the network that the store of a link has grown: those who wait for that are tried, oldest
        first.
        """
        watchers = self._watchers[link]
        if not watchers:
            return
        heads = [(self.queues[order].waiting[0].index, order) for order in watchers]
        heapify(heads)
        while heads:
            queue = self.queues[heappop(heads)[1]]
            if not self._try(queue, queue.waiting[0]):
                continue
            queue.waiting.popleft()
            if queue.waiting:
                heappush(heads, (queue.waiting[0].index, queue.order))
            else:
                self._watch(queue, ())

    def close(self) -> None:
        """End of the run: what still waits is blocked, and everything settled is handed over."""
        for queue in self.queues:
            while queue.waiting:
                self._block(queue, queue.waiting.popleft())
            self._watch(queue, ())
        self.hand_over()

    def hand_over(self) -> None:
        """Hand settled requests on, up to the first that still waits: they come in order of arrival."""
        settled = next((i for i, request in enumerate(self._log) if not request.outcome), len(self._log))
        if settled and self._on_settled is not None:
            self._on_settled(self._log[:settled])
        del self._log[:settled]
        self._log_limit = len(self._log) + _LOG_LENGTH

    def _try(self, queue: RequestQueue, request: KeyRequest) -> bool:
        relay_bits = queue.bits + self.hop_tag_bits
        route = queue.preferred
        if route is None or not route.holds(queue.bits, relay_bits):
            found = self._finder.find(queue.source, queue.target, queue.bits, relay_bits)
            if isinstance(found, Barrier):
                self._watch(queue, found.links)
                return False
            route = self._route(queue.source, found)
        if self.agenda.now_s - request.arrival_s + route.delay_s > queue.latency_budget_s:
            self._watch(queue, ())  # the key would come too late, and the fewest hops are taken: waiting cannot help
            return False
        request.epsilon = route.relay_key(queue.bits, self.hop_tag_bits)
        request.route = route
        request.served_s = self.agenda.now_s
        request.outcome = "served"
        queue.served += 1
        queue.total_delay_s += request.served_s - request.arrival_s + route.delay_s
        return True

    def _route(self, source: int, links: tuple[int, ...]) -> Route:
        route = self._routes.get((source, links))
        if route is None:
            route = plan_route(self._names, self.links, source, links, self.hop_delay_s)
            self._routes[source, links] = route
        return route

    def _expire(self, waiting: tuple[RequestQueue, KeyRequest]) -> None:
        queue, request = waiting
        if request.outcome:
            return
        # one budget per demand: whoever runs out of patience came first, so it is the head of the queue
        queue.waiting.popleft()
        self._block(queue, request)
        if not queue.waiting:
            self._watch(queue, ())

    @staticmethod
    def _block(queue: RequestQueue, request: KeyRequest) -> None:
        request.outcome = "blocked"
        queue.blocked += 1

    def _watch(self, queue: RequestQueue, links: tuple[int, ...]) -> None:
        for link in queue.barrier:
            self._watchers[link].discard(queue.order)
        for link in links:
            self._watchers[link].add(queue.order)
        queue.barrier = links
