"""What many links have at each time, as quantiles: for networks with more links than lines or rows can show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qkdsim.plots.axes import log_axis_with_zero, name_lines, name_margin_in
from qkdsim.plots.binning import FloatArray, Table, store_levels
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.style import INK, line_look
from qkdsim.plots.timeline import TimeAxis, timeline

NAMED = 5
SHARES = (0.1, 0.5, 0.9)
_BAND, _MEDIAN = "#d3dbe2", "#51606e"


@dataclass(frozen=True, slots=True)
class Bands:
    """Least value and quantiles over all links, shape (4, times): least, 10 %, median, 90 %."""

    time_s: FloatArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class BandsFrame:
    """Title, time and scale of a figure of bands; `text` writes a value of its axis."""

    title: str
    duration_s: float
    faults: Sequence[FaultSpan]
    start: datetime | None
    text: Callable[[float], str]


def store_bands(stores: Table, links: Sequence[str], points: int = 240) -> Bands:
    """Bands of the store levels of `links`, from the `stores` table, which is read in streams.

    Quantiles stand at about `points` of the times in the table; the least is that of all times around each of them.
    """
    import polars as pl

    level = pl.col("stored_bits")
    chosen = stores.lazy().filter(pl.col("link").is_in(list(links)))
    least = chosen.group_by("time_s").agg(level.min()).collect(engine="streaming").sort("time_s")
    if not least.height:
        return Bands(np.zeros(0), np.zeros((4, 0)))
    places = np.unique(np.linspace(0, least.height - 1, points + 1).round().astype(np.int64))
    times = least["time_s"].gather(places)
    found = (
        chosen.filter(pl.col("time_s").is_in(times.implode()))
        .group_by("time_s")
        .agg(level.quantile(share).alias(f"{share}") for share in SHARES)
        .collect()
        .sort("time_s")
    )
    around = np.concatenate([[0], (places[1:] + places[:-1] + 1) // 2])
    lowest = np.minimum.reduceat(least["stored_bits"].to_numpy(), around)
    return Bands(times.to_numpy(), np.vstack([lowest, *(found[f"{share}"].to_numpy() for share in SHARES)]))


def emptiest(stores: Table, links: Sequence[str], count: int = NAMED) -> list[str]:
    """The links whose stores had least, by the geometric mean of 1 + level over the run."""
    import polars as pl

    mean = stores.lazy().group_by("link").agg((pl.col("stored_bits") + 1.0).log10().mean().round(9).alias("mean"))
    chosen = mean.filter(pl.col("link").is_in(list(links))).collect(engine="streaming")
    return chosen.sort("mean", "link").head(count)["link"].to_list()


def store_bands_figure(stores: Table, links: Sequence[str], frame: BandsFrame) -> Figure:
    """Bands of all stores, and the emptiest of them by name."""
    named = emptiest(stores, links)
    levels = store_levels(stores, named)
    lines = [(name, *levels[name]) for name in named]
    return bands_figure(store_bands(stores, links), len(links), lines, frame)


def bands_figure(
    bands: Bands, count: int, lines: Sequence[tuple[str, FloatArray, FloatArray]], frame: BandsFrame
) -> Figure:
    """Bands of `count` links, and `lines` (name, times, values) of those that have least."""
    axis = TimeAxis.of(frame.duration_s, frame.start)
    drawn = timeline(frame.title, axis, frame.faults, (3.6,), name_margin_in([name for name, *_ in lines]))
    (axes,) = drawn.rows
    known = [float(value) for value in bands.values[np.isfinite(bands.values)]]
    log_axis_with_zero(axes, known + [float(one) for *_, values in lines for one in values], frame.text)
    time = bands.time_s / axis.unit_s
    least, low, middle, high = bands.values
    axes.fill_between(time, low, high, color=_BAND, linewidth=0, zorder=1.6)
    axes.plot(time, middle, color=_MEDIAN, linewidth=2.2, zorder=1.8)
    axes.plot(time, least, color=INK, linewidth=1.2, linestyle=(0, (1, 1.2)), zorder=2.6, clip_on=False)
    ends = []
    for index, (name, time_s, values) in enumerate(lines):
        look = line_look(index)
        axes.plot(time_s / axis.unit_s, values, linewidth=1.3, clip_on=False, **look)
        finite = values[np.isfinite(values)]
        ends.append((float(finite[-1]) if finite.size else 0.0, name, look["color"]))
    name_lines(axes, ends)
    looks = [
        Patch(color=_BAND, label=f"10 % to 90 % of {count:,} links".replace(",", " ")),
        Line2D([], [], color=_MEDIAN, linewidth=2.2, label="median"),
        Line2D([], [], color=INK, linewidth=1.2, linestyle=(0, (1, 1.2)), label="least of all"),
    ]
    drawn.figure.legend(handles=looks, loc="upper right", bbox_to_anchor=(0.99, 1.0), ncols=3, borderaxespad=0.35)
    return drawn.figure


def rate_bands(rates: dict[str, FloatArray], edges_s: FloatArray) -> Bands:
    """Bands of rates per time bin; a bin counts the links that have closed a block there or later."""
    values = np.array(list(rates.values()))
    known = np.isfinite(values).any(axis=0)
    found = np.full((4, len(edges_s) - 1), np.nan)
    found[0, known] = np.nanmin(values[:, known], axis=0)
    found[1:, known] = np.nanquantile(values[:, known], SHARES, axis=0, method="nearest")
    return Bands((edges_s[:-1] + edges_s[1:]) / 2, found)
