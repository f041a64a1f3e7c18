"""Writing a run folder: part files while the run lasts, joined at the end, put in place in one step."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from qkdsim.errors import RunError
from qkdsim.results.frames import Values, check_open, check_rows, frame
from qkdsim.results.json_text import json_text
from qkdsim.results.place import Stage
from qkdsim.results.run import MANIFEST, SUMMARY, RunResult, table_file
from qkdsim.results.schema import TABLES

if TYPE_CHECKING:
    import polars as pl

RUN_MANIFEST_FORMAT = "manifest/1"

# Rows held in memory per table, and the row group of the joined file: its bytes do not depend on chunks
PART_ROWS = 65_536


class FolderSink:
    """Writes the rows of a run to a folder that appears whole, at `commit`, or not at all.

    A context manager: leaving it without a commit (an error, Ctrl-C) removes what was written.
    """

    def __init__(self, target: str | Path) -> None:
        """Prepare the hidden stage. Raises InputError at once when the target cannot be written."""
        self._stage = Stage(Path(target), RUN_MANIFEST_FORMAT)
        self._pending: dict[str, list[Mapping[str, Values]]] = {table: [] for table in TABLES}
        self._pending_rows = dict.fromkeys(TABLES, 0)
        self._parts: dict[str, list[Path]] = {table: [] for table in TABLES}
        self._joined: set[str] = set()
        self._result: RunResult | None = None
        self._open = True

    def __enter__(self) -> FolderSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    @property
    def stage(self) -> Path:
        """The hidden folder where files lie until the commit."""
        return self._stage.path

    def append(self, table: str, columns: Mapping[str, Values]) -> None:
        """Take a chunk of rows.

        Raises ValueError when it does not follow the schema or the table is closed, RunError when the disk refuses.
        """
        rows = check_rows(table, columns)
        check_open(table, table in self._joined)
        if rows:
            self._pending[table].append(columns)
            self._pending_rows[table] += rows
        if self._pending_rows[table] >= PART_ROWS:
            self._flush(table, keep_rest=True)

    def _flush(self, table: str, *, keep_rest: bool) -> None:
        """Write the pending rows as parts of exactly PART_ROWS; the rest waits, or goes into a last part."""
        rows = frame(table, self._pending[table])
        whole = rows.height - rows.height % PART_ROWS if keep_rest else rows.height
        for start in range(0, whole, PART_ROWS):
            path = self.stage / "parts" / f"{table}-{len(self._parts[table]):06d}.parquet"
            with self._writing():
                path.parent.mkdir(exist_ok=True)
                rows.slice(start, min(PART_ROWS, whole - start)).write_parquet(path)
            self._parts[table].append(path)
        rest = rows.slice(whole)
        self._pending[table] = [{name: rest[name] for name in rest.columns}] if rest.height else []
        self._pending_rows[table] = rest.height

    def lazy(self, table: str) -> pl.LazyFrame:
        """A table whose rows are all in, read from its file in the stage."""
        import polars as pl

        self._join(table)
        return pl.scan_parquet(self.stage / table_file(table))

    def replace(self, table: str, rows: pl.DataFrame) -> None:
        """Put other rows in place of those of a table that has been read.

        Raises ValueError when they do not follow the schema, RunError when the disk refuses.
        """
        check_rows(table, {name: rows[name] for name in rows.columns})
        with self._writing():
            rows.write_parquet(self.stage / table_file(table))

    def result(self, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> RunResult:
        """All rows are in: join the parts. The result reads from the stage until the commit."""
        for table in TABLES:
            self._join(table)
        shutil.rmtree(self.stage / "parts", ignore_errors=True)
        self.write_text(SUMMARY, json_text(summary))
        self._result = RunResult(dict(summary), dict(manifest), folder=self.stage)
        return self._result

    def _join(self, table: str) -> None:
        import polars as pl

        if table in self._joined:
            return
        self._joined.add(table)
        self._flush(table, keep_rest=False)
        path = self.stage / table_file(table)
        with self._writing():
            if self._parts[table]:
                pl.scan_parquet(self._parts[table]).sink_parquet(path, row_group_size=PART_ROWS)
            else:
                frame(table, []).write_parquet(path)

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run, such as `report.html` or `figures/map.svg`, in UTF-8."""
        self.write_bytes(name, text.encode("utf-8"))

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file of the run; `name` may hold one folder. Raises RunError when the disk refuses."""
        path = self.stage / name
        with self._writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def commit(self) -> RunResult:
        """Write the manifest and put the folder in place of the target, replacing an earlier run.

        Raises ValueError before `result`, RunError when the disk refuses.
        """
        if self._result is None:
            raise ValueError("commit before result: the tables are not joined")
        files = sorted(path.relative_to(self.stage).as_posix() for path in self.stage.rglob("*") if path.is_file())
        manifest = {**self._result.manifest, "files": files}
        self.write_text(MANIFEST, json_text(manifest))
        self._stage.place()
        self._open = False
        # the user's own spelling of the path, not its resolved form
        self._result = replace(self._result, manifest=manifest, folder=Path(self._stage.shown))
        return self._result

    def discard(self) -> None:
        """Remove what was written, unless it is committed."""
        if self._open:
            self._open = False
            self._stage.remove()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        import polars as pl

        try:
            yield
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise RunError(f"{self._stage.shown}: cannot be written: {reason}") from None
