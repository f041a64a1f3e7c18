"""The result of a run, in memory or read back from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qkdsim.errors import InputError
from qkdsim.results.frames import schema_of
from qkdsim.results.schema import TABLES

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "manifest.json"
SUMMARY = "summary.json"
RUN_FORMAT = "run/1"


def table_file(table: str) -> str:
    """Name of a table's file in a run folder."""
    return f"{table}.parquet"


@dataclass
class RunResult:
    """What a run gave.

    summary    headline figures per link and demand, as in `summary.json`
    manifest   what the run was made from: hashes, versions, seed, as in `manifest.json`
    frames     the tables, when held in memory
    folder     the run folder, when the tables are on disk
    """

    summary: dict[str, Any]
    manifest: dict[str, Any]
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)
    folder: Path | None = None

    def table(self, name: str) -> pl.DataFrame:
        """A result table by name, whole. Raises InputError when there is no such table."""
        return self.lazy(name).collect()

    def lazy(self, name: str) -> pl.LazyFrame:
        """A result table, to be queried without reading all of it. Raises InputError for an unknown name."""
        if name not in TABLES:
            raise InputError.of("result table", "", name, f"one of {', '.join(TABLES)}")
        if name in self.frames or self.folder is None:
            return self.frames[name].lazy()
        import polars as pl

        return pl.scan_parquet(self.folder / table_file(name))


def open_run(path: str | Path) -> RunResult:
    """Read a run folder back.

    Raises InputError when the folder is missing, is no run folder, or is not complete.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError.of(str(path), "", None, "no such folder" if not folder.exists() else "not a folder")
    manifest = manifest_of(folder)
    missing = [name for name in manifest["files"] if not (folder / name).is_file()]
    if missing:
        raise InputError.of(str(path), "", None, f"not a complete run folder: {missing[0]} is missing")
    summary = _document(folder, SUMMARY)
    if summary.get("format") != RUN_FORMAT:
        raise InputError.of(f"{path}/{SUMMARY}", "format", summary.get("format"), RUN_FORMAT)
    for table in TABLES:
        _check_table(folder, table)
    return RunResult(summary, manifest, folder=folder)


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder; `files` lists what the run wrote. Raises InputError if there is none."""
    manifest = _document(folder, MANIFEST)
    files = manifest.get("files")
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise InputError.of(f"{folder}/{MANIFEST}", "files", files, "the list of the files of a run")
    return manifest


def _document(folder: Path, name: str) -> dict[str, Any]:
    try:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError.of(str(folder), "", None, f"not a complete run folder: {name} is missing") from None
    except (OSError, ValueError, RecursionError):
        raise InputError.of(f"{folder}/{name}", "", None, "cannot be read as JSON") from None
    if not isinstance(document, dict):
        raise InputError.of(f"{folder}/{name}", "", None, "not a JSON object")
    return document


def _check_table(folder: Path, table: str) -> None:
    import polars as pl

    path = folder / table_file(table)
    if not path.is_file():
        raise InputError.of(str(folder), "", None, f"not a complete run folder: {path.name} is missing")
    try:
        found = {name: str(dtype) for name, dtype in pl.read_parquet_schema(path).items()}
    except (pl.exceptions.PolarsError, OSError):
        raise InputError.of(str(path), "", None, "not a Parquet file") from None
    if found != schema_of(table):
        raise InputError.of(str(path), "", None, "columns differ from those of this version of qkdsim")
