"""Who waits for key of which link, and whose turn it is to try again."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Protocol

from qkdsim.network.request import RequestQueue

FREE = 1 << 30  # less urgent than any class: nobody waits for the link


class Guard(Protocol):
    """Keeps key of a link for those who wait for it."""

    def guard(self, link: int, priority: int) -> None:
        """Requests of `priority` wait for key of a link (FREE: nobody does)."""
        ...


class WaitingList:
    """Per link, the queues whose oldest request cannot be served before the link gets key.

    Key goes to the most urgent class first, then to the request that came first, among those that it can serve; one
    that it cannot serve does not hold up others of its priority, but no less urgent request may take the key. Where
    that bar is lifted, those who waited behind it get their turn.
    """

    def __init__(self, links: int, guard: Guard) -> None:
        """Nobody waits."""
        self._watchers: list[set[RequestQueue]] = [set() for _ in range(links)]
        self._most_urgent = [FREE] * links
        self._guard = guard
        self._waiting: dict[int, RequestQueue] = {}
        self._due: dict[int, RequestQueue] = {}
        self._turns: list[tuple[tuple[int, int], int]] = []  # heap of (rank, order) of those that are due

    def __contains__(self, link: int) -> bool:
        return bool(self._watchers[link])

    def watch(self, queue: RequestQueue, links: tuple[int, ...]) -> None:
        """Requests wait in a queue, from now on for key of these links and of no others."""
        self._waiting[queue.order] = queue
        self._note(queue, links)

    def release(self, queue: RequestQueue) -> None:
        """Nothing waits in this queue any more."""
        del self._waiting[queue.order]
        self._note(queue, ())

    def wake(self, queue: RequestQueue) -> None:
        """The oldest request of this queue gets a turn."""
        if queue.order not in self._due:
            self._due[queue.order] = queue
            heappush(self._turns, (queue.rank, queue.order))

    def on(self, link: int) -> list[RequestQueue]:
        """Those who wait for key of a link, in order."""
        return sorted(self._watchers[link], key=lambda queue: queue.rank)

    def everybody(self) -> list[RequestQueue]:
        """All who wait, in order."""
        return sorted(self._waiting.values(), key=lambda queue: queue.rank)

    def wake_link(self, link: int) -> None:
        """Those who wait for key of a link get a turn."""
        for queue in self._watchers[link]:
            self.wake(queue)

    def wake_all(self) -> None:
        """All who wait get a turn."""
        for queue in self._waiting.values():
            self.wake(queue)

    def next(self) -> RequestQueue | None:
        """Whose turn it is, most urgent and oldest first; None when all have had theirs."""
        return self._due.pop(heappop(self._turns)[1]) if self._turns else None

    def _note(self, queue: RequestQueue, links: tuple[int, ...]) -> None:
        if links == queue.barrier:
            return
        gone, new = set(queue.barrier).difference(links), set(links).difference(queue.barrier)
        queue.barrier = links
        for link in gone:
            self._watchers[link].discard(queue)
        for link in new:
            self._watchers[link].add(queue)
        for link in gone | new:
            self._set_guard(link)

    def _set_guard(self, link: int) -> None:
        watchers, before = self._watchers[link], self._most_urgent[link]
        now = min((one.service.priority for one in watchers), default=FREE)
        if now == before:
            return
        self._most_urgent[link] = now
        self._guard.guard(link, now)
        for one in watchers:
            if before < one.service.priority <= now:
                self.wake(one)
