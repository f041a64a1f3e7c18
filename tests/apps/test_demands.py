"""That a network hears demands: every request at its time, in the queue of its pair, counted per demand."""

from __future__ import annotations

from collections import Counter

import numpy as np

from qkdsim.apps import Batches, Constant, KeyDemand, Pattern, Poisson, start_demand
from qkdsim.keystore import KeyStore
from qkdsim.network import (
    Agenda,
    KeyNetwork,
    KeyRequest,
    NetworkLink,
    NetworkSettings,
)
from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings
from qkdsim.network.service import ServiceClass

PATIENT = ServiceClass("patient", priority=2, latency_budget_s=0.5)


def star(initial_bits: int) -> tuple[KeyNetwork, list[KeyRequest]]:
    """A hub `h` with links to `a`, `b` and `c`."""
    settled: list[KeyRequest] = []
    ends = [(0, 1), (0, 2), (0, 3)]
    names = ("ha", "hb", "hc")
    network = KeyNetwork(
        Agenda(),
        [(node, True) for node in "habc"],
        [
            NetworkLink(name, pair, 0.0, KeyStore(initial_bits=initial_bits))
            for name, pair in zip(names, ends, strict=True)
        ],
        NetworkSettings(hop_tag_bits=128, hop_delay_s=0.0),
        classical=ClassicalNetwork(
            4, [ClassicalLink(name, pair, 0.0) for name, pair in zip(names, ends, strict=True)], ClassicalSettings()
        ),
        draws=np.random.default_rng(1),
        on_settled=settled.extend,
    )
    return network, settled


def demand(pattern: Pattern, interval_s: float, *pairs: str, bits: int = 256, stop_s: float = 20.0) -> KeyDemand:
    return KeyDemand(
        id="demand",
        service=PATIENT,
        bits=bits,
        pairs=tuple((pair[0], pair[1]) for pair in pairs),
        intervals_s=(interval_s,) * len(pairs),
        start_s=2.0,
        stop_s=stop_s,
        pattern=pattern,
    )


def test_a_stream_lives_on_the_initial_key_until_it_runs_out() -> None:
    network, settled = star(10_000)
    running = start_demand(demand(Constant(), 2.0, "ha", bits=3000), network, seed=1)
    network.agenda.run_to(60.0)
    network.close()
    assert [request.arrival_s for request in settled] == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0]
    assert [request.outcome for request in settled] == ["served"] * 3 + ["blocked"] * 6
    assert (running.requested, running.served, running.blocked, running.lost) == (9, 3, 6, 0)
    assert network.held_bits[0] == 1_000


def test_every_pair_has_a_queue_from_its_first_request_on() -> None:
    network, settled = star(10**9)
    one = demand(Poisson(), 1.0, "ha", "hb", "ca", "cb", stop_s=60.0)
    running = start_demand(one, network, seed=3)
    network.agenda.run_to(2.0)
    assert not running.queues
    network.agenda.run_to(100.0)
    network.close()
    lots = list(one.arrivals(3))
    asked = [(time_s, one.pairs[pair]) for lot in lots for time_s, pair in zip(lot.times_s, lot.pair, strict=True)]
    assert [(request.arrival_s, request.queue.ends) for request in settled] == asked
    assert {queue.ends: queue.requested for queue in running.queues} == Counter(pair for _, pair in asked)
    assert {queue.service for queue in running.queues} == {PATIENT}
    assert running.requested == running.served == len(asked) > 150
    assert running.total_delay_s >= 0.0


def test_requests_of_one_batch_arrive_at_the_same_instant() -> None:
    network, settled = star(10**9)
    start_demand(demand(Batches(4), 0.5, "ha"), network, seed=2)
    network.agenda.run_to(60.0)
    network.close()
    times = Counter(request.arrival_s for request in settled)
    assert times
    assert set(times.values()) == {4}
