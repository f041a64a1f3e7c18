"""Laws that hold whatever happens: failures, lost messages, stale pictures, split keys, priorities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from qkdsim.keystore import KeyStore
from qkdsim.network import KeyRequest, Turn, Watermarks
from qkdsim.network.classical import ClassicalSettings
from qkdsim.network.outage import Outage

from .hand_made_network import TAG_BITS, HandMadeNetwork, hand_made_blocks, new_network

NODES = "abcdef"
ENDS = [first + second for first in NODES for second in NODES if first < second]
CONTROLS: list[dict[str, Any]] = [
    {"control": "ideal"},
    {"control": "central", "controller": 0, "update_interval_s": 7.0},
    {"control": "link-state", "flooding_delay_s": 0.4, "update_interval_s": 3.0},
]


@dataclass(frozen=True)
class Stress:
    """A random network with everything that can go wrong, so that it can be built more than once."""

    links: dict[str, int]
    arrivals: dict[str, list[tuple[int, int]]]
    demands: list[tuple[str, int, dict[str, Any], list[int]]]
    outages: list[Outage]
    settings: dict[str, Any]

    def build(self, stores: Mapping[str, KeyStore] | None = None) -> HandMadeNetwork:
        made = new_network(NODES, self.links, length_km=1000.0, hop_delay_s=0.3, stores=stores, **self.settings)
        for link, arrivals in self.arrivals.items():
            times, bits = zip(*sorted(arrivals), strict=True)
            made.feed(link, hand_made_blocks(times, bits))
        made.network.announce(self.outages)
        for ends, bits, service, times_s in self.demands:
            made.ask(made.queue(ends[0], ends[1], bits, 12.0, **service), *times_s)
        return made


SERVICES: list[dict[str, Any]] = [
    {},
    {"priority": 1},
    {"paths": 2, "threshold": 2, "sharing": "xor", "fewer_paths": "accept"},
    {"paths": 3, "threshold": 2, "sharing": "shamir", "verification": "cross"},
    {"rate_limit_bps": 40.0, "burst_bits": 600.0},
    {"max_waiting": 1},
]


@st.composite
def stresses(draw: st.DrawFn) -> Stress:
    links = draw(st.dictionaries(st.sampled_from(ENDS), st.integers(0, 2500), min_size=3))
    blocks = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1500)), min_size=1, max_size=6)
    arrivals = {link: draw(blocks) for link in links if draw(st.booleans())}
    times = st.lists(st.integers(0, 49), max_size=8)
    demand = st.tuples(st.sampled_from(ENDS), st.integers(1, 600), st.sampled_from(SERVICES), times)
    span = st.tuples(st.floats(0, 50), st.floats(0.1, 20))
    node = st.builds(
        lambda name, at, lost: Outage("node", name, at[0], at[0] + at[1], lost),
        st.sampled_from(NODES),
        span,
        st.booleans(),
    )
    cut = st.builds(
        lambda name, at: Outage("classical-link", name, at[0], at[0] + at[1]), st.sampled_from(sorted(links)), span
    )
    controller = st.builds(lambda at: Outage("controller", "", at[0], at[0] + at[1]), span)
    loss = draw(st.sampled_from([0.0, 0.3]))
    chosen = draw(st.sampled_from(CONTROLS)) | {
        "classical": ClassicalSettings(jitter_s=0.01, loss_probability=loss, max_retransmissions=1),
        "watermarks": Watermarks(300, 1200),
        "policy": draw(st.sampled_from(["fewest-hops", "widest", "key-aware"])),
        "relay_reserve_bits": draw(st.sampled_from([0, 200])),
        "key_lifetime_s": draw(st.sampled_from([None, 15.0])),
    }
    demands = draw(st.lists(demand, max_size=5))
    return Stress(links, arrivals, demands, draw(st.lists(node | cut | controller, max_size=4)), chosen)


@given(stresses())
@settings(deadline=None, max_examples=150)
def test_key_is_conserved_at_every_instant_and_explained_at_the_end(stress: Stress) -> None:
    made = stress.build()

    def look(_: object) -> None:
        for level, link in zip(made.network.held_bits.tolist(), made.network.links, strict=True):
            assert link.store.deposited_bits == link.store.accounted_bits
            assert level == link.store.held_bits >= 0

    for time_s in np.arange(0.05, 60.0, 0.37).tolist():
        made.agenda.at(time_s, Turn.MARK, look)
    settled = made.run(60.0)
    look(None)
    stores = [link.store for link in made.network.links]
    assert not any(store.reserved_bits for store in stores)
    failed = sum(one.bits for one in made.incidents if one.kind != "key-lost")
    used = sum(store.delivered_bits + store.relayed_bits + store.authentication_bits for store in stores)
    assert used + failed == sum(request.consumed_bits - _end_tags(request) for request in settled)
    given = sum(stress.links.values()) + sum(bits for blocks in stress.arrivals.values() for _, bits in blocks)
    assert sum(store.deposited_bits for store in stores) == given


def _end_tags(request: KeyRequest) -> int:
    """Tags that the two ends pay from their own pre-shared key, not from a store."""
    service = request.queue.service
    return len(request.routes) * TAG_BITS if service.paths > 1 and service.verification == "tags" else 0


@given(stresses())
@settings(deadline=None, max_examples=60)
def test_every_request_comes_to_one_end_and_the_same_inputs_to_the_same(stress: Stress) -> None:
    runs = []
    for made in (stress.build(), stress.build()):
        settled = made.run(60.0)
        assert [request.index for request in settled] == list(range(len(settled)))
        assert len(settled) == sum(len(times) for *_, times in stress.demands)
        for request in settled:
            assert request.outcome in ("served", "blocked", "lost")
            assert bool(request.cause) == (request.outcome != "served")
            assert (request.delay_s is not None) == (request.outcome == "served")
            assert bool(request.routes) == (request.outcome != "blocked")
        runs.append([(r.outcome, r.cause, r.path if r.routes else "", r.delay_s, r.epsilon) for r in settled])
    assert runs[0] == runs[1]


@given(stresses())
@settings(deadline=None, max_examples=60)
def test_the_two_ends_of_every_delivered_key_hold_the_same_bits(stress: Stress) -> None:
    """Two stores per link, one at each end, with real bits: what is relayed hop by hop comes out unchanged, and no bit
    of any store is used twice.
    """
    ends = {link: (KeyStore(initial_bits=held), KeyStore(initial_bits=held)) for link, held in stress.links.items()}
    made = stress.build({link: _Mirrored(held, ends[link]) for link, held in stress.links.items()})
    bits = {link: np.random.default_rng(number).integers(0, 2, 60_000) for number, link in enumerate(stress.links)}
    base: dict[tuple[str, int], int] = {}
    used: set[tuple[str, int]] = set()
    names = [link.id for link in made.network.links]

    def where(link: str, block: int, offset: int) -> int:
        return base.setdefault((link, block), 3000 * (1 + len([one for one in base if one[0] == link]))) + offset

    def pad(link: str, end: int, count: int) -> np.ndarray:
        taken = ends[link][end].withdraw(count, "relayed")
        assert taken is not None
        places = [where(link, one.block, one.offset + i) for one in taken for i in range(one.length)]
        if end == 0:
            assert not used.intersection((link, place) for place in places)
            used.update((link, place) for place in places)
        return bits[link][places]

    start = made.network._relay._reserve

    def follow(route: Any, count: int) -> float:
        epsilon = start(route, count)
        key = at = None
        for link in (names[number] for number in route.links):
            near, far = pad(link, 0, count), pad(link, 1, count)
            if key is None:
                key, at = near, far  # the first link's own key
            else:
                at = (at ^ near) ^ far  # encrypted by one node, decrypted by the next
        assert np.array_equal(key, at)
        return epsilon

    deposit = made.network.deposit

    def deposit_both(link: int, block: int, count: int, epsilon: float) -> None:
        for end in ends[names[link]]:
            end.deposit(block, count, epsilon, made.agenda.now_s)
        deposit(link, block, count, epsilon)

    made.network._relay._reserve = follow  # type: ignore[method-assign]
    made.network.deposit = deposit_both  # type: ignore[method-assign]
    made.run(60.0)
    for link, pair in ends.items():
        assert pair[0].accounts() == pair[1].accounts() == made.store(link).accounts()


class _Mirrored(KeyStore):
    """A store whose losses by age or by the loss of a node its two ends suffer, too."""

    __slots__ = ("ends",)

    def __init__(self, initial_bits: int, ends: tuple[KeyStore, KeyStore]) -> None:
        super().__init__(initial_bits=initial_bits)
        self.ends = ends

    def expire(self, before_s: float) -> int:
        for end in self.ends:
            end.expire(before_s)
        return super().expire(before_s)

    def destroy(self) -> int:
        for end in self.ends:
            end.destroy()
        return super().destroy()


def _most_keys(links: dict[str, int], source: str, target: str, bits: int) -> float:
    """The linear program: keys sent over every simple path, each link's key the limit."""
    paths = _paths(links, source, target)
    if not paths:
        return 0.0
    names = list(links)
    use = np.zeros((len(names), len(paths)))
    for column, path in enumerate(paths):
        for link in path:
            use[names.index(link), column] = bits if len(path) == 1 else bits + TAG_BITS
    found = linprog(-np.ones(len(paths)), A_ub=use, b_ub=[links[name] for name in names])
    return float(-found.fun)


