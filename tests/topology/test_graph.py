"""Topologies and networkx graphs are the same thing in two forms."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import library
from qkdsim.devices import Quantity
from qkdsim.errors import InputError
from qkdsim.topology import Topology, load_topology

TEXTS = {"name": "n", "title": "t", "source": "s", "published": "p", "approximate": "a"}
numbers = st.floats(0.0, 1e4)
claims = numbers | st.builds(
    lambda value, basis, sigma: {"value": value, "basis": basis, "uncertainty": sigma},
    numbers,
    st.sampled_from(["measured", "declared", "assumed"]),
    numbers,
)


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """Any nodes, and links between them in any direction, parallel ones included."""
    letters = st.characters(exclude_characters=">|", exclude_categories=["Cs"])
    ids = draw(st.lists(st.text(letters, min_size=1, max_size=8), min_size=2, max_size=6, unique=True))
    kinds = st.sampled_from(["trusted", "user", "relay"])
    nodes = [
        {
            "id": one,
            "kind": draw(kinds),
            "weight": draw(st.none() | claims),
            "label": draw(st.none() | st.text(max_size=3)),
        }
        for one in ids
    ]
    pairs = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True)
    links = [
        {
            "id": f"link {number}",
            "ends": draw(pairs),
            "length_km": draw(claims),
            "loss_db": draw(st.none() | claims),
            "connectors": draw(st.integers(0, 9)),
            "classical_channel": draw(st.sampled_from([(), ({"direction": "forward", "launch_power_dbm": -3.0},)])),
            "published": draw(st.none() | st.just({"qber": 0.02, "note": "measured at night"})),
        }
        for number in range(draw(st.integers(0, 8)))
    ]
    return Topology.model_validate({**TEXTS, "node": nodes, "link": links})


def claims_of(topology: Topology) -> Any:
    return topology.model_dump(mode="json")


@given(topologies())
def test_there_and_back_is_the_same_topology(topology: Topology) -> None:
    back = Topology.from_networkx(topology.to_networkx())
    assert back == topology
    assert claims_of(back) == claims_of(topology)


@pytest.mark.parametrize("name", library.shipped_names("topology"))
def test_shipped_topologies_go_there_and_back(name: str) -> None:
    topology = load_topology(name)
    back = Topology.from_networkx(topology.to_networkx())
    assert back == topology
    assert claims_of(back) == claims_of(topology)


def test_attributes_are_numbers_that_remember_their_claim() -> None:
    graph = load_topology("tokyo-2010").to_networkx()
    data = graph.edges["koganei-1", "koganei-2", "koganei-1--koganei-2"]
    assert data["length_km"] + 1.0 == 91.0
    assert isinstance(data["attenuation_db_per_km"], Quantity)
    assert data["attenuation_db_per_km"].basis == "assumed"


def test_a_plain_graph_with_common_names() -> None:
    graph: nx.Graph[Any] = nx.Graph(name="mine")
    graph.add_node(1, lat=50.0, lon=8.0, name="First", population=3)
    graph.add_node("b", latitude=51.0, longitude=9.0)
    graph.add_edge(1, "b", dist=np.float32(12.0), colour="red")
    topology = Topology.from_networkx(graph, names={"dist": "length_km", "population": "weight"}, ignore=["colour"])
    assert topology.name == topology.title == "mine"
    assert (topology.node[0].id, topology.node[0].name, topology.node[0].weight) == ("1", "First", 3)
    assert topology.node[1].latitude_deg == 51.0
    assert (topology.link[0].id, topology.link[0].length_km) == ("1--b", 12.0)


def test_parallel_edges_get_distinct_ids() -> None:
    graph: nx.MultiGraph[str] = nx.MultiGraph()
    for length_km in (1.0, 2.0, 3.0):
        graph.add_edge("a", "b", length_km=length_km)
    graph.add_edge("a", "b", key="a--b--2", length_km=4.0)
    topology = Topology.from_networkx(graph)
    assert sorted(link.id for link in topology.link) == ["a--b", "a--b--2", "a--b--3", "a--b--4"]


def edge(**data: Any) -> nx.Graph[Any]:
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_edge("a", "b", **data)
    return graph


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (edge(length_km=1.0, weight=3.0), "graph: link: got the attribute 'weight', expected id, length_km, loss_db"),
        (edge(length=1.0), "got the attribute 'length'"),
        (edge(), "length_km: missing"),
        (edge(length_km=-1.0), "link[0].length_km: got -1.0"),
        (edge(length_km=float("nan")), "link[0].length_km: got nan"),
        (edge(length_km="long"), "got 'long'"),
        (nx.DiGraph([("a", "b")]), "expected a networkx Graph or MultiGraph, not a directed one"),
        (nx.Graph([("a", "a", {"length_km": 1.0})]), "expected two different nodes"),
        (nx.Graph(), "expected more entries"),
        (nx.Graph([("a>b", "c", {"length_km": 1.0})]), "node[0].id: got 'a>b', expected a name without > and |"),
        (nx.Graph([((1, 2), (3, 4), {"length_km": 1.0})]), "node[0].id: got"),
        ([("a", "b")], "got 'list'"),
    ],
)
def test_bad_graphs_are_refused_in_one_line(graph: Any, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Topology.from_networkx(graph)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_attribute_under_two_names_is_refused() -> None:
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_node("a", lat=1.0, latitude=2.0)
    with pytest.raises(InputError, match="latitude_deg is given by two attributes"):
        Topology.from_networkx(graph)
