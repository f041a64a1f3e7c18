"""A slow key network that is easily seen to be right: plain lists, and everybody who waits is tried after every event.

It knows ideal control, certain messages, single paths, routes by fewest hops or widest. What it shares with the real
network is the documented order alone: it has its own stores, routes, guards and clock, and times in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Path = tuple[int, ...]  # its links


@dataclass(frozen=True)
class Demand:
    """Requests of one pair, as `ServiceClass` has it."""

    source: str
    target: str
    bits: int
    budget_s: int
    times_s: tuple[int, ...]
    priority: int = 0
    max_waiting: int | None = None
    rate_limit_bps: int | None = None
    burst_bits: int = 0


@dataclass(frozen=True)
class NodeOutage:
    """A node that is lost for a time."""

    node: str
    start_s: int
    end_s: int
    key_lost: bool


@dataclass(frozen=True)
class World:
    """Everything that a run depends on. Links are (two nodes, initial key); `blocks` are (time, link, bits)."""

    nodes: str
    users: str
    links: tuple[tuple[str, int], ...]
    blocks: tuple[tuple[int, int, int], ...]
    demands: tuple[Demand, ...]
    outages: tuple[NodeOutage, ...]
    tag_bits: int
    hop_delay_s: int
    reserve_bits: int
    capacity_bits: int | None
    lifetime_s: int | None
    widest: bool


@dataclass(eq=False)
class Asked:
    """A request and what became of it."""

    index: int
    queue: Queue
    arrival_s: int
    outcome: str = ""
    cause: str = ""
    sent_s: int = 0
    failures_before: int = 0
    path: Path = ()


@dataclass(eq=False)
class Queue:
    """Requests of one demand that wait, and the links for whose key they do."""

    demand: Demand
    waiting: list[Asked] = field(default_factory=list)
    notes: frozenset[int] = frozenset()
    tokens_bits: int = 0
    last_s: int = 0


class ReferenceEngine:
    """Runs a world to its end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now_s = 0
        self.stores: list[list[tuple[int, int]]] = [[] for _ in world.links]  # (time, bits), oldest first
        self.down = dict.fromkeys(world.nodes, 0)
        self.failures: list[str] = []  # nodes, in order
        self.queues = [Queue(demand, tokens_bits=max(demand.burst_bits, demand.bits)) for demand in world.demands]
        self.asked: list[Asked] = []
        self.flying: list[Asked] = []
        for link, (_, initial_bits) in enumerate(world.links):
            self._deposit(link, initial_bits)

    def run(self, until_s: int) -> list[Asked]:
        """Second by second; within one, in the order of `qkdsim.network.Turn`."""
        for self.now_s in range(until_s + 1):
            self._fail()
            self._repair()
            self._grow_old()
            for time_s, link, bits in self.world.blocks:
                if time_s == self.now_s and self._deposit(link, bits):
                    self._settle({queue for queue in self.queues if link in queue.notes})
            self._land(self.now_s)
            for time_s, number in self._requests():
                if time_s == self.now_s:
                    self._request(self.queues[number])
                    self._land(self.now_s)
            for request in self.asked:
                waits = request in request.queue.waiting
                if waits and request.arrival_s + request.queue.demand.budget_s == self.now_s:
                    self._run_out(request.queue)
                    self._land(self.now_s)
        self._land(None)
        for queue in self.queues:
            for request in queue.waiting:
                self._block(request, "no key in time" if queue.notes else "no route")
        return self.asked

    def _requests(self) -> Iterator[tuple[int, int]]:
        for number, demand in enumerate(self.world.demands):
            for time_s in demand.times_s:
                yield time_s, number

    # events

    def _fail(self) -> None:
        for one in self.world.outages:
            if one.start_s == self.now_s:
                self.down[one.node] += 1
                self.failures.append(one.node)
                if one.key_lost:
                    for link, (ends, _) in enumerate(self.world.links):
                        if one.node in ends:
                            self.stores[link] = []
                self._settle(set(self.queues))

    def _repair(self) -> None:
        for one in self.world.outages:
            if one.end_s == self.now_s:
                self.down[one.node] -= 1
                if not self.down[one.node]:
                    self._settle(set(self.queues))

    def _grow_old(self) -> None:
        life_s = self.world.lifetime_s
        if life_s is not None:
            self.stores = [[lot for lot in store if lot[0] + life_s > self.now_s] for store in self.stores]

    def _deposit(self, link: int, bits: int) -> int:
        capacity = self.world.capacity_bits
        stored = bits if capacity is None else min(bits, max(0, capacity - self._held(link)))
        self.stores[link].append((self.now_s, stored))
        return stored

    def _land(self, by_s: int | None) -> None:
        """A key on its way is lost if one of its nodes has failed since it left."""
        for request in [one for one in self.flying if by_s is None or one.sent_s + self._delay_s(one) <= by_s]:
            self.flying.remove(request)
            nodes = {node for link in request.path for node in self.world.links[link][0]}
            lost = not nodes.isdisjoint(self.failures[request.failures_before :])
            request.outcome = "lost" if lost else "served"
            request.cause = "a node or link failed on the way" if lost else ""

    def _request(self, queue: Queue) -> None:
        demand = queue.demand
        request = Asked(len(self.asked), queue, self.now_s)
        self.asked.append(request)
        if demand.rate_limit_bps is not None:
            burst_bits = max(demand.burst_bits, demand.bits)
            inflow_bits = (self.now_s - queue.last_s) * demand.rate_limit_bps
            queue.tokens_bits, queue.last_s = min(burst_bits, queue.tokens_bits + inflow_bits), self.now_s
            if queue.tokens_bits < demand.bits:
                self._block(request, "over its rate limit")
                return
            queue.tokens_bits -= demand.bits
        if not queue.waiting and self._try(request):
            return
        notes = queue.notes if queue.waiting else self._barrier(queue)
        if demand.budget_s == 0:
            self._block(request, "no key in time" if notes else "no route")
        elif demand.max_waiting is not None and len(queue.waiting) >= demand.max_waiting:
            self._block(request, "queue full")
        else:
            queue.waiting.append(request)
            queue.notes = notes

    def _run_out(self, queue: Queue) -> None:
        self._block(queue.waiting.pop(0), "no key in time" if queue.notes else "no route")
        if not queue.waiting:
            self._settle(self._note(queue, frozenset()))

    @staticmethod
    def _block(request: Asked, cause: str) -> None:
        request.outcome, request.cause = "blocked", cause

    # who is served

    def _settle(self, due: set[Queue]) -> None:
        """Try everybody who waits, most urgent and oldest first, and again whenever that has changed anything.

        All are tried, but only those who are due (their links got key, or were freed) note anew what they wait for.
        """
        while True:
            for queue in sorted((one for one in self.queues if one.waiting), key=self._rank):
                if self._try(queue.waiting[0]):
                    queue.waiting.pop(0)
                    due |= {queue} if queue.waiting else self._note(queue, frozenset())
                    break
                if queue in due:
                    due.remove(queue)
                    freed = self._note(queue, self._barrier(queue))
                    if freed:
                        due |= freed
                        break
            else:
                return

    @staticmethod
    def _rank(queue: Queue) -> tuple[int, int]:
        return queue.demand.priority, queue.waiting[0].index

    def _note(self, queue: Queue, notes: frozenset[int]) -> set[Queue]:
        """A queue waits for these links from now on; those who may go on because it left others alone."""
        barred = [{link for link in one.notes if not self._may_take(one, link)} for one in self.queues]
        queue.notes = notes
        return {
            one
            for one, links in zip(self.queues, barred, strict=True)
            if any(self._may_take(one, link) for link in links & one.notes)
        }

    def _try(self, request: Asked) -> bool:
        """Whether nothing is left to wait for: sent off, or too late."""
        queue = request.queue
        routes = [path for path in self._paths(queue.demand) if self._is_open(queue, path)]
        if not routes:
            return False
        request.path = min(routes, key=lambda path: self._cost(path, queue.demand.source))
        if self.now_s - request.arrival_s + self._delay_s(request) > queue.demand.budget_s:
            self._block(request, "route too slow")
            request.path = ()
            return True
        for link in request.path:
            self._take(link, queue.demand.bits + (self.world.tag_bits if len(request.path) > 1 else 0))
        request.sent_s, request.failures_before = self.now_s, len(self.failures)
        self.flying.append(request)
        return True

    def _take(self, link: int, bits: int) -> None:
        store = self.stores[link]
        while bits:
            time_s, held = store.pop(0)
            if held > bits:
                store.insert(0, (time_s, held - bits))
            bits -= min(held, bits)

    # routes

    def _delay_s(self, request: Asked) -> int:
        return len(request.path) * self.world.hop_delay_s

    def _held(self, link: int) -> int:
        return sum(bits for _, bits in self.stores[link])

    def _is_up(self, link: int) -> bool:
        return not any(self.down[node] for node in self.world.links[link][0])

    def _may_take(self, queue: Queue, link: int) -> bool:
        """Nobody more urgent waits for key of the link."""
        return not any(link in other.notes for other in self.queues if other.demand.priority < queue.demand.priority)

    def _has(self, queue: Queue, link: int, *, alone: bool) -> bool:
        """Whether a link holds what a route needs of it; `alone` it is the whole route."""
        bits = queue.demand.bits
        need = bits if alone else bits + self.world.tag_bits + self.world.reserve_bits
        return self._held(link) >= need

    def _opens(self, queue: Queue, link: int, *, alone: bool) -> bool:
        return self._is_up(link) and self._may_take(queue, link) and self._has(queue, link, alone=alone)

    def _is_open(self, queue: Queue, path: Path) -> bool:
        return all(self._opens(queue, link, alone=len(path) == 1) for link in path)

    def _steps(self, node: str) -> list[tuple[int, str]]:
        """Links at a node, and where they lead."""
        return [(link, ends.replace(node, "")) for link, (ends, _) in enumerate(self.world.links) if node in ends]

    def _paths(self, demand: Demand) -> list[Path]:
        """All ways that pass no node twice, and no user on the way."""
        found: list[Path] = []

        def go_on(node: str, seen: str, path: Path) -> None:
            if node == demand.target:
                found.append(path)
            elif node == demand.source or node not in self.world.users:
                for link, far in self._steps(node):
                    if far not in seen:
                        go_on(far, seen + far, (*path, link))

        go_on(demand.source, demand.source, ())
        return found

    def _cost(self, path: Path, source: str) -> tuple[int, int, list[int], Path]:
        """Widest or not, then fewest hops, then file order of nodes and links."""
        width = -min(self._held(link) for link in path) if self.world.widest else 0
        node, order = source, []
        for link in path:
            node = self.world.links[link][0].replace(node, "")
            order.append(self.world.nodes.index(node))
        return width, len(path), order, path

    def _barrier(self, queue: Queue) -> frozenset[int]:
        """Links that a request waits for: those around its source if none of these is open, else those around the nodes
        that its target can be reached from; without those that are down, and those that lead nowhere.
        """
        source, target = queue.demand.source, queue.demand.target
        within = self._spread(source, lambda _, far: far not in self.world.users)

        def around(inner: set[str], here: str, there: str) -> list[tuple[int, bool]]:
            """The links that lead out, and whether each would be the whole route."""
            return [
                (link, (near, far) == (here, there))
                for near in inner
                for link, far in self._steps(near)
                if far not in inner and (far == there or far in within)
            ]

        cut = around({source}, source, target)
        if any(self._opens(queue, link, alone=alone) for link, alone in cut):
            inner = self._spread(target, lambda link, far: far in within and self._opens(queue, link, alone=False))
            cut = around(inner, target, source)
        return frozenset(
            link
            for link, alone in cut
            if self._is_up(link) and not (self._may_take(queue, link) and self._has(queue, link, alone=alone))
        )

    def _spread(self, start: str, may_step: Callable[[int, str], bool]) -> set[str]:
        reached: set[str] = set()
        new = {start}
        while new:
            reached |= new
            new = {far for near in new for link, far in self._steps(near) if may_step(link, far)} - reached
        return reached
