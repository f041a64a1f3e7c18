"""The network and the slow reference agree on every request and on every store."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.keystore import KeyStore
from qkdsim.network import KeyRequest
from qkdsim.network.outage import Outage

from .hand_made_network import HandMadeNetwork, hand_made_blocks, new_network
from .reference_engine import Asked, Demand, NodeOutage, ReferenceEngine, World

NODES = "abcdef"
ENDS = [first + second for first in NODES for second in NODES if first < second]
END_S = 60


@st.composite
def worlds(draw: st.DrawFn) -> World:
    links = draw(
        st.lists(st.tuples(st.sampled_from(ENDS), st.integers(0, 12).map(lambda n: 100 * n)), min_size=2, max_size=9)
    )
    block = st.tuples(st.integers(1, 50), st.integers(0, len(links) - 1), st.integers(0, 10).map(lambda n: 100 * n))
    demand = st.builds(
        _demand,
        st.sampled_from([*ENDS, *(ends[::-1] for ends in ENDS)]),
        bits=st.integers(1, 8).map(lambda n: 100 * n),
        budget_s=st.integers(0, 25),
        times_s=st.lists(st.integers(0, 45), min_size=1, max_size=4).map(tuple),
        priority=st.integers(0, 2),
        max_waiting=st.sampled_from([None, None, 0, 1, 2]),
        rate_limit_bps=st.sampled_from([None, None, 30]),
        burst_bits=st.just(500),
    )
    span = st.tuples(st.integers(0, 45), st.integers(0, 10))
    outage = st.builds(
        lambda node, at, lost: NodeOutage(node, at[0], at[0] + at[1], lost), st.sampled_from(NODES), span, st.booleans()
    )
    return World(
        nodes=NODES,
        users="".join(sorted(draw(st.sets(st.sampled_from(NODES), max_size=2)))),
        links=tuple(links),
        # the order of blocks that come at one instant is not part of the agreement
        blocks=tuple(sorted(draw(st.lists(block, max_size=14, unique_by=lambda one: one[0])))),
        demands=tuple(draw(st.lists(demand, min_size=1, max_size=7))),
        outages=tuple(draw(st.lists(outage, max_size=3))),
        tag_bits=draw(st.sampled_from([0, 100])),
        hop_delay_s=draw(st.sampled_from([0, 1, 3])),
        reserve_bits=draw(st.sampled_from([0, 200])),
        capacity_bits=draw(st.sampled_from([None, 1000])),
        lifetime_s=draw(st.sampled_from([None, 8, 20])),
        widest=draw(st.booleans()),
    )


def _demand(ends: str, **rest: object) -> Demand:
    return Demand(ends[0], ends[1], **rest)  # type: ignore[arg-type]


def real(world: World) -> HandMadeNetwork:
    """The same world as a network."""
    names = [f"{ends}{number}" for number, (ends, _) in enumerate(world.links)]
    initial = dict(zip(names, (bits for _, bits in world.links), strict=True))
    made = new_network(
        world.nodes,
        initial,
        users=world.users,
        tag_bits=world.tag_bits,
        hop_delay_s=float(world.hop_delay_s),
        stores={name: KeyStore(initial_bits=bits, capacity_bits=world.capacity_bits) for name, bits in initial.items()},
        policy="widest" if world.widest else "fewest-hops",
        relay_reserve_bits=world.reserve_bits,
        key_lifetime_s=world.lifetime_s,
    )
    for number, name in enumerate(names):
        blocks = [(time_s, bits) for time_s, link, bits in world.blocks if link == number]
        if blocks:
            times_s, bits = zip(*blocks, strict=True)
            made.feed(name, hand_made_blocks(times_s, bits))
    made.network.announce([Outage("node", one.node, one.start_s, one.end_s, one.key_lost) for one in world.outages])
    for number, one in enumerate(world.demands):
        queue = made.queue(
            one.source,
            one.target,
            one.bits,
            float(one.budget_s),
            name=f"d{number}",
            priority=one.priority,
            max_waiting=one.max_waiting,
            rate_limit_bps=one.rate_limit_bps,
            burst_bits=one.burst_bits,
        )
        made.ask(queue, *one.times_s)
    return made


def told_by_reference(request: Asked) -> tuple[object, ...]:
    return request.index, request.outcome, request.cause, request.sent_s, request.path


def told(request: KeyRequest) -> tuple[object, ...]:
    path = request.routes[0].links if request.routes else ()
    return request.index, request.outcome, request.cause, request.served_s, path


@given(worlds())
@settings(deadline=None, max_examples=400)
def test_the_network_does_what_the_slow_reference_does(world: World) -> None:
    reference, made = ReferenceEngine(world), real(world)
    expected = [told_by_reference(request) for request in reference.run(END_S)]
    assert [told(request) for request in made.run(END_S)] == expected
    left_bits = [sum(bits for _, bits in store) for store in reference.stores]
    assert made.network.held_bits.tolist() == left_bits
