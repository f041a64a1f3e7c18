"""Requests for key, and the queue in which those of one pair wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from qkdsim.network.admission import TokenBucket
from qkdsim.network.route import Route
from qkdsim.network.service import ServiceClass

Outcome = Literal["", "served", "blocked", "lost"]

# why a request was not served
NO_KEY = "no key in time"
NO_ROUTE = "no route"
TOO_LATE = "route too slow"
TOO_FEW_PATHS = "too few disjoint paths"
OVER_LIMIT = "over its rate limit"
QUEUE_FULL = "queue full"
FAILED_ON_THE_WAY = "a node or link failed on the way"
MESSAGE_LOST = "messages lost"


@dataclass(slots=True, eq=False)
class KeyRequest:
    """One request. `outcome` is empty while it waits or while its key is on the way.

    `index` counts the requests of the whole network in order of arrival; `served_s` is when its routes were found and
    their key set aside, `delay_s` is from arrival until the key is at both ends.
    """

    index: int
    queue: RequestQueue
    arrival_s: float
    outcome: Outcome = ""
    cause: str = ""
    attempts: int = 0
    served_s: float = 0.0
    delay_s: float | None = None
    routes: tuple[Route, ...] = ()
    consumed_bits: int = 0
    epsilon: float = 0.0
    outages_before: int = 0

    @property
    def bits(self) -> int:
        """Key asked for."""
        return self.queue.bits

    @property
    def hops(self) -> int:
        """Links used, all paths together."""
        return sum(route.hops for route in self.routes)

    @property
    def path(self) -> str:
        """Nodes from end to end joined by `>`, paths by `|`."""
        return self.routes[0].path if len(self.routes) == 1 else "|".join(route.path for route in self.routes)


@dataclass(slots=True, eq=False)
class RequestQueue:
    """The requests of one pair of nodes of one demand: same size, same service class, first come first served.

    `barrier` holds the links any of which must get key before the oldest waiting request can be served. `on_outcome`
    is called once for each request when it is served (its key is at both ends), blocked or lost; it must not ask for
    key itself, but let the agenda do so.
    """

    order: int
    demand: str
    service: ServiceClass
    ends: tuple[str, str]
    source: int
    target: int
    bits: int
    bucket: TokenBucket | None = None
    most_paths: int = 1  # node-disjoint paths that the network has between the two, were all stores full
    waiting: deque[KeyRequest] = field(default_factory=deque)
    barrier: tuple[int, ...] = ()
    requested: int = 0
    served: int = 0
    blocked: int = 0
    lost: int = 0
    total_delay_s: float = 0.0
    on_outcome: Callable[[KeyRequest], None] | None = None

    def needed(self, paths: int) -> int:
        """How many of the shares sent over so many paths rebuild the key, and verify it if they verify each other."""
        return min(self.service.least_shares, paths) if self.service.sharing == "shamir" else paths

    def may_do_with(self, paths: int) -> bool:
        """Whether so many paths will do: a class may accept fewer than it asks for, but no fewer than it needs."""
        service = self.service
        least = service.least_shares if service.sharing == "shamir" else 1
        return paths >= service.paths or (service.fewer_paths == "accept" and paths >= least)

    @property
    def rank(self) -> tuple[int, int]:
        """Who goes first among those who wait: the priority of the class, then the oldest request."""
        return self.service.priority, self.waiting[0].index
