"""Progress on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing for short runs."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import typer

LINE_EVERY_S = 5.0


class ProgressShown:
    """A context that shows how far something has come, once there is something to show."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Any = None
        self._task: Any = None
        self._last_line_s = time.monotonic()

    def __enter__(self) -> ProgressShown:
        return self

    def _start_bar(self) -> None:
        if self._bar is None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[note]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                refresh_per_second=5,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=1.0, note="")

    def show(self, fraction: float, note: str) -> None:
        """Report the fraction done, and what is going on in a few words."""
        self._start_bar()
        if self._bar is not None:
            self._bar.update(self._task, completed=fraction, note=note)
        elif time.monotonic() - self._last_line_s >= LINE_EVERY_S:
            self._last_line_s = time.monotonic()
            typer.echo(f"{self._title}: {100 * fraction:.0f} % {note}", err=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
