"""Route searches against all simple paths of small networks, and against networkx on larger ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.network import search as search_module
from qkdsim.network.search import Barrier, BitsArray, BoolArray, FloatArray, RouteSearch, SearchGraph

PLENTY = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A network, the state of its links, and what is asked of it."""

    may_relay: list[bool]
    ends: list[tuple[int, int]]
    costs: FloatArray
    held_bits: BitsArray
    usable: BoolArray
    source: int
    target: int
    direct_bits: int
    relay_bits: int

    def search(self) -> RouteSearch:
        return RouteSearch(SearchGraph.of(self.may_relay, self.ends))

    def paths(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Links and nodes of every simple path whose inner nodes may relay."""

        def onward(nodes: tuple[int, ...], links: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
            if nodes[-1] == self.target:
                yield links, nodes
            elif len(nodes) == 1 or self.may_relay[nodes[-1]]:
                for link, pair in enumerate(self.ends):
                    if nodes[-1] in pair and (after := sum(pair) - nodes[-1]) not in nodes:
                        yield from onward((*nodes, after), (*links, link))

        yield from onward((self.source,), ())

    def is_open(self, link: int, need_bits: int) -> bool:
        return bool(self.usable[link] and np.isfinite(self.costs[link]) and self.held_bits[link] >= need_bits)

    def open_paths(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        return [
            (links, nodes)
            for links, nodes in self.paths()
            if all(self.is_open(link, self.direct_bits if len(links) == 1 else self.relay_bits) for link in links)
        ]

    def cost(self, links: tuple[int, ...]) -> float:
        return float(sum(self.costs[link] for link in links))


@st.composite
def cases(draw: st.DrawFn, most_nodes: int = 7, most_links: int = 13) -> Case:
    """Half of the networks are all open and dense, so that many paths cost the same."""
    all_open = draw(st.booleans())
    nodes = draw(st.integers(4 if all_open else 2, most_nodes))
    node = st.integers(0, nodes - 1)
    pair = st.tuples(node, node).filter(lambda ends: ends[0] != ends[1])
    ends = draw(st.lists(pair, min_size=nodes + 2 if all_open else 0, max_size=most_links))

    def each(number: int, values: list[float], when_open: list[float]) -> list[float]:
        return draw(st.lists(st.sampled_from(when_open if all_open else values), min_size=number, max_size=number))

    links = len(ends)
    source = draw(node)
    return Case(
        may_relay=[bool(flag) for flag in each(nodes, [True, True, True, False], [True])],
        ends=ends,
        # sums of these are exact, so that equal costs are equal in any order of adding up
        costs=np.array(each(links, [1.0, 1.0, 1.25, 1.5, 2.0, 4.0, np.inf], [1.0, 2.0, 3.0])),
        held_bits=np.array(each(links, [0, 1, 2, 3, 4, 5, 6, 9], [7, 8, 9]), np.int64),
        usable=np.array(each(links, [True, True, True, True, False], [True]), np.bool_),
        source=source,
        target=draw(node.filter(lambda other: other != source)),
        direct_bits=draw(st.integers(0, 4)),
        relay_bits=draw(st.integers(0, 4)),
    )


def cheapest(search: RouteSearch, case: Case, held_bits: BitsArray | None = None) -> tuple[int, ...] | Barrier:
    held = case.held_bits if held_bits is None else held_bits
    return search.cheapest(case.costs, held, case.usable, case.source, case.target, case.direct_bits, case.relay_bits)


def widest(search: RouteSearch, case: Case) -> tuple[int, ...] | Barrier:
    return search.widest(case.held_bits, case.usable, case.source, case.target, case.direct_bits, case.relay_bits)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_cheapest_is_the_first_of_the_best_among_all_paths(case: Case):
    found = cheapest(case.search(), case)
    ranked = [(case.cost(links), len(links), nodes, links) for links, nodes in case.open_paths()]
    if ranked:
        assert found == min(ranked)[3]
    else:
        assert isinstance(found, Barrier)


@settings(max_examples=120, deadline=None)
@given(cases())
def test_widest_has_most_key_at_its_poorest_link_then_fewest_hops(case: Case):
    case = Case(**{**{name: getattr(case, name) for name in Case.__slots__}, "costs": np.ones(len(case.ends))})
    found = widest(case.search(), case)
    ranked = [
        (-min(int(case.held_bits[link]) for link in links), len(links), nodes, links)
        for links, nodes in case.open_paths()
    ]
    if ranked:
        assert found == min(ranked)[3]
    else:
        assert isinstance(found, Barrier)


@settings(max_examples=150, deadline=None)
@given(cases(), st.booleans())
def test_no_route_appears_while_the_barrier_stands(case: Case, wide: bool):
    if wide:
        case = Case(**{**{name: getattr(case, name) for name in Case.__slots__}, "costs": np.ones(len(case.ends))})
    search = case.search()
    found = widest(search, case) if wide else cheapest(search, case)
    if not isinstance(found, Barrier):
        return
    every = set(range(len(case.ends)))
    most_bits = max(case.direct_bits, case.relay_bits)
    assert set(found.links).isdisjoint(found.others)
    assert all(case.usable[link] and case.held_bits[link] < most_bits for link in found.links)
    assert all(not case.usable[link] or np.isinf(case.costs[link]) for link in found.others)
    # all the key and all repairs there could be, elsewhere
    barred = every - set(found.links) - set(found.others)
    there = Case(
        case.may_relay,
        case.ends,
        np.ones(len(case.ends)),
        np.where([link in barred for link in range(len(case.ends))], PLENTY, case.held_bits),
        np.array([link in barred or link in found.links for link in range(len(case.ends))], np.bool_),
        case.source,
        case.target,
        case.direct_bits,
        case.relay_bits,
    )
    assert not there.open_paths()


@settings(max_examples=120, deadline=None)
@given(cases(most_nodes=6, most_links=11), st.integers(1, 4))
def test_disjoint_paths_are_as_many_and_as_cheap_as_can_be(case: Case, count: int):
    case = Case(**{**{name: getattr(case, name) for name in Case.__slots__}, "direct_bits": case.relay_bits})
    found = case.search().disjoint(
        case.costs, case.held_bits, case.usable, case.source, case.target, case.relay_bits, count
    )
    nodes_of = dict(case.open_paths())
    assert all(route in nodes_of for route in found)
    assert found == sorted(found, key=lambda route: (case.cost(route), len(route), route))
    best = [()]  # by number of paths, the cheapest such set
    for number in range(1, count + 1):
        sets = [chosen for chosen in combinations(nodes_of, number) if _share_no_node(chosen, nodes_of)]
        if not sets:
            break
        best.append(min(sets, key=lambda chosen: sum(case.cost(route) for route in chosen)))
    assert len(found) == len(best) - 1
    assert _share_no_node(tuple(found), nodes_of)
    assert sum(case.cost(route) for route in found) == sum(case.cost(route) for route in best[-1])


def _share_no_node(routes: tuple[tuple[int, ...], ...], nodes_of: dict[tuple[int, ...], tuple[int, ...]]) -> bool:
    inner = [node for route in routes for node in nodes_of[route][1:-1]]
    return len(inner) == len(set(inner)) and len(routes) == len(set(routes))


def test_trap_network_needs_the_cheapest_path_undone():
    """The cheapest path 0-1-2-3 uses both inner nodes of the only pair of disjoint paths."""
    ends = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3)]
    costs = np.array([1.0, 1.0, 1.0, 4.0, 4.0])
    held, usable = np.full(5, 10, np.int64), np.ones(5, np.bool_)
    search = RouteSearch(SearchGraph.of([True] * 4, ends))
    assert search.disjoint(costs, held, usable, 0, 3, 1, 1) == [(0, 1, 2)]
    assert search.disjoint(costs, held, usable, 0, 3, 1, 2) == [(0, 4), (3, 2)]
    assert search.disjoint(costs, held, usable, 0, 3, 1, 5) == [(0, 4), (3, 2)]


def test_third_path_may_undo_two():
    """Three disjoint paths exist, though the two cheapest leave none: minimum cost as networkx finds it."""
    ends = [(0, 1), (1, 2), (2, 9), (0, 3), (3, 4), (4, 9), (0, 4), (0, 2), (1, 5), (5, 6), (6, 9), (3, 6), (1, 4)]
    costs = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 4.0, 4.0, 4.0, 3.0, 1.0])
    _compare_with_min_cost_flow(10, ends, costs, 0, 9, 3)


@pytest.mark.parametrize("seed", range(6))
def test_disjoint_paths_cost_what_networkx_finds(seed: int):
    """Networks of chance rather than place: their cheapest paths get in each other's way."""
    random = np.random.default_rng(seed)
    for _ in range(80):
        nodes = int(random.integers(8, 14))
        pairs = list(combinations(range(nodes), 2))
        links = min(len(pairs), int(nodes * random.uniform(1.6, 2.6)))
        ends = [pairs[i] for i in random.choice(len(pairs), links, replace=False)]
        costs = random.integers(1, 40, links).astype(np.float64)
        _compare_with_min_cost_flow(nodes, ends, costs, 0, 1, 5)


def _compare_with_min_cost_flow(
    nodes: int, ends: list[tuple[int, int]], costs: FloatArray, source: int, target: int, count: int
) -> None:
    held, usable = np.full(len(ends), 10, np.int64), np.ones(len(ends), np.bool_)
    found = RouteSearch(SearchGraph.of([True] * nodes, ends)).disjoint(costs, held, usable, source, target, 1, count)
    flow = nx.DiGraph()
    flow.add_node((target, "in"))
    flow.add_edge("count", (source, "out"), capacity=count, weight=0)
    for node in range(nodes):
        if node not in (source, target):
            flow.add_edge((node, "in"), (node, "out"), capacity=1, weight=0)
    for (a, b), cost in zip(ends, costs, strict=True):
        for u, v in ((a, b), (b, a)):
            flow.add_edge((u, "out"), (v, "in"), capacity=1, weight=int(cost))
    best = nx.max_flow_min_cost(flow, "count", (target, "in"))
    assert len(found) == sum(best["count"].values())
    assert sum(costs[link] for route in found for link in route) == nx.cost_of_flow(flow, best)
    inner = [node for route in found for node in _inner_nodes(route, ends, source, target)]
    assert len(inner) == len(set(inner))


def _inner_nodes(route: tuple[int, ...], ends: list[tuple[int, int]], source: int, target: int) -> list[int]:
    """Walk the route, which must lead from the source to the target."""
    nodes = [source]
    for link in route:
        assert nodes[-1] in ends[link]
        nodes.append(sum(ends[link]) - nodes[-1])
    assert nodes[-1] == target
    return nodes[1:-1]


@pytest.mark.parametrize("seed", range(5))
def test_cheapest_costs_what_dijkstra_finds_in_a_larger_network(seed: int):
    """One search object for all calls, costs and levels changing in between: nothing may be left behind."""
    random = np.random.default_rng(seed)
    nodes, ends = _geometric(120, 330, seed)
    search = RouteSearch(SearchGraph.of([True] * nodes, ends), hop_cost_floor=0.3)
    for _ in range(40):
        costs = 0.3 + random.random(len(ends))
        held = random.integers(0, 10, len(ends))
        usable = random.random(len(ends)) < 0.95
        source, target = (int(node) for node in random.choice(nodes, 2, replace=False))
        graph = nx.Graph()
        graph.add_nodes_from(range(nodes))
        graph.add_weighted_edges_from(
            (*ends[link], costs[link]) for link in range(len(ends)) if usable[link] and held[link] >= 3
        )
        found = search.cheapest(costs, held, usable, source, target, 3, 3)
        if isinstance(found, Barrier):
            assert not nx.has_path(graph, source, target)
            continue
        _inner_nodes(found, ends, source, target)
        length = nx.dijkstra_path_length(graph, source, target)
        assert sum(costs[link] for link in found) == pytest.approx(length, rel=1e-12)
        width = search.widest(held, usable, source, target, 3, 3)
        assert not isinstance(width, Barrier)
        poorest = min(held[link] for link in width)
        _inner_nodes(width, ends, source, target)
        richer = nx.Graph(ends[link] for link in range(len(ends)) if usable[link] and held[link] > poorest)
        richer.add_nodes_from(range(nodes))
        assert not nx.has_path(richer, source, target)


def _geometric(nodes: int, links: int, seed: int) -> tuple[int, list[tuple[int, int]]]:
    """The shortest links between random places."""
    places = np.random.default_rng([seed, nodes]).random((nodes, 2))
    lengths = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    pairs = sorted(combinations(range(nodes), 2), key=lambda pair: lengths[pair])
    return nodes, pairs[:links]


def test_equally_cheap_routes_are_taken_by_file_order_of_their_nodes():
    """By node 1 or 2 at cost 3 in two hops, the dearer link first or last; and a longer way as cheap."""
    ends = [(0, 1), (1, 5), (0, 2), (2, 5), (0, 3), (3, 4), (4, 5)]
    held, usable = np.full(7, 9), np.ones(7, np.bool_)
    search = RouteSearch(SearchGraph.of([True] * 6, ends))
    for costs in ([1.0, 2.0, 2.0, 1.0], [2.0, 1.0, 1.0, 2.0], [1.5, 1.5, 2.0, 1.0]):
        all_costs = np.array([*costs, 1.0, 1.0, 1.0])
        assert search.cheapest(all_costs, held, usable, 0, 5, 1, 1) == (0, 1)
        assert search.cheapest(all_costs, held, usable, 5, 0, 1, 1) == (1, 0)


def test_of_equally_cheap_routes_one_with_fewest_hops_is_taken():
    """From 0 to 4 by 1 and 2 at 1 + 1 + 1, found first, or by 3 at 1 + 2; then one hop more for both."""
    ends = [(0, 1), (1, 2), (2, 4), (0, 3), (3, 4), (4, 5)]
    search = RouteSearch(SearchGraph.of([True] * 6, ends))
    state = (np.array([1.0, 1.0, 1.0, 1.0, 2.0, 1.0]), np.full(6, 9), np.ones(6, np.bool_))
    assert search.cheapest(*state, 0, 4, 1, 1) == (3, 4)
    assert search.cheapest(*state, 4, 0, 1, 1) == (4, 3)
    assert search.cheapest(*state, 0, 5, 1, 1) == (3, 4, 5)
    assert search.cheapest(*state, 5, 0, 1, 1) == (5, 4, 3)


def test_parallel_links_are_taken_in_file_order_and_are_disjoint_paths():
    ends = [(1, 0), (0, 1), (0, 1)]
    search = RouteSearch(SearchGraph.of([False, False], ends))
    held, usable = np.array([5, 9, 9], np.int64), np.ones(3, np.bool_)
    assert search.cheapest(np.ones(3), held, usable, 0, 1, 1, 1) == (0,)
    assert search.cheapest(np.ones(3), held, usable, 1, 0, 6, 1) == (1,)
    assert search.widest(held, usable, 0, 1, 1, 1) == (1,)
    assert search.disjoint(np.array([2.0, 3.0, 1.0]), held, usable, 0, 1, 1, 3) == [(2,), (0,), (1,)]


def test_direct_link_that_is_too_poor_does_not_set_the_width():
    search = RouteSearch(SearchGraph.of([True] * 3, [(0, 1), (0, 2), (2, 1)]))
    state = (np.array([5, 3, 4]), np.ones(3, np.bool_), 0, 1)
    assert search.widest(*state, 6, 2) == (1, 2)
    assert search.widest(*state, 5, 2) == (0,)
    assert search.widest(*state, 5, 9) == (0,)


def test_barrier_names_what_a_request_waits_for():
    """0 - 1 - 2, with a second way 0 - 3 - 2 that is down."""
    ends = [(0, 1), (1, 2), (0, 3), (3, 2)]
    search = RouteSearch(SearchGraph.of([True] * 4, ends))
    usable = np.array([True, True, True, False])
    found = search.cheapest(np.ones(4), np.array([9, 2, 9, 9]), usable, 0, 2, 3, 3)
    assert found == Barrier((1,), (3,))
    assert search.widest(np.array([9, 2, 9, 9]), usable, 0, 2, 3, 3) == Barrier((1,), (3,))
    empty_source = search.cheapest(np.ones(4), np.array([1, 9, 2, 9]), usable, 0, 2, 3, 3)
    assert empty_source == Barrier((0, 2))


def test_nodes_without_any_way_between_them_have_an_empty_barrier():
    search = RouteSearch(SearchGraph.of([True, False, True, True], [(0, 1), (1, 2)]))
    two = (np.ones(2), np.full(2, 9), np.ones(2, np.bool_))
    assert search.cheapest(*two, 0, 2, 1, 1) == Barrier(())  # node 1 may not relay
    assert search.cheapest(*two, 0, 3, 1, 1) == Barrier(())
    assert search.widest(*two[1:], 3, 0, 1, 1) == Barrier(())
    assert search.disjoint(*two, 0, 2, 1, 2) == []
    assert search.cheapest(*two, 0, 1, 1, 1) == (0,)


def test_route_from_a_node_to_itself_is_empty():
    search = RouteSearch(SearchGraph.of([True, True], [(0, 1)]))
    one = (np.full(1, 9), np.ones(1, np.bool_))
    assert search.cheapest(np.ones(1), *one, 1, 1, 1, 1) == ()
    assert search.widest(*one, 1, 1, 1, 1) == ()
    assert search.disjoint(np.ones(1), *one, 1, 1, 1, 2) == []


def test_network_without_links_is_searched():
    search = RouteSearch(SearchGraph.of([True, True], []))
    none = (np.ones(0), np.ones(0, np.int64), np.ones(0, np.bool_))
    assert search.cheapest(*none, 0, 1, 1, 1) == Barrier(())
    assert search.disjoint(*none, 0, 1, 1, 2) == []


def test_dropped_hop_distances_change_nothing(monkeypatch: pytest.MonkeyPatch):
    nodes, ends = _geometric(30, 70, 1)
    graph = SearchGraph.of([True] * nodes, ends)
    costs = 1.0 + np.random.default_rng(1).random(len(ends))
    state = (costs, np.full(len(ends), 9), np.ones(len(ends), np.bool_))
    roomy = RouteSearch(graph)
    monkeypatch.setattr(search_module, "ROWS_BYTES", 0)
    tight = RouteSearch(graph)
    for source, target in [*combinations(range(nodes), 2), *combinations(reversed(range(nodes)), 2)]:
        assert tight.cheapest(*state, source, target, 1, 1) == roomy.cheapest(*state, source, target, 1, 1)


def test_costs_below_the_floor_may_cost_optimality_but_never_more():
    """A broken promise about costs must not break the process: routes stay routes."""
    nodes, ends = _geometric(60, 160, 2)
    search = RouteSearch(SearchGraph.of([True] * nodes, ends))
    random = np.random.default_rng(2)
    held, usable = np.full(len(ends), 9), np.ones(len(ends), np.bool_)
    for _ in range(50):
        costs = random.random(len(ends)) - 0.2
        costs[random.random(len(ends)) < 0.1] = np.nan
        source, target = (int(node) for node in random.choice(nodes, 2, replace=False))
        found = search.cheapest(costs, held, usable, source, target, 1, 1)
        if not isinstance(found, Barrier):
            _inner_nodes(found, ends, source, target)
        for route in search.disjoint(costs, held, usable, source, target, 1, 3):
            _inner_nodes(route, ends, source, target)


def test_graph_is_sorted_by_neighbour_then_link():
    graph = SearchGraph.of([True, False, True], [(2, 0), (0, 1), (2, 0)])
    assert graph.first.tolist() == [0, 3, 4, 6]
    assert graph.neighbour.tolist() == [1, 2, 2, 0, 0, 0]
    assert graph.link.tolist() == [1, 0, 2, 1, 0, 2]
    assert graph.may_relay.tolist() == [True, False, True]
    assert graph.first.dtype == graph.neighbour.dtype == graph.link.dtype == np.int32


@pytest.mark.parametrize("ends", [[(0, 0)], [(0, 2)], [(-1, 0)]])
def test_links_to_nowhere_are_refused(ends: list[tuple[int, int]]):
    with pytest.raises(ValueError, match="two different nodes from 0 to 1"):
        SearchGraph.of([True, True], ends)


@pytest.mark.parametrize("floor", [0.0, -1.0, np.inf, np.nan])
def test_floor_without_meaning_is_refused(floor: float):
    with pytest.raises(ValueError, match="hop_cost_floor"):
        RouteSearch(SearchGraph.of([True], []), floor)


def test_network_is_imported_without_numba():
    """Compiled code takes half a second to load; only a run pays for it."""
    code = "import sys, qkdsim.network.search, qkdsim.network.costs; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
