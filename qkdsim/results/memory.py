"""Where the rows of a run go; here: into memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from qkdsim.results.frames import Values, check_rows, frame
from qkdsim.results.run import RunResult
from qkdsim.results.schema import TABLES


class RunSink(Protocol):
    """Takes the rows of a run as they come."""

    def append(self, table: str, columns: Mapping[str, Values]) -> None:
        """Take a chunk of rows: every column, equal lengths. Raises ValueError if it is not so."""
        ...

    def result(self, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> RunResult:
        """All rows are in: what the run gave."""
        ...


class MemorySink:
    """Keeps the rows of a run in memory: for use from Python, and for tests."""

    def __init__(self) -> None:
        """Start with empty tables."""
        self._chunks: dict[str, list[Mapping[str, Values]]] = {table: [] for table in TABLES}

    def append(self, table: str, columns: Mapping[str, Values]) -> None:
        """Take a chunk of rows. Raises ValueError when it does not follow the schema."""
        if check_rows(table, columns):
            self._chunks[table].append(columns)

    def result(self, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> RunResult:
        """All rows are in: what the run gave."""
        frames = {table: frame(table, self._chunks[table]) for table in TABLES}
        return RunResult(dict(summary), dict(manifest), frames=frames)
