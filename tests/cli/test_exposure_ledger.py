"""`qkdsim exposure` on sessions and stored objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qkdsim.cli import main
from qkdsim.results import TABLES, FolderSink, RunResult
from tests.exposure.small_runs import MadeKey, made_run
from tests.exposure.small_sessions import BOTH, MadeOperation, MadeSession, object_tables, session_tables

LINKS = [("alice", "bella"), ("bella", "zoe"), ("alice", "zoe")]
KEYS = [MadeKey(("alice>bella>zoe",), 50.0), MadeKey(("alice>bella",), 50.0)]
ENDS = ("alice", "zoe")
SESSIONS = [
    MadeSession(("qkd", *BOTH), key_request=0, ends=ENDS, size=3000, policy="QkdAndPqcRequired"),
    MadeSession(BOTH, ends=ENDS, size=1000, missing="qkd"),
    MadeSession(BOTH, ends=("zoe", "bella"), size=1000, missing="qkd", at_s=300.0, until_s=400.0),
]
STORE = MadeOperation("store", "alice", 40.0, 60.0, ((0, "zoe"), (1, "bella")))


def written(made: RunResult, folder: str) -> str:
    with FolderSink(folder) as sink:
        for table in TABLES:
            rows = made.table(table)
            sink.append(table, {name: rows[name].to_list() for name in rows.columns})
        sink.result({"format": "run/1", **made.summary}, {"format": "manifest/1", "run": "made"})
        sink.commit()
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    more = {**session_tables(SESSIONS), **object_tables([STORE], ("zoe", "bella"), 2)}
    return written(made_run(LINKS, KEYS, more=more), "run")


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["exposure", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["format"] == "exposure/1"
    return found


def test_json(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, run, "--broken", "x25519,ml-kem-768")
    assert (found["broken"], found["since_s"], found["compromised"]) == (["ml-kem-768", "x25519"], 0.0, [])
    assert (found["total"], found["groups"]) == (None, None)
    assert found["sessions"]["total"] == {
        "sessions": 3,
        "bytes": 5000,
        "exposed_sessions": 2,
        "exposed_bytes": 2000,
        "exposed_sessions_fraction": 2 / 3,
        "exposed_bytes_fraction": 0.4,
    }
    assert [(one["plan"], one["policy"], one["exposed_bytes"]) for one in found["sessions"]["policies"]] == [
        ("p", "EitherQkdOrPqcRequired", 2000),
        ("p", "QkdAndPqcRequired", 0),
    ]
    assert [one["ends"] for one in found["sessions"]["pairs"]] == [["alice", "zoe"], ["bella", "zoe"]]
    assert found["sessions"]["reasons"] == [{"words": "x25519 + ml-kem-768 broken", "sessions": 2, "bytes": 2000}]
    assert (found["objects"]["exposed_objects"], found["objects"]["bytes"]) == (0, 5000)
    both = document(capsys, run, "--broken", "x25519", "--broken", "ml-kem-768", "--compromised", "bella")
    assert (both["sessions"]["total"]["exposed_bytes"], both["total"]["exposed_keys"]) == (5000, 2)
    assert both["objects"]["rows"][0]["why"] == "shares known: zoe, bella"


def test_since(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, run, "--broken", "ml-dsa-65")["sessions"]["total"]["exposed_bytes"] == 2000
    late = document(capsys, run, "--broken", "ml-dsa-65", "--since", "4min")
    assert (late["since_s"], late["sessions"]["total"]["exposed_bytes"]) == (240.0, 1000)


def test_smallest_sets(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, run, "--pair", "zoe,alice")
    (pair,) = found["smallest_sets"]["sessions"]
    assert (pair["plan"], pair["ends"], pair["every"]["fewest"]) == ("p", ["alice", "zoe"], 1)
    assert {"broken": ["ml-kem-768", "x25519"], "compromised": ["bella"]} in pair["every"]["sets"]
    assert found["sessions"]["total"]["sessions"] == 2
    plans = document(capsys, run, "--broken", "y-00")["smallest_sets"]
    assert [one["ends"] for one in plans["sessions"]] == [None, ["alice", "zoe"], ["bella", "zoe"]]
    assert plans["objects"][0]["sets"][0] == {"broken": ["qkd"], "compromised": []}


def test_tables(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exposure", run, "--broken", "x25519,ml-kem-768", "--compromised", "bella@1s"]) == 0
    text = capsys.readouterr().out
    words = " ".join(text.split())
    assert "sessions exposed with ml-kem-768, x25519 broken and bella from 1 s compromised, signatures from" in words
    assert "x25519 + ml-kem-768 + QKD key known" in text
    assert "end bella compromised" in text
    assert "shares known: zoe, bella" in text
    assert "smallest sets of failures that expose" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--broken", "mlkem768"], "--broken: got 'mlkem768', expected ml-kem-768"),
        (["--broken", "x25519,"], "--broken: got '', expected an algorithm or qkd; the run uses ml-kem-768, x25519"),
        (["--broken", "one-time-pad"], "a one-time pad falls with its keys only"),
        (["--compromised", "Bela"], "--compromised: got 'Bela', expected a node of the run, such as bella"),
        (["--compromised", "zoo@6h"], "got 'zoo@6h', expected a node of the run, such as zoe"),
        (["--broken", "x25519", "--since", "soon"], "--since: got 'soon', expected a time such as 6h"),
        (["--broken", "x25519", "--since", "6h"], "--since: got '6h', expected a time within the run"),
    ],
)
def test_bad_input(run: str, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert main(["exposure", run, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert expected in captured.err


def test_a_run_without_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = written(made_run(LINKS, KEYS), "run")
    assert main(["exposure", run, "--broken", "x25519"]) == 2
    assert "expected a run with sessions or stored objects; this one has none" in capsys.readouterr().err
    found = document(capsys, run, "--compromised", "bella")
    assert (found["sessions"], found["objects"], found["smallest_sets"]) == (None, None, None)
