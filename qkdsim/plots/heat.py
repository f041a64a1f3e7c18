"""Many rows over time as colours: for networks with more links or demands than lines can show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axis import Axis
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.plots.axes import decades
from qkdsim.plots.binning import FloatArray
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import QUIET, rate_colours
from qkdsim.plots.timeline import NAME_LIMIT, WIDTH_IN, Timeline

ROW_IN = 0.17
_NONE_COLOUR, _ZERO_COLOUR = "#ffffff", "#dedede"


@dataclass(frozen=True, slots=True)
class HeatRows:
    """Named rows of values over time bins; values have shape (rows, bins)."""

    names: Sequence[str]
    values: FloatArray
    edges_s: FloatArray


def log_rows(frame: Timeline, rows: HeatRows, text: Callable[[float], str]) -> None:
    """Draw amounts or rates on a logarithmic colour scale; zero is grey and NaN (not known) white."""
    positive = rows.values[np.isfinite(rows.values) & (rows.values > 0)]
    low, high = decades(float(positive.min()), float(positive.max())) if positive.size else (0, 1)
    colours = rate_colours().with_extremes(under=_ZERO_COLOUR)
    shown = np.where(rows.values == 0, 10.0 ** (low - 3), rows.values)
    bar = _draw(frame, HeatRows(rows.names, shown, rows.edges_s), colours, LogNorm(10.0**low, 10.0**high))
    step = 1 if high - low <= 7 else 2
    bar.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1, step)]))
    bar.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    _note(frame, "grey: zero")


def share_rows(frame: Timeline, rows: HeatRows, colours: Colormap) -> None:
    """Draw shares between 0 and 1; NaN (nothing asked) is white."""
    bar = _draw(frame, rows, colours, Normalize(0.0, 1.0))
    bar.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    _note(frame, "white: nothing asked")


def _draw(frame: Timeline, rows: HeatRows, colours: Colormap, norm: Normalize) -> Axis:
    (axes,) = frame.rows
    edges, places = rows.edges_s / frame.axis.unit_s, np.arange(len(rows.names) + 1)
    # rasterised: thousands of cells would make a heavy page
    image = axes.pcolormesh(
        edges, places, rows.values, cmap=colours.with_extremes(bad=_NONE_COLOUR), norm=norm, rasterized=True, zorder=1.8
    )
    axes.set_ylim(len(rows.names), 0)
    axes.set_yticks(places[:-1] + 0.5, [shortened(name, NAME_LIMIT) for name in rows.names], fontsize=8)
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    box = axes.get_position()
    bar_axes = frame.figure.add_axes((box.x0 - 0.28 / WIDTH_IN, box.y0, 0.13 / WIDTH_IN, box.height))
    bar = frame.figure.colorbar(image, cax=bar_axes)
    bar.ax.yaxis.set_ticks_position("left")
    bar.ax.tick_params(labelsize=8.5)
    bar.ax.yaxis.set_minor_locator(NullLocator())
    return bar.ax.yaxis


def _note(frame: Timeline, text: str) -> None:
    height_in = frame.figure.get_figheight()
    frame.figure.text(0.1 / WIDTH_IN, 0.14 / height_in, text, fontsize=8, color=QUIET)
