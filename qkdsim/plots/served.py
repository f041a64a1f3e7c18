"""Which pairs of nodes got the key they asked for, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from qkdsim.plots.axes import name_margin_in
from qkdsim.plots.binning import FloatArray, Table
from qkdsim.plots.facts import MapNode
from qkdsim.plots.quantities import shortened
from qkdsim.plots.served_pairs import pair_shares, regions, share_classes
from qkdsim.plots.style import BLOCKED, INK, QUIET, SERVED, styled

MAX_NODES = 30
_WRITTEN_NODES = 16  # up to here a cell has room for its number
_NAME_LIMIT = 26
_WIDTH_IN, _HEAD_IN, _BARS_IN = 9.6, 0.5, 3.3
_NOTHING = "#f4f4f4"


@styled
def served_figure(requests: Table, nodes: Sequence[MapNode]) -> Figure:
    """Share of the key asked for that was served, per pair of nodes.

    Where more than 30 nodes ask or are asked for, the matrix shows regions, and beside it all pairs are counted by
    their share.
    """
    shares = pair_shares(requests, [node.id for node in nodes])
    labels = {node.id: node.label for node in nodes}
    many = len(shares.nodes) > MAX_NODES
    shown = regions(shares, nodes, MAX_NODES) if many else shares
    count = max(1, len(shown.nodes))
    cell_in = 0.21 if many else 0.46 if count <= _WRITTEN_NODES else 0.26
    names = [shortened(labels.get(node, node), _NAME_LIMIT) for node in shown.nodes]
    left_in = name_margin_in(names) + 0.25
    side_in = cell_in * count
    width_in = max(left_in + side_in + 1.4 + (_BARS_IN if many else 0.0), _WIDTH_IN)
    foot_in = 0.2 + name_margin_in(names)
    height_in = max(_HEAD_IN + side_in + foot_in, 2.6)
    figure = Figure(figsize=(width_in, height_in))
    title = f"Share of the key asked for that was served, by pair{' of regions' if many else ''}"
    figure.text(0.15 / width_in, 1 - 0.22 / height_in, title, fontsize=11, fontweight="bold", va="center", color=INK)
    if not shares.nodes:
        figure.text(0.5, 0.5, "no requests", ha="center", va="center", color=QUIET)
        return figure
    bottom = (height_in - _HEAD_IN - side_in) / height_in
    axes = figure.add_axes((left_in / width_in, bottom, side_in / width_in, side_in / height_in))
    _matrix(axes, shown.share, names)
    bar_in = min(max(side_in, 1.2), 3.0)
    bar = figure.add_axes(
        (
            (left_in + side_in + 0.2) / width_in,
            (height_in - _HEAD_IN - bar_in) / height_in,
            0.13 / width_in,
            bar_in / height_in,
        )
    )
    _colour_bar(bar)
    figure.text(0.15 / width_in, 0.14 / height_in, "Pale grey: nothing asked for.", fontsize=8, color=QUIET)
    if many:
        room = (left_in + side_in + 2.15) / width_in
        counted = figure.add_axes((room, bottom, (_BARS_IN - 1.3) / width_in, side_in / height_in))
        _bars(counted, share_classes(shares.share))
    return figure


def _colours() -> Colormap:
    return LinearSegmentedColormap.from_list("served", [BLOCKED, "#f3f0ea", SERVED]).with_extremes(bad=_NOTHING)


def _matrix(axes: Axes, share: FloatArray, names: Sequence[str]) -> None:
    count = len(names)
    edges = np.arange(count + 1)
    axes.pcolormesh(edges, edges, share, cmap=_colours(), norm=Normalize(0.0, 1.0), edgecolors="white", linewidth=0.8)
    axes.set_xlim(0, count)
    axes.set_ylim(count, 0)
    size = 8.5 if count <= _WRITTEN_NODES else 7.5
    axes.set_yticks(edges[:-1] + 0.5, names, fontsize=size)
    axes.set_xticks(edges[:-1] + 0.5, names, fontsize=size, rotation=90 if count > 4 else 45)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("node that asks", fontsize=8.5)
    axes.set_xlabel("for key with", fontsize=8.5)
    if count > _WRITTEN_NODES:
        return
    for (row, column), value in np.ndenumerate(share):
        if np.isfinite(value):
            ink = "white" if abs(value - 0.5) > 0.32 else INK
            axes.text(column + 0.5, row + 0.5, _short(value), ha="center", va="center", fontsize=7.5, color=ink)


def _short(share: float) -> str:
    """A share in whole per cent, never rounded up to 100 nor down to 0."""
    if 0.995 <= share < 1:
        return ">99"
    if 0 < share < 0.005:
        return "<1"
    return f"{100 * share:.0f}"


def _colour_bar(axes: Axes) -> None:
    bar = axes.figure.colorbar(ScalarMappable(Normalize(0.0, 1.0), _colours()), cax=axes)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.tick_params(labelsize=8.5)


def _bars(axes: Axes, counts: Sequence[tuple[str, int]]) -> None:
    colours = _colours()
    places = np.arange(len(counts))
    middle = [0.0, *(step / 10 + 0.05 for step in range(10)), 1.0]
    axes.barh(places, [number for _, number in counts], color=[colours(one) for one in middle], edgecolor=QUIET, lw=0.4)
    most = max(number for _, number in counts)
    for place, (_, number) in enumerate(counts):
        text = f"{number:,}".replace(",", " ")
        axes.text(number + 0.02 * most, place, text, va="center", fontsize=8, color=INK)
    axes.set_yticks(places, [name for name, _ in counts], fontsize=8)
    axes.set_xlim(0, 1.25 * max(most, 1))
    axes.xaxis.set_major_locator(NullLocator())
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    total = f"{sum(number for _, number in counts):,}".replace(",", " ")
    axes.set_title(f"{total} pairs, by share served", fontsize=9)
