"""What became of requests over time: served, blocked and why, lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.binning import FloatArray, Table, bin_edges_s, bin_number
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import BLOCKED, INK, QUIET, SERVED, styled
from qkdsim.plots.timeline import NAME_LIMIT, TimeAxis, timeline
from qkdsim.units import format_duration

MAX_CLASSES = 12
_ROW_IN, _LEGEND_ROW_IN, _LEGEND_COLUMNS = 0.85, 0.24, 4
_SERVED, _LOST, _OTHER = "served", "lost", "blocked: other causes"
# hatched, so that they stay apart in print and for every kind of sight
_BLOCKED_LOOKS = ((BLOCKED, "////"), ("#e69f00", ""), ("#cc79a7", "...."), ("#56b4e9", "\\\\\\\\"), ("#f3ddb3", "xxxx"))


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Requests per class, outcome and time bin of arrival: class -> outcome -> counts; outcomes in drawing order."""

    outcomes: tuple[str, ...]
    counts: Mapping[str, Mapping[str, FloatArray]]


def outcome_counts(requests: Table, edges_s: FloatArray) -> OutcomeCounts:
    """Requests by outcome, those blocked by cause; the rarest causes together. The table is read in streams."""
    import polars as pl

    cause = pl.concat_str(pl.lit("blocked: "), pl.col("cause"))
    outcome = pl.when(pl.col("outcome") == "blocked").then(cause).otherwise(pl.col("outcome")).alias("outcome")
    rows = (
        requests.lazy()
        .group_by("class", outcome, bin_number(edges_s).alias("bin"))
        .agg(pl.len())
        .collect(engine="streaming")
        .sort("class", "outcome", "bin")
    )
    totals = rows.group_by("outcome").agg(pl.col("len").sum()).sort("len", "outcome", descending=[True, False])
    causes = [name for name in totals["outcome"] if name not in (_SERVED, _LOST)]
    shown = causes if len(causes) <= len(_BLOCKED_LOOKS) else [*causes[: len(_BLOCKED_LOOKS) - 1], _OTHER]
    order = (_SERVED, *shown, _LOST)
    bins = len(edges_s) - 1
    counts: dict[str, dict[str, FloatArray]] = {}
    for name, what, place, number in rows.iter_rows():
        of_class = counts.setdefault(name, {one: np.zeros(bins) for one in order})
        of_class[what if what in order else _OTHER][place] += number
    return OutcomeCounts(order, counts)


@styled
def outcomes_figure(
    requests: Table,
    classes: Sequence[str],
    duration_s: float,
    faults: Sequence[FaultSpan] = (),
    start: datetime | None = None,
) -> Figure:
    """Share of the requests of each class that was served, blocked by cause, and lost, by time of arrival.

    At most 12 classes are drawn, those with most requests.
    """
    edges_s = bin_edges_s(duration_s)
    found = outcome_counts(requests, edges_s)
    asked = {name: sum(float(one.sum()) for one in found.counts.get(name, {}).values()) for name in classes}
    shown = sorted(sorted(classes, key=lambda name: -asked[name])[:MAX_CLASSES], key=list(classes).index)
    width = format_duration(float(edges_s[1] - edges_s[0]))
    rows = max(1, len(shown))
    foot_in = 0.1 + _LEGEND_ROW_IN * math.ceil(len(found.outcomes) / _LEGEND_COLUMNS)
    frame = timeline(
        f"What became of requests, shares over {width}",
        TimeAxis.of(duration_s, start),
        faults,
        [_ROW_IN] * rows,
        name_margin_in([*shown, "1 000 000 requests"]),
        foot_in,
    )
    looks = _looks(found.outcomes)
    for axes, name in zip(frame.rows, shown, strict=False):
        _row(axes, found.counts.get(name, {}), edges_s / frame.axis.unit_s, looks)
        remark = f"{asked[name]:,.0f} requests".replace(",", " ")
        axes.text(
            1.01, 0.62, shortened(name, NAME_LIMIT), transform=axes.transAxes, va="center", fontsize=8.5, color=INK
        )
        axes.text(1.01, 0.34, remark, transform=axes.transAxes, va="center", fontsize=8, color=QUIET)
    if not shown:
        frame.rows[0].set_yticks([])
        frame.rows[0].text(0.5, 0.5, "no requests", transform=frame.rows[0].transAxes, ha="center", va="center")
    elif any(asked.values()):
        patches = [_patch(name, *looks[name]) for name in found.outcomes if _occurs(found, name)]
        frame.figure.legend(handles=patches, loc="lower left", bbox_to_anchor=(0.09, 0.0), ncols=_LEGEND_COLUMNS)
    return frame.figure


def _occurs(found: OutcomeCounts, outcome: str) -> bool:
    return any(counts[outcome].any() for counts in found.counts.values())


def _looks(outcomes: Sequence[str]) -> dict[str, tuple[str, str]]:
    blocked = [name for name in outcomes if name not in (_SERVED, _LOST)]
    return {_SERVED: (SERVED, ""), _LOST: (INK, ""), **dict(zip(blocked, _BLOCKED_LOOKS, strict=False))}


def _patch(name: str, colour: str, hatch: str) -> Patch:
    return Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0, label=name)


def _row(axes: Axes, counts: Mapping[str, FloatArray], edges: FloatArray, looks: Mapping[str, tuple[str, str]]) -> None:
    axes.set_ylim(0.0, 1.0)
    axes.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    axes.tick_params(axis="y", labelsize=8.5)
    if not counts:
        axes.text(0.5, 0.5, "no requests", transform=axes.transAxes, ha="center", va="center", fontsize=8.5)
        return
    total = np.sum(list(counts.values()), axis=0)
    base = np.zeros(len(total))
    for name, count in counts.items():
        if not count.any():
            continue
        share = np.where(total > 0, count / np.maximum(total, 1.0), 0.0)
        colour, hatch = looks[name]
        axes.stairs(
            *(base + share, edges), baseline=base, fill=True, facecolor=colour, hatch=hatch, edgecolor="white", lw=0
        )
        base = base + share
