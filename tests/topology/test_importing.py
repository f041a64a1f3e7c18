"""Networks in other formats: what is given comes through, what is missing is filled and said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from qkdsim.errors import InputError
from qkdsim.topology import Link, Topology, load_topology
from qkdsim.topology.geography import great_circle_km, mean_place, route_km
from qkdsim.topology.importing import FORMATS, Gaps, import_network
from qkdsim.topology.toml_text import write_topology

# in the form of the Topology Zoo: attributes by key, an edge twice, a node of several lines without name or place
ZOO = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="Latitude" attr.type="double" for="node" id="d1" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d2" />
  <key attr.name="label" attr.type="string" for="node" id="d3" />
  <key attr.name="hyperedge" attr.type="int" for="node" id="d4" />
  <key attr.name="hasLatLong" attr.type="int" for="node" id="d8" />
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d5" />
  <key attr.name="Network" attr.type="string" for="graph" id="d6" />
  <key attr.name="id" attr.type="string" for="edge" id="d7" />
  <graph edgedefault="undirected">
    <data key="d6">Fern &amp; Nah</data>
    <node id="0"><data key="d1">52.5</data><data key="d2">13.4</data><data key="d3">Großstadt</data></node>
    <node id="1"><data key="d1">51.3</data><data key="d2">12.4</data><data key="d3">Mühle</data></node>
    <node id="2"><data key="d1">50.1</data><data key="d2">8.7</data><data key="d3">Mühle</data></node>
    <node id="3"><data key="d3">None</data><data key="d4">1</data></node>
    <node id="4"><data key="d1">0</data><data key="d2">0</data><data key="d8">0</data><data key="d3">Ferne</data></node>
    <edge source="0" target="1"><data key="d5">10G</data><data key="d7">e1</data></edge>
    <edge source="0" target="1"><data key="d5">1G</data></edge>
    <edge source="0" target="3" /><edge source="1" target="3" /><edge source="2" target="3" />
    <edge source="2" target="2" /><edge source="2" target="4" />
  </graph>
</graphml>
"""


def saved(path: Path, content: str | Mapping[str, Any]) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def links(topology: Topology) -> dict[str, Link]:
    return {link.id: link for link in topology.link}


