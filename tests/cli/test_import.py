"""`qkdsim import` and `qkdsim generate`: files in, a valid topology out, notes on stderr."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from qkdsim.cli import main
from qkdsim.topology import load_topology

EDGES = "source,target,length_km\nÅre,Umeå,12.5\nUmeå,Ås,\nÅs,Ås,1\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("edges.csv").write_text(EDGES, encoding="utf-8")


def test_import_prints_a_topology_that_check_accepts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "edges.csv", "--name", "north"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith('format = "topology/1"\n\nname = "north"\n')
    notes = printed.err.splitlines()
    assert all(line.startswith("qkdsim: note: ") for line in notes)
    assert any("from Ås to itself" in line for line in notes)
    Path("north.toml").write_text(printed.out, encoding="utf-8")
    assert main(["check", "north.toml"]) == 0
    assert [link.ends for link in load_topology("north.toml").link] == [("Åre", "Umeå")]


def test_import_writes_a_file_and_says_what_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "edges.csv", "--out", "north.toml", "--default-length-km", "7"]) == 0
    assert capsys.readouterr().out == "north.toml: 3 nodes, 2 links of 7 to 12.5 km, median 12.5 km\n"
    assert main(["import", "edges.csv", "--out", "north.toml", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["nodes"], document["links"]) == ("import/1", 3, 1)
    assert document["out"] == "north.toml"
    assert len(document["notes"]) == 3
    assert sorted(path.name for path in Path().iterdir()) == ["edges.csv", "north.toml"]


def test_json_without_a_file_holds_the_topology(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "edges.csv", "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out)["text"].startswith('format = "topology/1"')


def test_many_notes_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"a{number},a{number},1\n" for number in range(100))
    Path("edges.csv").write_text("source,target,length_km\na,b,1\n" + rows, encoding="utf-8")
    assert main(["import", "edges.csv", "--out", "x.toml"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "qkdsim: note: 81 more notes; --json prints them all"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["import", "none.csv"], "none.csv: no such file"),
        (["import", "edges.csv", "--from", "xml"], "--from: got 'xml', expected one of graphml, node-link"),
        (["import", "edges.csv", "--from", "graphml"], "edges.csv: not XML"),
        (["import", "edges.csv", "--from", "gnpy"], "edges.csv: not JSON"),
        (["import", "edges.csv", "--out", "x.txt"], "x.txt: expected a file name that ends in .toml"),
        (["import", "edges.csv", "--out", "no/x.toml"], "no/x.toml: cannot be written"),
        (["import", "edges.csv", "--out", "edges.csv"], "--out: got 'edges.csv', expected another file"),
        (["import", "edges.csv", "--route-factor", "0.5"], "--route-factor: got 0.5, expected a number from 1 to 10"),
        (["import", "edges.csv", "--default-length-km", "nan"], "--default-length-km: got nan"),
        (["import", "edges.csv", "--snap-km", "-1"], "--snap-km: got -1.0"),
        (["import", "edges.csv", "--length", "dist"], "--length: got 'dist', expected an attribute and its unit"),
        (["import", "edges.csv", "--name", "###"], "--name: got '###', expected a name with letters or digits"),
        (["generate", "--nodes", "5", "--links", "9", "--out", "x.toml"], "nodes: got 5, expected 20 to 20,000"),
        (["generate", "--nodes", "50", "--links", "9", "--out", "x.toml"], "links: got 9, expected"),
        (["generate", "--nodes", "50", "--links", "90", "--out", "x"], "expected a file name that ends in .toml"),
        (["generate", "--nodes", "50", "--links", "90", "--out", "x.toml", "--profile", "no"], "no shipped profile"),
    ],
)
def test_bad_options_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert expected in printed.err
    assert [path.name for path in Path().iterdir()] == ["edges.csv"]


def test_generate_writes_a_network_that_check_accepts(capsys: pytest.CaptureFixture[str]) -> None:
    size = ["generate", "--nodes", "100", "--links", "240", "--seed", "3"]
    assert main([*size, "--out", "one.toml"]) == 0
    assert capsys.readouterr().out.startswith("one.toml: 100 nodes, 240 links of ")
    assert main(["check", "one.toml"]) == 0
    capsys.readouterr()
    assert main([*size, "--out", "two.toml", "--name", "one", "--profile", "none", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["nodes"], document["links"], document["seed"]) == ("generate/1", 100, 240, 3)
    one, two = load_topology("one.toml"), load_topology("two.toml")
    assert one.node == two.node
    assert [link.length_km for link in one.link] == [link.length_km for link in two.link]
    assert {link.profile for link in two.link} == {None}


def test_a_thousand_nodes_are_made_and_read_in_seconds() -> None:
    start_s = time.perf_counter()
    assert main(["generate", "--nodes", "1000", "--links", "3000", "--out", "big.toml"]) == 0
    made_s = time.perf_counter() - start_s
    load_topology("big.toml")
    assert made_s < 10.0  # half a second on a quiet machine
    assert time.perf_counter() - start_s - made_s < 5.0  # a third of a second


def test_a_length_that_no_edge_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "edges.csv", "--length", "lenght_km=km", "--out", "x.toml"]) == 2
    assert capsys.readouterr().err == (
        "qkdsim: --length: got 'lenght_km', expected an attribute of the edges of edges.csv\n"
    )
    assert not Path("x.toml").exists()


def test_a_missing_file_is_bad_input_although_the_output_exists(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.toml").write_text("", encoding="utf-8")
    assert main(["import", "nothing.csv", "--out", "x.toml"]) == 2
    assert capsys.readouterr().err == "qkdsim: nothing.csv: no such file\n"
