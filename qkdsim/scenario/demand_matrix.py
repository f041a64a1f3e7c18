"""A demand matrix in a CSV file: who asks for key with whom, and how much."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from qkdsim import library
from qkdsim.errors import InputError, Problem, shown
from qkdsim.scenario.reach import Reach
from qkdsim.topology.importing.reading import read_file

MAX_PAIRS = 100_000  # of one demand: each has a random stream and a queue of its own
_LEAST, _MOST = 1e-12, 1e15  # rates beyond are slips of the pen

Unit = Literal["rate_bps", "requests_per_s"]
_UNITS: tuple[Unit, ...] = ("rate_bps", "requests_per_s")
_FORMS = "columns from, to and rate_bps or requests_per_s; or a square matrix with one of these two in its first cell"
_DELIMITERS = ",;\t"
_MAX_PROBLEMS = 50  # a file that is wrong in every line is not listed to its end

_Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class DemandMatrix:
    """Directed pairs of nodes, each once, with a rate above 0 in `unit`, and the hash of the file's bytes."""

    name: str
    sha256: str
    unit: Unit
    rates: dict[tuple[str, str], float]


def read_matrix(path: Path, reach: Reach) -> DemandMatrix:
    """Read a CSV file: a list of pairs, or a square matrix whose rows ask and whose columns are asked for.

    Cells are parted by commas, semicolons or tabs; empty lines and lines that begin with `#` are skipped. Pairs of rate
    0 are left out.

    Raises InputError, with a problem per line, for a file that cannot be read, or is neither of the two; for unknown
    nodes, pairs of a node with itself, pairs that no path joins, pairs given twice, and values that are no rates.
    """
    file = read_file(path)
    reader = _Reader(library.display_name(path), reach)
    rows = reader.rows(file.text())
    header = next(rows, None)
    if header is None:
        raise InputError.of(reader.source, "", None, f"file is empty, expected {_FORMS}")
    unit = reader.read(header, rows)
    if not reader.rates and not reader.problems:
        raise InputError.of(reader.source, "", None, "no pair has a rate above 0")
    if reader.problems:
        raise InputError(*reader.problems)
    return DemandMatrix(reader.source, hashlib.sha256(file.raw).hexdigest(), unit, reader.rates)


class _Reader:
    """What has been read of a file so far, and what is wrong with it."""

    def __init__(self, source: str, reach: Reach) -> None:
        self.source = source
        self.rates: dict[tuple[str, str], float] = {}
        self.problems: list[Problem] = []
        self._reach = reach
        self._lines: dict[tuple[str, str], int] = {}
        # accents are one sign or two, depending on who wrote the file
        self._nodes = {unicodedata.normalize("NFC", name): name for name in reach.ids}

    def rows(self, text: str) -> Iterator[_Row]:
        """Number and cells of the lines that say something."""
        lines = ["\n" if line.startswith("#") else line for line in io.StringIO(text, newline="")]
        header = next((line for line in lines if line.strip()), "")
        cells = csv.reader(lines, delimiter=max(_DELIMITERS, key=header.count), strict=True)
        try:
            for row in cells:
                stripped = [cell.strip() for cell in row]
                if any(stripped):
                    yield cells.line_num, stripped
        except csv.Error as error:
            raise InputError.of(self.source, f"line {cells.line_num}", None, f"not CSV: {error}") from None

    def read(self, header: _Row, rows: Iterator[_Row]) -> Unit:
        """Read the whole file, of either form, after its header; the unit of its values."""
        line, names = header
        columns = [name.lower() for name in names]
        for unit in _UNITS:
            if sorted(columns) == sorted(("from", "to", unit)):
                self._read_list(columns, unit, rows)
                return unit
            if columns[0] == unit and len(columns) > 1:
                self._read_square(line, names[1:], rows)
                return unit
        raise InputError.of(self.source, f"line {line}", ", ".join(names), _FORMS)

    def _read_list(self, names: list[str], unit: Unit, rows: Iterator[_Row]) -> None:
        places = [names.index(name) for name in ("from", "to", unit)]
        for line, cells in self._complete(rows, len(names)):
            source, target, value = (cells[place] for place in places)
            ends = self._node(line, source), self._node(line, target)
            if ends[0] is not None and ends[1] is not None:
                self._take(line, ends[0], ends[1], value)

    def _read_square(self, line: int, names: list[str], rows: Iterator[_Row]) -> None:
        columns = [self._node(line, name) for name in names]
        for name, count in Counter(columns).items():
            if name is not None and count > 1:
                self._wrong(line, f"{shown(name)} {count} times", "each node once")
        for row_line, cells in self._complete(rows, len(names) + 1):
            source = self._node(row_line, cells[0])
            for target, value in zip(columns, cells[1:], strict=True):
                if value not in ("", "0") and source is not None and target is not None:
                    self._take(row_line, source, target, value)

    def _complete(self, rows: Iterator[_Row], count: int) -> Iterator[_Row]:
        """Rows with as many cells as the header, while there is any use in going on."""
        for line, cells in rows:
            if len(self.problems) >= _MAX_PROBLEMS:
                return
            if len(cells) == count:
                yield line, cells
            else:
                self._wrong(line, f"{len(cells)} cells", f"{count}, as the header has")

    def _node(self, line: int, name: str) -> str | None:
        """The node of this name, which may be spelt with other code points."""
        found = name if name in self._reach.index else self._nodes.get(unicodedata.normalize("NFC", name))
        if found is None:
            near = get_close_matches(name, self._nodes, n=3)
            hint = f" (nearest: {', '.join(near)})" if near else ""
            self._wrong(line, shown(name), f"the id of a node of the topology{hint}")
        return found

    def _take(self, line: int, source: str, target: str, value: str) -> None:
        rate = self._rate(line, source, target, value)
        if not rate:
            return
        if source == target:
            self._wrong(line, shown(source), "another node to share key with")
        elif (source, target) in self._lines:
            self._wrong(line, f"{source} to {target} again", f"each pair once (line {self._lines[source, target]})")
        elif not self._reach.joins(source, target):
            words = f"a path from {source} to {target} over links and relaying nodes; there is none"
            self._wrong(line, "", words)
        elif len(self.rates) == MAX_PAIRS:
            raise InputError.of(self.source, f"line {line}", None, f"more than {MAX_PAIRS:,} pairs in one demand")
        else:
            self.rates[source, target] = rate
            self._lines[source, target] = line

    def _rate(self, line: int, source: str, target: str, value: str) -> float | None:
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if rate == 0.0 or _LEAST <= rate <= _MOST:
            return rate
        self._wrong(line, f"{shown(value)} from {source} to {target}", f"0, or a number from {_LEAST:g} to {_MOST:g}")
        return None

    def _wrong(self, line: int, given: str, expected: str) -> None:
        self.problems.append(Problem(self.source, f"line {line}", given, expected))
