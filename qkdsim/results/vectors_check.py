"""Comparing a device's outputs with stage vectors: where do they first differ?

Values are compared, not files: whole numbers may be of any width, compression and order of columns do not matter, and
columns or files that the reference does not have are ignored. Inputs may be left out, for a device was given them;
an output that is left out counts as a difference.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from qkdsim.errors import InputError
from qkdsim.results.run import MANIFEST
from qkdsim.results.vectors import VECTORS_FORMAT

if TYPE_CHECKING:
    import polars as pl

State = Literal["equal", "different", "missing", "not given"]
PLAIN_NAME = r"^\w[\w.-]*$"  # of a file in the folder itself


class ColumnEntry(BaseModel):
    """A column as the manifest states it."""

    name: str
    dtype: Literal["uint8", "int64", "float64", "binary"]
    secret: bool


class StageEntry(BaseModel):
    """A stage as the manifest states it."""

    name: str
    file: str = Field(pattern=PLAIN_NAME)
    role: Literal["input", "output"]
    columns: list[ColumnEntry] = Field(min_length=1)
    file_sha256: str


class Manifest(BaseModel):
    """What the comparison reads of a manifest."""

    format: Literal["vectors/1"]
    stages: list[StageEntry] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference of a stage: its column, its row from 0 (None where the whole column is meant), and what.

    `what` shows values of public columns only.
    """

    column: str
    row: int | None
    what: str

    def __str__(self) -> str:
        row = "" if self.row is None else f", row {self.row}"
        return f"column {self.column}{row}: {self.what}"


@dataclass(frozen=True, slots=True)
class StageCheck:
    """How a stage compares."""

    name: str
    file: str
    role: str
    state: State
    difference: Difference | None = None

    @property
    def is_failed(self) -> bool:
        """Whether the device does not have what it should."""
        return self.state in ("different", "missing")


@dataclass(frozen=True, slots=True)
class VectorCheck:
    """How a device's folder compares with a reference, stage by stage in order."""

    stages: tuple[StageCheck, ...]

    @property
    def failed(self) -> tuple[StageCheck, ...]:
        """The stages that differ or are missing, first one first."""
        return tuple(stage for stage in self.stages if stage.is_failed)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        first = self.failed[0] if self.failed else None
        return {
            "agrees": first is None,
            "first_difference": None if first is None else asdict(first),
            "stages": [asdict(stage) for stage in self.stages],
        }


def check_vectors(reference: str | Path, candidate: str | Path) -> VectorCheck:
    """Compare a device's folder with one of stage vectors.

    Raises InputError where a folder is missing, the reference is not whole, or a file is no Parquet file.
    """
    expected, found = Path(reference), Path(candidate)
    manifest = _manifest(expected)
    _check_folder(found)
    if not any((found / entry.file).is_file() for entry in manifest.stages if entry.role == "output"):
        raise InputError.of(str(found), "", None, f"holds no outputs, expected files such as {_first_output(manifest)}")
    return VectorCheck(tuple(_compared(entry, expected, found) for entry in manifest.stages))


def _first_output(manifest: Manifest) -> str:
    return next((entry.file for entry in manifest.stages if entry.role == "output"), "those of the manifest")


def _manifest(folder: Path) -> Manifest:
    _check_folder(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError.of(str(folder), "", None, f"not a folder of stage vectors: {MANIFEST} is missing")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        where = ""
        if isinstance(error, ValidationError):
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InputError.of(str(path), where, None, f"not a manifest of format {VECTORS_FORMAT}") from None


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError.of(str(folder), "", None, "not a folder" if folder.exists() else "no such folder")


def _compared(entry: StageEntry, reference: Path, candidate: Path) -> StageCheck:
    path = candidate / entry.file
    expected = _frame(reference / entry.file, entry.file_sha256)  # read in any case: the reference must be whole
    if not path.exists():
        return StageCheck(entry.name, entry.file, entry.role, "missing" if entry.role == "output" else "not given")
    for column in entry.columns:
        if column.name not in expected.columns or _of_type(expected[column.name], column.dtype) is None:
            raise InputError.of(str(reference / entry.file), column.name, None, "not the column of the manifest")
    difference = _first_difference(entry.columns, expected, _frame(path))
    return StageCheck(entry.name, entry.file, entry.role, "different" if difference else "equal", difference)


def _frame(path: Path, sha256: str | None = None) -> pl.DataFrame:
    """A Parquet file, of the given hash where one is given."""
    import polars as pl

    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError.of(str(path.parent), "", None, f"not whole: {path.name} is missing") from None
    except OSError as error:
        raise InputError.of(str(path), "", None, f"cannot be read: {error.strerror or error}") from None
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise InputError.of(str(path), "", None, "not the file that the manifest describes: its SHA-256 differs")
    try:
        return pl.read_parquet(io.BytesIO(content), use_statistics=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise InputError.of(str(path), "", None, "not a Parquet file that can be read") from None


def _first_difference(columns: list[ColumnEntry], expected: pl.DataFrame, found: pl.DataFrame) -> Difference | None:
    """The difference in the first row that has one; of several in a row, that in the first column."""
    differences = []
    for column in columns:
        if column.name not in found.columns:
            return Difference(column.name, None, "the column is missing")
        values = _of_type(found[column.name], column.dtype)
        if values is None:
            return Difference(column.name, None, f"holds {found[column.name].dtype}, expected {column.dtype}")
        differences.append(_difference(column, expected[column.name], values))
    return min((one for one in differences if one), key=lambda one: one.row or 0, default=None)


def _of_type(values: pl.Series, dtype: str) -> pl.Series | None:
    """Values in the one type in which they are compared; None where they are of another kind."""
    import polars as pl

    if dtype == "binary":
        return values if values.dtype == pl.Binary else None
    if dtype == "float64":
        return values.cast(pl.Float64, strict=False) if values.dtype.is_numeric() else None
    if values.dtype.is_integer() or values.dtype == pl.Boolean:
        return values.cast(pl.Int64, strict=False)  # what does not fit becomes null, which differs
    return None


def _difference(column: ColumnEntry, expected: pl.Series, found: pl.Series) -> Difference | None:
    import polars as pl

    common = min(len(expected), len(found))
    wanted = expected if column.dtype in ("binary", "float64") else expected.cast(pl.Int64)
    differs = wanted[:common].ne_missing(found[:common])
    if differs.any():
        row = int(differs.arg_max() or 0)
        return Difference(column.name, row, _what(column, wanted[row], found[row]))
    if len(expected) != len(found):
        return Difference(column.name, common, f"{len(found)} rows, expected {len(expected)}")
    return None


def _what(column: ColumnEntry, expected: Any, found: Any) -> str:
    if found is None:
        return "no value, or one out of range"
    if column.dtype == "binary":
        if len(found) != len(expected):
            return f"{len(found)} bytes, expected {len(expected)}"
        unlike = np.frombuffer(found, dtype=np.uint8) != np.frombuffer(expected, dtype=np.uint8)
        return f"differs from byte {int(unlike.argmax())} on"
    return "another value" if column.secret else f"got {found}, expected {expected}"
