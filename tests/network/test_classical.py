"""Ways through the classical network, held against networkx."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings

NODES = 7
FORWARDING_S = 0.003


@st.composite
def links(draw: st.DrawFn) -> list[ClassicalLink]:
    """Links between seven nodes, parallel ones too; delays are whole milliseconds, so that ties happen."""
    count = draw(st.integers(0, 14))
    ends = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda pair: pair[0] != pair[1])
    return [
        ClassicalLink(
            str(index), draw(ends), draw(st.integers(0, 9)) * 1e-3, draw(st.sampled_from([1e6, 1e9, math.inf]))
        )
        for index in range(count)
    ]


changes = st.lists(
    st.tuples(st.sampled_from(["link", "node"]), st.integers(0, 13), st.booleans(), st.booleans()), max_size=12
)


def oracle(made: list[ClassicalLink], links_down: set[str], nodes_down: set[int]) -> nx.Graph[int]:
    """The fastest of parallel links that are up; an edge costs its delay and, at its end, forwarding."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(node for node in range(NODES) if node not in nodes_down)
    for one in made:
        if one.id not in links_down and nodes_down.isdisjoint(one.ends):
            known = graph.get_edge_data(*one.ends, {"delay_s": math.inf})["delay_s"]
            graph.add_edge(*one.ends, delay_s=min(known, one.delay_s), cost_s=min(known, one.delay_s) + FORWARDING_S)
    return graph


@given(links(), changes)
def test_paths_are_the_fastest_there_are_whatever_is_down(
    made: list[ClassicalLink], acting: list[tuple[str, int, bool, bool]]
) -> None:
    network = ClassicalNetwork(NODES, made, ClassicalSettings(forwarding_delay_s=FORWARDING_S))
    links_down: set[str] = set()
    nodes_down: set[int] = set()
    for what, number, is_up, is_looked_at in [("link", 0, True, True), *acting]:
        if what == "node":
            network.set_node(number % NODES, up=is_up)
            (nodes_down.discard if is_up else nodes_down.add)(number % NODES)
        elif made:
            network.set_link(str(number % len(made)), up=is_up)
            (links_down.discard if is_up else links_down.add)(str(number % len(made)))
        if not is_looked_at:
            continue
        graph = oracle(made, links_down, nodes_down)
        for a in range(NODES):
            for b in range(NODES):
                path = network.path(a, b)
                if a not in graph or b not in graph or not nx.has_path(graph, a, b):
                    assert path is None
                    continue
                assert path is not None
                assert path == network.path(b, a)
                least_s = nx.shortest_path_length(graph, a, b, weight="cost_s") - FORWARDING_S if a != b else 0.0
                assert path.delay_s == pytest.approx(least_s, abs=1e-12)
                assert path.delay_s >= 0.0
                assert path.crossings >= nx.shortest_path_length(graph, a, b)


@given(links(), changes)
def test_the_version_tells_of_every_change_and_of_nothing_else(
    made: list[ClassicalLink], acting: list[tuple[str, int, bool, bool]]
) -> None:
    network = ClassicalNetwork(NODES, made, ClassicalSettings())
    down: set[tuple[str, int]] = set()
    for what, number, is_up, _ in acting:
        if what == "link" and not made:
            continue
        key = (what, number % (len(made) if what == "link" else NODES))
        before = network.version
        if what == "link":
            network.set_link(str(key[1]), up=is_up)
        else:
            network.set_node(key[1], up=is_up)
        assert (network.version != before) == ((key in down) == is_up)
        (down.discard if is_up else down.add)(key)


def line() -> ClassicalNetwork:
    """Three links in a row, the one in the middle slow, and a detour of more delay."""
    made = [
        ClassicalLink("a", (0, 1), 0.001, 1e9),
        ClassicalLink("b", (1, 2), 0.002, 1e6),
        ClassicalLink("c", (2, 3), 0.003, 1e9),
        ClassicalLink("d", (1, 2), 0.010, 1e9),
    ]
    return ClassicalNetwork(4, made, ClassicalSettings(forwarding_delay_s=0.0005))


def test_a_message_takes_light_forwarding_and_its_length_on_the_slowest_link() -> None:
    path = line().path(0, 3)
    assert path is not None
    assert (path.crossings, path.bandwidth_bps) == (3, 1e6)
    assert path.delay_s == pytest.approx(0.006 + 2 * 0.0005)
    assert path.message_s(5000.0) == pytest.approx(path.delay_s + 0.005)


def test_a_node_needs_no_time_to_talk_to_itself() -> None:
    path = line().path(2, 2)
    assert path is not None
    assert (path.delay_s, path.crossings, path.message_s(1e12)) == (0.0, 0, 0.0)


def test_a_cut_is_gone_round_and_a_repair_brings_the_old_way_back() -> None:
    network = line()
    usual = network.path(0, 3)
    network.set_link("b", up=False)
    round_about = network.path(3, 0)
    assert round_about is not None
    assert round_about.delay_s == pytest.approx(0.014 + 2 * 0.0005)
    network.set_link("d", up=False)
    assert network.path(0, 3) is None
    assert network.path(0, 1) is not None
    network.set_link("b", up=True)
    assert network.path(0, 3) == usual
    network.set_node(2, up=False)
    assert network.path(0, 3) is None
    assert network.path(2, 2) is None


def test_unknown_links_and_nodes_are_refused() -> None:
    with pytest.raises(KeyError):
        line().set_link("x", up=False)
    with pytest.raises(IndexError):
        line().set_node(4, up=False)
