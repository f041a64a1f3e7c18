"""Secret key rate of several devices against loss, with the range of single blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.evaluation.side_by_side import ComparedDevice
from qkdsim.plots.axes import decades
from qkdsim.plots.quantities import rate_text
from qkdsim.plots.style import QUIET, line_look, styled


@styled
def side_by_side_figure(devices: Sequence[ComparedDevice], *, title: str = "Secret key rate against loss") -> Figure:
    """A line a device; its band holds 95 % of drawn blocks. Gaps where there is no key."""
    figure = Figure(figsize=(7.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_yscale("log")
    positive = [one.rate_bps for device in devices for one in device.curve if one.rate_bps > 0]
    low, high = decades(min(positive), max(positive)) if positive else (0, 1)
    for index, device in enumerate(devices):
        look = line_look(index)
        loss_db = [one.loss_db for one in device.curve]
        rate = np.array([one.rate_bps if one.rate_bps > 0 else math.nan for one in device.curve])
        axes.plot(loss_db, rate, label=device.name, zorder=2.5, **look)
        bottom = np.maximum([one.low_bps for one in device.curve], 10.0 ** (low - 1))
        top = np.array([one.high_bps for one in device.curve])
        axes.fill_between(loss_db, bottom, top, where=top > 0, color=look["color"], alpha=0.2, linewidth=0)
    if not positive:
        axes.text(0.5, 0.5, "no key at any loss", transform=axes.transAxes, ha="center", color=QUIET)
    axes.set_ylim(10.0**low, 10.0**high)
    axes.set_xlim(left=0.0)
    axes.yaxis.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1)]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rate_text(value)))
    axes.set_xlabel("channel loss (dB)")
    axes.set_ylabel("secret key rate")
    axes.set_title(title)
    axes.legend()
    return figure
