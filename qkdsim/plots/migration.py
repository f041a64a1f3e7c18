"""A migration over time: who is at which stage, what it has cost, and what a quantum computer would read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from qkdsim.plots.axes import name_lines, name_margin_in
from qkdsim.plots.binning import FloatArray, Table
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import prefix_of, shortened, three_digits
from qkdsim.plots.style import BLOCKED, INK, QUIET, SERVED, styled
from qkdsim.plots.timeline import NAME_LIMIT, TimeAxis, timeline

_ROW_IN = 1.55
# from what a quantum computer breaks to what stands best
_STAGE_COLOURS = ("#e69f00", "#cc79a7", "#0072b2", "#009e73", "#56b4e9", "#000000")
_RECORDED, _READABLE, _STILL = "sent in all", "of it readable", "readable, yet to be sent"


@dataclass(frozen=True, slots=True)
class MigrationCurves:
    """The table `migration` as arrays: times, and of each stage (rows) the values over time (columns)."""

    stages: tuple[str, ...]
    time_s: FloatArray
    pairs: FloatArray
    nodes: FloatArray
    cost: FloatArray
    protected_bytes: FloatArray
    readable_bytes: FloatArray
    still_readable_bytes: FloatArray


def migration_curves(migration: Table) -> MigrationCurves:
    """The table, turned for drawing."""
    table = migration.lazy().collect()
    stages = tuple(table["stage"].unique(maintain_order=True))

    def turned(column: str) -> FloatArray:
        return table[column].to_numpy().astype(np.float64).reshape(-1, max(1, len(stages))).T

    names = ("pairs", "nodes", "cost", "protected_bytes", "readable_bytes", "still_readable_bytes")
    return MigrationCurves(stages, turned("time_s")[0], *(turned(name) for name in names))


@styled
def migration_figure(
    migration: Table, duration_s: float, faults: Sequence[FaultSpan] = (), start: datetime | None = None
) -> Figure:
    """Pairs at each stage, cost so far by stage, bytes sent so far and those that a quantum computer would read."""
    curves = migration_curves(migration)
    names = [*(shortened(one, NAME_LIMIT) for one in curves.stages), _STILL]
    axis = TimeAxis.of(duration_s, start)
    frame = timeline("Migration", axis, faults, [_ROW_IN] * 3, name_margin_in(names))
    time = curves.time_s / axis.unit_s
    of_pairs = curves.pairs / np.maximum(curves.pairs.sum(axis=0), 1.0)
    stage, cost, exposure = frame.rows
    _stacked(stage, time, of_pairs, curves.stages)
    stage.set_ylim(0.0, 1.0)
    stage.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    _label(stage, "pairs at each stage")
    _stacked(cost, time, curves.cost, curves.stages)
    cost.set_ylim(0.0, max(1.06 * float(curves.cost.sum(axis=0).max()), 1e-9))
    cost.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _thousands(value)))
    _label(cost, "cost so far")
    _exposure(exposure, time, curves)
    _label(exposure, "bytes so far")
    for row in frame.rows:
        row.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
        row.tick_params(axis="y", labelsize=8.5)
    return frame.figure


def _label(axes: Axes, words: str) -> None:
    axes.set_ylabel(words, fontsize=8.5, color=QUIET)
    axes.yaxis.set_label_coords(-0.098, 0.5)


def _thousands(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 100 or value == 0 else three_digits(value)


def _stacked(axes: Axes, time: FloatArray, values: FloatArray, stages: Sequence[str]) -> None:
    base, ends = np.zeros(len(time)), []
    for place, (name, layer) in enumerate(zip(stages, values, strict=True)):
        colour = _STAGE_COLOURS[place % len(_STAGE_COLOURS)]
        top = base + layer
        axes.fill_between(time, base, top, color=colour, linewidth=0, step="post")
        if place:
            axes.plot(time, base, color="white", linewidth=0.8, drawstyle="steps-post")
        ends.append(((base[-1] + top[-1]) / 2, name, colour))
        base = top
    axes.set_ylim(0.0, max(float(base.max()), 1e-9))
    name_lines(axes, ends)


def _exposure(axes: Axes, time: FloatArray, curves: MigrationCurves) -> None:
    sent, readable = curves.protected_bytes.sum(axis=0), curves.readable_bytes.sum(axis=0)
    still = curves.still_readable_bytes.sum(axis=0)
    axes.plot(time, sent, color=SERVED, linewidth=1.6)
    axes.fill_between(time, 0.0, readable, color=BLOCKED, alpha=0.25, linewidth=0)
    axes.plot(time, readable, color=BLOCKED, linewidth=1.6)
    axes.plot(time, still, color=INK, linewidth=1.4, linestyle=(0, (4, 2)))
    top = max(float(sent.max()), 1.0)
    axes.set_ylim(0.0, 1.06 * top)
    size, prefix = prefix_of(top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / size:g} {prefix}B"))
    ends = [(float(line[-1]), name, colour) for line, name, colour in _lines(sent, readable, still)]
    name_lines(axes, ends)


def _lines(sent: FloatArray, readable: FloatArray, still: FloatArray) -> list[tuple[FloatArray, str, str]]:
    return [(sent, _RECORDED, SERVED), (readable, _READABLE, BLOCKED), (still, _STILL, INK)]
