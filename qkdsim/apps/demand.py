"""Who asks for key: a one-time-pad stream, a cipher that changes keys, an application that asks at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qkdsim import rng
from qkdsim.apps.arrivals import poisson_times, regular_times
from qkdsim.network import KeyNetwork, RequestQueue, Turn


@dataclass(frozen=True, slots=True)
class KeyDemand:
    """One pair of nodes that asks for `bits` at a time, and waits at most `latency_budget_s`.

    Every `interval_s` (a one-time-pad stream fetches what it will use up in one interval; rekeying fetches
    one key), or, with `requests_per_s`, as a Poisson process.
    """

    id: str
    source: str
    target: str
    bits: int
    latency_budget_s: float
    start_s: float
    stop_s: float
    interval_s: float | None = None
    requests_per_s: float | None = None

    def arrival_times(self, seed: int) -> Iterator[float]:
        """When requests come, in simulated seconds; random ones from the stream of this demand.

        Raises ValueError unless exactly one of `interval_s` and `requests_per_s` is given.
        """
        if self.interval_s is not None and self.requests_per_s is None:
            return regular_times(self.start_s, self.interval_s, self.stop_s)
        if self.requests_per_s is not None and self.interval_s is None:
            draws = rng.stream(seed, "demand", self.id)
            return poisson_times(self.start_s, self.requests_per_s, self.stop_s, draws)
        raise ValueError(f"demand {self.id}: expected exactly one of interval_s and requests_per_s")


def start_demand(demand: KeyDemand, network: KeyNetwork, seed: int) -> RequestQueue:
    """Let a demand ask a network for key; the queue that is returned counts what becomes of it."""
    queue = network.open_queue(demand.id, demand.source, demand.target, demand.bits, demand.latency_budget_s)
    times_s = demand.arrival_times(seed)
    agenda = network.agenda

    def announce_next() -> None:
        at_s = next(times_s, None)
        if at_s is not None:
            agenda.at(at_s, Turn.REQUEST, arrive)

    def arrive(_value: object) -> None:
        network.request(queue)
        announce_next()

    announce_next()
    return queue
