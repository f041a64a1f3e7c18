"""Key in the store of every link over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from matplotlib.figure import Figure

from qkdsim.plots.axes import log_axis_with_zero, name_lines, name_margin_in
from qkdsim.plots.bands import BandsFrame, store_bands_figure
from qkdsim.plots.binning import Table, bin_edges_s, store_levels
from qkdsim.plots.facts import FaultSpan
from qkdsim.plots.heat import ROW_IN, HeatRows, log_rows
from qkdsim.plots.quantities import bits_text
from qkdsim.plots.style import line_look, styled
from qkdsim.plots.timeline import TimeAxis, timeline

MAX_LINES, MAX_ROWS = 12, 40
TITLE = "Key in store"


@styled
def stores_figure(
    stores: Table,
    links: Sequence[str],
    duration_s: float,
    faults: Sequence[FaultSpan] = (),
    start: datetime | None = None,
) -> Figure:
    """Store levels of `links` from the `stores` table: a line per link, a row of colours if many.

    Networks of more than 40 links are shown as quantiles over all links, with the emptiest by name.
    """
    if len(links) > MAX_ROWS:
        return store_bands_figure(stores, links, BandsFrame(TITLE, duration_s, faults, start, bits_text))
    levels = store_levels(stores, list(links))
    axis = TimeAxis.of(duration_s, start)
    right_in = name_margin_in(links)
    if len(links) > MAX_LINES:
        return _as_colours(levels, list(links), axis, faults, right_in)
    frame = timeline(TITLE, axis, faults, (3.2,), right_in)
    (axes,) = frame.rows
    log_axis_with_zero(axes, [float(value) for _, level in levels.values() for value in level], bits_text)
    ends = []
    for index, link in enumerate(links):
        time_s, level = levels[link]
        look = line_look(index)
        if level.size:
            axes.plot(time_s / axis.unit_s, level, label=link, clip_on=False, **look)
            ends.append((float(level[-1]), link, look["color"]))
    name_lines(axes, ends)
    return frame.figure


def _as_colours(
    levels: dict[str, tuple[np.ndarray, np.ndarray]],
    links: list[str],
    axis: TimeAxis,
    faults: Sequence[FaultSpan],
    right_in: float,
) -> Figure:
    frame = timeline(TITLE, axis, faults, (ROW_IN * len(links),), right_in)
    edges_s = bin_edges_s(axis.duration_s)
    middle_s = (edges_s[:-1] + edges_s[1:]) / 2
    rows = [np.interp(middle_s, *levels[link]) if levels[link][0].size else middle_s * np.nan for link in links]
    log_rows(frame, HeatRows(links, np.array(rows), edges_s), bits_text)
    return frame.figure