def refused(path: Path, content: str | Mapping[str, Any], **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        import_network(saved(path, content), **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


# --- GraphML


def test_zoo_graphml_comes_through_with_its_parallel_links(tmp_path: Path) -> None:
    found = import_network(saved(tmp_path / "zoo.graphml", ZOO))
    topology = found.topology
    assert (topology.name, topology.title) == ("zoo", "Fern & Nah")
    assert [node.id for node in topology.node] == ["Großstadt", "Mühle", "Mühle-2", "3", "Ferne"]
    assert topology.node[2].name == "Mühle"
    first, second = topology.link[:2]
    assert (first.id, second.id) == ("Großstadt--Mühle", "Großstadt--Mühle--2")
    assert first.ends == second.ends
    assert first.length_km is not None
    assert first.length_km.basis == "assumed"
    assert first.length_km == pytest.approx(1.5 * great_circle_km((52.5, 13.4), (51.3, 12.4)), abs=1e-3)


def test_what_is_left_out_or_made_up_is_said(tmp_path: Path) -> None:
    found = import_network(saved(tmp_path / "zoo.graphml", ZOO))
    said = "\n".join(found.notes)
    assert "left out: a link from 2 to itself" in said
    assert "left out: the link from Mühle-2 to Ferne has neither length nor positions" in said
    assert "3: no position given; stands in the middle of its neighbours" in said
    assert "nodes without a link: Ferne" in said
    assert "hyperedge, LinkLabel" in said
    assert "ITU-T G.826" in found.topology.approximate
    assert len(found.topology.link) == 5
    hub = found.topology.node[3]
    middle = mean_place([(52.5, 13.4), (51.3, 12.4), (50.1, 8.7)])
    assert (hub.latitude_deg, hub.longitude_deg) == pytest.approx(middle, abs=1e-4)


def test_gaps_may_be_filled_otherwise(tmp_path: Path) -> None:
    gaps = Gaps(route_factor=2.0, default_length_km=7.0)
    topology = import_network(saved(tmp_path / "zoo.graphml", ZOO), name="mine", gaps=gaps).topology
    assert topology.name == "mine"
    assert links(topology)["Mühle-2--Ferne"].length_km == 7.0
    straight_km = great_circle_km((52.5, 13.4), (51.3, 12.4))
    assert links(topology)["Großstadt--Mühle"].length_km == pytest.approx(2.0 * straight_km, abs=1e-3)
    assert "route factor of 2, assumed" in topology.approximate
    assert "7 km each, assumed" in topology.approximate


def test_a_graph_without_latlong_has_no_positions(tmp_path: Path) -> None:
    text = ZOO.replace('<graph edgedefault="undirected">', '<graph edgedefault="undirected"><data key="d9">0</data>')
    text = text.replace("  <graph ", '  <key attr.name="hasLatLong" for="graph" id="d9" />\n  <graph ')
    assert "no link has them" in refused(tmp_path / "zoo.graphml", text)


def test_defaults_namespaces_and_hyperedges_of_graphml(tmp_path: Path) -> None:
    text = """<g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns">
      <g:key id="w" for="edge" attr.name="length_km"><g:default>12.5</g:default></g:key>
      <g:graph edgedefault="directed">
        <g:node id="a"/><g:node id="b"/><g:node id="c"/>
        <g:edge source="a" target="b"><g:data key="w">3</g:data></g:edge>
        <g:edge source="b" target="a"><g:data key="w">3</g:data></g:edge>
        <g:hyperedge><g:endpoint node="a"/><g:endpoint node="b"/><g:endpoint node="c"/></g:hyperedge>
      </g:graph></g:graphml>"""
    found = import_network(saved(tmp_path / "net.xml", text))
    lengths = {link.ends: link.length_km for link in found.topology.link}
    hub = "hyperedge-3"
    assert lengths == {("a", "b"): 3.0, (hub, "a"): 12.5, (hub, "b"): 12.5, (hub, "c"): 12.5}
    assert any("1 pairs of opposite directions" in note for note in found.notes)


BOMB = """<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml><graph><node id="&b;"/></graph></graphml>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<graphml><graph><node id="x"><data key="label">&a;</data></node></graph></graphml>"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOMB, "declares an XML entity; entities are refused"),
        (OUTSIDE, "declares an XML entity; entities are refused"),
        ("<graphml><graph><node id='a'>", "not XML: no element found"),
        ("<graphml>&#0;</graphml>", "not XML"),
        ("<graphml/>", "no nodes found"),
        ("<graphml><graph><node/></graph></graphml>", "no id"),
        ("<graphml><graph><node id='a'/><node id='a'/></graph></graphml>", "every node id once"),
        ("<graphml><graph><node id='a'><graph/></node></graph></graphml>", "one graph, not several or nested"),
        ("<graphml><graph><node id='a'/><edge source='a' target='b'/></graph></graphml>", "got 'b'"),
        (ZOO.replace("52.5", "north"), "node 0: Latitude: got 'north', expected a number"),
        (ZOO.replace("52.5", "95"), "expected degrees from -90 to 90"),
        (ZOO.replace("52.5", "nan"), "expected a number"),
    ],
)
def test_bad_graphml_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path / "bad.graphml", text)


# --- node-link


@pytest.mark.parametrize("name", ["edges", "links"])
def test_node_link_of_a_topology_is_the_topology(tmp_path: Path, name: str) -> None:
    tokyo = load_topology("tokyo-2010")
    data = nx.node_link_data(tokyo.to_networkx(), edges=name)
    found = import_network(saved(tmp_path / "tokyo.json", data)).topology
    given = {link.id: (set(link.ends), link.length_km, link.loss_db, link.profile) for link in tokyo.link}
    assert {link.id: (set(link.ends), link.length_km, link.loss_db, link.profile) for link in found.link} == given
    assert [node.id for node in found.node] == [node.id for node in tokyo.node]


def test_node_link_without_ids_counts_its_nodes(tmp_path: Path) -> None:
    data = {"nodes": [{"name": "Eins"}, {"name": "Zwei"}], "links": [{"source": 0, "target": 1, "distance_km": "4"}]}
    topology = import_network(saved(tmp_path / "d3.json", data)).topology
    assert topology.link[0].ends == ("Eins", "Zwei")
    assert topology.link[0].length_km == 4.0


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"nodes": [1], "links": []}, "nodes[0]: got 1, expected an object"),
        ({"nodes": [], "links": []}, "no nodes found"),
        ({"nodes": {}, "links": []}, "nodes: got 'another value', expected a list of objects"),
        ({"nodes": [{"id": "a"}], "links": [{"source": "a"}]}, "links[0].target"),
        ({"nodes": [{"id": "a"}], "links": [{"source": "a", "target": "b"}]}, "edge 1: got 'b'"),
        ({"nodes": [{"id": "a"}, {"id": "a"}], "links": []}, "node: got 'a', expected every node once"),
        ({"nodes": [{"id": "a", "lat": True}], "links": []}, "nodes[0]: lat: got True"),
        ({"nodes": [{"id": "a", "label": ["x"]}], "links": []}, "a text or a number"),
        ({"cats": 3}, "JSON not recognised"),
        ('{"nodes": [NaN], "links": []}', "not JSON: 'NaN is no JSON number'"),
        ("{" + '"a":[' * 100_000, "not JSON"),
        ('["nodes"]', "expected a JSON object"),
    ],
)
def test_bad_json_is_one_line(tmp_path: Path, data: str | Mapping[str, Any], expected: str) -> None:
    assert expected in refused(tmp_path / "bad.json", data)


# --- GeoJSON


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def test_geojson_lines_snap_to_points_and_measure_along_the_line(tmp_path: Path) -> None:
    line = [[10.001, 50.001], [10.2, 49.5], [10.0, 49.0]]
    data = collection(
        feature("Point", [10, 50], name="North"),
        feature("Point", [10, 49, 120], name="South"),
        feature("LineString", line, owner="nobody"),
        feature("LineString", line, length_km=200),
        feature("MultiLineString", [[[10, 50], [11, 50]], [[11, 50], [12, 50]], [[13, 50], [14, 50]]]),
        feature("LineString", [[10, 50], [10.1, 50], [10, 50.001]]),
    )
    found = import_network(saved(tmp_path / "lines.geojson", data), snap_km=1.0)
    topology = found.topology
    assert [node.id for node in topology.node] == ["North", "South", "end-1", "end-2", "end-3"]
    assert [link.ends for link in topology.link] == [
        ("North", "South"),
        ("North", "South"),
        ("North", "end-1"),
        ("end-2", "end-3"),
    ]
    along_km = great_circle_km((50.001, 10.001), (49.5, 10.2)) + great_circle_km((49.5, 10.2), (49.0, 10.0))
    assert topology.link[0].length_km == pytest.approx(along_km, abs=1e-3)
    assert topology.link[1].length_km == 200
    assert topology.link[2].length_km == pytest.approx(
        great_circle_km((50, 10), (50, 11)) + great_circle_km((50, 11), (50, 12)), abs=2e-3
    )
    assert any("from North to itself" in note for note in found.notes)
    assert "along the line drawn in the file" in topology.approximate


def test_ends_snap_across_the_date_line_and_at_the_pole(tmp_path: Path) -> None:
    data = collection(
        feature("LineString", [[179.9999, 10], [179, 10]]),
        feature("LineString", [[-179.9999, 10], [-179, 10]]),
        feature("LineString", [[0, 89.9999], [0, 80]]),
        feature("LineString", [[180, 89.9999], [180, 80]]),
    )
    topology = import_network(saved(tmp_path / "edge.geojson", data), snap_km=0.1).topology
    assert len(topology.node) == 6
    degrees = [degree for _, degree in topology.to_networkx().degree()]
    assert sorted(degrees) == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (collection(feature("LineString", [[500000, 5.5e6], [500100, 5.5e6]])), "longitude and latitude in degrees"),
        (collection(feature("LineString", [[1, 2]])), "a line of two or more"),
        (collection(feature("LineString", 3)), "features[0].coordinates: expected a list"),
        (collection(feature("Polygon", [])), "got 'Polygon', expected one of FeatureCollection"),
        ({"type": "FeatureCollection", "features": 3}, "features: got 'another value'"),
        ({**collection(), "crs": {"properties": {"name": "EPSG:3857"}}}, "crs: expected longitude and latitude"),
    ],
)
def test_bad_geojson_is_one_line(tmp_path: Path, data: Mapping[str, Any], expected: str) -> None:
    assert expected in refused(tmp_path / "bad.geojson", data)


# --- CSV


def test_csv_with_units_and_a_node_file(tmp_path: Path) -> None:
    edges = saved(
        tmp_path / "edges.csv", "﻿from;to;dist;loss_db;connectors;colour\nÅre;Umeå;12500;3;2;red\n\nUmeå;Ås;;;;\n"
    )
    nodes = saved(
        tmp_path / "nodes.csv",
        "id,name,lat,lon,population\nÅre,Åre by,63.4,13.1,3200\nUmeå,,63.8,20.3,\nÅs,,59.7,10.8,\n",
    )
    found = import_network(edges, nodes=nodes, length=("dist", 1e-3))
    first, second = found.topology.link
    assert (first.length_km, first.loss_db, first.connectors) == (12.5, 3.0, 2)
    assert second.length_km == pytest.approx(1.5 * great_circle_km((63.8, 20.3), (59.7, 10.8)), abs=1e-3)
    assert [node.weight for node in found.topology.node] == [3200, None, None]
    assert "attributes without a place in a topology: colour" in found.notes


def test_a_length_without_unit_is_not_guessed(tmp_path: Path) -> None:
    message = refused(tmp_path / "edges.csv", "source,target,length\na,b,5\n")
    assert "--length length=km or length=m" in message


def test_parallel_links_and_loops_in_csv(tmp_path: Path) -> None:
    rows = "source,target,length_km,id\na,b,1,\nb,a,2,\na,b,3,\na,a,4,\na,b,5,a--b\n"
    found = import_network(saved(tmp_path / "e.csv", rows))
    assert [(link.id, link.length_km) for link in found.topology.link] == [
        ("a--b", 1),
        ("b--a", 2),
        ("a--b--2", 3),
        ("a--b--3", 5),
    ]
    assert "left out: a link from a to itself" in found.notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "file is empty"),
        ("a,b\n1,2\n", "header: got 'a, b', expected a column 'source'"),
        ("source,target\na\n", "line 2: got 1, expected 2 cells"),
        ("source,target\na,\n", "line 2: the column 'target' is empty"),
        ("source,target,source\na,b,c\n", "a column name stands twice"),
        ("source,target,length_km\na,b,far\n", "line 2: length_km: got 'far', expected a number"),
        ("source,target,length_km\na,b,-1\n", "link[0].length_km: got -1.0"),
        ("source,target,length_km,amplifiers\na,b,1,0.5\n", "amplifiers: got '0.5', expected a whole number >= 0"),
        ('source,target\n"a,b\n', "not CSV"),
    ],
)
def test_bad_csv_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path / "bad.csv", text)


# --- gnpy


def gnpy(elements: list[dict[str, Any]], chains: list[str]) -> dict[str, Any]:
    """Connections along chains of uids written as `a > b > c`."""
    pairs = [pair for chain in chains for pair in zip(chain.split(" > "), chain.split(" > ")[1:], strict=False)]
    return {"elements": elements, "connections": [{"from_node": a, "to_node": b} for a, b in pairs]}


def element(uid: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"uid": uid, "type": kind, **rest}


def fibre(uid: str, length: float, **params: Any) -> dict[str, Any]:
    return element(uid, "Fiber", params={"length": length, "loss_coef": 0.2, **params})


def site(uid: str, city: str, latitude: float, longitude: float) -> dict[str, Any]:
    location = {"city": city, "latitude": latitude, "longitude": longitude}
    return element(uid, "Roadm", metadata={"location": location})


GNPY = gnpy(
    [
        element("trx A", "Transceiver"),
        site("roadm A", "Alt", 48.0, 2.0),
        site("roadm B", "Bern", 0, 0),
        element("roadm C", "Roadm"),
        fibre("ab1", 80, length_units="km", con_in=0.5, con_out=0.5),
        fibre("ab2", 70_000, length_units="m", con_in=None),
        *(element(f"amp{number}", "Edfa") for number in range(3)),
        fibre("ba", 150),
        fibre("bf", 10),
        *(fibre(uid, 20, loss_coef={"value": [0.3, 0.19], "frequency": [186e12, 193.5e12]}) for uid in ("fc", "cf")),
        fibre("fb", 10),
        element("splice", "Fused", params={"loss": 0.4}),
    ],
    [
        "trx A > roadm A > trx A",
        "roadm A > amp0 > ab1 > amp1 > ab2 > amp2 > roadm B",
        "roadm B > ba > roadm A",
        "roadm B > bf > splice > fc > roadm C",
        "roadm C > cf > splice > fb > roadm B",
    ],
)


def test_gnpy_chains_become_links(tmp_path: Path) -> None:
    found = import_network(saved(tmp_path / "net.json", GNPY))
    nodes = {node.id: node for node in found.topology.node}
    assert set(nodes) == {"A", "B", "C"}
    assert nodes["A"].name == "Alt"
    assert (nodes["A"].latitude_deg, nodes["A"].longitude_deg) == (48.0, 2.0)
    assert nodes["B"].latitude_deg is None  # 0, 0 says that nobody knows
    link = links(found.topology)["A--B"]
    assert (link.length_km, link.amplifiers, link.quantum_bypass) == (150.0, 3, False)
    assert link.loss_db == pytest.approx(80 * 0.2 + 1.0 + 70 * 0.2)
    passive = links(found.topology)["B--C"]
    assert (passive.length_km, passive.amplifiers) == (30.0, 0)
    assert passive.loss_db == pytest.approx(10 * 0.2 + 20 * 0.19 + 0.4)


def test_amplified_spans_are_named_one_by_one(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.json", GNPY)
    said = [note for note in import_network(path).notes if "amplifiers" in note]
    assert said == [
        "link A--B: 3 amplifiers: not transparent to quantum light, a run will refuse it (or: --quantum-bypass)"
    ]
    bypassed = import_network(path, gaps=Gaps(quantum_bypass=True)).topology
    assert [link.quantum_bypass for link in bypassed.link] == [True, False]
    assert "round all amplifiers" in bypassed.approximate


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gnpy([element("a", "Laser")], []), "got 'Laser', expected one of Roadm, Transceiver"),
        (gnpy([element("a", "Roadm"), element("a", "Roadm")], []), "every uid once"),
        (gnpy([element("a", "Roadm")], ["a > b"]), "connections[0].to_node: got 'b'"),
        (
            gnpy([site("a", "", 1, 1), element("f", "Fiber"), site("b", "", 2, 2)], ["a > f > b"]),
            "f: length: got 'nothing'",
        ),
        (
            gnpy([site("a", "", 1, 1), fibre("f", 1, length_units="mile")], ["a > f > a"]),
            "got 'mile', expected km or m",
        ),
        (gnpy([site("a", "", 1, 1), fibre("f", 1), fibre("g", 1)], ["a > f > g > f"]), "no circle"),
        (gnpy([site("a", "", 99, 1)], []), "a: latitude_deg: got 99"),
    ],
)
def test_bad_gnpy_is_one_line(tmp_path: Path, data: Mapping[str, Any], expected: str) -> None:
    assert expected in refused(tmp_path / "bad.json", data)


def test_a_chain_that_ends_nowhere_is_said(tmp_path: Path) -> None:
    data = gnpy([site("a", "", 1, 1), fibre("f", 1), site("b", "", 2, 2), fibre("g", 2)], ["a > f > b", "b > g"])
    found = import_network(saved(tmp_path / "net.json", data))
    assert "g: leads nowhere; its chain from b is left out" in found.notes
    assert [link.ends for link in found.topology.link] == [("a", "b")]


# --- any format


def test_formats_are_recognised_by_content(tmp_path: Path) -> None:
    csv = "source,target,length_km\na,b,1\n"
    node_link = {"nodes": [{"id": "a"}, {"id": "b"}], "edges": [{"source": "a", "target": "b", "length_km": 1}]}
    geojson = collection(feature("LineString", [[1, 1], [2, 2]]))
    for form, content in zip(FORMATS, (ZOO, node_link, geojson, csv, GNPY), strict=True):
        path = saved(tmp_path / "network", content)
        assert f"({FORMATS[form]})" in import_network(path).topology.source
        assert import_network(path, form=form) == import_network(path)


def test_unknown_files_and_formats_are_one_line(tmp_path: Path) -> None:
    assert "not recognised; expected GraphML" in refused(tmp_path / "x.bin", "hello")
    (tmp_path / "x.bin").write_bytes(b"\x00\xff\x01")
    with pytest.raises(InputError, match="not recognised"):
        import_network(tmp_path / "x.bin")
    with pytest.raises(InputError, match="UTF-8"):
        import_network(tmp_path / "x.bin", form="csv")
    with pytest.raises(InputError, match="no such file"):
        import_network(tmp_path / "nothing")
    with pytest.raises(InputError, match="expected one of graphml"):
        import_network(saved(tmp_path / "a.csv", "source,target\n"), form="gml")


def test_names_are_cleaned_cut_and_made_unique(tmp_path: Path) -> None:
    long = "x" * 500
    nodes = [
        {"id": name, "lat": 1, "lon": index}
        for index, name in enumerate(["東京 駅", "東京-駅", "a/../b", long, "\ud800", "日\u0000本"])
    ]
    edges = [{"source": nodes[0]["id"], "target": node["id"]} for node in nodes[1:]]
    found = import_network(saved(tmp_path / "names.json", {"nodes": nodes, "links": edges}))
    ids = [node.id for node in found.topology.node]
    assert ids == ["東京-駅", "東京-駅-2", "a-b", "x" * 64, "node-5", "日-本"]
    assert "node 東京-駅-2: the name 東京-駅 is taken" in found.notes
    assert f"node {'x' * 64}: its label of 500 characters is cut" in found.notes
    write_topology(found.topology, tmp_path / "names.toml")
    assert load_topology(str(tmp_path / "names.toml")) == found.topology


def test_beyond_the_limits_is_refused_with_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qkdsim.topology.importing.reading.MAX_NODES", 4)
    assert "nodes: got '5', expected at most 4" in refused(tmp_path / "zoo.graphml", ZOO)
    monkeypatch.setattr("qkdsim.topology.importing.reading.MAX_FILE_BYTES", 2**20)
    assert "file is larger than 1 MiB" in refused(tmp_path / "big.csv", "source,target\n" + "a,b\n" * 2**18)


@pytest.mark.slow
def test_a_hundred_thousand_nodes_load(tmp_path: Path) -> None:
    count = 100_000
    nodes = [{"id": f"n-{index}", "lat": index % 300 / 100, "lon": index // 300 / 100} for index in range(count)]
    edges = [{"source": f"n-{index}", "target": f"n-{index + 1}"} for index in range(count - 1)]
    found = import_network(saved(tmp_path / "big.json", {"nodes": nodes, "links": edges}))
    assert (len(found.topology.node), len(found.topology.link)) == (count, count - 1)


# --- geography


def test_great_circle_of_known_distances() -> None:
    assert great_circle_km((0, 0), (0, 180)) == pytest.approx(math.pi * 6371.0088)
    assert great_circle_km((90, 0), (0, 123)) == pytest.approx(math.pi / 2 * 6371.0088)
    assert great_circle_km((48.0, 179.5), (48.0, -179.5)) == pytest.approx(great_circle_km((48.0, 0.0), (48.0, 1.0)))


def test_route_factor_of_g826_never_falls_with_distance() -> None:
    lengths = [route_km(float(straight_km)) for straight_km in range(0, 3000, 7)]
    assert lengths == sorted(lengths)
    assert [route_km(x) for x in (100.0, 1000.0, 1100.0, 1200.0, 2000.0)] == [150.0, 1500.0, 1500.0, 1500.0, 2500.0]
    assert route_km(100.0, 1.2) == 120.0
