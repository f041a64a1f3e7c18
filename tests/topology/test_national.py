"""Networks of national scale: the size asked for, connected, within the span, the same for the same seed."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.topology import Topology, load_topology
from qkdsim.topology.geography import great_circle_km
from qkdsim.topology.national import generate_network
from qkdsim.topology.national.trunks import trunk_routes
from qkdsim.topology.toml_text import topology_text


def hops(topology: Topology) -> float:
    """Mean least number of hops between different nodes drawn with probability in proportion to their weights."""
    graph = topology.to_networkx()
    weights = {node.id: float(node.weight) for node in topology.node if node.weight}
    total = mean = 0.0
    for source, weight in weights.items():
        distances = nx.single_source_shortest_path_length(graph, source)
        for target, other in weights.items():
            if target != source:
                total += weight * other
                mean += weight * other * distances[target]
    return mean / total


@settings(max_examples=15)
@given(st.integers(20, 400), st.floats(1.8, 3.0), st.integers(0, 2**31), st.sampled_from([30.0, 80.0, 150.0]))
def test_any_network_is_what_was_asked_for(nodes: int, degree: float, seed: int, max_span_km: float) -> None:
    links = int(nodes * degree)
    topology = generate_network(nodes, links, seed=seed, max_span_km=max_span_km)
    assert (len(topology.node), len(topology.link)) == (nodes, links)
    assert nx.is_connected(topology.to_networkx())
    places = {node.id: (node.latitude_deg, node.longitude_deg) for node in topology.node}
    for link in topology.link:
        assert link.length_km is not None
        assert 0.0 < link.length_km <= max_span_km
        (lat1, lon1), (lat2, lon2) = (places[end] for end in link.ends)
        assert None not in (lat1, lon1, lat2, lon2)
        straight_km = great_circle_km((lat1, lon1), (lat2, lon2))  # type: ignore[arg-type]  # just looked
        assert link.length_km == pytest.approx(1.3 * straight_km, abs=0.11)


@settings(max_examples=30)
@given(st.integers(4, 60), st.integers(0, 2**31))
def test_no_city_cuts_the_trunk_routes_in_two(count: int, seed: int) -> None:
    routes = trunk_routes(np.random.default_rng(seed).random((count, 2)))
    assert nx.is_biconnected(nx.Graph(routes))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = (topology_text(generate_network(200, 500, seed=seed)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_populations_follow_zipf() -> None:
    topology = generate_network(500, 1200, seed=2)
    people: dict[str, float] = {}
    for node in topology.node:
        if node.weight is not None:
            city = node.id.partition("-")[0]
            people[city] = people.get(city, 0.0) + node.weight
    ranked = sorted(people.values(), reverse=True)
    for rank, population in enumerate(ranked, 1):
        assert population == pytest.approx(4e6 / rank, rel=1e-3)


def test_devices_are_those_asked_for() -> None:
    assert {link.profile for link in generate_network(50, 100).link} == {"t12-2013"}
    assert {link.profile for link in generate_network(50, 100, profile="generic-ingaas-metro").link} == {
        "generic-ingaas-metro"
    }
    assert {link.profile for link in generate_network(50, 100, profile=None).link} == {None}


@pytest.mark.parametrize(
    ("nodes", "links", "options", "expected"),
    [
        (19, 40, {}, "nodes: got 19, expected 20 to 20,000"),
        (20_001, 40_000, {}, "nodes: got 20001"),
        (100, 100, {}, "or more with 100 nodes"),
        (100, 100_000, {}, "or fewer with this many nodes"),
        (100, 0, {}, "links: got 0"),
        (100, 200, {"seed": -1}, "seed: got -1"),
        (100, 200, {"max_span_km": 5.0}, "max_span_km: got 5.0, expected 10 to 400"),
        (100, 200, {"max_span_km": float("nan")}, "max_span_km: got nan"),
    ],
)
def test_what_cannot_be_is_refused_with_the_bound(
    nodes: int, links: int, options: dict[str, float], expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        generate_network(nodes, links, **options)  # type: ignore[arg-type]  # seed is whole in every case
    assert expected in str(caught.value)


def test_the_bound_that_a_refusal_names_is_sharp() -> None:
    with pytest.raises(InputError) as caught:
        generate_network(100, 100, seed=3)
    least = int(caught.value.problems[0].expected.split()[0])
    assert len(generate_network(100, least, seed=3).link) == least
    with pytest.raises(InputError):
        generate_network(100, least - 1, seed=3)


def test_the_shipped_network_is_that_of_the_generator() -> None:
    shipped = load_topology("national-1000")
    assert generate_network(1000, 3000, seed=1, name="national-1000") == shipped
    assert "fictional" in shipped.source
    assert 5.0 < hops(shipped) < 10.0
    relays = [node for node in shipped.node if node.kind == "relay"]
    assert relays
    assert all(node.weight is None for node in relays)
