"""`qkdsim certify --evidence`: exit status, what a bundle keeps of the records, folders that cannot be used."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from qkdsim.cli import main

METRO = "generic-ingaas-metro"
HEAD = 'format = "evidence/1"\nlaboratory = "Lab"\ndate = 2025-05-04\ndevice = "qkdsim Generic InGaAs Metro"\n'
RECORD = (
    '[[record]]\nkind = "qber"\nfile = "qber.csv"\ninstrument = "log"\nloss_db = 10.0\nrelative_uncertainty = 0.0\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record of the QBER of a sound device."""
    made = tmp_path / "records"
    made.mkdir()
    (made / "evidence.toml").write_text(HEAD + RECORD)
    return with_qber(made, 0.015)


def with_qber(folder: Path, true: float) -> Path:
    errors = np.random.default_rng(5).binomial(100_000, true, 60)
    rows = [f"{60 * row},{count / 1e5},100000" for row, count in enumerate(errors)]
    (folder / "qber.csv").write_text("\n".join(["time_s,qber,sifted_bits", *rows]) + "\n")
    return folder


def certify(folder: Path, *options: str) -> int:
    return main(["certify", METRO, "--evidence", str(folder), "--criteria", "PF-04", *options])


def test_pass_fail_and_inconclusive(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert certify(folder, "--require", "measured", "--json") == 0
    row = json.loads(capsys.readouterr().out)["criteria"][0]
    assert (row["verdict"], row["basis"], row["facts"]["record"]) == ("pass", "measured", "qber.csv")
    assert row["interval"][0] < 0.015 < row["interval"][1]
    assert certify(with_qber(folder, 0.05), "--json") == 1
    capsys.readouterr()
    text = (folder / "qber.csv").read_text()
    (folder / "qber.csv").write_text(text[:-3])
    assert certify(folder) == 3
    printed = capsys.readouterr()
    line = "  inconclusive PF-04: qber.csv: line 61: got no line break at its end, expected a whole line"
    assert line in printed.out
    assert "Traceback" not in printed.out + printed.err


def test_a_listed_file_that_is_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "qber.csv").unlink()
    assert certify(folder) == 3
    assert "inconclusive PF-04: qber.csv: evidence.toml lists it, there is no such file" in capsys.readouterr().out


def test_records_at_another_loss(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "evidence.toml").write_text(HEAD + RECORD.replace("10.0", "5.0"))
    assert certify(folder, "--require", "measured") == 3
    assert "qber loss_db: got 5 dB, expected a record at 10 dB" in capsys.readouterr().out


def test_criteria_without_records_keep_their_other_evidence(folder: Path) -> None:
    assert main(["certify", METRO, "--evidence", str(folder), "--criteria", "PP-05,PF-04"]) == 0
    assert main(["certify", METRO, "--evidence", str(folder), "--criteria", "PP-05", "--require", "measured"]) == 3


def test_the_bundle_keeps_the_hash_of_every_record(folder: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    assert certify(folder, "--out", str(bundle)) == 0
    manifest = json.loads((bundle / "manifest.json").read_text())
    hashes = {one: hashlib.sha256((folder / one).read_bytes()).hexdigest() for one in ("evidence.toml", "qber.csv")}
    assert manifest["records"]["sha256"] == hashes
    assert manifest["records"]["laboratory"] == "Lab"
    assert main(["verify", str(bundle)]) == 0
    first = (bundle / "manifest.json").read_bytes()
    assert certify(folder, "--out", str(bundle)) == 0
    assert (bundle / "manifest.json").read_bytes() == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RECORD, "format: got nothing, expected evidence/1"),
        (HEAD.replace("evidence/1", "profile/1") + RECORD, "format: got 'profile/1', expected evidence/1"),
        (HEAD, "record: got nothing"),
        (HEAD + RECORD + "colour = 1\n", "record[0].colour: got an unknown key"),
        (HEAD + RECORD.replace("10.0", "-1.0"), "record[0].loss_db: got -1.0"),
        (HEAD + RECORD.replace("10.0", "nan"), "record[0].loss_db: got nan"),
        (HEAD + RECORD.replace("loss_db = 10.0\n", ""), "loss_db: required for kind = 'qber'"),
        (HEAD + RECORD.replace("relative_uncertainty = 0.0\n", ""), "relative_uncertainty: required for kind"),
        (HEAD + RECORD + "path_loss_db = 1.0\n", "path_loss_db: not used by kind = 'qber'"),
        (HEAD + RECORD.replace('"qber"', '"colour"'), "record[0].kind: got 'colour'"),
        (HEAD + RECORD.replace("qber.csv", "../qber.csv"), "a plain name of a file in the same folder"),
        (HEAD + RECORD.replace("qber.csv", "qber.xls"), "expected a name that ends in .csv or .parquet"),
        (HEAD + RECORD + RECORD, "'qber.csv' is listed twice"),
        (HEAD.replace("Metro", "Mero") + RECORD, "device: got 'qkdsim Generic InGaAs Mero', expected 'qkdsim Generic"),
        (HEAD.replace("2025-05-04", '"soon"') + RECORD, "date: got 'soon'"),
        ("format = ", "not TOML"),
    ],
)
def test_a_bad_description(folder: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "evidence.toml").write_text(text)
    assert certify(folder) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "evidence.toml" in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_a_record_that_is_left_out_is_noticed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "qber-2.csv").write_text("time_s,qber,sifted_bits\n")
    assert certify(folder) == 2
    assert "qber-2.csv lies beside it and is not listed" in capsys.readouterr().err


