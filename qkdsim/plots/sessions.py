"""What the secrecy of sessions rests on over time, plan by plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.binning import FloatArray, Table, bin_edges_s
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import shortened
from qkdsim.plots.session_bins import Basis, PlanSpan, handshake_places, session_shares
from qkdsim.plots.style import BLOCKED, INK, QUIET, styled
from qkdsim.plots.timeline import NAME_LIMIT, TimeAxis, timeline

MAX_PLANS = 12
_ROW_IN, _LEGEND_ROW_IN, _LEGEND_COLUMNS = 0.95, 0.24, 2
_MAX_SETS = 16
# of KINDS: black for what needs no assumption on computing, orange for what a quantum computer breaks
_KIND_COLOURS = ("#000000", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#8a8a8a")
_NONE = "no session"
_OTHER = Basis(len(_KIND_COLOURS) - 1, "other inputs", False)

Look = tuple[str, str]  # colour and hatch


@styled
def sessions_figure(
    sessions: Table,
    plans: Sequence[PlanSpan],
    duration_s: float,
    faults: Sequence[FaultSpan] = (),
    start: datetime | None = None,
) -> Figure:
    """Share of the pairs of each plan whose session rests on each set of inputs, and of those without a session.

    Dotted areas are downgraded: the policy would have mixed more. Marks stand where handshakes were refused or failed.
    Of more than 12 plans the first are drawn.
    """
    shown = list(plans)[:MAX_PLANS]
    edges_s = bin_edges_s(duration_s)
    found = _few(session_shares(sessions, shown, edges_s))
    looks = basis_looks(sorted({one for of_plan in found.values() for one in of_plan}))
    refused = handshake_places(sessions, ("refused", "failed"), edges_s)
    legend = [*(_patch(_words(one), *look) for one, look in looks.items()), _patch(_NONE, BLOCKED, "////"), _mark()]
    foot_in = 0.1 + _LEGEND_ROW_IN * math.ceil(len(legend) / _LEGEND_COLUMNS)
    frame = timeline(
        "What the secrecy of sessions rests on, share of pairs",
        TimeAxis.of(duration_s, start),
        faults,
        [_ROW_IN] * max(1, len(shown)),
        name_margin_in([*(one.id for one in shown), "100 pairs"]),
        foot_in,
    )
    for axes, plan in zip(frame.rows, shown, strict=False):
        edges = edges_s / frame.axis.unit_s
        _row(axes, found[plan.id], looks, edges, _is_on(plan, edges_s))
        marks = np.flatnonzero(refused.get(plan.id, np.zeros(1)))
        axes.plot((edges[marks] + edges[marks + 1]) / 2, [1.07] * len(marks), **_MARK)
        axes.text(1.01, 0.62, shortened(plan.id, NAME_LIMIT), transform=axes.transAxes, va="center", fontsize=8.5)
        remark = f"{plan.pairs:,} pair{'s' if plan.pairs > 1 else ''}".replace(",", " ")
        axes.text(1.01, 0.34, remark, transform=axes.transAxes, va="center", fontsize=8, color=QUIET)
    frame.figure.legend(handles=legend, loc="lower left", bbox_to_anchor=(0.09, 0.0), ncols=_LEGEND_COLUMNS)
    return frame.figure


_MARK: dict[str, Any] = {"marker": "v", "color": INK, "markersize": 3.5, "linestyle": "", "clip_on": False, "zorder": 4}


def basis_looks(bases: Sequence[Basis]) -> dict[Basis, Look]:
    """Colour and hatch of each basis: a colour per kind, paler for further sets of a kind."""
    looks: dict[Basis, Look] = {}
    for one in bases:
        sets = sorted(
            {other.inputs for other in bases if other.kind == one.kind}, key=lambda name: (-name.count("+"), name)
        )
        paler = sets.index(one.inputs) * min(0.24, 0.75 / max(len(sets) - 1, 1))
        looks[one] = (_towards_white(_KIND_COLOURS[one.kind], paler), "...." if one.is_downgraded else "")
    return looks


def _towards_white(colour: str, part: float) -> str:
    red, green, blue = (part + (1.0 - part) * one for one in to_rgb(colour))
    return to_hex((red, green, blue))


def _few(found: Mapping[str, Mapping[Basis, FloatArray]]) -> dict[str, dict[Basis, FloatArray]]:
    """The same, with all but the sets that were used longest taken together."""
    used: dict[Basis, float] = {}
    for of_plan in found.values():
        for one, share in of_plan.items():
            used[one] = used.get(one, 0.0) + float(np.nansum(share))
    most = sorted(used, key=lambda one: -used[one])
    kept = set(most if len(most) <= _MAX_SETS else most[: _MAX_SETS - 1])
    few: dict[str, dict[Basis, FloatArray]] = {}
    for plan, of_plan in found.items():
        few[plan] = {}
        for one, share in of_plan.items():
            key = one if one in kept else _OTHER
            few[plan][key] = few[plan].get(key, np.zeros(len(share))) + share
    return few


def _is_on(plan: PlanSpan, edges_s: FloatArray) -> FloatArray:
    """1 for bins in which a plan keeps sessions up, else 0."""
    return (np.diff(np.clip(edges_s, plan.start_s, plan.stop_s)) > 0.0).astype(float)


def _words(one: Basis) -> str:
    return f"{one.inputs or 'nothing'}, downgraded" if one.is_downgraded else one.inputs or "nothing"


def _patch(name: str, colour: str, hatch: str) -> Patch:
    return Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0, label=name)


def _mark() -> Line2D:
    return Line2D([], [], label="handshakes refused or failed", **{**_MARK, "markersize": 5})


def _row(
    axes: Axes, shares: Mapping[Basis, FloatArray], looks: Mapping[Basis, Look], edges: FloatArray, is_on: FloatArray
) -> None:
    axes.set_ylim(0.0, 1.0)
    axes.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    axes.tick_params(axis="y", labelsize=8.5)
    base = np.zeros(len(edges) - 1)
    layers = [(np.nan_to_num(share), looks[one]) for one, share in shares.items()]
    held = np.sum([share for share, _ in layers], axis=0) if layers else base
    missing = np.clip(is_on - held, 0.0, None)
    missing[missing < 1e-3] = 0.0  # the time of a handshake
    for share, (colour, hatch) in [*layers, (missing, (BLOCKED, "////"))]:
        if share.any():
            top = base + share
            axes.stairs(top, edges, baseline=base, fill=True, facecolor=colour, hatch=hatch, edgecolor="white", lw=0)
            base = top
