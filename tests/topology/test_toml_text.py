"""The file of a topology says exactly what the topology is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.topology import Topology, load_topology
from qkdsim.topology.toml_text import topology_text, write_topology

TEXTS = {"title": "t", "source": "s", "published": "p", "approximate": "a"}


def read(text: str) -> Topology:
    table = tomllib.loads(text)
    assert table.pop("format") == "topology/1"
    return Topology.model_validate(table)


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", library.shipped_names("topology"))
def test_shipped_topologies_come_back(name: str, compact: bool) -> None:
    topology = load_topology(name)
    back = read(topology_text(topology, compact=compact))
    assert back == topology
    assert back.model_dump(mode="json") == topology.model_dump(mode="json")


@given(st.text(min_size=1), st.floats(0.0, 1e5), st.booleans())
def test_any_text_and_any_length_come_back(text: str, length_km: float, compact: bool) -> None:
    other = text.translate({ord(">"): "-", ord("|"): "-"}) + "b"  # signs of paths are not for ids
    nodes = [{"id": "a", "label": text}, {"id": other}]
    link = {"ends": ("a", other), "length_km": {"value": length_km, "basis": "measured", "source": text}}
    topology = Topology.model_validate({**TEXTS, "name": text, "node": nodes, "link": [link]})
    back = read(topology_text(topology, compact=compact))
    assert back == topology
    assert back.model_dump(mode="json") == topology.model_dump(mode="json")


def test_a_file_is_put_in_place_whole(tmp_path: Path) -> None:
    topology = load_topology("cambridge-2019")
    path = tmp_path / "mine.toml"
    write_topology(topology, path)
    write_topology(topology, path)
    assert load_topology(str(path)) == topology
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match=r"expected a file name that ends in \.toml"):
        write_topology(topology, tmp_path / "mine.txt")
    with pytest.raises(InputError, match="cannot be written"):
        write_topology(topology, tmp_path / "nowhere" / "mine.toml")
    assert list(tmp_path.iterdir()) == [path]
