"""Key that was asked for over time: served and blocked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.binning import FloatArray, Table, bin_edges_s, demand_rates_bps
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.heat import ROW_IN, HeatRows, share_rows
from qkdsim.plots.quantities import rate_text, shortened
from qkdsim.plots.style import BLOCKED, INK, SERVED, styled
from qkdsim.plots.timeline import NAME_LIMIT, TimeAxis, timeline
from qkdsim.units import format_duration

_MAX_ROWS, _MOST_DEMANDS = 12, 40
_ROW_IN = 0.72


@styled
def demands_figure(
    requests: Table,
    demands: Sequence[str],
    duration_s: float,
    faults: Sequence[FaultSpan] = (),
    start: datetime | None = None,
) -> Figure:
    """Served key rate of each demand, and that of requests blocked or lost, in time bins of arrival.

    From the `requests` table; of more than 40 demands those that asked for most are shown.
    """
    edges_s = bin_edges_s(duration_s)
    rates = demand_rates_bps(requests, list(demands), edges_s)
    axis = TimeAxis.of(duration_s, start)
    title = f"Key asked for: served and blocked, means over {format_duration(float(edges_s[1] - edges_s[0]))}"
    if len(demands) > _MOST_DEMANDS:
        title += f"; {_MOST_DEMANDS} of {len(demands)} demands"
        demands = _largest(demands, {name: float(np.sum(rates[name])) for name in demands})
    right_in = name_margin_in(demands)
    if len(demands) > _MAX_ROWS:
        frame = timeline(title, axis, faults, (ROW_IN * len(demands),), right_in)
        shares = np.array([_served_share(*rates[demand]) for demand in demands])
        colours = LinearSegmentedColormap.from_list("served", [BLOCKED, "#f3f0ea", SERVED])
        share_rows(frame, HeatRows(demands, shares, edges_s), colours)
        return frame.figure
    frame = timeline(title, axis, faults, [_ROW_IN] * max(1, len(demands)), right_in)
    for axes, demand in zip(frame.rows, demands, strict=False):
        _row(axes, demand, *rates[demand], edges_s / axis.unit_s)
    if not demands:
        frame.rows[0].set_yticks([])
        frame.rows[0].text(0.5, 0.5, "no demands", transform=frame.rows[0].transAxes, ha="center", va="center")
        return frame.figure
    look = [
        Patch(color=SERVED, label="served"),
        Patch(facecolor=BLOCKED, hatch="////", edgecolor="white", label="blocked or lost"),
    ]
    corner = (0.99, 1.0)  # of the figure: beside the title, over the names
    frame.figure.legend(handles=look, loc="upper right", bbox_to_anchor=corner, ncols=2, borderaxespad=0.35)
    return frame.figure


def _largest(demands: Sequence[str], asked: Mapping[str, float]) -> list[str]:
    chosen = set(sorted(demands, key=lambda name: (-asked[name], name))[:_MOST_DEMANDS])
    return [name for name in demands if name in chosen]


def _served_share(served_bps: FloatArray, blocked_bps: FloatArray) -> FloatArray:
    asked = served_bps + blocked_bps
    return np.where(asked > 0, served_bps / np.where(asked > 0, asked, 1.0), np.nan)


def _row(axes: Axes, name: str, served_bps: FloatArray, blocked_bps: FloatArray, edges: FloatArray) -> None:
    asked_bps = served_bps + blocked_bps
    highest = float(asked_bps.max(initial=0.0))
    axes.stairs(served_bps, edges, fill=True, color=SERVED, linewidth=0)
    # hatched, so that the two stay apart in print and for every kind of sight
    axes.stairs(
        asked_bps,
        edges,
        baseline=served_bps,
        fill=True,
        facecolor=BLOCKED,
        edgecolor="white",
        hatch="////",
        linewidth=0,
    )
    axes.set_ylim(0.0, 1.12 * highest if highest > 0 else 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rate_text(value) if value else "0"))
    axes.tick_params(axis="y", labelsize=8.5)
    axes.text(1.01, 0.5, shortened(name, NAME_LIMIT), transform=axes.transAxes, va="center", fontsize=8.5, color=INK)
