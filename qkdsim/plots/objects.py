"""What was done with stored objects over time, and when their holders were lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.binning import Table
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import BLOCKED, FAULT, INK, QUIET, SERVED, styled
from qkdsim.plots.timeline import NAME_LIMIT, TimeAxis, timeline

MAX_OBJECTS = 24
_ROW_IN, _LEGEND_IN = 0.62, 0.34
_OPERATIONS = {"store": "s", "refresh": "o", "recover": "D", "rebuild": "^"}
_COLOURS = {"done": SERVED, "failed": BLOCKED, "unfinished": "white"}
_SIZE = 6.5


@styled
def objects_figure(
    objects: Table, duration_s: float, faults: Sequence[FaultSpan] = (), start: datetime | None = None
) -> Figure:
    """One row per object: its operations from start to finish, done or not; below them the holders that faults took.

    Of more than 24 objects the first are drawn.
    """
    parts = list(objects.lazy().collect().partition_by("object", as_dict=True, maintain_order=True).items())
    shown = [(str(name), part.to_dicts()) for (name,), part in parts[:MAX_OBJECTS]]
    remarks = [_remark(rows) for _, rows in shown]
    axis = TimeAxis.of(duration_s, start)
    frame = timeline(
        "Stored objects",
        axis,
        faults,
        [_ROW_IN] * max(1, len(shown)),
        name_margin_in([*(shortened(name, NAME_LIMIT) for name, _ in shown), *remarks]),
        _LEGEND_IN,
    )
    for axes, (name, rows), remark in zip(frame.rows, shown, remarks, strict=False):
        _row(axes, rows, axis, faults)
        axes.text(1.01, 0.68, shortened(name, NAME_LIMIT), transform=axes.transAxes, va="center", fontsize=8.5)
        axes.text(1.01, 0.26, remark, transform=axes.transAxes, va="center", fontsize=8, color=QUIET)
    if not shown:
        frame.rows[0].set_yticks([])
        frame.rows[0].text(0.5, 0.5, "no stored objects", transform=frame.rows[0].transAxes, ha="center", va="center")
    _legend(frame.figure)
    return frame.figure


def _remark(rows: Sequence[dict[str, Any]]) -> str:
    done = sum(row["outcome"] == "done" for row in rows)
    holders = rows[0]["holders"].count(">") + 1
    return f"{rows[0]['threshold']} of {holders}; {done} of {len(rows)} operations done"


def _row(axes: Axes, rows: Sequence[dict[str, Any]], axis: TimeAxis, faults: Sequence[FaultSpan]) -> None:
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    for row in rows:
        begun = row["started_s"] / axis.unit_s
        ended = (axis.duration_s if row["finished_s"] is None else row["finished_s"]) / axis.unit_s
        colour = _COLOURS[row["outcome"]]
        line = INK if row["outcome"] == "unfinished" else colour
        axes.plot([begun, ended], [0.62, 0.62], color=line, linewidth=2.2, solid_capstyle="butt", zorder=3)
        marker = _OPERATIONS.get(row["operation"], "x")
        axes.plot([begun], [0.62], marker=marker, color=colour, markeredgecolor=INK, **_MARK)
    holders = rows[0]["holders"].split(">")
    for fault in faults:
        if fault.on == "node" and fault.target in holders:
            begun, ended, live = axis.ends(fault)
            least = 0.003 * axis.duration_s / axis.unit_s
            axes.broken_barh([(begun, max(live - begun, least))], (0.08, 0.2), color=FAULT, alpha=0.35, linewidth=0)
            axes.broken_barh([(begun, max(ended - begun, least))], (0.08, 0.2), color=FAULT, linewidth=0)


_MARK: dict[str, Any] = {"linestyle": "", "markersize": _SIZE, "markeredgewidth": 0.7, "zorder": 4, "clip_on": False}


def _legend(figure: Figure) -> None:
    looks = [
        Line2D([], [], marker=marker, color=SERVED, markeredgecolor=INK, linestyle="", markersize=_SIZE, label=name)
        for name, marker in _OPERATIONS.items()
    ]
    looks += [
        Line2D([], [], marker="o", color=BLOCKED, markeredgecolor=INK, linestyle="", markersize=_SIZE, label="failed"),
        Line2D(
            [], [], marker="o", color="white", markeredgecolor=INK, linestyle="", markersize=_SIZE, label="unfinished"
        ),
    ]
    handles = [*looks, Patch(facecolor=FAULT, label="holder lost")]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.09, 0.0), ncols=7, fontsize=8.5)
