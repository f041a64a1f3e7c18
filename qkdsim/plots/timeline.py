"""The frame of every figure over time: rows over one time axis, faults named above and shaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.fault_lanes import LANE_IN, draw_lanes, fault_lanes
from qkdsim.plots.style import FAULT, INK
from qkdsim.plots.time_axis import TimeAxis

WIDTH_IN = 10.0
_LEFT_IN = 1.05
_TOP_IN, _BOTTOM_IN = 0.42, 0.55
_GAP_IN = 0.16
_MAX_SHADED = 12
NAME_LIMIT = 34  # characters of a link's name beside a figure

__all__ = ["NAME_LIMIT", "WIDTH_IN", "TimeAxis", "Timeline", "timeline"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A figure with rows over one time axis."""

    figure: Figure
    rows: tuple[Axes, ...]
    axis: TimeAxis


def timeline(
    title: str,
    axis: TimeAxis,
    faults: Sequence[FaultSpan],
    row_heights_in: Sequence[float],
    right_in: float,
    foot_in: float = 0.0,
) -> Timeline:
    """An empty timeline with its title, its fault lanes and its shading.

    `right_in` is kept for names, and `foot_in` under the axis for a legend.
    """
    lanes = fault_lanes(faults, axis.duration_s)
    strip_in = LANE_IN * len(lanes) + (_GAP_IN if lanes else 0.0)
    rows_in = sum(row_heights_in) + _GAP_IN * (len(row_heights_in) - 1)
    height_in = _TOP_IN + strip_in + rows_in + _BOTTOM_IN + foot_in
    figure = Figure(figsize=(WIDTH_IN, height_in))
    width = (WIDTH_IN - _LEFT_IN - right_in) / WIDTH_IN
    top_in = height_in - _TOP_IN

    def place(top: float, row_in: float) -> Axes:
        axes = figure.add_axes((_LEFT_IN / WIDTH_IN, (top - row_in) / height_in, width, row_in / height_in))
        axes.set_xlim(0.0, axis.duration_s / axis.unit_s)
        return axes

    figure.text(
        _LEFT_IN / WIDTH_IN,
        1 - 0.22 / height_in,
        title,
        fontsize=11,
        fontweight="bold",
        va="center",
        color=INK,
    )
    if lanes:
        draw_lanes(place(top_in, LANE_IN * len(lanes)), lanes, axis)
        top_in -= strip_in
    rows = []
    for row_in in row_heights_in:
        rows.append(place(top_in, row_in))
        top_in -= row_in + _GAP_IN
        _shade(rows[-1], faults, axis)
    for row in rows:
        row.xaxis.set_major_locator(MultipleLocator(axis.step))
        row.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        row.tick_params(axis="x", labelbottom=row is rows[-1])
    rows[-1].set_xlabel(axis.label)
    return Timeline(figure, tuple(rows), axis)


def _shade(axes: Axes, faults: Sequence[FaultSpan], axis: TimeAxis) -> None:
    shown = [fault for fault in faults if fault.start_s < axis.duration_s and not fault.is_of_node]
    if len(shown) > _MAX_SHADED:  # shading would be everywhere, and say nothing
        return
    for fault in shown:
        start, end, live = axis.ends(fault)
        axes.axvspan(start, end, color=FAULT, alpha=0.22, linewidth=0, zorder=0.5)
        axes.axvspan(end, live, color=FAULT, alpha=0.10, linewidth=0, zorder=0.5)
        for time in (start, end):  # seen through filled areas too, which hide the shading
            axes.axvline(time, color=INK, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1.5)
