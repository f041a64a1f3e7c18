"""Replicas of a small network: any number of workers, the same bytes; clean ends."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from qkdsim.cli import main
from qkdsim.errors import InputError, RunError
from qkdsim.scenario import load_named_scenario
from qkdsim.studies import Replica, measures_of, replica_seeds, replicas
from tests.scenario.small_files import write_small_files


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    (tmp_path / "files").mkdir()
    return str(write_small_files(tmp_path / "files"))


def test_seeds_are_those_of_longer_studies_and_all_differ() -> None:
    assert replica_seeds(5, 3) == replica_seeds(5, 200)[:3]
    assert replica_seeds(5, 200)[0] == 5
    assert len({*replica_seeds(5, 200), *replica_seeds(6, 200)}) == 400


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(scenario).parent)  # workers find the files of a relative path
    done: list[int] = []
    alone = replicas("hour.toml", 4, on_done=done.append)
    beside = replicas("hour.toml", 4, workers=2)
    assert done == [1, 2, 3, 4]
    assert alone.seeds == beside.seeds
    assert alone.measures.equals(beside.measures)
    keys = alone.measures.filter(scope="class", name="keys", measure="requests")
    assert keys["low"].item() < keys["value"].item() < keys["high"].item()
    stream = alone.measures.filter(scope="class", name="stream", measure="requests")
    assert stream.select("value", "low", "high", "replicas").row(0) == (360.0, 360.0, 360.0, 4)


def test_the_run_folder_is_that_of_the_first_replica(scenario: str, tmp_path: Path) -> None:
    one, many = tmp_path / "one", tmp_path / "many"
    assert main(["run", scenario, "--out", str(one)]) == 0
    assert main(["run", scenario, "--out", str(many), "--replicas", "3", "--workers", "1"]) == 0
    for file in one.iterdir():
        if file.is_file() and file.name not in ("measures.parquet", "manifest.json", "report.html"):
            assert file.read_bytes() == (many / file.name).read_bytes(), file.name
    seeds = json.loads((many / "manifest.json").read_text(encoding="utf-8"))["replica_seeds"]
    assert seeds == list(replica_seeds(5, 3))
    single, joined = (pl.read_parquet(folder / "measures.parquet") for folder in (one, many))
    assert single.select("scope", "name", "measure").equals(joined.select("scope", "name", "measure"))
    assert single["low"].null_count() == single.height
    assert joined["low"].null_count() < joined.height
    assert joined.schema == single.schema


def test_the_summary_shows_classes_and_their_intervals(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(Path(scenario).parent.parent / "run")
    assert main(["run", scenario, "--out", out]) == 0
    plain = capsys.readouterr().out
    assert "availability" in plain
    assert "±" not in plain
    assert main(["run", scenario, "--out", out, "--replicas", "2", "--workers", "1"]) == 0
    assert "95 % intervals of 2 replicas" in (shown := capsys.readouterr().out)
    assert "±" in shown
    assert main(["run", scenario, "--out", out, "--replicas", "2", "--workers", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["replicas"] == 2
    stream, keys = document["measures"]
    assert (stream["class"], stream["requests"], stream["offered_bps"]) == ("stream", 360.0, 500.0)
    low, high = keys["intervals"]["requests"]
    assert low < keys["requests"] < high


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--replicas", "0"], "qkdsim: replicas: got 0, expected a whole number from 1 to 100,000\n"),
        (["--replicas", "3", "--workers", "0"], "qkdsim: workers: got 0, expected a whole number from 1 to 1,000\n"),
        (["--workers", "2"], "qkdsim: --workers: got 2, expected --replicas beside it: one run takes one process\n"),
    ],
)
def test_bad_counts(scenario: str, capsys: pytest.CaptureFixture[str], options: list[str], line: str) -> None:
    assert main(["run", scenario, *options, "--out", str(Path(scenario).parent.parent / "run")]) == 2
    assert capsys.readouterr().err == line
    assert not (Path(scenario).parent.parent / "run").exists()


def test_bad_counts_from_python(scenario: str) -> None:
    with pytest.raises(InputError, match="replicas: got 0"):
        replicas(scenario, 0)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_replica_is_one_line_with_its_seed(scenario: str, workers: int) -> None:
    named = load_named_scenario(scenario)
    runs = [Replica(named, 5), Replica(named, 6, fidelity="no-such")]
    with measures_of(runs, workers) as found, pytest.raises(RunError, match=r"replica with seed 6: fid") as caught:
        list(found)
    assert "\n" not in str(caught.value)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to a group of processes on Windows")
def test_interrupted_replicas_leave_nothing(scenario: str, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    run = [sys.executable, "-m", "qkdsim", "run", scenario, "--duration", "2000d", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        [*run, "--replicas", "4", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    )
    deadline = time.monotonic() + 60.0
    while not list(temporary.glob("qkdsim-*/.*.partial-*")):  # a worker writes
        assert time.monotonic() < deadline, "no worker ever began to write"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err.splitlines()[-1:] == [b"qkdsim: interrupted; nothing was written"]
    assert b"Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "temporary"]
    assert list(temporary.glob("qkdsim-*")) == []
