"""`qkdsim vectors`: documents, the line for people, exit statuses, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from qkdsim.cli import main

WRITE = ("--loss-db", "0", "--block-bits", "1e4", "--reconciliation", "cascade")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, *options: str) -> None:
    assert main(["vectors", "gys-2004", *WRITE, "--out", name, *options]) == 0


def test_it_writes_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    write("reference")
    captured = capsys.readouterr()
    assert captured.out.startswith("reference: 21 stages of a block of gys-2004, 9,500 sifted bits, ")
    assert "for testing only" in captured.err
    write("device")
    capsys.readouterr()
    assert main(["vectors", "--check", "reference", "device"]) == 0
    assert capsys.readouterr().out == "all 21 stages agree\n"
    Path("device/01-alice-raw.parquet").unlink()
    assert main(["vectors", "--check", "reference", "device"]) == 0
    assert capsys.readouterr().out == "all 20 stages agree; 1 inputs not given\n"


def test_the_first_difference_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    write("reference")
    write("device")
    capsys.readouterr()
    path = Path("device/10-alice-sifted.parquet")
    frame = pl.read_parquet(path)
    frame.with_columns(bit=pl.col("bit") ^ (pl.int_range(pl.len()) >= 7).cast(pl.UInt8)).write_parquet(path)
    Path("device/15-corrected.parquet").unlink()
    assert main(["vectors", "--check", "reference", "device"]) == 1
    captured = capsys.readouterr()
    assert captured.out == (
        "first difference at stage alice-sifted (10-alice-sifted.parquet): column bit, row 7: another value; "
        "also missing: corrected\n"
    )
    assert captured.err == ""
    assert main(["vectors", "--check", "reference", "device", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "vectors-check/1"
    assert found["agrees"] is False
    assert found["first_difference"] == {
        "name": "alice-sifted",
        "file": "10-alice-sifted.parquet",
        "role": "output",
        "state": "different",
        "difference": {"column": "bit", "row": 7, "what": "another value"},
    }
    states = {stage["name"]: stage["state"] for stage in found["stages"]}
    assert (states["corrected"], states["bob-sifted"]) == ("missing", "equal")


def test_another_seed_differs_from_the_first_stage_on(capsys: pytest.CaptureFixture[str]) -> None:
    write("reference", "--json")
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["seed"], document["out"]) == ("vectors/1", 1, "reference")
    assert document["ledger"]["keys_equal"] is True
    write("device", "--seed", "2")
    capsys.readouterr()
    assert main(["vectors", "--check", "reference", "device"]) == 1
    assert capsys.readouterr().out.startswith("first difference at stage alice-raw (01-alice-raw.parquet): column slot")


def test_a_block_without_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vectors", "lim-2014", "--loss-db", "5", "--block-bits", "1e4", "--out", "reference"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("qkdsim: lim-2014: the block gives no key")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("gys-2004",), "expected exactly one of --out and --check"),
        (("gys-2004", "--out", "a", "--check", "b"), "expected exactly one of --out and --check"),
        (("device", "--check", "reference", "--seed", "3"), "--check: --seed goes with --out"),
        (("device", "--check", "reference"), "reference: no such folder"),
        (("gys-2004", "--out", "a"), "expected exactly one of --length-km and --loss-db"),
        (("gys-2004", "--out", "a", "--loss-db", "-1"), "loss_db: got -1.0"),
        (("gys-2004", "--out", "a", "--loss-db", "0", "--seed", "-1"), "--seed: got -1"),
        (("gys-2004", "--out", "a", "--loss-db", "0", "--block-bits", "0"), "block_bits: got 0.0"),
        (("gys-2004", "--out", "a", "--loss-db", "0", "--reconciliation", "winnow"), "winnow"),
        (("tokyo-2010-ntt", "--out", "a", "--loss-db", "0"), "tokyo-2010-ntt"),
        (("gys-2005", "--out", "a", "--loss-db", "0"), "gys-2005"),
        ((), "Missing argument"),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str) -> None:
    assert main(["vectors", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("qkdsim: ")
    assert expected in line
    assert list(Path().iterdir()) == []


def test_a_folder_of_other_things_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    assert main(["vectors", "gys-2004", *WRITE, "--out", "mine"]) == 2
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in Path().rglob("*")] == ["mine", "notes.txt"]
