"""How long handshakes take and how much they send, plan by plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.binning import Table
from qkdsim.plots.quantities import shortened, three_digits
from qkdsim.plots.session_bins import PlanSpan
from qkdsim.plots.style import QUIET, SERVED, styled
from qkdsim.plots.timeline import NAME_LIMIT, WIDTH_IN

MAX_PLANS = 30
_ROW_IN, _TOP_IN, _BOTTOM_IN, _GAP_IN, _RIGHT_IN = 0.32, 0.72, 0.55, 0.55, 0.75
_FILL = "#9fc5e0"


@styled
def handshakes_figure(sessions: Table, plans: Sequence[PlanSpan]) -> Figure:
    """Delay and bytes of the handshakes of each plan: the median, and the range that holds nine of ten."""
    shown = list(plans)[:MAX_PLANS]
    names = [shortened(one.id, NAME_LIMIT) for one in shown]
    found = _quantiles(sessions)
    rows_in = _ROW_IN * max(1, len(shown))
    height_in = _TOP_IN + rows_in + _BOTTOM_IN
    left_in = name_margin_in(names) + 0.1
    side_in = (WIDTH_IN - left_in - 2 * _RIGHT_IN - _GAP_IN) / 2
    figure = Figure(figsize=(WIDTH_IN, height_in))
    figure.text(
        0.15 / WIDTH_IN,
        1 - 0.22 / height_in,
        "Handshakes that gave a session",
        fontsize=11,
        fontweight="bold",
        va="center",
    )

    def place(at_in: float) -> Axes:
        return figure.add_axes((at_in / WIDTH_IN, _BOTTOM_IN / height_in, side_in / WIDTH_IN, rows_in / height_in))

    left, right = place(left_in), place(left_in + side_in + _RIGHT_IN + _GAP_IN)
    delays = [found.get(one.id, _NOTHING)[0] for one in shown]
    sizes = [found.get(one.id, _NOTHING)[1] for one in shown]
    _ranges(left, delays, _time_text)
    left.set_xscale("log")
    low_s, high_s = _decade_around(delays)
    left.set_xlim(low_s, high_s)
    left.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high_s < 50.0 * low_s else (1.0,)))
    left.xaxis.set_minor_locator(NullLocator())
    _ranges(right, sizes, _bytes_text)
    right.set_xlim(0.0, 1.1 * max((one[2] for one in sizes if one[2] > 0.0), default=1.0))
    right.xaxis.set_major_locator(MaxNLocator(nbins=6))
    for axes, text in ((left, _time_text), (right, _bytes_text)):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _, text=text: text(value)))
    left.set_yticks(range(len(shown)), names, fontsize=8.5)
    right.set_yticks(range(len(shown)), [""] * len(shown))
    left.set_title("delay, from due to established", fontsize=9, fontweight="normal")
    right.set_title("bytes sent, repetitions included", fontsize=9, fontweight="normal")
    return figure


Range = tuple[float, float, float]  # 5 %, median, 95 %
_NOTHING: tuple[Range, Range] = ((np.nan,) * 3, (np.nan,) * 3)


def _quantiles(sessions: Table) -> dict[str, tuple[Range, Range]]:
    import polars as pl

    wanted = [
        pl.col(column).quantile(part, "nearest").cast(pl.Float64).alias(f"{column} {part}")
        for column in ("delay_s", "handshake_bytes")
        for part in (0.05, 0.5, 0.95)
    ]
    rows = sessions.lazy().filter(pl.col("outcome") == "established").group_by("plan").agg(wanted).collect()
    return {row[0]: (row[1:4], row[4:7]) for row in rows.iter_rows()}


def _decade_around(ranges: Sequence[Range]) -> tuple[float, float]:
    """Ends of an axis that holds all ranges, and half a decade at least."""
    values = [value for one in ranges for value in one if value > 0.0]
    low, high = (min(values), max(values)) if values else (0.1, 1.0)
    return low / 1.6, max(high * 1.6, low * 4.0)


def _ranges(axes: Axes, ranges: Sequence[Range], text: Callable[[float], str]) -> None:
    axes.set_ylim(max(len(ranges), 1) - 0.5, -0.5)
    known = [(place, one) for place, one in enumerate(ranges) if not np.isnan(one[1])]
    for place, (least, middle, most) in known:
        axes.barh(place, most - least, left=least, height=0.5, color=_FILL, linewidth=0)
        axes.plot([middle, middle], [place - 0.3, place + 0.3], color=SERVED, linewidth=2.2, solid_capstyle="butt")
        beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 8.5}
        axes.text(1.015, place, text(middle), **beside)
    if not known:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", color=QUIET)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8.5)
    axes.grid(visible=False, axis="y")


def _time_text(seconds: float) -> str:
    return f"{three_digits(1e3 * seconds)} ms" if seconds < 1.0 else f"{three_digits(seconds)} s"


def _bytes_text(size: float) -> str:
    return f"{three_digits(size / 1e3)} kB" if size >= 1000 else f"{three_digits(size)} B"