def test_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert certify(tmp_path / "nowhere") == 2
    assert "no such folder" in capsys.readouterr().err
    assert certify(tmp_path) == 2
    assert "no such file" in capsys.readouterr().err


def test_who_measured_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (HEAD + RECORD).replace("[[record]]", 'serial_number = "0007"\n[[record]]')
    (folder / "evidence.toml").write_text(text)
    assert certify(folder, "--out", str(tmp_path / "bundle"), "--lang", "ja") == 0
    line = "  records: Lab, 2025-05-04, qkdsim Generic InGaAs Metro, serial number 0007"
    assert line in capsys.readouterr().out.splitlines()
    records = json.loads((tmp_path / "bundle" / "certificate.json").read_text())["records"]
    assert (records["laboratory"], records["date"], records["serial_number"]) == ("Lab", "2025-05-04", "0007")
    page = (tmp_path / "bundle" / "report.html").read_text(encoding="utf-8")
    assert "測定日 2025-05-04" in page
    assert "製造番号 0007" in page
    (folder / "evidence.toml").write_text(HEAD + RECORD)
    assert certify(folder) == 0
    assert "qkdsim Generic InGaAs Metro, serial number not stated" in capsys.readouterr().out


def test_check_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "evidence.toml"
    assert main(["check", str(folder)]) == main(["check", str(path)]) == 0
    assert f"{path}: no problems" in capsys.readouterr().out
    (folder / "qber.csv").write_text("time_s,qber,sifted_bits\n0,2.0,100\n60,0.01,-1\n")
    (folder / "rng.bin").write_bytes(b"")
    path.write_text(HEAD + RECORD + '[[record]]\nkind = "rng"\nfile = "rng.bin"\ninstrument = "port"\n')
    capsys.readouterr()
    assert main(["check", str(folder)]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "qber.csv: line 2, qber: got '2.0', expected a fraction from 0 to 1",
        "qber.csv: line 3, sifted_bits: got '-1', expected a whole number of bits >= 0",
        "rng.bin: got 0 bits, expected at least 1000000",
    ]
    path.write_text(HEAD + RECORD.replace("10.0", "-1.0"))
    assert main(["check", str(folder), "--json"]) == 2
    assert "record[0].loss_db: got -1.0" in capsys.readouterr().out
    path.rename(folder / "records.toml")
    assert main(["check", str(folder / "records.toml")]) == 2
    assert "got 'records.toml', expected the name evidence.toml" in capsys.readouterr().out


def test_batteries_left_out_are_no_pass(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even for criteria that pass by inspection."""
    bundle = tmp_path / "bundle"
    criteria = ["--criteria", "RN-01,RN-02,RN-03,PP-15,PP-05"]
    assert main(["certify", METRO, *criteria, "--no-batteries", "--out", str(bundle)]) == 3
    line = "  inconclusive RN-01, RN-02, RN-03, PP-15: not run: the randomness batteries were left out"
    assert line in capsys.readouterr().out.splitlines()
    found = json.loads((bundle / "certificate.json").read_text())
    assert found["batteries"] is False
    assert found["counts"]["pass"] == 1
    assert json.loads((bundle / "manifest.json").read_text())["batteries"] is False
    assert "The randomness batteries were not run." in (bundle / "report.html").read_text()
    for required in ("specimen", "measured"):
        assert main(["certify", METRO, "--criteria", "RN-02", "--no-batteries", "--require", required]) == 3
