"""Result tables to series short enough to draw. No pictures here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qkdsim.measures.streams import chunks
from qkdsim.plots.facts import FaultSpan

if TYPE_CHECKING:
    import polars as pl

Table: TypeAlias = "pl.DataFrame | pl.LazyFrame"
FloatArray: TypeAlias = NDArray[np.float64]

_HOUR, _DAY = 3600.0, 86_400.0
_HAIR_S = 1e-6  # rounding: by less than this a block may begin before the one before it ends
_ROUND_BINS_S = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 10 * _DAY, 30 * _DAY),
)


def bin_edges_s(duration_s: float, target: int = 150) -> FloatArray:
    """Edges of about `target` time bins of a round width; the last bin may be shorter."""
    wanted = duration_s / target
    width = next((size for size in _ROUND_BINS_S if size >= wanted * 0.99), wanted)
    width = wanted if wanted < _ROUND_BINS_S[0] / 2 else width
    edges = np.arange(0.0, duration_s, width)
    return np.append(edges, duration_s)


def link_rates_bps(
    blocks: Table, links: list[str], edges_s: FloatArray, faults: Sequence[FaultSpan] = ()
) -> dict[str, FloatArray]:
    """Secret key rate per link and time bin.

    The key of a block is spread evenly over the time in which its detections were gathered: from start to end, less
    the time for which a cut or a loss of power left the link dark. A bin is NaN after the last closed block: what
    comes there belongs to a block that the run did not finish.
    """
    dark: dict[str, list[tuple[float, float]]] = {link: [] for link in links}
    for one in faults:
        if one.darkens_link and one.target in dark:
            dark[one.target].append((one.start_s, one.live_again_s))
    growth = _growth(blocks, edges_s, dark)
    missing = np.full(len(edges_s) - 1, np.nan)
    return {link: _spread(growth[link], edges_s, dark[link]) if link in growth else missing for link in links}


def _lit_s(time_s: FloatArray, dark: Sequence[tuple[float, float]]) -> FloatArray:
    """Time less the dark stretches before it; stretches may overlap."""
    lit, reached = time_s.astype(np.float64), 0.0
    for start, end in sorted(dark):
        begin = max(start, reached)
        lit = lit - np.clip(time_s - begin, 0.0, max(end - begin, 0.0))
        reached = max(reached, end)
    return lit


@dataclass(frozen=True, slots=True)
class _Growth:
    """Key that a link had made by the starts and ends of blocks, in order of time."""

    time_s: FloatArray
    made_bits: FloatArray

    def around(self, places: NDArray[np.int64]) -> _Growth:
        """Of all points only the first, the last and those around `places`: between these none is needed."""
        last = len(self.time_s) - 1
        near = (places[:, np.newaxis] + np.arange(-1, 3)).ravel()
        kept = np.unique(np.concatenate([[0, last], np.clip(near, 0, last)]))
        return _Growth(self.time_s[kept], self.made_bits[kept])


def _growth(
    blocks: Table, edges_s: FloatArray, dark: Mapping[str, Sequence[tuple[float, float]]]
) -> dict[str, _Growth]:
    """The key of every link in `dark`, at the points that count for the edges.

    Blocks are read some at a time, as a run writes them: by start on each link. Others are sorted, in memory.
    """
    import polars as pl

    columns = ("link", "start_s", "end_s", "secret_bits")
    found: dict[str, list[_Growth]] = {}
    for chunk in chunks(blocks.lazy(), columns):
        for link, part in _by_link(chunk, list(dark)):
            before = found.setdefault(link, [])
            points = _points(part, float(before[-1].made_bits[-1]) if before else 0.0)
            if np.any(np.diff(points.time_s, prepend=before[-1].time_s[-1:] if before else ()) < -_HAIR_S):
                whole = blocks.lazy().select(columns).filter(pl.col("link").is_in(list(dark))).collect()
                return {name: _points(rows, 0.0) for name, rows in _by_link(whole, list(dark))}
            places = np.searchsorted(_lit_s(points.time_s, dark[link]), _lit_s(edges_s, dark[link]), side="right") - 1
            before.append(points.around(places))
    return {
        link: _Growth(np.concatenate([one.time_s for one in parts]), np.concatenate([one.made_bits for one in parts]))
        for link, parts in found.items()
    }


def _by_link(rows: pl.DataFrame, links: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each of the links that has any."""
    import polars as pl

    chosen = rows.filter(pl.col("link").is_in(links))
    return ((str(key[0]), part) for key, part in chosen.partition_by("link", as_dict=True).items())


