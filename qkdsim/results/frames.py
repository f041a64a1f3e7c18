"""Rows to polars frames that follow the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qkdsim.results.schema import TABLES

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of text that repeats few words: the words, and which of them stands in each row."""

    words: Sequence[str]
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)


Values: TypeAlias = "Sequence[Any] | NDArray[Any] | Coded | pl.Series"


def check_rows(table: str, columns: Mapping[str, Values]) -> int:
    """How many rows a chunk has.

    Raises ValueError when the table is unknown, or columns are missing, unknown or of unequal lengths:
    a mistake of the program that writes, not of its user.
    """
    if table not in TABLES:
        raise ValueError(f"no result table {table!r}; known: {', '.join(TABLES)}")
    expected = {column.name for column in TABLES[table]}
    if columns.keys() != expected:
        raise ValueError(f"{table}: columns differ from the schema: {sorted(columns.keys() ^ expected)}")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"{table}: columns of unequal lengths: {lengths}")
    return next(iter(lengths.values()))


def check_open(table: str, is_closed: bool) -> None:
    """Raises ValueError when rows come after the table was read: a mistake of the program that writes."""
    if is_closed:
        raise ValueError(f"{table}: rows after the table was read")


def frame(table: str, chunks: Sequence[Mapping[str, Values]]) -> pl.DataFrame:
    """One frame from chunks of rows, in order. NaN becomes null: a table says *none*, not *not a number*."""
    import polars as pl

    dtypes = {"str": pl.String, "i64": pl.Int64, "f64": pl.Float64, "bool": pl.Boolean}
    series = [
        _series(column.name, [chunk[column.name] for chunk in chunks], dtypes[column.dtype]) for column in TABLES[table]
    ]
    return pl.DataFrame(series).with_columns(pl.col(pl.Float64).fill_nan(None))


def _series(name: str, parts: Sequence[Values], dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    import polars as pl

    pieces = [
        pl.Series(part.words, dtype=dtype).gather(part.codes)
        if isinstance(part, Coded)
        else pl.Series(part, dtype=dtype)
        for part in parts
    ]
    return pl.concat(pieces).alias(name) if pieces else pl.Series(name, [], dtype=dtype)


def schema_of(table: str) -> dict[str, str]:
    """Column names and the polars name of their types, as a file on disk must have them."""
    names = {"str": "String", "i64": "Int64", "f64": "Float64", "bool": "Boolean"}
    return {column.name: names[column.dtype] for column in TABLES[table]}
