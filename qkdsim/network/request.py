"""Requests for key, and the queue in which those of one demand wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from qkdsim.network.route import Route


@dataclass(slots=True)
class KeyRequest:
    """One request. `outcome` is empty while it waits; `served_s` is when a route was found, not when the key
    is there.

    `index` counts the requests of the whole network in order of arrival.
    """

    index: int
    demand: str
    ends: tuple[str, str]
    bits: int
    arrival_s: float
    outcome: Literal["", "served", "blocked"] = ""
    served_s: float = 0.0
    route: Route | None = None
    epsilon: float = 0.0

    @property
    def delay_s(self) -> float | None:
        """From arrival until the key is at both ends: waiting, light and processing; None unless served."""
        return None if self.route is None else self.served_s - self.arrival_s + self.route.delay_s


@dataclass(slots=True)
class RequestQueue:
    """The requests of one demand: same two nodes, same size, same latency budget, first come first served.

    `barrier` holds the links any of which must get key before the oldest waiting request can be served.
    """

    order: int
    demand: str
    ends: tuple[str, str]
    source: int
    target: int
    bits: int
    latency_budget_s: float
    preferred: Route | None = None
    waiting: deque[KeyRequest] = field(default_factory=deque)
    barrier: tuple[int, ...] = ()
    requested: int = 0
    served: int = 0
    blocked: int = 0
    total_delay_s: float = 0.0
