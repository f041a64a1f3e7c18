"""How the commands print: one JSON document, or tables for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import typer

PIPE_WIDTH = 200  # in a file or a pipe there is no screen to fit


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document and nothing else; what is not a number becomes null."""
    from qkdsim.results import json_text

    typer.echo(json_text(document).rstrip("\n"))


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[int] = (),
    *,
    dense: bool = False,
    whole: Sequence[int] = (),
    styles: Mapping[str, str] | None = None,
) -> None:
    """Print a table; columns listed in `numeric` are aligned to the right, those of a `dense` table stand closer.

    Columns in `whole` never break a line. `styles`: how cells of some words look on a screen, by word.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    if dense:
        table.padding = (0, 0, 0, 1)
    for index, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if index in numeric else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=index in whole)
    for row in rows:
        table.add_row(*(Text(cell, style=(styles or {}).get(cell, "")) for cell in row))

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 (called while the error is handled; `main` knows what a closed pipe means)

    console = Plain(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(table)


def screen_width() -> int:
    """Columns of the screen; `PIPE_WIDTH` where there is none."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else PIPE_WIDTH


def number(value: float | None, digits: int = 4) -> str:
    """A number for people; a dash where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    return f"{value:.{digits}g}"


def percent(value: float | None) -> str:
    """A fraction as a percentage; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{100 * value:.2f} %"
