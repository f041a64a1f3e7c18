"""Writing stage vectors: one Parquet file a stage and a manifest, in a folder that is whole or not there."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from qkdsim.errors import RunError
from qkdsim.links.stages import Column, StageTable, Values
from qkdsim.results.json_text import json_text
from qkdsim.results.place import Stage as FolderStage
from qkdsim.results.run import MANIFEST
from qkdsim.version import __version__

if TYPE_CHECKING:
    import polars as pl

    from qkdsim.links.stage_vectors import StageVectors

VECTORS_FORMAT = "vectors/1"
WARNING = (
    "This folder holds raw bits, authentication keys, pads and the final key of a simulated block, on purpose. "
    "They are test values, known to everybody: never use any of them to protect anything."
)
ROW_GROUP = 1 << 18  # stated, so that the bytes of a file do not depend on the number of threads
LITTLE_ENDIAN = {"uint8": "u1", "int64": "<i8", "float64": "<f8"}


class VectorFolder:
    """A folder of stage vectors that appears whole, at `write`, or not at all.

    A context manager: leaving it without a write (an error, Ctrl-C) removes what was written. Raises InputError when
    the target cannot be written, RunError when the disk refuses.
    """

    def __init__(self, target: str | Path) -> None:
        """Prepare the hidden stage."""
        self._stage = FolderStage(Path(target), VECTORS_FORMAT)
        self._is_placed = False

    def __enter__(self) -> VectorFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_placed:
            self._stage.remove()

    def write(self, vectors: StageVectors) -> dict[str, Any]:
        """Write all stages and put the folder in place, replacing earlier vectors. Gives the manifest."""
        entries = []
        with self._writing():
            for table in vectors.stages:
                content = parquet(table)
                (self._stage.path / table.stage.file).write_bytes(content)
                entries.append(_entry(table, content))
            manifest = _manifest(vectors, entries)
            (self._stage.path / MANIFEST).write_text(json_text(manifest), encoding="utf-8")
        self._stage.place()
        self._is_placed = True
        return manifest

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RunError(f"{self._stage.shown}: cannot be written: {error.strerror or error}") from None


def _manifest(vectors: StageVectors, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": VECTORS_FORMAT,
        "warning": WARNING,
        "version": __version__,
        **vectors.made_from,
        "agreed": vectors.agreed,
        "ledger": vectors.ledger,
        "stages": entries,
        "stages_sha256": hashlib.sha256("".join(one["content_sha256"] for one in entries).encode()).hexdigest(),
        "files": [entry["file"] for entry in entries],
    }


def _entry(table: StageTable, content: bytes) -> dict[str, Any]:
    stage = table.stage
    return {
        "order": stage.number,
        "name": stage.name,
        "file": stage.file,
        "role": stage.role,
        "end": stage.end,
        "meaning": stage.meaning,
        "rows": table.rows,
        "columns": [
            {"name": column.name, "dtype": column.dtype, "secret": column.is_secret, "meaning": column.meaning}
            for column in stage.columns
        ],
        "content_sha256": content_sha256({column.name: (column, values) for column, values in table.columns}),
        "file_sha256": hashlib.sha256(content).hexdigest(),
    }


def content_sha256(columns: Mapping[str, tuple[Column, Values]]) -> str:
    """The hash of what a stage says, however it is stored: column after column, value after value.

    Numbers as one byte (uint8) or eight, little endian; a byte string as its length in eight bytes, then itself.
    """
    digest = hashlib.sha256()
    for column, values in columns.values():
        if column.dtype == "binary":
            for one in values:
                digest.update(len(one).to_bytes(8, "little"))
                digest.update(one)
        else:
            digest.update(np.ascontiguousarray(values, dtype=LITTLE_ENDIAN[column.dtype]).data)
    return digest.hexdigest()


def parquet(table: StageTable) -> bytes:
    """A stage as a Parquet file: the same bytes for the same values."""
    import polars as pl

    dtypes = {"uint8": pl.UInt8, "int64": pl.Int64, "float64": pl.Float64, "binary": pl.Binary}
    series: list[pl.Series] = [
        pl.Series(column.name, values, dtype=dtypes[column.dtype], strict=True) for column, values in table.columns
    ]
    file = io.BytesIO()
    pl.DataFrame(series).write_parquet(file, row_group_size=ROW_GROUP, statistics=False)
    return file.getvalue()
