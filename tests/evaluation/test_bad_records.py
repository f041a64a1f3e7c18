"""Records that cannot be right: each is named in one line, nothing of it is evidence, and nothing escapes or hangs."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import laboratory
import numpy as np
import polars as pl
import pytest
from laboratory import HEAD, METRO, csv_text, entry

from qkdsim.devices import load_profile
from qkdsim.errors import InputError
from qkdsim.evaluation.records import read_records

COLUMNS = dict(laboratory.qber_columns(np.random.default_rng(3), rows=60))
CSV = csv_text(COLUMNS)
LINES = CSV.splitlines()
RUBBISH = np.random.default_rng(4).bytes(3000)
CSV_ENTRY = entry("qber", "qber.csv", loss_db=10.0, relative_uncertainty=0.0)
PARQUET_ENTRY = CSV_ENTRY.replace(".csv", ".parquet")
LOG = csv_text({"time_s": [60 * row for row in range(60)], "temperature_c": [22.0] * 60})


def line(place: int, text: str) -> bytes:
    """The sound table with one line exchanged."""
    return ("\n".join([*LINES[:place], text, *LINES[place + 1 :]]) + "\n").encode()


def parquet(**changed: object) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({**COLUMNS, **changed}).write_parquet(buffer)
    return buffer.getvalue()


def problems(folder: Path) -> list[str]:
    return [str(one) for one in read_records(folder, load_profile(METRO)).problems]


SOUND = {
    "as it is": CSV.encode(),
    "byte order mark": b"\xef\xbb\xbf" + CSV.encode(),
    "line ends of Windows": CSV.replace("\n", "\r\n").encode(),
    "line ends of old Macs": CSV.replace("\n", "\r").encode(),
    "blanks in the header": CSV.replace("time_s,", "time_s ,", 1).encode(),
    "exponents and signs": line(5, "+2.4E2,1.5e-2,1000000."),
}
BAD_CSV = {
    "random bytes": (RUBBISH, "not UTF-8"),
    "zeros": (bytes(500), "unknown column"),
    "empty": (b"", "an empty file"),
    "blank lines": (b"\n \n", "unknown column"),
    "a mark alone": (b"\xef\xbb\xbf", "an empty file"),
    "header without end": (LINES[0].encode(), "no line break"),
    "UTF-16": (CSV.encode("utf-16"), "not UTF-8"),
    "semicolons": (CSV.replace(",", ";").encode(), "unknown column"),
    "comment first": (b"# by hand\n" + CSV.encode(), "unknown column"),
    "decimal comma": (line(5, "240,0,015,1000000"), "line 6: got 4 values"),
    "separated thousands": (line(5, '240,0.015,"1,000,000"'), "line 6, sifted_bits"),
    "underscores": (line(5, "240,0.015,1_000_000"), "line 6, sifted_bits"),
    "Arabic digits": (line(5, "240,0.015,١٠٠"), "line 6, sifted_bits"),
    "full-width digits": (line(5, "２４０,0.015,100"), "line 6, time_s"),
    "hexadecimal": (line(5, "240,0.015,0x10"), "line 6, sifted_bits"),
    "percent": (line(5, "240,1.5%,100"), "line 6, qber"),
    "infinite": (line(5, "240,inf,100"), "line 6, qber"),
    "no time": (line(5, "nan,0.015,100"), "line 6, time_s"),
    "time before all times": (line(1, "-inf,0.015,100"), "line 2, time_s"),
    "time 1e300": (line(60, "1e300,0.015,100"), "a gap of 1e+300 s"),
    "times beyond their difference": (b"time_s,qber,sifted_bits\n-1e308,0,1\n1e308,0,1\n", "a gap of inf s"),
    "count 1e30": (line(5, "240,0.015,1e30"), "line 6, sifted_bits"),
    "count of 5000 digits": (line(5, f"240,0.015,{'9' * 5000}"), "line 6, sifted_bits"),
    "field beyond limits": (line(5, f"240,0.015,{'9' * 200_000}"), "not CSV"),
    "zero character": (line(5, "240,0.0\x0015,100"), "line 6"),
    "line break in a cell": (line(5, '240,"0.0\n15",100'), "line 7, qber"),
    "colour of a terminal": (line(5, "240,\x1b[31mred,100"), "line 6, qber"),
    "date": (line(5, "2025-01-01T00:04,0.015,100"), "line 6, time_s"),
    "Parquet inside": (parquet(), "not UTF-8"),
}
BAD_PARQUET = {
    "random bytes": (RUBBISH, "not a Parquet file"),
    "marks around nothing": (b"PAR1PAR1", "not readable as Parquet"),
    "marks around rubbish": (b"PAR1" + RUBBISH + b"PAR1", "not readable as Parquet"),
    "half": (parquet()[:700], "may be cut off"),
    "CSV inside": (CSV.encode(), "not a Parquet file"),
    "nulls": (parquet(qber=pl.Series([None] * 60, dtype=pl.Float64)), "row 1, qber: got nothing"),
    "null type": (parquet(qber=pl.Series([None] * 60)), "qber"),
    "NaN": (parquet(qber=[float("nan")] * 60), "row 1, qber: got nan"),
    "dates": (parquet(time_s=[datetime(2025, 1, 1) + timedelta(minutes=row) for row in range(60)]), "type Datetime"),
    "lists": (parquet(qber=[[0.1]] * 60), "type List"),
    "tables": (parquet(qber=[{"a": 1}] * 60), "type Struct"),
    "bytes": (parquet(qber=[b"\xff"] * 60), "type Binary"),
    "2^64 - 1": (parquet(sifted_bits=pl.Series([2**64 - 1] * 60, dtype=pl.UInt64)), "row 1, sifted_bits"),
    "a column more": (parquet(more=[1] * 60), "unknown column"),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_other_programs_write_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "evidence.toml").write_text(HEAD + CSV_ENTRY)
    (tmp_path / "qber.csv").write_bytes(SOUND[name])
    assert problems(tmp_path) == []


@pytest.mark.parametrize("name", [*BAD_CSV, *(f"Parquet: {name}" for name in BAD_PARQUET)])
def test_bad_files_are_named_in_a_line(name: str, tmp_path: Path) -> None:
    is_parquet = name.startswith("Parquet: ")
    raw, message = BAD_PARQUET[name.removeprefix("Parquet: ")] if is_parquet else BAD_CSV[name]
    (tmp_path / "evidence.toml").write_text(HEAD + (PARQUET_ENTRY if is_parquet else CSV_ENTRY))
    file = "qber.parquet" if is_parquet else "qber.csv"
    (tmp_path / file).write_bytes(raw)
    found = problems(tmp_path)
    assert found[0].startswith(file)
    assert message in found[0]
    assert all(one.isprintable() and len(one) < 200 for one in found)


ODD_PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(), "qber.csv: got a folder, expected a file"),
    "a pipe": (os.mkfifo, "qber.csv: got no plain file, expected a file"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "there is no such file"),
    "a link to itself": (lambda path: path.symlink_to("qber.csv"), "qber.csv: cannot be read"),
    "a device without end": (lambda path: path.symlink_to("/dev/zero"), "qber.csv: got no plain file"),
}


@pytest.mark.parametrize("name", ODD_PLACES)
def test_what_is_no_file(name: str, tmp_path: Path) -> None:
    make, message = ODD_PLACES[name]
    (tmp_path / "evidence.toml").write_text(HEAD + CSV_ENTRY)
    make(tmp_path / "qber.csv")
    (found,) = problems(tmp_path)
    assert message in found


STAGES = entry("stage_outputs", "out", seed=1, loss_db=5.0, stages_sha256=f'"{"0" * 64}"')
TEMPERATURE = entry("temperature", "t.csv", uncertainty_c=0.2, during='["qber.csv"]')
REFUSED = {
    "in the future": (HEAD.replace("2025-05-04", "2999-01-01") + CSV_ENTRY, "date: got 2999-01-01, expected a day"),
    "time of day": (HEAD.replace("2025-05-04", "2025-05-04T10:00:00") + CSV_ENTRY, "date"),
    "number as text": (HEAD + CSV_ENTRY.replace("10.0", '"10"'), "record[0].loss_db: got '10'"),
    "number as truth": (HEAD + CSV_ENTRY.replace("10.0", "true"), "record[0].loss_db: got True"),
    "infinite uncertainty": (HEAD + CSV_ENTRY.replace("= 0.0", "= inf"), "record[0].relative_uncertainty: got inf"),
    "out of the folder": (HEAD + CSV_ENTRY.replace("qber.csv", "../qber.csv"), "got '../qber.csv', expected a plain"),
    "line break in a name": (HEAD + CSV_ENTRY.replace("qber.csv", "q\\nber.csv"), "expected a plain name"),
    "list of numbers": (HEAD + "record = [1]\n", "record[0]"),
    "byte order mark": ("\ufeff" + HEAD + CSV_ENTRY, "not TOML"),
    "not listed": (HEAD + entry("qber", "other.csv", loss_db=10.0, relative_uncertainty=0.0), "qber.csv lies beside"),
    "during of another kind": (HEAD + CSV_ENTRY + 'during = ["qber.csv"]\n', "during: not used by kind = 'qber'"),
    "during nothing": (HEAD + CSV_ENTRY + TEMPERATURE.replace("qber.csv", "a.csv"), "record[1].during: got 'a.csv'"),
    "during itself": (HEAD + CSV_ENTRY + TEMPERATURE.replace("qber.csv", "t.csv"), "record[1].during: got 't.csv'"),
    "no uncertainty": (HEAD + CSV_ENTRY + TEMPERATURE.replace("uncertainty_c = 0.2", ""), "uncertainty_c: required"),
    "folder with ending": (
        HEAD + CSV_ENTRY + STAGES.replace('"out"', '"out.bin"'),
        "expected a folder, without ending",
    ),
    "parent folder": (HEAD + CSV_ENTRY + STAGES.replace('"out"', '".."'), "got '..', expected a plain name"),
    "hash of another size": (HEAD + CSV_ENTRY + STAGES.replace("0" * 64, "0" * 63), "record[1].stages_sha256"),
    "broken seed": (HEAD + CSV_ENTRY + STAGES.replace("seed = 1", "seed = 1.5"), "record[1].seed: got 1.5"),
    "same vectors twice": (HEAD + CSV_ENTRY + STAGES + STAGES.replace('"out"', '"out2"'), "is listed twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_descriptions_that_are_refused(name: str, tmp_path: Path) -> None:
    text, message = REFUSED[name]
    (tmp_path / "evidence.toml").write_text(text, encoding="utf-8")
    (tmp_path / "qber.csv").write_text(CSV)
    with pytest.raises(InputError) as caught:
        read_records(tmp_path, load_profile(METRO))
    assert any(message in str(one) for one in caught.value.problems), caught.value.problems
    assert "\n" not in str(caught.value)


def test_a_description_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "evidence.toml")
    with pytest.raises(InputError, match="no plain file"):
        read_records(tmp_path, None)


def test_a_folder_of_outputs_that_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "evidence.toml").write_text(HEAD + CSV_ENTRY)
    (tmp_path / "qber.csv").write_text(CSV)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "22-final-key.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="out lies beside it and is not listed"):
        read_records(tmp_path, None)