def _paths(links: dict[str, int], at: str, target: str, seen: str = "") -> list[list[str]]:
    if at == target:
        return [[]]
    seen += at
    steps = [(link, link.replace(at, "", 1)) for link in links if at in link]
    return [[link, *rest] for link, far in steps if far not in seen for rest in _paths(links, far, target, seen)]


@given(
    st.dictionaries(st.sampled_from(ENDS[:10]), st.integers(0, 3000), min_size=2, max_size=7),
    st.sampled_from(ENDS[:10]),
)
@settings(deadline=None, max_examples=100)
def test_no_more_is_served_than_the_linear_program_allows_and_more_key_never_lowers_that(
    links: dict[str, int], where: str
) -> None:
    def served(held: dict[str, int]) -> int:
        made = new_network(NODES, held)
        made.ask(made.queue("a", "b", 256, 0.5), *range(40))
        return sum(request.outcome == "served" for request in made.run(60.0))

    most = _most_keys(links, "a", "b", 256)
    assert served(links) <= most + 1e-6
    more = links | {where: links.get(where, 0) + 900}
    assert _most_keys(more, "a", "b", 256) >= most - 1e-6


@given(st.lists(st.lists(st.integers(0, 3000), min_size=1, max_size=3), min_size=1, max_size=3), st.data())
@settings(deadline=None, max_examples=100)
def test_more_key_never_serves_a_lone_pair_less_where_its_routes_share_no_link(
    routes: list[list[int]], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(routes) - 1))
    hop = data.draw(st.integers(0, len(routes[number]) - 1))
    more = [list(route) for route in routes]
    more[number][hop] += data.draw(st.integers(1, 1000))
    assert _served_by_ladder(more) >= _served_by_ladder(routes)


