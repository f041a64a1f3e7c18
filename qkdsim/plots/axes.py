"""Vertical axes of bits and of rates, and names at the ends of lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import INK, QUIET
from qkdsim.plots.timeline import NAME_LIMIT

_MAX_DECADES = 9


def decades(lowest: float, highest: float) -> tuple[int, int]:
    """Powers of ten around two positive numbers, at least one and at most nine decades apart."""
    top = math.ceil(math.log10(highest) - 1e-9)
    bottom = min(math.floor(math.log10(lowest) + 1e-9), top - 1)
    return max(bottom, top - _MAX_DECADES), top


def log_axis_with_zero(axes: Axes, values: Sequence[float], text: Callable[[float], str]) -> None:
    """A logarithmic axis that also shows zero: linear below the smallest decade."""
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    low, high = decades(min(positive), max(positive)) if positive else (0, 1)
    axes.set_yscale("symlog", linthresh=10.0**low, linscale=0.45)
    axes.set_ylim(-0.12 * 10.0**low, max(max(positive, default=10.0) * 1.6, 10.0 ** (low + 1)))
    step = 1 if high - low <= 7 else 2
    ticks = [0.0, *(10.0**power for power in range(low, high + 1, step))]
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= axes.get_ylim()[1]]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value) if value else "0"))
    axes.axhline(0.0, color=QUIET, linewidth=0.8)


def name_lines(axes: Axes, ends: Sequence[tuple[float, str, str]], gap_in: float = 0.165) -> None:
    """Write the name of each line beside its last level `(level, name, colour)`, moved apart where they meet."""
    height_in = axes.get_window_extent().height / axes.figure.dpi
    wanted = [axes.transAxes.inverted().transform(axes.transData.transform((0.0, level)))[1] for level, _, _ in ends]
    placed = apart(wanted, gap_in / height_in, 0.0, 1.0)
    for (_, name, colour), at, to in zip(ends, wanted, placed, strict=True):
        axes.annotate(
            shortened(name, NAME_LIMIT),
            xy=(1.002, at),
            xytext=(1.028, to),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            fontsize=8.5,
            color=INK,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 1.6,
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0.0, 0.5),
            },
        )


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions as close to the wanted ones as a smallest gap allows, in their order (ties: as given).

    The least-squares answer: less the gaps, it is a monotone regression (adjacent violators pooled).
    """
    order = sorted(range(len(wanted)), key=lambda one: (wanted[one], -one))
    pools: list[tuple[float, int]] = []
    for rank, one in enumerate(order):
        mean, size = wanted[one] - gap * rank, 1
        while pools and pools[-1][0] >= mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), size + count
        pools.append((mean, size))
    level = np.concatenate([np.full(size, mean) for mean, size in pools]) if pools else np.zeros(0)
    level = np.clip(level, low, max(low, high - gap * (len(order) - 1)))
    placed = [0.0] * len(order)
    for rank, one in enumerate(order):
        placed[one] = float(level[rank]) + gap * rank
    return placed


def name_margin_in(names: Sequence[str]) -> float:
    """Room for the names beside a figure, in inches, at their size of 8.5 points."""
    longest = max((len(shortened(name, NAME_LIMIT)) for name in names), default=0)
    return 0.45 + 0.074 * longest
