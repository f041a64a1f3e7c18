"""One record as read: a table of readings or a sample of bits, with what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import Problem
from qkdsim.evaluation.records import checks
from qkdsim.evaluation.records.description import RecordEntry
from qkdsim.evaluation.records.kinds import LEAST_SAMPLE_BITS, TABLES
from qkdsim.evaluation.records.reading import cells_of


@dataclass(frozen=True, slots=True)
class Table:
    """A table of readings in order of time: columns of numbers of one length, in the units of their names.

    `series` names the series that each row belongs to, empty where there is only one; `conditions` tells the
    temperatures during the record, where they are known. With `problems` nothing may be concluded from it.
    """

    entry: RecordEntry
    values: Mapping[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    series: tuple[str, ...] = field(default=(), repr=False)
    places: tuple[str, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()
    conditions: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class BitSample:
    """Bytes of a generator or of key, the most significant bit first."""

    entry: RecordEntry
    raw: bytes = field(default=b"", repr=False)
    problems: tuple[Problem, ...] = ()


def sample_of(entry: RecordEntry, raw: bytes) -> BitSample:
    """The sample that the bytes of a file are; too few say nothing."""
    bits = 8 * len(raw)
    if bits < LEAST_SAMPLE_BITS:
        return BitSample(entry, problems=(Problem(entry.file, "", f"{bits} bits", f"at least {LEAST_SAMPLE_BITS}"),))
    return BitSample(entry, raw)


def table_of(entry: RecordEntry, raw: bytes) -> Table:
    """The table that the bytes of a file hold, checked."""
    kind, name = TABLES[entry.kind], entry.file
    cells = cells_of(raw, name, kind)
    if isinstance(cells, Problem):
        return Table(entry, problems=(cells,))
    if not cells.places:
        return Table(entry, problems=(Problem(name, "", "no row", "readings below the names of the columns"),))
    problems: list[Problem] = []
    values = checks.numbers(cells, kind, name, problems)
    series: tuple[str, ...] = ()
    if kind.series is not None:
        series = checks.names(cells, kind.series, name, problems)
    if not problems:
        problems += checks.relations(values, entry.kind, name, cells.places)
        which = series or [""] * len(cells.places)
        if entry.kind == "counts":
            which = [f"{one:g}" for one in values["detector"]]
        problems += checks.order(values["time_s"], which, entry.max_gap_s, name, cells.places)
    return Table(entry, values, series, tuple(cells.places), tuple(problems))
