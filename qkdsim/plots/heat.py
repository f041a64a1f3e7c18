"""Many rows over time as colours: for networks with more links or demands than lines can show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axis import Axis
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.plots.axes import decades
from qkdsim.plots.binning import FloatArray
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import rate_colours
from qkdsim.plots.timeline import NAME_LIMIT, WIDTH_IN, Timeline

ROW_IN = 0.17
NONE_COLOUR, ZERO_COLOUR = "#ffffff", "#ececec"


def heat_rows(
    frame: Timeline,
    names: Sequence[str],
    values: FloatArray,
    edges_s: FloatArray,
    label: str,
    text: Callable[[float], str],
) -> None:
    """Draw `values`, shape (rows, bins), on a logarithmic colour scale; zero is pale grey and NaN white."""
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = decades(float(positive.min()), float(positive.max())) if positive.size else (0, 1)
    colours = rate_colours()
    colours.set_under(ZERO_COLOUR)
    colours.set_bad(NONE_COLOUR)
    bar = _draw(frame, names, values, edges_s, colours, LogNorm(10.0**low, 10.0**high), label, zero=True)
    step = 1 if high - low <= 7 else 2
    bar.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1, step)]))
    bar.set_major_formatter(FuncFormatter(lambda value, _: text(value)))


def share_rows(
    frame: Timeline,
    names: Sequence[str],
    values: FloatArray,
    edges_s: FloatArray,
    colours: Colormap,
    label: str,
) -> None:
    """Draw shares between 0 and 1, shape (rows, bins); NaN (nothing asked) is white."""
    colours.set_bad(NONE_COLOUR)
    bar = _draw(frame, names, values, edges_s, colours, Normalize(0.0, 1.0), label, zero=False)
    bar.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))


def _draw(
    frame: Timeline,
    names: Sequence[str],
    values: FloatArray,
    edges_s: FloatArray,
    colours: Colormap,
    norm: Normalize,
    label: str,
    *,
    zero: bool,
) -> Axis:
    (axes,) = frame.rows
    shown = np.where(values == 0, norm.vmin * 1e-3, values) if zero and norm.vmin else values
    image = axes.pcolormesh(
        edges_s / frame.axis.unit_s,
        np.arange(len(names) + 1),
        shown,
        cmap=colours,
        norm=norm,
        rasterized=True,
    )
    axes.set_ylim(len(names), 0)
    axes.set_yticks(np.arange(len(names)) + 0.5, [shortened(name, NAME_LIMIT) for name in names], fontsize=8)
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    box = axes.get_position()
    width = 0.14 / WIDTH_IN
    bar_axes = frame.figure.add_axes((box.x0 - 0.30 / WIDTH_IN, box.y0, width, box.height))
    bar = frame.figure.colorbar(image, cax=bar_axes, label=label)
    bar.ax.yaxis.set_ticks_position("left")
    bar.ax.yaxis.set_label_position("left")
    bar.ax.yaxis.set_minor_locator(NullLocator())
    return bar.ax.yaxis
