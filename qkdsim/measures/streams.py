"""Streams of requests: those of one class between one pair of nodes, whichever of the two asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

CHUNK_ROWS = 262_144  # four row groups of a table on disk: what is held in memory at a time

Asked: TypeAlias = "tuple[str, str, str]"  # class and the two nodes
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Streams:
    """Class and nodes of every stream, nodes in alphabetical order; what a stream adds up to is an array over them."""

    keys: tuple[Asked, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def grouped(self, scope: str) -> tuple[list[str], Integers]:
        """Names of the groups of a scope (`all`, `class`, `pair`), and the number of each stream's group."""
        names = [{"all": "", "class": name, "pair": f"{one}--{other}"}[scope] for name, one, other in self.keys]
        known = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return list(known), np.array([known[name] for name in names], dtype=np.int64)

    def numbered(self, requests: pl.DataFrame) -> Integers:
        """The number of each request's stream."""
        import polars as pl

        both = [(name, *ends, number) for number, (name, *ends) in enumerate(self.keys)]
        both += [(name, *reversed(ends), number) for number, (name, *ends) in enumerate(self.keys)]
        schema = {"class": pl.String, "from": pl.String, "to": pl.String, "stream": pl.Int64}
        numbers = pl.DataFrame(both, schema=schema, orient="row").unique()
        joined = requests.select("class", "from", "to").join(
            numbers, on=["class", "from", "to"], how="left", maintain_order="left"
        )
        return joined["stream"].to_numpy()


def streams_of(requests: pl.LazyFrame, asked: Sequence[Asked] = ()) -> Streams:
    """The streams of a table of requests: those `asked` first, in their order, though they made no request."""
    found = requests.select("class", "from", "to").unique().collect(engine="streaming").rows()
    keys = (_key(*one) for one in (*asked, *sorted(found)))
    return Streams(tuple(dict.fromkeys(keys)))


def _key(name: str, one: str, other: str) -> Asked:
    return (name, *sorted((one, other)))  # type: ignore[return-value]  # two nodes go in, two come out


def in_order(requests: pl.LazyFrame) -> pl.LazyFrame:
    """The requests by arrival, as a run writes them; sorted, in memory, where they are not."""
    last: tuple[float, int] | None = None
    for chunk in chunks(requests, ("arrival_s", "index")):
        arrival_s, index = chunk["arrival_s"].to_numpy(), chunk["index"].to_numpy()
        gap_s = np.diff(arrival_s)
        sorted_here = np.all((gap_s > 0) | ((gap_s == 0) & (np.diff(index) > 0)))
        if not sorted_here or (last is not None and (arrival_s[0], index[0]) < last):
            return requests.sort("arrival_s", "index").collect().lazy()
        last = (arrival_s[-1], index[-1])
    return requests


def chunks(table: pl.LazyFrame, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows of a table, some at a time."""
    import polars as pl

    rows = table.select(pl.len()).collect().item()
    for start in range(0, rows, CHUNK_ROWS):
        yield table.slice(start, CHUNK_ROWS).select(names).collect()
