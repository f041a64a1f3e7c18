"""The frame of every figure over time: rows over one time axis, faults named above and shaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import FAULT, INK, QUIET

WIDTH_IN = 10.0
_LEFT_IN = 1.05
_TOP_IN, _BOTTOM_IN = 0.42, 0.55
_LANE_IN, _GAP_IN = 0.2, 0.16
_MAX_LANES = 6
NAME_LIMIT = 34  # characters of a link's name beside a figure

# unit, its length in seconds, and the longest run it serves
_UNITS = (
    ("s", 1.0, 180.0),
    ("min", 60.0, 7200.0),
    ("h", 3600.0, 4 * 86_400.0),
    ("d", 86_400.0, 3 * 365.25 * 86_400),
)
_YEAR_S = 365.25 * 86_400.0


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Simulated time from 0 to `duration_s`, and the unit it is shown in."""

    duration_s: float
    start: datetime | None
    unit: str
    unit_s: float

    @classmethod
    def of(cls, duration_s: float, start: datetime | None = None) -> TimeAxis:
        """The axis of a run, in the unit that fits its length."""
        for unit, size, limit in _UNITS:
            if duration_s <= limit:
                return cls(duration_s, start, unit, size)
        return cls(duration_s, start, "years", _YEAR_S)

    @property
    def label(self) -> str:
        """What stands under the axis."""
        since = f"{self.start:%Y-%m-%d %H:%M} UTC" if self.start is not None else "start"
        return f"time since {since} ({self.unit})"

    @property
    def step(self) -> float:
        """Distance between ticks, in the unit: about ten of them, at round numbers of that unit."""
        span = self.duration_s / self.unit_s
        steps = {"h": (0.5, 1, 2, 3, 6, 12, 24), "d": (0.5, 1, 2, 5, 7, 14, 30, 60, 90, 180)}
        sizes = steps.get(self.unit, (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60))
        return float(next((size for size in sizes if span / size <= 13), 10 ** math.ceil(math.log10(span / 13))))


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
) -> Timeline:
    """An empty timeline with its title, its fault lanes and its shading; `right_in` is kept for names."""
    lanes = _lanes(faults, axis.duration_s)
    strip_in = _LANE_IN * len(lanes) + (_GAP_IN if lanes else 0.0)
    rows_in = sum(row_heights_in) + _GAP_IN * (len(row_heights_in) - 1)
    height_in = _TOP_IN + strip_in + rows_in + _BOTTOM_IN
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
        _draw_lanes(place(top_in, _LANE_IN * len(lanes)), lanes, axis)
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


def _lanes(faults: Sequence[FaultSpan], duration_s: float) -> list[tuple[str, list[FaultSpan]]]:
    """Faults by name, in order of their first start; what does not fit goes into a last lane."""
    lanes: dict[str, list[FaultSpan]] = {}
    for fault in faults:
        if fault.start_s < duration_s:
            lanes.setdefault(f"{fault.kind}: {fault.link}", []).append(fault)
    named = list(lanes.items())
    if len(named) <= _MAX_LANES:
        return named
    rest = [fault for _, several in named[_MAX_LANES - 1 :] for fault in several]
    return [*named[: _MAX_LANES - 1], (f"{len(named) - _MAX_LANES + 1} more: see the table of faults", rest)]


def _draw_lanes(axes: Axes, lanes: list[tuple[str, list[FaultSpan]]], axis: TimeAxis) -> None:
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.axis("off")
    span = axis.duration_s / axis.unit_s
    for lane, (name, faults) in enumerate(lanes):
        for fault in faults:
            start, end, live = _ends(fault, axis)
            axes.barh(lane, max(live - start, 0.003 * span), left=start, height=0.62, color=FAULT, alpha=0.35)
            axes.barh(lane, max(end - start, 0.003 * span), left=start, height=0.62, color=FAULT)
        first, last = _ends(faults[0], axis)[0], max(_ends(fault, axis)[2] for fault in faults)
        after = last < 0.55 * span or last < span - first
        text = shortened(name, 48)
        where, side = (last + 0.008 * span, "left") if after else (first - 0.008 * span, "right")
        axes.text(where, lane, text, ha=side, va="center_baseline", fontsize=8.5, color=INK, clip_on=False)
    axes.text(-0.008 * span, (len(lanes) - 1) / 2, "faults", ha="right", va="center", fontsize=8.5, color=QUIET)


def _shade(axes: Axes, faults: Sequence[FaultSpan], axis: TimeAxis) -> None:
    for fault in faults:
        start, end, live = _ends(fault, axis)
        if fault.start_s < axis.duration_s:
            axes.axvspan(start, end, color=FAULT, alpha=0.22, linewidth=0, zorder=0.5)
            axes.axvspan(end, live, color=FAULT, alpha=0.10, linewidth=0, zorder=0.5)
            for time in (start, end):  # seen through filled areas too, which hide the shading
                axes.axvline(time, color=INK, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1.5)


def _ends(fault: FaultSpan, axis: TimeAxis) -> tuple[float, float, float]:
    times = (fault.start_s, fault.end_s, max(fault.live_again_s, fault.end_s))
    start, end, live = (min(time, axis.duration_s) / axis.unit_s for time in times)
    return start, end, live
