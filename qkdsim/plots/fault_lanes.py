"""Faults over time, one lane each, or one for all of a kind where they are many."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import FAULT, INK, QUIET
from qkdsim.plots.time_axis import TimeAxis

LANE_IN = 0.2
_MAX_LANES = 6
_PLURAL = {
    "link": "links",
    "node": "nodes",
    "satellite": "satellites",
    "controller": "controllers",
    "classical-link": "classical links",
}

Lane = tuple[str, list[FaultSpan]]


def fault_lanes(faults: Sequence[FaultSpan], duration_s: float) -> list[Lane]:
    """Names and faults of the lanes, in order of their first start.

    Each target has a lane of its own while they are few. Else those of a kind share one, those with fewest targets
    last, so that the lost controller keeps its name among a hundred cut links.
    """
    kinds: dict[tuple[str, str], dict[str, list[FaultSpan]]] = {}
    for fault in faults:
        if fault.start_s < duration_s and not fault.is_of_node:
            kinds.setdefault((fault.kind, fault.on), {}).setdefault(fault.name, []).append(fault)
    lanes: list[Lane] = []
    left = len(kinds)  # kinds that need at least one lane more
    for (kind, on), named in sorted(kinds.items(), key=lambda one: len(one[1])):
        left -= 1
        if len(lanes) + len(named) + left <= _MAX_LANES:
            lanes += named.items()
        else:
            several = [fault for same in named.values() for fault in same]
            lanes.append((f"{kind}: {len(named)} {_PLURAL[on]}", several))
    return sorted(lanes, key=lambda lane: min(fault.start_s for fault in lane[1]))


def draw_lanes(axes: Axes, lanes: Sequence[Lane], axis: TimeAxis) -> None:
    """Draw the faults as bars, dark while they last and pale until what they hit works again, with their names."""
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.axis("off")
    span = axis.duration_s / axis.unit_s
    for lane, (name, faults) in enumerate(lanes):
        ends = [axis.ends(fault) for fault in faults]
        least = 0.003 * span
        live_spans = [(start, max(live - start, least)) for start, _, live in ends]
        axes.broken_barh(live_spans, (lane - 0.31, 0.62), color=FAULT, alpha=0.35, linewidth=0)
        fault_spans = [(start, max(end - start, least)) for start, end, _ in ends]
        several = len({fault.target for fault in faults}) > 1
        shade = 0.5 if several else 1.0  # darker where several last at once
        axes.broken_barh(fault_spans, (lane - 0.31, 0.62), color=FAULT, alpha=shade, linewidth=0)
        first, last = min(start for start, *_ in ends), max(live for *_, live in ends)
        after = last < 0.55 * span or last < span - first
        where, side = (last + 0.008 * span, "left") if after else (first - 0.008 * span, "right")
        text = axes.text(where, lane, shortened(name, 48), ha=side, va="center_baseline", fontsize=8.5, color=INK)
        room = (span - last if after else first) / span
        if room < 0.2:  # bars from end to end: the name stands on them
            text.set(x=0.5 * span, ha="center", bbox=_PAPER)
    axes.text(-0.008 * span, (len(lanes) - 1) / 2, "faults", ha="right", va="center", fontsize=8.5, color=QUIET)


_PAPER = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
