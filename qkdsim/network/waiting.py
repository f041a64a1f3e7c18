"""Who waits for key of which link."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Protocol

from qkdsim.network.request import RequestQueue


class Guard(Protocol):
    """Keeps key of a link for those who wait for it."""

    def guard(self, link: int, priority: int | None) -> None:
        """Requests of `priority` wait for key of a link (None: nobody does any more)."""
        ...


class WaitingList:
    """Per link, the queues whose oldest request cannot be served before the link gets key.

    Key goes to the most urgent class first, then to the request that came first, among those that it can serve; one
    that it cannot serve does not hold up others of its priority, but no less urgent request may take the key.
    """

    def __init__(self, links: int, guard: Guard) -> None:
        """Nobody waits."""
        self._watchers: list[set[RequestQueue]] = [set() for _ in range(links)]
        self._waiting: dict[int, RequestQueue] = {}
        self._guard = guard

    def __contains__(self, link: int) -> bool:
        return bool(self._watchers[link])

    def watch(self, queue: RequestQueue, links: tuple[int, ...]) -> None:
        """The queue waits for key of these links from now on, and of no others."""
        if links == queue.barrier:
            return
        gone, new = set(queue.barrier) - set(links), set(links) - set(queue.barrier)
        queue.barrier = links
        for link in gone:
            self._watchers[link].discard(queue)
        for link in new:
            self._watchers[link].add(queue)
        for link in sorted(gone | new):
            self._guard.guard(link, min((one.service.priority for one in self._watchers[link]), default=None))

    def hold(self, queue: RequestQueue) -> None:
        """A request waits at the head of this queue."""
        self._waiting[queue.order] = queue

    def release(self, queue: RequestQueue) -> list[RequestQueue]:
        """Nothing waits in this queue any more; the less urgent ones for which that may clear the way."""
        self._waiting.pop(queue.order, None)
        barrier, priority = queue.barrier, queue.service.priority
        self.watch(queue, ())
        watchers = (one for link in barrier for one in self._watchers[link])
        return [one for one in watchers if one.service.priority > priority]

    def on(self, link: int) -> list[RequestQueue]:
        """Those who wait for key of a link."""
        return list(self._watchers[link])

    def everybody(self) -> list[RequestQueue]:
        """All queues in which a request waits."""
        return list(self._waiting.values())


class Turns:
    """Queues in the order in which they are tried; a queue may come again with its next request."""

    def __init__(self, queues: Iterable[RequestQueue]) -> None:
        """Order them by rank."""
        self._queues = {queue.order: queue for queue in queues}
        self._heap = [(queue.rank, queue.order) for queue in self._queues.values() if queue.waiting]
        heapify(self._heap)

    def next(self) -> RequestQueue | None:
        """The first in order; None when all have had their turn."""
        return self._queues[heappop(self._heap)[1]] if self._heap else None

    def add(self, queue: RequestQueue) -> None:
        """A queue has a request to try."""
        self._queues[queue.order] = queue
        heappush(self._heap, (queue.rank, queue.order))
