"""The shipped codes: quasi-cyclic, one table of circulant shifts each, made by `build` from `degrees.toml`.

Every base row is cut into two halves. A frame starts with the parities of whole rows; when decoding fails, the parity
of one half is disclosed, which gives that of the other for nothing: one check of degree d becomes two of degree d/2,
and every disclosed bit is one new equation on Alice's string. No bits are punctured, so no private randomness hides
anything: what is sent is what is leaked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]

DEGREES_FILE = "degrees.toml"
SHIFTS_FILE = "shifts.npz"


@dataclass(frozen=True, slots=True)
class DegreeDistribution:
    """An ensemble of codes: shares of the edges by the degree of the bit and of the check that they end in."""

    rate: float
    threshold_qber: float  # of the endless code, by density evolution
    source: str
    bit_shares: Mapping[int, float]
    check_shares: Mapping[int, float]

    @property
    def name(self) -> str:
        """Key of the shift table."""
        return f"rate-{self.rate:.4f}"


@dataclass(frozen=True, slots=True)
class LdpcCode:
    """A base matrix. Edges are sorted by row, and in a row by half.

    row_start, half_start  int32, (rows + 1,) and (rows,): where the edges of a row, and of its second half, begin
    column, reach          int32, (edges,): base column, and circulant shift before reduction modulo Z
    """

    rows: int
    columns: int
    row_start: Ints
    half_start: Ints
    column: Ints
    reach: Ints

    def starts(self, split_rows: int) -> Ints:
        """Where the edges of each check begin when the first `split_rows` rows are cut in two."""
        return np.sort(np.concatenate([self.row_start, self.half_start[:split_rows]]))


def degree_distributions() -> list[DegreeDistribution]:
    """The ensembles of the shipped codes."""
    document = tomllib.loads((files(__package__) / DEGREES_FILE).read_text(encoding="utf-8"))
    return [
        DegreeDistribution(
            entry["rate"],
            entry["threshold_qber"],
            entry["source"],
            {int(degree): share for degree, share in entry["lambda"].items()},
            {int(degree): share for degree, share in entry["rho"].items()},
        )
        for entry in document["code"]
    ]


@cache
def shipped_codes() -> tuple[LdpcCode, ...]:
    """All codes, highest rate first."""
    with (files(__package__) / SHIFTS_FILE).open("rb") as stream, np.load(stream) as tables:
        codes = [code_of(tables[name]) for name in tables.files]
    return tuple(sorted(codes, key=lambda code: code.rows))


def code_of(shifts: NDArray[np.int16]) -> LdpcCode:
    """A code from its table of shifts, (rows, columns), -1 where there is no edge.

    Rows of high degree come first: they are cut first. Columns are in order of degree, so taking every other edge for
    the first half gives both halves the same mixture.
    """
    shifts = shifts[np.argsort(-(shifts >= 0).sum(axis=1), kind="stable")]
    column, reach, row_start, half_start = [], [], [0], []
    for row in shifts:
        edges = np.flatnonzero(row >= 0)
        edges = np.concatenate([edges[0::2], edges[1::2]])
        half_start.append(row_start[-1] + (len(edges) + 1) // 2)
        row_start.append(row_start[-1] + len(edges))
        column.append(edges)
        reach.append(row[edges])
    return LdpcCode(
        shifts.shape[0],
        shifts.shape[1],
        np.array(row_start, dtype=np.int32),
        np.array(half_start, dtype=np.int32),
        np.concatenate(column).astype(np.int32),
        np.concatenate(reach).astype(np.int32),
    )
