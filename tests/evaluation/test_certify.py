"""`qkdsim certify`: verdict, document, exit status, bad input."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

import qkdsim
from qkdsim import library
from qkdsim.cli import main
from qkdsim.evaluation import conclude, load_criteria

METRO = "generic-ingaas-metro"
DECLARED = "TX-01,TX-13,PP-17,PP-18,PS-04"


def document(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, object]]:
    status = main(["certify", *options, "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out)


def test_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = document(capsys, "tokyo-2010-nec")
    keys = [
        "format",
        "profile",
        "profile_sha256",
        "role",
        "level",
        "scheme",
        "verdict",
        "basis",
        "require",
        "seed",
        "batteries",
        "records",
    ]
    path = library.data_folder() / library.FOLDERS["profile"] / "tokyo-2010-nec.toml"
    assert found["profile_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(found) == [
        *keys,
        "level_reached",
        "counts",
        "blocking",
        "not_tested",
        "left_out",
        "criteria",
        "schemes",
    ]
    rows = found["criteria"]
    assert isinstance(rows, list)
    assert [row["id"] for row in rows] == [one.id for one in load_criteria().values() if one.part == "core"]
    wanted = {"id", "title", "verdict", "value", "interval", "threshold", "margin", "unit", "sample_size", "seed"}
    assert all(wanted | {"method", "basis", "source"} <= set(row) for row in rows)
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert sum(counts.values()) == 100
    endpoint = {one.id for one in load_criteria().values() if one.methods == ("endpoint",)}
    not_tested = found["not_tested"]
    assert isinstance(not_tested, list)
    assert set(not_tested) <= endpoint
    assert {"IF-01", "KM-03"} <= set(not_tested)


@pytest.mark.parametrize(
    ("options", "status", "verdict"),
    [
        ([METRO, "--criteria", "PP-05,PS-05"], 0, "pass"),
        (["defective/pp-tags-too-short", "--criteria", "PP-05,PP-12"], 1, "fail"),
        (["tokyo-2010-nec", "--criteria", "PS-04,PP-18"], 3, "inconclusive"),
        ([METRO, "--criteria", "PP-05,PS-05", "--require", "measured"], 3, "inconclusive"),
        ([METRO, "--criteria", "IF-01"], 3, "inconclusive"),  # nothing could be judged
    ],
)
def test_exit_status(options: list[str], status: int, verdict: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, *options)[0] == status
    assert document(capsys, *options)[1]["verdict"] == verdict


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([METRO, "--level", "L4"], "--level: got 'L4', expected one of L1, L2, L3"),
        ([METRO, "--scheme", "mars"], "no shipped scheme of this name"),
        ([METRO, "--require", "hearsay"], "--require: got 'hearsay', expected one of specimen, measured"),
        ([METRO, "--criteria", "TX-99"], "--criteria: got 'TX-99', expected an id such as TX-01"),
        ([METRO, "--criteria", ""], "--criteria: got '', expected an id"),
        (["generic-ingas"], "no shipped profile of this name"),
        (["defective/nothing"], "no such file"),
        (["broken.toml"], "format: got 'nothing'"),
    ],
)
def test_bad_input(
    options: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.toml").write_text("x = 1\n", encoding="utf-8")
    assert main(["certify", *options]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert len(captured.err.splitlines()) == 1
    assert not captured.out


def test_the_verdict_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "defective/pp-proof-bound-broken", "--criteria", DECLARED, "--verbose"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("defective/pp-proof-bound-broken: FAIL at L2")
    assert any(line.strip().startswith("fails PP-18: outside the bound of the proof") for line in lines)
    text = "\n".join(lines)
    assert "qkdsim default" in text
    assert "declared security" in text  # proof: cells of the table are broken into lines


def test_one_body_of_evidence_under_every_scheme() -> None:
    found = qkdsim.certify(METRO, criteria=["PS-05", "HY-03"], level="L1")
    assert [one.verdict for one in found.verdicts] == ["pass", "pass"]
    by_scheme = {name: conclude(found, name) for name in ("eu", "uk")}
    package = next(one for one in by_scheme["eu"].verdicts if one.criterion == "PS-05")
    assert package.verdict == "fail"  # EAL4 with AVA_VAN.3 is not the package of the protection profile
    outside = next(one for one in by_scheme["eu"].verdicts if one.criterion == "HY-03")
    assert (outside.verdict, outside.reason) == ("not-applicable", "outside the scheme eu")
    assert next(one for one in by_scheme["uk"].verdicts if one.criterion == "HY-03").verdict == "pass"


def test_a_part_of_a_scheme_reaches_no_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = qkdsim.certify(METRO, criteria=["PS-05"])
    assert (found.verdict.verdict, found.level_reached) == ("pass", None)
    assert len(found.left_out) == 99
    assert "PS-05" not in found.left_out
    main(["certify", METRO, "--criteria", "PS-05", "--html", "page.html", "--lang", "ja"])
    text = capsys.readouterr().out
    assert "PASS at L2, chosen criteria only" in text
    assert "no verdict of a level: 99 criteria of the scheme were not asked for" in text
    assert "レベルの判定ではない" in Path("page.html").read_text(encoding="utf-8")


def test_a_profile_made_in_python() -> None:
    profile = qkdsim.load_profile(METRO, overrides={"platform.signed_firmware": False})
    found = qkdsim.certify(profile, criteria=["PS-04"])
    assert found.verdict.verdict == "fail"
    assert found.level_reached is None


def test_same_seed_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    documents = [document(capsys, METRO, "--criteria", DECLARED, "--seed", "5") for _ in range(2)]
    assert documents[0] == documents[1]


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "criteria", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["criteria"]
    assert len(listed) == 120
    assert main(["list", "schemes", "--json"]) == 0
    schemes = json.loads(capsys.readouterr().out)
    assert len(schemes["recognition"]) == 3 * 6 * 5
    assert main(["list", "criteria"]) == main(["list", "schemes"]) == 0
    assert "1e-06*" in capsys.readouterr().out


def test_the_table_fits_a_narrow_screen_and_has_no_colour_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["certify", METRO, "--criteria", "TX-13,PP-18,PS-04,PS-05,IF-01"]
    assert main(options) == 0
    piped = capsys.readouterr().out
    assert "\x1b" not in piped
    assert "margin" in piped
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    assert main(options) == 0
    screen = capsys.readouterr().out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", screen)
    assert "\x1b[32mpass" in screen
    table = plain[plain.index("transmitter") :]
    assert max(map(len, table.splitlines())) <= 100
    assert all(word in table for word in ("TX-13", "<= 1e-06", "not-tested", "AVA_VAN.3,"))