def _served_by_ladder(routes: list[list[int]]) -> int:
    """From a to z by separate routes of so many hops."""
    inner = iter("bcdefghij")
    links: dict[str, int] = {}
    for number, levels in enumerate(routes):
        nodes = ["a", *(next(inner) for _ in levels[1:]), "z"]
        for first, second, held in zip(nodes, nodes[1:], levels, strict=False):
            links[f"{first}{second}{number}"] = held
    made = new_network("abcdefghijz", links)
    made.ask(made.queue("a", "z", 256, 0.5), *range(40))
    return sum(request.outcome == "served" for request in made.run(60.0))


@pytest.mark.parametrize(("shortcut_bits", "served"), [(0, 2), (384, 1)])
def test_a_shortcut_may_serve_less_where_routes_share_links(shortcut_bits: int, served: int) -> None:
    """The trap: each request takes the shortest way open to it, and the shortcut from b to e spoils both longer ones.

    No route decision that looks at one request at a time can do better; only the linear program grows with every link.
    """
    around = {"ab": 384, "bc": 384, "cd": 384, "dz": 384, "af": 384, "fg": 384, "ge": 384, "ez": 384}
    made = new_network("abcdefgz", around | {"be": shortcut_bits})
    made.ask(made.queue("a", "z", 256, 0.5), 1.0, 2.0)
    assert sum(request.outcome == "served" for request in made.run(60.0)) == served
    assert _most_keys(around | {"be": shortcut_bits}, "a", "z", 256) == pytest.approx(2.0)
