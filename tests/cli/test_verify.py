"""`qkdsim verify`, `signing-key` and the files that `certify` writes: lines, exit statuses, bad input."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from qkdsim.cli import main

CERTIFY = ("certify", "gys-2004", "--criteria", "PF-01,PF-10,IF-01,PP-05,CV-01")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def contents(folder: str) -> dict[str, bytes]:
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_same_seed_same_bytes_and_all_files_are_there() -> None:
    status = main([*CERTIFY, "--out", "first"])
    assert status == main([*CERTIFY, "--out", "second"])
    assert contents("first") == contents("second")
    names = set(contents("first"))
    assert {"certificate.json", "report.html", "junit.xml", "manifest.json", "evidence/PF-01.json"} <= names
    assert "signatures.json" not in names
    assert json.loads(Path("first/certificate.json").read_text())["format"] == "certify/1"


def test_the_certificate_is_what_json_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main([*CERTIFY, "--out", "bundle", "--json"])
    captured = capsys.readouterr()
    assert json.loads(captured.out) == json.loads(Path("bundle/certificate.json").read_text())
    assert captured.err.startswith("bundle: evidence bundle, SHA-256 of its manifest ")


def test_verify_says_whole_changed_and_unsigned(capsys: pytest.CaptureFixture[str]) -> None:
    main([*CERTIFY, "--out", "bundle"])
    capsys.readouterr()
    assert main(["verify", "bundle"]) == 0
    out = capsys.readouterr().out
    assert "files are as the manifest says" in out
    assert "not signed" in out
    Path("bundle/report.html").write_text("<p>pass</p>")
    Path("bundle/extra").write_text("")
    assert main(["verify", "bundle"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bundle: report.html: changed, its SHA-256 is not that of the manifest"
    assert lines[1] == "bundle: extra: added, the manifest does not list it"
    assert main(["verify", "bundle", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["whole"], document["signed"]) == ("verify/1", False, False)
    assert len(document["mismatches"]) == 2


def test_a_signed_bundle_is_checked_against_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["signing-key", "mine"]) == 0
    assert main(["signing-key", "other"]) == 0
    main([*CERTIFY, "--out", "bundle", "--sign", "mine"])
    capsys.readouterr()
    assert main(["verify", "bundle", "--key", "mine.pub"]) == 0
    assert "ml-dsa-65 valid, ed25519 valid" in capsys.readouterr().out
    assert main(["verify", "bundle"]) == 0
    assert "under the keys that the bundle itself states" in capsys.readouterr().out
    assert main(["verify", "bundle", "--key", "other.pub"]) == 1
    assert "ml-dsa-65 not by this key" in capsys.readouterr().out
    main([*CERTIFY, "--out", "bundle"])
    capsys.readouterr()
    assert main(["verify", "bundle", "--key", "mine.pub"]) == 1
    assert "not signed, though a key is given" in capsys.readouterr().out


def test_html_and_junit_can_stand_alone() -> None:
    main([*CERTIFY, "--html", "page.html", "--junit", "j.xml", "--lang", "ja"])
    assert Path("page.html").read_text(encoding="utf-8").startswith('<!DOCTYPE html>\n<html lang="ja">')
    assert Xml.parse("j.xml").getroot().tag == "testsuites"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((*CERTIFY, "--lang", "fr"), "qkdsim: --lang: got 'fr', expected en or ja"),
        ((*CERTIFY, "--sign", "key"), "qkdsim: --sign: goes with --out: a bundle is signed, not a page"),
        ((*CERTIFY, "--out", "b", "--sign", "none"), "qkdsim: none: cannot be read: No such file or directory"),
        ((*CERTIFY, "--html", "no/such/folder.html"), "qkdsim: no/such/folder.html: cannot be written: "),
        ((*CERTIFY, "--out", "b", "--junit", "no/x.xml"), "qkdsim: no/x.xml: cannot be written: no such folder"),
        ((*CERTIFY, "--out", "b", "--html", "b/x.html"), "qkdsim: b/x.html: expected outside of b: a bundle holds"),
        ((*CERTIFY, "--html", "x", "--junit", "./x"), "qkdsim: x: expected different files for --html and --junit"),
        (("compare", "t12-2013", "--figure", "f.svg", "--html", "."), "qkdsim: .: is a folder, expected a file"),
        (("verify", "nothing"), "qkdsim: nothing: no such folder"),
        (("verify", "."), "qkdsim: .: not an evidence bundle: manifest.json is missing"),
        (("verify", "bundle", "--key", "bundle/manifest.json"), "qkdsim: bundle/manifest.json: not a key file"),
        (("signing-key", "no/such/folder/key"), "qkdsim: no/such/folder/key: cannot be written"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "bundle" in arguments:
        main([*CERTIFY, "--out", "bundle"])
        capsys.readouterr()
    status = main(list(arguments))
    captured = capsys.readouterr()
    assert status in (1, 2)
    assert captured.err.splitlines()[-1].startswith(line)
    assert len([one for one in captured.err.splitlines() if one.startswith("qkdsim:")]) == 1
    assert not [name for name in ("b", "x", "f.svg") if Path(name).exists()]  # nothing half written


def test_a_folder_of_something_else_is_refused_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/notes").write_text("x")
    assert main([*CERTIFY, "--out", "mine"]) == 2
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in Path("mine").iterdir()] == ["notes"]
