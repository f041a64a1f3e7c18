"""Who asks for key: one pair of nodes or many, in one class of service, by one pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np

from qkdsim import rng
from qkdsim.apps.arrivals import Arrivals
from qkdsim.apps.merge import merged
from qkdsim.apps.patterns import Pattern
from qkdsim.network import KeyNetwork, RequestQueue, Turn
from qkdsim.network.service import ServiceClass


@dataclass(frozen=True, slots=True)
class KeyDemand:
    """Pairs of nodes (who asks, who shall hold the same key) that ask for `bits` at a time from start to stop.

    Every pair asks on its own by the same pattern, pair i every `intervals_s[i]` on average. Draws are keyed by the
    names of the pair, so adding a pair leaves the requests of the others as they were (a demand of a single pair has
    its stream by its id alone).

    Raises ValueError without pairs, or unless every pair has an interval above 0 and `bits` is at least 1.
    """

    id: str
    service: ServiceClass
    bits: int
    pairs: tuple[tuple[str, str], ...]
    intervals_s: tuple[float, ...] = field(repr=False)
    start_s: float
    stop_s: float
    pattern: Pattern

    def __post_init__(self) -> None:
        if not self.pairs or len(self.intervals_s) != len(self.pairs) or min(self.intervals_s) <= 0.0:
            raise ValueError(f"demand {self.id}: expected pairs, each with an interval above 0")
        if self.bits < 1:
            raise ValueError(f"demand {self.id}: got {self.bits} bits, expected at least 1")

    @property
    def requests_per_s(self) -> float:
        """Mean rate of all pairs together."""
        return sum(1.0 / interval_s for interval_s in self.intervals_s)

    def arrivals(self, seed: int) -> Iterator[Arrivals]:
        """All requests in order of time, those of one instant in order of pairs; batches, none of them empty."""
        streams = [
            self.pattern.times_s(interval_s, self.start_s, self.stop_s, rng.stream(seed, "demand", self.id, *names))
            for names, interval_s in zip(self._names(), self.intervals_s, strict=True)
        ]
        if len(streams) == 1:
            return (Arrivals(times_s, np.zeros(len(times_s), dtype=np.int64)) for times_s in streams[0])
        return merged(streams, self.start_s, self.requests_per_s)

    def _names(self) -> tuple[tuple[str, ...], ...]:
        return self.pairs if len(self.pairs) > 1 else ((),)


@dataclass(slots=True)
class RunningDemand:
    """A demand under way: what has become of its requests so far. A pair has its queue from its first request on."""

    demand: KeyDemand
    queues: list[RequestQueue] = field(default_factory=list)

    @property
    def requested(self) -> int:
        """Requests so far."""
        return sum(queue.requested for queue in self.queues)

    @property
    def served(self) -> int:
        """Requests that got their key."""
        return sum(queue.served for queue in self.queues)

    @property
    def blocked(self) -> int:
        """Requests that were refused, or got no key in time."""
        return sum(queue.blocked for queue in self.queues)

    @property
    def lost(self) -> int:
        """Requests whose key was on its way when something failed."""
        return sum(queue.lost for queue in self.queues)

    @property
    def total_delay_s(self) -> float:
        """Sum over served requests, from request to key at both ends."""
        return sum(queue.total_delay_s for queue in self.queues)


def start_demand(demand: KeyDemand, network: KeyNetwork, seed: int) -> RunningDemand:
    """Let a demand ask a network for key: one event per request, each announces the next."""
    running = RunningDemand(demand)
    queues: list[RequestQueue | None] = [None] * len(demand.pairs)
    lots = demand.arrivals(seed)
    coming = chain.from_iterable(zip(lot.times_s.tolist(), lot.pair.tolist(), strict=True) for lot in lots)
    request, announce = network.request, network.agenda.at

    def announce_next() -> None:
        for at_s, pair in islice(coming, 1):
            announce(at_s, Turn.REQUEST, arrive, pair)

    def arrive(pair: int) -> None:
        queue = queues[pair]
        if queue is None:
            queue = network.open_queue(demand.id, demand.service, *demand.pairs[pair], demand.bits)
            queues[pair] = queue
            running.queues.append(queue)
        request(queue)
        announce_next()

    announce_next()
    return running
