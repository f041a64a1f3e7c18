"""CSV and Parquet into columns of texts and numbers, cell by cell; what is wrong with a file becomes a problem."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from qkdsim.errors import InputError, Problem, shown
from qkdsim.evaluation.records.kinds import TableKind

Cell = str | float | None
PARQUET = b"PAR1"


def wrong(file: str, key: str, given: str, expected: str) -> InputError:
    """The error of a record: `given` is said in words, not quoted."""
    return InputError(Problem(file, key, given, expected))


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns as read, of one length, and how messages call each row: `line 7` or `row 6`."""

    columns: Mapping[str, Sequence[Cell]]
    places: Sequence[str]


def cells_of(raw: bytes, name: str, kind: TableKind) -> Cells | Problem:
    """The columns that a kind of table has. A problem of the file as a whole comes in place of them."""
    return _parquet(raw, name, kind) if name.endswith(".parquet") else _csv(raw, name, kind)


def _csv(  # noqa: PLR0911 (one return per thing that may be wrong)
    raw: bytes, name: str, kind: TableKind
) -> Cells | Problem:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem(name, "", "", f"not UTF-8 text (byte {error.start})")
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        return Problem(name, f"line {reader.line_num}", "", f"not CSV: {error}")
    if not rows:
        return Problem(name, "", "an empty file", f"columns {_names(kind)}")
    wrong = _header(rows[0], name, "line 1", kind)
    if wrong is not None:
        return wrong
    header, width = rows[0], len(rows[0])
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != width:
            return Problem(name, f"line {line}", f"{len(row)} values", f"{width} values{_cut(line, lines)}")
    if not text.endswith(("\n", "\r")):
        return Problem(name, f"line {lines[-1]}", "no line break at its end", "a whole line: the file may be cut off")
    columns = {key: [row[place] for row in rows[1:]] for place, key in enumerate(header)}
    return Cells(columns, [f"line {line}" for line in lines[1:]])


def _cut(line: int, lines: Sequence[int]) -> str:
    return ": the file may be cut off" if line == lines[-1] else ""


def _parquet(raw: bytes, name: str, kind: TableKind) -> Cells | Problem:
    import polars as pl

    if len(raw) < 2 * len(PARQUET) or not raw.startswith(PARQUET):
        return Problem(name, "", "", "not a Parquet file")
    if not raw.endswith(PARQUET):
        return Problem(name, "", "no mark at its end", "a whole Parquet file: it may be cut off")
    try:
        frame = pl.read_parquet(io.BytesIO(raw))
        columns: dict[str, Sequence[Cell]] = {}
        wrong = _header(frame.columns, name, "columns", kind)
        if wrong is not None:
            return wrong
        for column in frame.get_columns():
            if not (column.dtype.is_numeric() or column.dtype == pl.String):
                return Problem(name, column.name, f"type {column.dtype}", "numbers or texts")
            columns[column.name] = column.to_list()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, OverflowError) as error:
        return Problem(name, "", "", f"not readable as Parquet: {shown(str(error), 80)}")
    return Cells(columns, [f"row {place}" for place in range(1, frame.height + 1)])


def _header(given: Sequence[str], name: str, where: str, kind: TableKind) -> Problem | None:
    known = [one.name for one in kind.columns]
    for column in given:
        if column not in known:
            near = get_close_matches(column, known, n=1, cutoff=0.5)
            expected = f"{near[0]} (the unit is part of the name)" if near else f"one of {', '.join(known)}"
            return Problem(name, f"{where}, column {shown(column)}", "an unknown column", expected)
        if list(given).count(column) > 1:
            return Problem(name, f"{where}, column {column}", "the column twice", "each column once")
    missing = [one for one in known if one not in given]
    if missing:
        return Problem(name, f"{where}, column {missing[0]}", "nothing", f"columns {', '.join(known)}")
    return None


def _names(kind: TableKind) -> str:
    return ", ".join(one.name for one in kind.columns)
