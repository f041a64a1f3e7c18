"""The data behind a verdict as figures: curves with bands, operating characteristics.

No words are drawn: names and axes stand in the page around the figure, in its language.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from qkdsim.evaluation.evidence import Series
from qkdsim.plots.style import line_look, styled

_DECADES_OF_LOG = 2.5  # a wider range of positive values is shown on a logarithmic axis
_FEW_POINTS = 30


@dataclass(frozen=True, slots=True)
class SeriesGroup:
    """Series that share both axes, to be drawn together."""

    x_label: str
    y_label: str
    series: tuple[Series, ...]

    @property
    def colours(self) -> tuple[str, ...]:
        """The colour of each series in the figure."""
        return tuple(str(line_look(index)["color"]) for index in range(len(self.series)))


def series_groups(series: Sequence[Series]) -> tuple[SeriesGroup, ...]:
    """Series by their axes, in the order in which they come."""
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        groups.setdefault((one.x_label, one.y_label), []).append(one)
    return tuple(SeriesGroup(x_label, y_label, tuple(members)) for (x_label, y_label), members in groups.items())


@styled
def evidence_figure(group: SeriesGroup) -> Figure:
    """Curves with their bands, without any words; axes are logarithmic where positive values span decades."""
    figure = Figure(figsize=(5.6, 2.9), layout="constrained")
    axes = figure.add_subplot()
    for index, one in enumerate(group.series):
        look = line_look(index)
        marker = "o" if one.is_discrete or len(one.x) <= _FEW_POINTS else ""
        if one.is_discrete:
            look = {**look, "linestyle": "none"}
        axes.plot(one.x, one.y, marker=marker, markersize=3.5, zorder=2.5, clip_on=False, **look)
        if one.y_low is not None and one.y_high is not None:
            axes.fill_between(one.x, one.y_low, one.y_high, color=look["color"], alpha=0.18, linewidth=0)
    _scale(axes, "x", [value for one in group.series for value in one.x])
    if group.y_label.startswith("probability"):
        axes.set_ylim(0.0, 1.0)  # the whole range: a power of a test says little on another
        return figure
    _scale(axes, "y", [value for one in group.series for value in (*one.y, *(one.y_low or ()), *(one.y_high or ()))])
    return figure


def _scale(axes: Axes, which: str, values: Sequence[float]) -> None:
    known = np.array([value for value in values if math.isfinite(value)])
    if not _is_wide(known):
        if which == "y" and known.size and 0 <= known.min() < 0.5 * known.max():
            axes.set_ylim(bottom=0.0)
        return
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis: XAxis | YAxis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(numticks=7))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _is_wide(known: NDArray[np.float64]) -> bool:
    """Whether values call for a logarithmic axis; probabilities that come near 1 do not."""
    if known.size == 0 or known.min() <= 0 or 0.5 < known.max() <= 1.0:
        return False
    return math.log10(known.max() / known.min()) >= _DECADES_OF_LOG