def _points(blocks: pl.DataFrame, made_before_bits: float) -> _Growth:
    blocks = blocks.sort("start_s", maintain_order=True)
    total = made_before_bits + np.cumsum(blocks["secret_bits"].to_numpy(), dtype=np.float64)
    before = np.concatenate([[made_before_bits], total[:-1]])
    times = np.column_stack([blocks["start_s"].to_numpy(), blocks["end_s"].to_numpy()]).ravel()
    return _Growth(times, np.column_stack([before, total]).ravel())


def _spread(growth: _Growth, edges_s: FloatArray, dark: Sequence[tuple[float, float]]) -> FloatArray:
    made = np.interp(_lit_s(edges_s, dark), _lit_s(growth.time_s, dark), growth.made_bits, left=0.0)
    last = growth.time_s[-1]
    seen = np.clip(np.minimum(edges_s[1:], last) - edges_s[:-1], 0.0, None)
    width = np.diff(edges_s)
    return np.where(seen >= 0.5 * width, np.diff(made) / np.where(seen > 0, seen, 1.0), np.nan)


def bin_number(edges_s: FloatArray) -> pl.Expr:
    """Number of the bin in which a request arrives; edges as `bin_edges_s` makes them."""
    import polars as pl

    # bins are equally wide up to the last; a request at the very end belongs to that one
    return (pl.col("arrival_s") / float(edges_s[1] - edges_s[0])).floor().cast(pl.Int64).clip(0, len(edges_s) - 2)


def demand_rates_bps(
    requests: Table, demands: list[str], edges_s: FloatArray
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Served and not served key rate per demand and time bin of arrival; edges as `bin_edges_s` makes them."""
    import polars as pl

    width = np.diff(edges_s)
    groups = (
        requests.lazy()
        .filter(pl.col("demand").is_in(demands))
        .group_by("demand", bin_number(edges_s).alias("bin"), pl.col("outcome") == "served")
        .agg(pl.col("bits").sum())
        .collect(engine="streaming")
    )
    rates = {demand: (np.zeros(len(width)), np.zeros(len(width))) for demand in demands}
    for demand, place, served, bits in groups.iter_rows():
        if demand in rates:
            rates[demand][0 if served else 1][place] = bits / width[place]
    return rates


def store_levels(stores: Table, links: list[str], points: int = 720) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Times and levels per link; where there are too many, the lowest and highest of each stretch stay."""
    import polars as pl

    columns = stores.lazy().select("link", "time_s", "stored_bits")
    table = columns.filter(pl.col("link").is_in(links)).collect()
    levels: dict[str, tuple[FloatArray, FloatArray]] = {}
    parts = {str(key[0]): part for key, part in table.partition_by("link", as_dict=True).items()}
    for link in links:
        if link in parts:
            part = parts[link].sort("time_s", maintain_order=True)
            time_s = part["time_s"].to_numpy().astype(np.float64)
            levels[link] = thinned(time_s, part["stored_bits"].to_numpy().astype(np.float64), points)
        else:
            levels[link] = (np.zeros(0), np.zeros(0))
    return levels


def thinned(time_s: FloatArray, level: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """At most about `points` samples: the first, the last, and of each stretch lowest and highest."""
    count = len(level)
    if count <= points:
        return time_s, level
    bounds = np.linspace(0, count, points // 2 + 1).astype(np.int64)
    keep = {0, count - 1}
    for first, last in pairwise(bounds):
        keep.add(int(first + np.argmin(level[first:last])))
        keep.add(int(first + np.argmax(level[first:last])))
    chosen = np.array(sorted(keep))
    return time_s[chosen], level[chosen]
