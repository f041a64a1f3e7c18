from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qkdsim.cli import main
from qkdsim.results import TABLES, FolderSink
from tests.exposure.small_runs import MadeKey, made_run

LINKS = [("a", "b"), ("b", "z"), ("a", "c"), ("c", "z"), ("a", "z"), ("z", "x@1,y")]
KEYS = [
    MadeKey(("a>b>z",), 100.0, 1000),
    MadeKey(("a>b>z", "a>c>z"), 200.0, 1000, "split"),
    MadeKey(("b>z",), 300.0, 1000),
    MadeKey(("a>z>x@1,y",), 400.0, 1000),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    announcements = [{"link": "z--x@1,y", "satellite": "sat", "time_s": 350.0, "bits": 5000, "on_board_s": 300.0}]
    made = made_run(LINKS, KEYS, {"split": ("xor", 2)}, announcements=announcements)
    with FolderSink("run") as sink:
        for table in TABLES:
            rows = made.table(table)
            sink.append(table, {name: rows[name].to_list() for name in rows.columns})
        sink.result({"format": "run/1", **made.summary}, {"format": "manifest/1", "run": "made"})
        sink.commit()
    return "run"


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["exposure", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["format"] == "exposure/1"
    return found


def test_json(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, run, "--compromised", "b", "--compromised", "c@1min..10min")
    assert found["scenario"] == "made"
    assert found["compromised"] == [
        {"node": "b", "from_s": 0.0, "until_s": None},
        {"node": "c", "from_s": 60.0, "until_s": 600.0},
    ]
    assert (found["total"]["keys"], found["total"]["exposed_keys"], found["total"]["exposed_fraction"]) == (4, 3, 0.75)
    assert found["total"]["first_s"] == KEYS[0].delivered_s
    by_class = {(group["class"], *group["ends"]): group for group in found["groups"]}
    assert by_class["split", "a", "z"]["by_relays_keys"] == 1
    assert by_class["c", "b", "z"]["at_ends_keys"] == 1
    assert by_class["c", "a", "x@1,y"]["exposed_fraction"] == 0.0
    assert found["pair"] is None


def test_a_pair(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, run, "--pair", "z,a")
    assert (found["total"], found["groups"], found["compromised"]) == (None, None, [])
    assert found["pair"]["any_key"] == {"nodes": 1, "sets": [["b"]], "complete": True}
    assert found["pair"]["every_key"]["sets"] == [["b", "c"]]
    assert found["pair"]["routes"]["disjoint_paths"] == 3
    named = document(capsys, run, "--pair", "a,x@1,y", "--compromised", "z@6min40s")
    assert named["total"]["exposed_keys"] == 1
    assert named["pair"]["every_key"]["sets"] == [["sat"], ["z"]]
    assert document(capsys, run, "--compromised", "x@1,y")["total"]["at_ends_keys"] == 1
    assert document(capsys, run, "--compromised", "x@1,y@500s")["total"]["exposed_keys"] == 0


def test_a_satellite(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, run, "--compromised", "sat@320s..330s", "--pair", "z,x@1,y")
    assert found["compromised"] == [{"node": "sat", "from_s": 320.0, "until_s": 330.0}]
    assert document(capsys, run, "--compromised", "sat@320s..330s")["total"]["by_relays_keys"] == 1
    assert document(capsys, run, "--compromised", "sat@351s")["total"]["exposed_keys"] == 0
    assert found["pair"]["routes"]["cuts"] == {"nodes": 1, "sets": [["sat"]], "complete": True}


def test_tables(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exposure", run, "--compromised", "b@150s", "--pair", "a,z"]) == 0
    text = capsys.readouterr().out
    assert "made: keys exposed with b from 2 min 30 s compromised" in text
    assert "a – z: fewest nodes between them that expose" in text
    assert "every route through relays (3 disjoint paths, one of them a direct link)" in text
    assert [line for line in text.splitlines() if line.split()[:2] == ["all", "2"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "exposure: name a --compromised node, what is --broken, a --pair, or several"),
        (["--compromised", "q"], "--compromised: got 'q', expected a node or a satellite of the run, such as a or sat"),
        (["--compromised", "q@6h"], "got 'q@6h', expected a node or a satellite of the run"),
        (["--compromised", "sat@6h"], "expected a time within the run, which lasts 1000 s"),
        (["--pair", "a,sat"], "two different nodes of the run"),
        (["--compromised", "b@"], "expected times such as 6h"),
        (["--compromised", "b@soon"], "expected times such as 6h"),
        (["--compromised", "b@60s..60s"], "expected a second time after the first"),
        (["--compromised", "b@60s.."], "expected times such as 6h"),
        (["--compromised", "b@6h"], "expected a time within the run, which lasts 1000 s"),
        (["--pair", "a"], "--pair: got 'a', expected two different nodes"),
        (["--pair", "a,a"], "two different nodes"),
        (["--pair", "a,q"], "two different nodes"),
    ],
)
def test_bad_input(run: str, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert main(["exposure", run, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert expected in captured.err


def test_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exposure", "no-such-run", "--compromised", "b"]) == 2
    assert "no such folder" in capsys.readouterr().err
