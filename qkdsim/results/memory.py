"""Where the rows of a run go; here: into memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from qkdsim.results.frames import Values, check_open, check_rows, frame
from qkdsim.results.run import RunResult
from qkdsim.results.schema import TABLES

if TYPE_CHECKING:
    import polars as pl


class RunSink(Protocol):
    """Takes the rows of a run as they come."""

    def append(self, table: str, columns: Mapping[str, Values]) -> None:
        """Take a chunk of rows: every column, equal lengths. Raises ValueError if it is not so."""
        ...

    def lazy(self, table: str) -> pl.LazyFrame:
        """A table whose rows are all in, to compute others from. Raises ValueError when rows follow after this."""
        ...

    def result(self, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> RunResult:
        """All rows are in: what the run gave."""
        ...


class MemorySink:
    """Keeps the rows of a run in memory: for use from Python, and for tests."""

    def __init__(self) -> None:
        """Start with empty tables."""
        self._chunks: dict[str, list[Mapping[str, Values]]] = {table: [] for table in TABLES}
        self._frames: dict[str, pl.DataFrame] = {}

    def append(self, table: str, columns: Mapping[str, Values]) -> None:
        """Take a chunk of rows. Raises ValueError when it does not follow the schema, or the table is closed."""
        rows = check_rows(table, columns)
        check_open(table, table in self._frames)
        if rows:
            self._chunks[table].append(columns)

    def lazy(self, table: str) -> pl.LazyFrame:
        """A table whose rows are all in."""
        if table not in self._frames:
            self._frames[table] = frame(table, self._chunks.pop(table))
        return self._frames[table].lazy()

    def result(self, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> RunResult:
        """All rows are in: what the run gave."""
        for table in TABLES:
            self.lazy(table)
        return RunResult(dict(summary), dict(manifest), frames={table: self._frames[table] for table in TABLES})
