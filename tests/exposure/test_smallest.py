"""Smallest sets of nodes against brute force over all sets, on small random families and networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations, pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.crypto import SharingScheme
from qkdsim.errors import InputError
from qkdsim.exposure import PathFamily, SmallestSets, exposing_any, exposing_every, pair_secrecy, route_cuts, smallest
from tests.exposure.small_runs import MadeKey, made_run

NONE = SmallestSets(None, (), complete=True)
NODES = "abcdefg"
FAMILIES = st.lists(
    st.builds(
        lambda paths, threshold: PathFamily(tuple(paths), min(threshold, len(paths))),
        st.lists(st.frozensets(st.sampled_from(NODES), max_size=4), min_size=1, max_size=4),
        st.integers(1, 3),
    ),
    max_size=6,
)


def is_exposed(family: PathFamily, nodes: set[str]) -> bool:
    return sum(1 for path in family.paths if path & nodes) >= family.threshold


def brute(
    families: list[PathFamily], judge: Callable[[Iterable[bool]], bool]
) -> tuple[int | None, list[tuple[str, ...]]]:
    possible = [family for family in families if is_exposed(family, set(NODES))]
    for size in range(1, len(NODES) + 1):
        sets = [nodes for nodes in combinations(NODES, size) if judge(is_exposed(one, set(nodes)) for one in possible)]
        if sets and possible:
            return size, sets
    return None, []


@given(FAMILIES)
def test_smallest_sets_are_those_of_brute_force(families: list[PathFamily]) -> None:
    for found, judge in ((exposing_every(families), all), (exposing_any(families), any)):
        size, sets = brute(families, judge)
        assert found.nodes == size
        assert found.complete
        assert list(found.sets) == sets


def test_limits_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [PathFamily((frozenset([f"n{i}", f"m{i}"]),), 1) for i in range(2001)]
    with pytest.raises(InputError, match="keys took 2001 different ways, at most 2000 can be searched"):
        exposing_every(many)
    with pytest.raises(InputError, match="more than 8 nodes"):
        exposing_every(many[:9])
    eight = exposing_every(many[:8])
    assert (eight.nodes, len(eight.sets), eight.complete) == (8, 50, False)
    monkeypatch.setattr(smallest, "MOST_STEPS", 20)
    with pytest.raises(InputError, match="takes more than 20 steps, which is its limit"):
        exposing_every(many[:8])


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[str]]:
    pairs = list(combinations(NODES, 2))
    links = draw(st.lists(st.sampled_from(pairs), min_size=4, max_size=14, unique=True))
    return [*links, ("a", "b"), ("f", "g")], draw(st.lists(st.sampled_from("bcdef"), max_size=2, unique=True))


@settings(max_examples=60)
@given(networks())
def test_cuts_against_brute_force_and_networkx(network: tuple[list[tuple[str, str]], list[str]]) -> None:
    links, users = network
    graph: nx.Graph[str] = nx.Graph(links)
    graph.remove_nodes_from(users)
    graph.add_nodes_from("ag")
    direct = graph.has_edge("a", "g")
    if direct:
        graph.remove_edge("a", "g")
    found = route_cuts(made_run(links, [], users=users), ("a", "g"))
    joined = nx.has_path(graph, "a", "g")
    size = int(nx.node_connectivity(graph, "a", "g")) if joined else 0
    assert found.is_direct == direct
    assert found.disjoint_paths == size + direct
    relays = sorted(set(graph) - {"a", "g"})
    cuts = [
        nodes
        for nodes in combinations(relays, size)
        if joined and not nx.has_path(graph.subgraph(set(graph) - set(nodes)), "a", "g")
    ]
    assert found.cuts == (SmallestSets(size, tuple(cuts), complete=True) if joined else NONE)


@settings(max_examples=40)
@given(networks(), st.integers(1, 3), st.integers(1, 3))
def test_nodes_needed_against_every_choice_of_disjoint_paths(
    network: tuple[list[tuple[str, str]], list[str]], threshold: int, more: int
) -> None:
    links, users = network
    used = threshold + more - 1
    found = route_cuts(made_run(links, [], users=users), ("a", "g"))
    scheme = SharingScheme("shamir", used, threshold) if threshold > 1 else SharingScheme()
    if threshold == 1:
        used = 1
    if used > found.disjoint_paths:
        with pytest.raises(ValueError, match="disjoint paths are needed"):
            found.nodes_needed(scheme)
        return
    graph: nx.Graph[str] = nx.Graph(links)
    graph.remove_nodes_from(users)
    paths = [frozenset(path[1:-1]) for path in nx.all_simple_paths(graph, "a", "g")]
    families = [
        PathFamily(chosen, threshold)
        for chosen in combinations(paths, used)
        if all(not one & other for one, other in combinations(chosen, 2))
    ]
    safe = any(not family.is_exposable for family in families)
    assert found.nodes_needed(scheme) == (None if safe else exposing_every(families).nodes)


def test_a_large_grid_is_cut_quickly() -> None:
    links = [
        (f"{x:02}{y:02}", f"{x + dx:02}{y + dy:02}")
        for x in range(30)
        for y in range(30)
        for dx, dy in ((0, 1), (1, 0))
        if x + dx < 30 and y + dy < 30
    ]
    found = route_cuts(made_run(links, []), ("0000", "2929"))
    assert (found.disjoint_paths, found.cuts.nodes, found.cuts.complete) == (2, 2, True)
    assert ("0001", "0100") in found.cuts.sets
    graph: nx.Graph[str] = nx.Graph(links)
    for cut in found.cuts.sets:
        assert not nx.has_path(graph.subgraph(set(graph) - set(cut)), "0000", "2929")


def test_a_pair_both_ways() -> None:
    links = [("a", "b"), ("b", "z"), ("a", "c"), ("c", "z"), ("a", "z")]
    keys = [
        MadeKey(("a>b>z",), 1.0),
        MadeKey(("z>b>a",), 2.0),
        MadeKey(("z>b>a", "z>c>a"), 3.0, key_class="x"),
        MadeKey(("a>z",), 4.0),
        MadeKey(("b>z>c",), 5.0),
    ]
    pair = pair_secrecy(made_run(links, keys, {"x": ("xor", 2)}), ("z", "a"))
    assert (pair.ends, pair.keys, pair.safe_keys) == (("a", "z"), 4, 1)
    assert pair.any_key == SmallestSets(1, (("b",),), complete=True)
    assert pair.every_key == SmallestSets(2, (("b", "c"),), complete=True)
    assert pair.routes.is_direct
    assert pair.routes.disjoint_paths == 3
    assert pair.routes.cuts.sets == (("b", "c"),)
    none = pair_secrecy(made_run(links, keys[3:]), ("a", "z"))
    assert (none.any_key, none.every_key, none.safe_keys) == (NONE, NONE, 1)


def test_pairs_that_are_refused() -> None:
    run = made_run(list(pairwise("abc")), [])
    with pytest.raises(InputError, match="pair: got 'q'"):
        pair_secrecy(run, ("a", "q"))
    with pytest.raises(InputError, match="two different nodes"):
        pair_secrecy(run, ("a", "a"))
