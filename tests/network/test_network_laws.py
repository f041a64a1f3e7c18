"""Laws over random small networks: key is conserved, routes are shortest, outcomes repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.network import Barrier, KeyRequest

from .hand_made_network import TAG_BITS, HandMadeNetwork, hand_made_blocks, new_network

NODES = "abcdef"
ENDS = [first + second for first in NODES for second in NODES if first < second]


@dataclass(frozen=True)
class Drawn:
    """What a random network is made of, so that it can be built more than once."""

    links: dict[str, int]
    users: str
    arrivals: dict[str, list[tuple[int, int]]]
    demands: list[tuple[str, int, int, list[int]]]

    def build(self) -> HandMadeNetwork:
        made = new_network(NODES, self.links, users=self.users, length_km=10.0)
        for link, arrivals in self.arrivals.items():
            times, bits = zip(*sorted(arrivals), strict=True)
            made.feed(link, hand_made_blocks(times, bits))
        for number, (ends, bits, budget_s, times) in enumerate(self.demands):
            made.ask(made.queue(ends[0], ends[1], bits, budget_s, name=f"d{number}"), *times)
        return made

    def given_bits(self, link: str) -> int:
        return self.links[link] + sum(bits for _, bits in self.arrivals.get(link, []))


@st.composite
def networks(draw: st.DrawFn) -> Drawn:
    links = draw(st.dictionaries(st.sampled_from(ENDS), st.integers(0, 1500), min_size=1))
    users = "".join(draw(st.sets(st.sampled_from(NODES), max_size=3)))
    blocks = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1000)), min_size=1, max_size=6)
    arrivals = {link: draw(blocks) for link in links if draw(st.booleans())}
    times = st.lists(st.integers(0, 49), max_size=8)
    demand = st.tuples(st.sampled_from(ENDS), st.integers(1, 600), st.integers(0, 20), times)
    return Drawn(links, users, arrivals, draw(st.lists(demand, max_size=5)))


@given(networks())
@settings(deadline=None, max_examples=200)
def test_key_is_conserved_and_every_bit_of_it_is_explained_by_a_request(drawn: Drawn) -> None:
    made = drawn.build()
    settled = made.run(60.0)
    assert len(settled) == sum(len(times) for *_, times in drawn.demands)
    explained = dict.fromkeys(drawn.links, 0)
    delivered = 0
    for request in settled:
        if not request.routes:
            assert request.outcome == "blocked"
            continue
        delivered += request.bits
        budget_s = drawn.demands[int(request.queue.demand[1:])][2]
        assert request.delay_s is not None
        assert request.delay_s <= budget_s
        spent = request.bits + (TAG_BITS if request.hops > 1 else 0)
        assert request.consumed_bits == spent * request.hops
        for link in request.routes[0].links:
            explained[made.network.links[link].id] += spent
    for link in drawn.links:
        store, bits = made.store(link), drawn.given_bits(link)
        assert store.deposited_bits == bits == store.accounted_bits
        assert bits - store.held_bits == explained[link]
    assert sum(one.store.delivered_bits for one in made.network.links) == delivered


@given(networks())
@settings(deadline=None, max_examples=300)
def test_waiting_for_the_barrier_gives_what_trying_everything_gives(drawn: Drawn) -> None:
    patient, restless = drawn.build(), drawn.build()
    find, everything = restless.network._router.find, Barrier(tuple(range(len(drawn.links))))

    def find_or_watch_all(*args: Any) -> list[tuple[int, ...]] | Barrier:
        found = find(*args)
        return everything if isinstance(found, Barrier) else found

    restless.network._router.find = find_or_watch_all  # type: ignore[method-assign]
    assert [outcome(r) for r in patient.run(60.0)] == [outcome(r) for r in restless.run(60.0)]


def outcome(request: KeyRequest) -> tuple[object, ...]:
    path = request.path if request.routes else ""
    return request.index, request.queue.demand, request.outcome, request.served_s, path, request.epsilon


@given(networks())
@settings(deadline=None, max_examples=50)
def test_the_same_inputs_give_the_same_outcomes(drawn: Drawn) -> None:
    first, second = ([outcome(r) for r in drawn.build().run(60.0)] for _ in range(2))
    assert first == second


def test_ties_go_to_the_first_node_of_the_file() -> None:
    made = new_network("abcd", {"ac": 9999, "cd": 9999, "bd": 9999, "ab": 9999})
    made.ask(made.queue("a", "d", 256, 0.01), 1.0)
    assert [request.path for request in made.run(2.0)] == ["a>b>d"]
