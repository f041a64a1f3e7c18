"""The classical network of a run, from the files."""

from __future__ import annotations

import math

import pytest

from qkdsim import library, units
from qkdsim.errors import InputError
from qkdsim.network.classical import ClassicalLink, ClassicalNetwork, ClassicalSettings
from qkdsim.scenario.classical_settings import ClassicalTable, classical_links
from qkdsim.topology import Topology, load_topology
from qkdsim.topology.geography import EARTH_RADIUS_KM

NODES = [{"id": "a"}, {"id": "b"}, {"id": "c"}]
LINKS = [{"ends": ["a", "b"], "length_km": 100.0}, {"id": "spare", "ends": ["b", "c"], "length_km": 20.0}]


def topology(**more: object) -> Topology:
    table = {"name": "t", "title": "t", "source": "s", "published": "p", "approximate": "a"}
    return library.validated(Topology, {**table, "node": NODES, "link": LINKS, **more}, "t.toml")


def table(**keys: object) -> ClassicalTable:
    return library.validated(ClassicalTable, keys, "s.toml")


def test_each_qkd_link_has_a_classical_one_beside_it() -> None:
    # light in fibre takes about 4.9 us/km
    assert classical_links(topology(), table()) == (
        ClassicalLink("a--b", (0, 1), units.fibre_delay_s(100.0), math.inf),
        ClassicalLink("spare", (1, 2), units.fibre_delay_s(20.0), math.inf),
    )
    assert units.fibre_delay_s(100.0) == pytest.approx(4.9e-4, rel=0.01)


def test_a_hop_takes_as_long_as_its_fibre_unless_the_file_says_more() -> None:
    network = ClassicalNetwork(3, classical_links(topology(), table()), table().settings())
    path = network.path(0, 1)
    assert path is not None
    assert path.message_s(1e9) == units.fibre_delay_s(100.0)
    assert table().settings().is_certain


def test_own_classical_links_are_the_whole_network() -> None:
    own = [
        {"ends": ["a", "c"], "delay_s": 0.002, "bandwidth_bps": 1e6},
        {"id": "long", "ends": ["c", "b"], "length_km": 200.0},
    ]
    assert classical_links(topology(classical_link=own), table(bandwidth_bps=1e9)) == (
        ClassicalLink("a--c", (0, 2), 0.002, 1e6),
        ClassicalLink("long", (2, 1), units.fibre_delay_s(200.0), 1e9),
    )


def test_beside_satellites_runs_a_fibre_along_the_great_circle() -> None:
    found = load_topology("japan-international")
    places = {node.id: node for node in found.node}
    for link, classical in zip(found.link, classical_links(found, table()), strict=True):
        if link.kind != "satellite":
            continue
        a, b = (places[end] for end in link.ends)
        assert None not in (a.latitude_deg, b.latitude_deg)
        # the spherical law of cosines, which is exact enough at such distances
        first, second = math.radians(a.latitude_deg or 0.0), math.radians(b.latitude_deg or 0.0)
        east = math.radians((b.longitude_deg or 0.0) - (a.longitude_deg or 0.0))
        angle = math.acos(math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(east))
        assert classical.delay_s == pytest.approx(units.fibre_delay_s(EARTH_RADIUS_KM * angle), rel=1e-6)
        assert 0.0 < classical.delay_s < 0.1


def test_settings_of_the_file_reach_the_network() -> None:
    made = table(jitter_s=0.001, loss_probability=0.01, retransmit_timeout_s=0.1, max_retransmissions=2)
    assert made.settings() == ClassicalSettings(0.001, 0.01, 0.1, 2)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ({"ends": ["a", "b"]}, r"classical_link\[0\]: expected exactly one of length_km and delay_s"),
        ({"ends": ["a", "b"], "length_km": 1, "delay_s": 1}, r"exactly one of length_km and delay_s"),
        ({"ends": ["a", "a"], "length_km": 1}, r"classical_link\[0\]\.ends: got 'a' twice, expected two"),
        ({"ends": ["a", "x"], "length_km": 1}, r"classical_link\[0\]\.ends: got 'x', expected the id of a node"),
        ({"ends": ["a", "b"], "delay_s": -1}, r"classical_link\[0\]\.delay_s: got -1"),
        ({"ends": ["a", "b"], "delay_s": 1, "bandwidth_bps": 0}, r"bandwidth_bps: got 0, expected a number > 0"),
        ({"ends": ["a", "b"], "delay_s": 1}, r"link\[1\]\.ends: got 'b' and 'c', expected nodes that classical links"),
    ],
)
def test_classical_links_that_cannot_be_are_refused(link: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        topology(classical_link=[link])
    assert "\n" not in str(caught.value)


def test_parallel_classical_links_need_ids() -> None:
    twice = [{"ends": ["a", "b"], "delay_s": 1}, {"ends": ["a", "b"], "delay_s": 2}, {"ends": ["b", "c"], "delay_s": 1}]
    with pytest.raises(InputError, match=r"classical_link\[1\]\.id: got 'a--b' twice, expected unique ids"):
        topology(classical_link=twice)


@pytest.mark.parametrize(
    "keys", [{"loss_probability": 1}, {"jitter_s": -1}, {"retransmit_timeout_s": 0}, {"max_retransmissions": -1}]
)
def test_settings_that_cannot_be_are_refused(keys: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(keys))):
        table(**keys)
