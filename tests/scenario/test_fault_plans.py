"""What faults do to links, nodes, controller and classical network."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import library
from qkdsim.links import Disruption
from qkdsim.network.classical import ClassicalLink
from qkdsim.network.outage import Outage
from qkdsim.results.schema import TABLES
from qkdsim.scenario import Scenario
from qkdsim.scenario.cut_off import cut_off_spans
from qkdsim.scenario.fault_plans import disruptions, outages
from qkdsim.scenario.outage_rows import outage_rows
from qkdsim.topology import Topology

RING = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
HOUR_S = 3600.0


def topology(*links: tuple[str, str], classical: list[tuple[str, str]] | None = None) -> Topology:
    table: dict[str, object] = {"name": "t", "title": "t", "source": "s", "published": "p", "approximate": "a"}
    table["node"] = [{"id": one} for one in sorted({end for pair in links for end in pair})]
    table["link"] = [{"ends": list(pair), "length_km": 10.0} for pair in links]
    table["classical_link"] = [{"ends": list(pair), "length_km": 10.0} for pair in classical or []]
    return library.validated(Topology, table, "t.toml")


def scenario(*faults: dict[str, object], **more: object) -> Scenario:
    table = {"title": "t", "topology": "t", "duration": "1d", "fault": list(faults), **more}
    return library.validated(Scenario, table, "s.toml")


def told(on: Topology, *faults: dict[str, object], **more: object) -> tuple[dict[str, list[Disruption]], list[Outage]]:
    """Disruptions by link and outages, of faults of which the first begins at 1 h and lasts for 2 h."""
    made = scenario(*({"at": "1h", "for": "2h", **fault} for fault in faults), **more)
    found = disruptions(made, on, 1, 86_400.0)
    return {name: list(hits) for name, hits in found.items()}, list(outages(made, on, 1, 86_400.0))


AT = (HOUR_S, 3 * HOUR_S)


def test_a_fault_of_a_link_hits_that_link_and_one_at_a_node_all_of_its_links() -> None:
    hits, gone = told(
        topology(*RING), {"kind": "loss", "link": "b--c", "loss_db": 3}, {"kind": "off", "node": "a", "at": "30min"}
    )
    off = [Disruption("off", 1800.0, 9000.0)]
    assert hits == {"b--c": [Disruption("loss", *AT, loss_db=3.0)], "a--b": off, "d--a": off}
    assert gone == []


def test_numbers_of_the_file_reach_the_link() -> None:
    hits, _ = told(
        topology(*RING),
        {"kind": "disturbance", "link": "a--b", "noise_photon_rate_hz": 5, "misalignment_error": 0.1},
        {"kind": "eavesdropper", "link": "a--b", "fraction": 0.25},
    )
    assert hits["a--b"] == [
        Disruption("disturbance", *AT, noise_photon_rate_hz=5.0, misalignment_error=0.1),
        Disruption("eavesdropper", *AT, intercepted_fraction=0.25),
    ]


@pytest.mark.parametrize("key_lost", [True, False])
def test_a_lost_node_is_gone_and_darkens_its_links(key_lost: bool) -> None:
    hits, gone = told(topology(*RING), {"kind": "node-lost", "node": "a", "key_lost": key_lost})
    assert hits == {"a--b": [Disruption("node-lost", *AT)], "d--a": [Disruption("node-lost", *AT)]}
    assert gone == [Outage("node", "a", *AT, key_lost)]


def test_a_lost_controller_hits_no_link() -> None:
    assert told(topology(*RING), {"kind": "controller-lost"}) == ({}, [Outage("controller", "", *AT)])


def test_a_classical_cut_with_a_way_round_stops_no_link() -> None:
    hits, gone = told(topology(*RING), {"kind": "classical-cut", "classical_link": "a--b"})
    assert hits == {}
    assert gone == [Outage("classical-link", "a--b", *AT)]


def test_an_island_stops_the_links_that_leave_it() -> None:
    hits, gone = told(topology(*RING), {"kind": "classical-cut", "island": ["a", "b"]})
    apart = [Disruption("classical-cut", *AT)]
    assert hits == {"b--c": apart, "d--a": apart}
    assert {one.target for one in gone} == {"b--c", "d--a"}


def test_two_cuts_that_overlap_cut_off_while_both_last() -> None:
    first = {"kind": "classical-cut", "classical_link": "a--b"}
    second = {"kind": "classical-cut", "classical_link": "d--a", "at": "2h"}
    hits, _ = told(topology(*RING), first, second)
    apart = [Disruption("classical-cut", 2 * HOUR_S, 3 * HOUR_S)]
    assert hits == {"a--b": apart, "d--a": apart}


def test_the_loss_of_a_node_on_the_way_cuts_off_others() -> None:
    by_the_hub = topology(("a", "b"), ("hub", "a"), classical=[("hub", "a"), ("hub", "b")])
    hits, _ = told(by_the_hub, {"kind": "node-lost", "node": "hub"})
    assert hits["a--b"] == [Disruption("classical-cut", *AT)]
    assert hits["hub--a"] == [Disruption("node-lost", *AT)]


@pytest.mark.parametrize(
    ("shares_fibre", "stated", "is_cut"),
    [(False, None, False), (True, None, True), (False, True, True), (True, False, False)],
)
def test_a_cut_fibre_may_take_the_classical_link_along(shares_fibre: bool, stated: bool | None, is_cut: bool) -> None:
    cut = {"kind": "cut", "link": "a--b"} | ({} if stated is None else {"classical": stated})
    hits, gone = told(topology(("a", "b")), cut, classical={"shares_fibre": shares_fibre})
    assert [one.kind for one in hits["a--b"]] == (["cut", "classical-cut"] if is_cut else ["cut"])
    assert gone == ([Outage("classical-link", "a--b", *AT)] if is_cut else [])


def test_a_cut_at_a_node_takes_its_classical_links_where_there_are_some() -> None:
    own = topology(*RING, classical=[("a", "b"), ("b", "c"), ("c", "d"), ("b", "d")])
    _, gone = told(own, {"kind": "cut", "node": "a", "classical": True})
    assert [one.target for one in gone] == ["a--b"]


def test_outages_of_one_target_that_overlap_are_one() -> None:
    lost = {"kind": "node-lost", "node": "a", "key_lost": False}
    _, gone = told(
        topology(*RING), lost, {**lost, "at": "2h", "key_lost": True}, {**lost, "at": "10h"}, {**lost, "node": "b"}
    )
    assert gone == [
        Outage("node", "a", HOUR_S, 4 * HOUR_S, key_lost=True),
        Outage("node", "b", *AT),
        Outage("node", "a", 10 * HOUR_S, 12 * HOUR_S),
    ]


def test_disruptions_come_in_order_of_start() -> None:
    made = scenario(
        *({"kind": kind, "each": "link", "mtbf": "2h", "mttr": "10min"} for kind in ("cut", "off")),
        {"kind": "node-lost", "each": "node", "mtbf": "5h", "mttr": "10min"},
    )
    hits = disruptions(made, topology(*RING), 1, 86_400.0)
    assert len(hits) == 4
    assert min(map(len, hits.values())) > 10
    for found in (*hits.values(), outages(made, topology(*RING), 1, 86_400.0)):
        assert all(before.start_s <= after.start_s for before, after in pairwise(found))


NODES = 5
PAIRS = [(a, b) for a in range(NODES) for b in range(a)]


@given(
    st.lists(st.sampled_from(PAIRS), max_size=8),
    st.lists(
        st.tuples(
            st.sampled_from(["node", "classical-link"]), st.integers(0, 7), st.integers(0, 20), st.integers(1, 9)
        ),
        max_size=8,
    ),
)
def test_cut_off_spans_are_those_without_a_way(
    ends: list[tuple[int, int]], acting: list[tuple[str, int, int, int]]
) -> None:
    names = [f"n{number}" for number in range(NODES)]
    links = [ClassicalLink(f"l{number}", pair, 0.0) for number, pair in enumerate(ends)]
    gone = []
    for kind, number, start, length in acting:
        if kind == "node":
            gone.append(Outage("node", names[number % NODES], float(start), float(start + length)))
        elif links:
            gone.append(Outage("classical-link", links[number % len(links)].id, float(start), float(start + length)))
    found = list(cut_off_spans(PAIRS, names, links, gone))
    for at_s in range(31):
        down = {one.target for one in gone if one.start_s <= at_s < one.end_s}
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(NODES))
        graph.add_edges_from(
            one.ends for one in links if one.id not in down and not {names[end] for end in one.ends} & down
        )
        for number, (a, b) in enumerate(PAIRS):
            expected = not {names[a], names[b]} & down and not nx.has_path(graph, a, b)
            assert any(pair == number and start_s <= at_s < end_s for pair, start_s, end_s in found) == expected
    for number in range(len(PAIRS)):
        own = [(start_s, end_s) for pair, start_s, end_s in found if pair == number]
        assert all(before[1] < after[0] for before, after in pairwise(own))


def test_rows_of_outages_fit_the_table_of_faults() -> None:
    rows = outage_rows([Outage("node", "a", 1.0, 2.0, key_lost=True), Outage("controller", "", 3.0, 4.0)])
    assert [(row["kind"], row["on"], row["target"]) for row in rows] == [
        ("node-lost", "node", "a"),
        ("controller-lost", "controller", ""),
    ]
    assert all(list(row) == [column.name for column in TABLES["faults"]] for row in rows)
