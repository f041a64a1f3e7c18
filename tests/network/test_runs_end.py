"""Runs come to an end: central control, lossy and jittery messages, nodes and the controller gone and back."""

from __future__ import annotations

import numpy as np
import pytest

from qkdsim.network import Agenda, Turn, Watermarks
from qkdsim.network.agenda import Call
from qkdsim.network.classical import ClassicalSettings
from qkdsim.network.outage import Outage

from .hand_made_network import hand_made_blocks, new_network

NODES = "abcdef"
LONG_S = 120.0
REQUESTS = 60


class CountedAgenda(Agenda):
    """Counts what is put into it, and refuses more than a bound: a loop at one instant would never return."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.count = most, 0

    def at(self, at_s: float, turn: Turn, call: Call, value: object = None) -> None:
        self.count += 1
        assert self.count <= self.most, f"more than {self.most} events by {self.now_s} s"
        super().at(at_s, turn, call, value)


def spans(draws: np.random.Generator, count: int) -> list[tuple[float, float]]:
    starts_s = draws.uniform(0.0, LONG_S, count)
    return [(float(start_s), float(start_s + draws.uniform(0.5, 30.0))) for start_s in starts_s]


@pytest.mark.parametrize("policy", ["fewest-hops", "key-aware", "widest"])
@pytest.mark.parametrize("seed", range(6))
def test_a_network_in_trouble_has_a_bounded_number_of_events(seed: int, policy: str) -> None:
    draws = np.random.default_rng(seed)
    pairs = [one + other for one in NODES for other in NODES if one < other]
    links = {name: int(draws.integers(0, 2000)) for name in draws.permutation(pairs)[:9].tolist()}
    agenda = CountedAgenda(20 * REQUESTS)  # four times what it takes
    made = new_network(
        NODES,
        links,
        length_km=1000.0,
        hop_delay_s=0.05,
        watermarks=Watermarks(300, 1200),
        classical=ClassicalSettings(jitter_s=0.05, loss_probability=0.4, max_retransmissions=1),
        agenda=agenda,
        policy=policy,
        control="central",
        controller=0,
        update_interval_s=5.0,
        max_attempts=3,
    )
    for name in links:
        times_s = np.sort(draws.uniform(0.0, LONG_S, 12))
        made.feed(name, hand_made_blocks(times_s.tolist(), draws.integers(0, 900, 12).tolist()))
    nodes = [
        Outage("node", str(draws.choice(list(NODES))), *span, key_lost=bool(draws.integers(2)))
        for span in spans(draws, 6)
    ]
    made.network.announce([*nodes, *(Outage("controller", "", *span) for span in spans(draws, 4))])
    for number in range(REQUESTS):
        ends = draws.permutation(list(NODES))[:2].tolist()
        queue = made.queue(*ends, 256, 15.0, name=f"{number}", priority=int(draws.integers(2)))
        made.ask(queue, float(draws.uniform(0.0, LONG_S)))
    settled = made.run(LONG_S + 60.0)
    assert len(settled) == REQUESTS
    assert {one.outcome for one in settled} >= {"served", "blocked"}
