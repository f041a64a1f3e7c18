"""Secret key rate of every link over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from matplotlib.figure import Figure

from qkdsim.plots.axes import log_axis_with_zero, name_lines, name_margin_in
from qkdsim.plots.bands import NAMED, BandsFrame, bands_figure, rate_bands
from qkdsim.plots.binning import FloatArray, Table, bin_edges_s, link_rates_bps
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.heat import ROW_IN, HeatRows, log_rows
from qkdsim.plots.quantities import rate_text
from qkdsim.plots.stores import MAX_LINES, MAX_ROWS
from qkdsim.plots.style import line_look, styled
from qkdsim.plots.timeline import TimeAxis, timeline
from qkdsim.units import format_duration


@styled
def link_rates_figure(
    blocks: Table,
    links: Sequence[str],
    duration_s: float,
    faults: Sequence[FaultSpan] = (),
    start: datetime | None = None,
) -> Figure:
    """Secret key rate of `links` from the `blocks` table, in time bins."""
    edges_s = bin_edges_s(duration_s)
    rates = link_rates_bps(blocks, list(links), edges_s, faults)
    title = f"Secret key rate, means over {format_duration(float(edges_s[1] - edges_s[0]))}"
    if len(links) > MAX_ROWS:
        return _as_bands(rates, edges_s, BandsFrame(title, duration_s, faults, start, rate_text))
    axis = TimeAxis.of(duration_s, start)
    right_in = name_margin_in(links)
    if len(links) > MAX_LINES:
        frame = timeline(title, axis, faults, (ROW_IN * len(links),), right_in)
        values = np.array([rates[link] for link in links])
        log_rows(frame, HeatRows(links, values, edges_s), rate_text)
        return frame.figure
    frame = timeline(title, axis, faults, (3.2,), right_in)
    (axes,) = frame.rows
    log_axis_with_zero(axes, [float(value) for rate in rates.values() for value in rate], rate_text)
    ends = []
    for index, link in enumerate(links):
        look = line_look(index)
        axes.stairs(rates[link], edges_s / axis.unit_s, baseline=None, linewidth=1.5, clip_on=False, **look)
        ends.append((_last(rates[link]), link, look["color"]))
    name_lines(axes, ends)
    return frame.figure


def _as_bands(rates: dict[str, FloatArray], edges_s: FloatArray, frame: BandsFrame) -> Figure:
    """Quantiles over all links, and those that made least by name."""
    width = np.diff(edges_s)
    made = sorted((float(np.nansum(rate * width)), link) for link, rate in rates.items() if np.isfinite(rate).any())
    middle_s = (edges_s[:-1] + edges_s[1:]) / 2
    lines = [(link, middle_s, rates[link]) for _, link in made[:NAMED]]
    return bands_figure(rate_bands(rates, edges_s), len(rates), lines, frame)


def _last(rate_bps: FloatArray) -> float:
    known = rate_bps[np.isfinite(rate_bps)]
    return float(known[-1]) if known.size else 0.0
