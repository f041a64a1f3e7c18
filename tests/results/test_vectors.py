"""Folders of stage vectors: a device written from the manual agrees; any other value is found where it stands."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from qkdsim import library
from qkdsim.errors import InputError, RunError
from qkdsim.links.distillation import laboratory_link
from qkdsim.links.link import QkdLink
from qkdsim.links.stage_vectors import stage_vectors
from qkdsim.links.stages import STAGES
from qkdsim.results import vectors as vectors_module
from qkdsim.results.vectors import VectorFolder
from qkdsim.results.vectors_check import check_vectors
from tests.links.test_stage_vectors import one_basis_link
from tests.results import slow_device

MANUAL = Path(__file__).parents[2] / "docs" / "reference" / "vectors.md"


def both_bases_link(reconciliation: str = "cascade") -> QkdLink:
    return laboratory_link("gys-2004", loss_db=0.0, block_bits=1e4, reconciliation=reconciliation)


def write(folder: Path, link: QkdLink, seed: int = 2) -> Path:
    with VectorFolder(folder) as target:
        target.write(stage_vectors(link, seed))
    return folder


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("vectors") / "reference", one_basis_link())


def stages_of(folder: Path) -> list[dict]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["stages"]


# --- a device


def device_folder(reference: Path, target: Path) -> Path:
    """What the slow device makes of the inputs of a reference."""
    target.mkdir()
    files = {stage["name"]: stage["file"] for stage in stages_of(reference)}
    for name, frame in slow_device.outputs(reference).items():
        frame.write_parquet(target / files[name])
    return target


@pytest.mark.parametrize(
    "link",
    [
        one_basis_link("cascade"),
        one_basis_link("ldpc", policy="discard"),
        both_bases_link("cascade-option7"),
        both_bases_link("ldpc"),
        one_basis_link("cascade", 110_001),  # two frames of unequal length
        one_basis_link("ldpc", 110_001),
    ],
    ids=["cascade", "ldpc, doubles discarded", "option7, both bases", "ldpc, both bases", "cascade, 2", "ldpc, 2"],
)
def test_a_device_written_from_the_manual_agrees(tmp_path: Path, link: QkdLink) -> None:
    folder = write(tmp_path / "reference", link)
    found = check_vectors(folder, device_folder(folder, tmp_path / "device"))
    assert {stage.name: (stage.state, stage.difference) for stage in found.stages} == {
        stage["name"]: ("equal" if stage["role"] == "output" else "not given", None) for stage in stages_of(folder)
    }


# --- finding differences


def copy(reference: Path, target: Path) -> Path:
    return Path(shutil.copytree(reference, target))


def changed(frame: pl.DataFrame, column: str, row: int) -> pl.DataFrame:
    """The frame with another value at one place."""
    values = frame[column].to_list()
    value = values[row]
    if isinstance(value, bytes):
        values[row] = value[:-1] + bytes([value[-1] ^ 1])
    else:
        values[row] = value + 1 if isinstance(value, float) else value ^ 1
    return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))


def test_any_single_value_is_found_where_it_stands(reference: Path, tmp_path: Path) -> None:
    """Every column of every stage, in its first, a middle and its last row."""
    candidate = copy(reference, tmp_path / "candidate")
    for stage in stages_of(reference):
        path = candidate / stage["file"]
        content = path.read_bytes()
        frame = pl.read_parquet(path)
        for column in stage["columns"]:
            for row in {0, stage["rows"] // 2, stage["rows"] - 1}:
                changed(frame, column["name"], row).write_parquet(path)
                found = check_vectors(reference, candidate)
                assert [failed.name for failed in found.failed] == [stage["name"]]
                difference = found.failed[0].difference
                assert difference is not None
                assert (difference.column, difference.row) == (column["name"], row)
                assert not column["secret"] or difference.what in ("another value", "differs from byte 12 on")  # a pad
        path.write_bytes(content)
    assert check_vectors(reference, candidate).failed == ()


def test_the_first_row_with_a_difference_is_told(reference: Path, tmp_path: Path) -> None:
    candidate = copy(reference, tmp_path / "candidate")
    path = candidate / "18-counts.parquet"
    changed(changed(pl.read_parquet(path), "intensity", 30), "detections", 7).write_parquet(path)
    difference = check_vectors(reference, candidate).failed[0].difference
    assert difference is not None
    assert (difference.column, difference.row) == ("detections", 7)
    expected = pl.read_parquet(reference / path.name)["detections"][7]
    assert str(difference) == f"column detections, row 7: got {expected ^ 1}, expected {expected}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda frame: frame.head(-1), "9999: 9999 rows, expected 10000"),
        (lambda frame: pl.concat([frame, frame.tail(1)]), "10000: 10001 rows, expected 10000"),
        (lambda frame: frame.clear(), "row 0: 0 rows, expected 10000"),
        (lambda frame: frame.drop("bit"), "column bit: the column is missing"),
        (lambda frame: frame.cast({"bit": pl.Float64}), "column bit: holds Float64, expected uint8"),
        (lambda frame: frame.cast({"bit": pl.String}), "column bit: holds String, expected uint8"),
        (
            lambda frame: frame.with_columns(pl.when(pl.int_range(pl.len()) != 5).then("bit").alias("bit")),
            "row 5: no value, or one out of range",
        ),
        (lambda frame: frame.cast({"slot": pl.UInt64}) + pl.Series([2**63], dtype=pl.UInt64), "column slot, row 0: no"),
    ],
)
def test_tables_of_another_shape(
    reference: Path, tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame], expected: str
) -> None:
    candidate = copy(reference, tmp_path / "candidate")
    path = candidate / "10-alice-sifted.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    failed = check_vectors(reference, candidate).failed
    assert [stage.name for stage in failed] == ["alice-sifted"]
    assert expected in str(failed[0].difference)


def test_widths_order_compression_and_company_do_not_matter(reference: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    for stage in stages_of(reference):
        frame = pl.read_parquet(reference / stage["file"])
        wide = frame.cast({pl.Int64: pl.UInt64, pl.UInt8: pl.Int32}).with_columns(note=pl.lit("mine"))
        if "bit" in frame.columns:
            wide = wide.with_columns(pl.col("bit").cast(pl.Boolean))
        wide.select(reversed(wide.columns)).write_parquet(candidate / stage["file"], compression="snappy")
    (candidate / "notes.txt").write_text("mine")
    assert check_vectors(reference, candidate).failed == ()


def test_inputs_may_be_absent_and_outputs_may_not(reference: Path, tmp_path: Path) -> None:
    candidate = copy(reference, tmp_path / "candidate")
    for stage in stages_of(reference):
        if stage["role"] == "input":
            (candidate / stage["file"]).unlink()
    assert check_vectors(reference, candidate).failed == ()
    (candidate / "22-final-key.parquet").unlink()
    (candidate / "15-corrected.parquet").unlink()
    found = check_vectors(reference, candidate)
    assert [(stage.name, stage.state) for stage in found.failed] == [("corrected", "missing"), ("final-key", "missing")]


# --- the folder


def test_same_seed_same_bytes(reference: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "again", one_basis_link())
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in reference.iterdir()
    }


def test_the_manifest_describes_the_files(reference: Path) -> None:
    manifest = json.loads((reference / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "vectors/1"
    assert "never use" in manifest["warning"]
    assert sorted([*manifest["files"], "manifest.json"]) == sorted(path.name for path in reference.iterdir())
    for stage in manifest["stages"]:
        content = (reference / stage["file"]).read_bytes()
        frame = pl.read_parquet(reference / stage["file"])
        assert stage["file_sha256"] == hashlib.sha256(content).hexdigest()
        assert stage["rows"] == frame.height
        assert {one["name"]: one["dtype"] for one in stage["columns"]} == {
            name: str(dtype).lower() for name, dtype in frame.schema.items()
        }
        assert stage["content_sha256"] == hashlib.sha256(canonical(frame)).hexdigest()


def canonical(frame: pl.DataFrame) -> bytes:
    """The canonical form as the manual describes it, value by value."""
    text = []
    for name, dtype in frame.schema.items():
        for value in frame[name]:
            if dtype == pl.Binary:
                text.append(len(value).to_bytes(8, "little") + value)
            elif dtype == pl.Float64:
                text.append(struct.pack("<d", value))
            else:
                text.append(value.to_bytes(1 if dtype == pl.UInt8 else 8, "little"))
    return b"".join(text)


def test_the_manual_lists_every_stage_and_column() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == [stage.file for stage in STAGES]
    for stage in STAGES:
        section = sections[stage.file]
        who = {"both": "both ends"}.get(stage.end, stage.end.title())
        assert f"{stage.role.title()} of {who}: {stage.meaning}." in section
        assert re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE) == [
            (one.name, one.dtype + (", secret" if one.is_secret else ""), one.meaning) for one in stage.columns
        ]


def test_vectors_replace_vectors_and_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path / "out", both_bases_link())
    before = (folder / "manifest.json").read_text(encoding="utf-8")
    profile = library.find("profile", "gys-2004").read_bytes()
    assert json.loads(before)["profile_sha256"] == hashlib.sha256(profile).hexdigest()
    write(folder, both_bases_link(), seed=9)
    assert (folder / "manifest.json").read_text(encoding="utf-8") != before
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds mine\.txt"):
        VectorFolder(folder)


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(table: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vectors_module, "parquet", full_disk)
    with pytest.raises(RunError, match="cannot be written: No space left"):
        write(tmp_path / "out", both_bases_link())
    assert list(tmp_path.iterdir()) == []


# --- what cannot be read


def test_a_reference_that_is_not_whole(reference: Path, tmp_path: Path) -> None:
    folder = copy(reference, tmp_path / "folder")
    path = folder / "19-verdict.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")
    with pytest.raises(InputError, match=r"19-verdict.parquet: not the file that the manifest describes"):
        check_vectors(folder, reference)
    path.unlink()
    with pytest.raises(InputError, match=r"19-verdict.parquet is missing"):
        check_vectors(folder, reference)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"vectors/1"', '"vectors/2"'),
        ('"stages"', '"steps"'),
        ('"01-alice-raw.parquet"', '"../01-alice-raw.parquet"'),
        ('"role": "input"', '"role": "both"'),
        ("{", "["),
        ('"uint8"', '"binary"'),
        ('"name": "slot"', '"name": "shot"'),
    ],
)
def test_a_manifest_that_is_none(reference: Path, tmp_path: Path, old: str, new: str) -> None:
    folder = copy(reference, tmp_path / "folder")
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        check_vectors(folder, reference)
    assert len(str(raised.value).splitlines()) == 1


def test_candidates_that_cannot_be_read(reference: Path, tmp_path: Path) -> None:
    candidate = copy(reference, tmp_path / "candidate")
    path = candidate / "15-corrected.parquet"
    content = path.read_bytes()
    for broken in (b"", b"PAR1", content[: len(content) // 2], content[:4] + bytes(len(content) - 8) + content[-4:]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"15-corrected.parquet: not a Parquet file"):
            check_vectors(reference, candidate)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=r"15-corrected.parquet: cannot be read"):
        check_vectors(reference, candidate)
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder, what in ((empty, "holds no outputs"), (tmp_path / "none", "no such folder"), (MANUAL, "not a folder")):
        with pytest.raises(InputError, match=what):
            check_vectors(reference, folder)
    with pytest.raises(InputError, match=r"manifest.json is missing"):
        check_vectors(empty, reference)
