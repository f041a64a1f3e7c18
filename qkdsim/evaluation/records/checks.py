"""What is wrong with the cells of a table: no number, out of range, wrong order in time, gaps."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import Problem, shown
from qkdsim.evaluation.records.kinds import NO_MORE_THAN, Column, TableKind
from qkdsim.evaluation.records.reading import Cell, Cells

FloatArray = NDArray[np.float64]
LARGEST_COUNT = 2.0**53
# what Python reads beyond this, such as 1_000 or digits of other scripts, other programs read otherwise or not at all
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def numbers(cells: Cells, kind: TableKind, name: str, problems: list[Problem]) -> dict[str, FloatArray]:
    """The columns of numbers; every cell that is none, or out of range, is added to the problems."""
    found = {}
    for column in kind.columns:
        if not column.is_name:
            found[column.name] = np.array(
                [
                    _number(cell, column, name, place, problems)
                    for cell, place in zip(cells.columns[column.name], cells.places, strict=True)
                ],
                dtype=float,
            )
    return found


def names(cells: Cells, column: str, name: str, problems: list[Problem]) -> tuple[str, ...]:
    """A column of names."""
    for cell, place in zip(cells.columns[column], cells.places, strict=True):
        if not isinstance(cell, str) or not cell:
            problems.append(Problem(name, f"{place}, {column}", _given(cell), "a name"))
    return tuple(str(cell) for cell in cells.columns[column])


def _number(cell: Cell, column: Column, name: str, place: str, problems: list[Problem]) -> float:
    is_number = not isinstance(cell, bool | None) and (not isinstance(cell, str) or PLAIN_NUMBER.fullmatch(cell))
    value = float(cell or 0.0) if is_number else math.nan
    is_right = math.isfinite(value) and column.low <= value <= column.high
    if column.is_whole and is_right:
        is_right = value.is_integer() and value <= LARGEST_COUNT
    if not is_right:
        problems.append(Problem(name, f"{place}, {column.name}", _given(cell), column.expected))
    return value


def _given(cell: Cell) -> str:
    return "nothing" if cell is None or cell == "" else shown(cell)


def relations(values: Mapping[str, FloatArray], kind: str, name: str, places: Sequence[str]) -> Iterator[Problem]:
    """Parts that are greater than their whole."""
    if kind in NO_MORE_THAN:
        part, whole = NO_MORE_THAN[kind]
        for row in np.flatnonzero(values[part] > values[whole]).tolist():
            given, most = values[part][row], values[whole][row]
            yield Problem(name, f"{places[row]}, {part}", f"{given:g}", f"at most {whole} = {most:g}")


def order(
    time_s: FloatArray, series: Sequence[object], max_gap_s: float, name: str, places: Sequence[str]
) -> Iterator[Problem]:
    """Readings of a series that are not later than the one before, or later by more than `max_gap_s`."""
    last: dict[object, float] = {}
    for now_s, which, place in zip(time_s.tolist(), series, places, strict=True):
        before_s = last.get(which)
        last[which] = now_s
        if before_s is None:
            continue
        if now_s <= before_s:
            yield Problem(name, f"{place}, time_s", f"{now_s:.10g}", f"later than {before_s:.10g}, the reading before")
        elif now_s - before_s > max_gap_s:
            given = f"{now_s:.10g}, a gap of {now_s - before_s:.10g} s"
            yield Problem(name, f"{place}, time_s", given, f"at most {max_gap_s:g} s after the reading before")
