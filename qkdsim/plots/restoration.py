"""What users felt of faults: the service of the pairs that each fault touched, before, during and after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from qkdsim.plots.binning import Table
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import shortened, three_digits
from qkdsim.plots.restoration_facts import FaultEffect, fault_effects, served_around
from qkdsim.plots.style import FAULT, INK, QUIET, SERVED, styled
from qkdsim.plots.time_axis import TimeAxis

MAX_FAULTS = 8
_COLUMNS, _WIDTH_IN = 2, 10.0
_PANEL_IN, _OVER_IN, _UNDER_IN = 1.05, 0.5, 0.52
_HEAD_IN, _LEFT_IN, _BETWEEN_IN, _RIGHT_IN, _FOOT_IN = 0.42, 0.62, 0.62, 0.25, 0.3
_BACK = "#d55e00"
_TITLE = "Service of the pairs that a fault touched"


@styled
def restoration_figure(
    restorations: Table,
    requests: Table,
    faults: Sequence[FaultSpan],
    duration_s: float,
    start: datetime | None = None,
) -> Figure:
    """One panel a fault, of at most eight: those that interrupted the service of most pairs, in order of time."""
    axis = TimeAxis.of(duration_s, start)
    effects = [one for one in fault_effects(restorations, faults) if one.interrupted]
    shown = sorted(effects[:MAX_FAULTS], key=lambda one: one.fault.start_s)
    columns = min(_COLUMNS, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    row_in = _OVER_IN + _PANEL_IN + _UNDER_IN
    height_in = _HEAD_IN + rows * row_in + _FOOT_IN
    figure = Figure(figsize=(_WIDTH_IN, height_in))
    title = _TITLE if len(shown) == len(effects) else f"{_TITLE}: {len(shown)} of {len(effects)} faults that were felt"
    height = 1 - 0.22 / height_in
    figure.text(_LEFT_IN / _WIDTH_IN, height, title, fontsize=11, fontweight="bold", va="center", color=INK)
    if not shown:
        text = "no fault interrupted the service of a pair"
        figure.text(0.5, 0.45, text, ha="center", va="center", color=QUIET)
        return figure
    panel_in = (_WIDTH_IN - _LEFT_IN - _RIGHT_IN - _BETWEEN_IN * (columns - 1)) / columns
    for place, effect in enumerate(shown):
        row, column = divmod(place, columns)
        left_in = _LEFT_IN + column * (panel_in + _BETWEEN_IN)
        bottom_in = height_in - _HEAD_IN - row * row_in - _OVER_IN - _PANEL_IN
        box = (left_in / _WIDTH_IN, bottom_in / height_in, panel_in / _WIDTH_IN, _PANEL_IN / height_in)
        _panel(figure.add_axes(box), effect, requests, axis)
    _legend(figure)
    return figure


def _panel(axes: Axes, effect: FaultEffect, requests: Table, axis: TimeAxis) -> None:
    first_s, last_s = effect.window_s(axis.duration_s)
    own = TimeAxis.of(last_s - first_s)
    fault, unit_s = effect.fault, own.unit_s

    def since(time_s: float) -> float:
        return (min(time_s, last_s) - fault.start_s) / unit_s

    edges, share = served_around(requests, effect, (first_s, last_s))
    axes.stairs(share, (edges - fault.start_s) / unit_s, baseline=0, fill=True, color=SERVED, alpha=0.25, linewidth=0)
    axes.stairs(share, (edges - fault.start_s) / unit_s, baseline=None, color=SERVED, linewidth=1.6)
    axes.axvspan(0.0, since(fault.end_s), color=FAULT, alpha=0.30, linewidth=0, zorder=0.5)
    if fault.live_again_s > fault.end_s:
        axes.axvspan(since(fault.end_s), since(fault.live_again_s), color=FAULT, alpha=0.14, linewidth=0, zorder=0.5)
    back = [since(time_s) for time_s in effect.restored_s if time_s <= axis.duration_s]
    axes.plot(back, [1.06] * len(back), "|", color=_BACK, markersize=6, markeredgewidth=1.0, clip_on=False, zorder=4)
    if back:
        axes.axvline(back[-1], color=_BACK, linewidth=1.2, linestyle=(0, (4, 2)), zorder=3)
    axes.set_xlim(since(first_s), (last_s - fault.start_s) / unit_s)
    axes.set_ylim(0.0, 1.12)
    axes.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 3, 5, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(labelsize=8.5)
    axes.set_xlabel(f"{own.unit} since the fault began", fontsize=8.5, labelpad=2)
    when = f"{fault.start_s / axis.unit_s:.4g} {axis.unit}"
    axes.text(
        0,
        1.31,
        f"{shortened(fault.name, 46)}, at {when}",
        transform=axes.transAxes,
        fontsize=9,
        fontweight="bold",
        color=INK,
    )
    axes.text(0, 1.12, _words(effect), transform=axes.transAxes, fontsize=8.5, color=QUIET)


def _words(effect: FaultEffect) -> str:
    text = f"{effect.interrupted} of {len(effect.streams)} pairs interrupted"
    if effect.restored_s:
        text += f", last back after {_length(effect.restored_s[-1] - effect.fault.start_s)}"
    return f"{text}, {effect.unrestored} not back" if effect.unrestored else text


def _length(seconds: float) -> str:
    unit = TimeAxis.of(seconds)
    return f"{three_digits(seconds / unit.unit_s)} {unit.unit}"


def _legend(figure: Figure) -> None:
    looks = [
        Line2D([], [], color=SERVED, linewidth=1.6, label="requests served, share"),
        Patch(facecolor=FAULT, alpha=0.30, label="fault"),
        Patch(facecolor=FAULT, alpha=0.14, label="starting up again"),
        Line2D([], [], color=_BACK, marker="|", linestyle="", markersize=7, label="a pair is served again"),
        Line2D([], [], color=_BACK, linewidth=1.2, linestyle=(0, (4, 2)), label="the last of them"),
    ]
    figure.legend(handles=looks, loc="lower left", bbox_to_anchor=(0.04, 0.0), ncols=5, fontsize=8.5)
