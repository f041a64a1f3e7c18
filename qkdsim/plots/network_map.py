"""The map of a network: nodes where they stand, links coloured by their secret key rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.errors import InputError
from qkdsim.plots.axes import decades
from qkdsim.plots.coastlines import coastlines
from qkdsim.plots.curves import Words, link_curves
from qkdsim.plots.facts import MapLink, MapNode
from qkdsim.plots.positions import COUNTRY_KM, MANY, Placed, placed
from qkdsim.plots.quantities import rate_text, shortened
from qkdsim.plots.style import INK, QUIET, rate_colours, styled
from qkdsim.plots.untangle import Points

_MARGIN_IN, _BESIDE_CURVE_IN = (1.05, 0.5), 0.2
_FOOT_IN, _HEAD_IN = 1.0, 0.42
_KIND_MARKERS = {"trusted": "o", "user": "s", "relay": "o", "ground-station": "^", "satellite": "D"}
_COVERS_LITTLE = 1.0
_COAST = "#cfd6dc"
_BY_SATELLITE = (0, (5, 1.6))


@styled
def network_figure(nodes: Sequence[MapNode], links: Sequence[MapLink], title: str = "Network") -> Figure:
    """A map of the network.

    Raises InputError when there is no node, or a link ends at a node that is not there.
    """
    if not nodes:
        raise InputError.of("network figure", "nodes", None, "at least one node")
    known = {node.id for node in nodes}
    for link in links:
        if unknown := [end for end in link.ends if end not in known]:
            raise InputError.of("network figure", link.id, unknown[0], "the id of a node")
    place = placed(nodes, links)
    at = {node.id: point for node, point in zip(nodes, place.drawn, strict=True)}
    curves = link_curves(links, at)
    axes = _canvas(place, curves, title)
    _draw_coast(axes, place)
    _draw_true_places(axes, place)
    norm = _draw_links(axes, links, curves)
    _draw_nodes(axes, nodes, place.drawn)
    _write(axes, nodes, links, place.drawn, curves)
    _draw_foot(axes, norm, nodes, place, _line_notes(links))
    return axes.figure  # type: ignore[return-value]  # drawn on a Figure, never on a SubFigure


def _canvas(place: Placed, curves: Sequence[Points], title: str) -> Axes:
    """Axes in inches: one unit of the axes is one inch on paper."""
    low, high = place.drawn.min(axis=0), place.drawn.max(axis=0)
    low, high = low - _MARGIN_IN, high + _MARGIN_IN
    for points in curves:  # a bowed link may swing out beyond all nodes
        low = np.minimum(low, points.min(axis=0) - _BESIDE_CURVE_IN)
        high = np.maximum(high, points.max(axis=0) + _BESIDE_CURVE_IN)
    missing = max(0.0, 7.6 - float(high[0] - low[0])) / 2
    low[0], high[0] = low[0] - missing, high[0] + missing
    width, height = high - low
    total = height + _FOOT_IN + _HEAD_IN
    figure = Figure(figsize=(float(width), float(total)))
    axes = figure.add_axes((0.0, _FOOT_IN / total, 1.0, height / total))
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    axes.axis("off")
    figure.text(0.15 / width, 1 - 0.22 / total, title, fontsize=11, fontweight="bold", va="center", color=INK)
    return axes


def _known(link: MapLink) -> bool:
    rate = link.secret_key_rate_bps
    return rate is not None and math.isfinite(rate) and rate > 0


def _line_notes(links: Sequence[MapLink]) -> list[str]:
    notes = []
    if any(link.by_satellite for link in links):
        notes.append("Dashed: by satellite.")
    if any(not _known(link) for link in links):
        notes.append("Grey: no key, or rate unknown.")
    return notes


def _draw_coast(axes: Axes, place: Placed) -> None:
    """The coast where the map shows a country or more: the shipped one is too coarse for smaller maps."""
    if place.plane is None or place.inches_per_km is None:
        return
    if float(np.ptp(place.true, axis=0).max()) < COUNTRY_KM * place.inches_per_km:
        return
    for line in coastlines():
        axes.plot(*(place.plane.line_km(*line.T) * place.inches_per_km).T, color=_COAST, linewidth=0.8, zorder=0.5)


def _draw_links(axes: Axes, links: Sequence[MapLink], curves: Sequence[Points]) -> LogNorm | None:
    rates = [link.secret_key_rate_bps for link in links if _known(link)]
    known = [rate for rate in rates if rate is not None]
    norm = None
    if known:
        low, high = decades(min(known), max(known))
        norm = LogNorm(10.0**low, 10.0**high)
    colours = rate_colours()
    for link, points in zip(links, curves, strict=True):
        if norm is not None and _known(link):
            colour = colours(norm(link.secret_key_rate_bps or 0.0))
            (line,) = axes.plot(*points.T, color=colour, linewidth=3.4, solid_capstyle="round", zorder=2)
        else:
            (line,) = axes.plot(*points.T, color="#9a9a9a", linewidth=2.0, linestyle=(0, (1, 1.2)), zorder=2)
        if link.by_satellite:
            line.set(linestyle=_BY_SATELLITE, dash_capstyle="butt")
    return norm


def _draw_nodes(axes: Axes, nodes: Sequence[MapNode], drawn: Points) -> None:
    for node, (x, y) in zip(nodes, drawn, strict=True):
        marker = _KIND_MARKERS.get(node.kind, "o")
        axes.plot(x, y, marker, markersize=10, color="white", markeredgecolor=INK, markeredgewidth=1.8, zorder=3)


def _draw_true_places(axes: Axes, place: Placed) -> None:
    for (x, y), true, moved in zip(place.drawn, place.true, place.moved, strict=True):
        if moved:
            axes.plot([x, true[0]], [y, true[1]], color="#b8b8b8", linewidth=0.7, linestyle=":", zorder=1)
            axes.plot(*true, "x", color=QUIET, markersize=5, markeredgewidth=1.0, zorder=1.5)


def _write(
    axes: Axes, nodes: Sequence[MapNode], links: Sequence[MapLink], drawn: Points, curves: Sequence[Points]
) -> None:
    many = len(nodes) > MANY
    node_points, link_points = (7.5, 7.0) if many else (9.5, 8.5)
    words = Words(drawn, curves)
    for index, node in enumerate(nodes):
        text = shortened(node.label, 18 if many else 26)
        box = words.beside_node(index, text, node_points)
        # on paper of its own and not outlined: an outline would turn the text into shapes
        paper = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
        name = axes.text(box.x, box.y, text, ha="center", va="center", fontsize=node_points, zorder=5)
        name.set(fontweight="bold", color=INK, bbox=paper)
    for index, link in enumerate(links):
        text = _rate_label(link)
        box, covered = words.on_curve(index, text, link_points)
        if covered < _COVERS_LITTLE:
            words.boxes.append(box)
            paper = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
            axes.text(box.x, box.y, text, ha="center", va="center", fontsize=link_points, bbox=paper, zorder=4)


def _rate_label(link: MapLink) -> str:
    if link.secret_key_rate_bps is None or not math.isfinite(link.secret_key_rate_bps):
        return "rate unknown"
    return "no key" if link.secret_key_rate_bps <= 0 else rate_text(link.secret_key_rate_bps)


def _draw_foot(axes: Axes, norm: LogNorm | None, nodes: Sequence[MapNode], place: Placed, notes: list[str]) -> None:
    figure = axes.figure
    width, total = figure.get_figwidth(), figure.get_figheight()  # type: ignore[union-attr]  # a Figure, as above
    if norm is not None:
        bar_axes = figure.add_axes((0.45 / width, 0.62 / total, 3.4 / width, 0.13 / total))
        bar = figure.colorbar(ScalarMappable(norm, rate_colours()), cax=bar_axes, orientation="horizontal")
        low, high = (round(math.log10(end or 1.0)) for end in (norm.vmin, norm.vmax))
        step = 1 if high - low <= 4 else 2
        bar.ax.xaxis.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1, step)]))
        bar.ax.xaxis.set_minor_locator(NullLocator())
        bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: rate_text(value)))
        figure.text(0.45 / width, 0.88 / total, "secret key rate", fontsize=8.5, va="center", color=INK)
    _draw_scale(axes, place)
    notes = [*notes]
    if place.inches_per_km is None:
        notes.append("Schematic: positions are not published.")
    elif place.moved.any():
        names = [node.label for node, moved in zip(nodes, place.moved, strict=True) if moved]
        which = ", ".join(names) if len(names) <= 6 else f"{len(names)} nodes"
        notes.append(f"Drawn apart to be legible (× marks the true place): {which}.")
    figure.text(0.15 / width, 0.14 / total, shortened("  ".join(notes), 150), fontsize=8, va="center", color=QUIET)


def _draw_scale(axes: Axes, place: Placed) -> None:
    if place.inches_per_km is None or not np.ptp(place.true, axis=0).any():
        return
    figure = axes.figure
    width, total = figure.get_figwidth(), figure.get_figheight()  # type: ignore[union-attr]  # a Figure, as above
    longest_km = 2.2 / place.inches_per_km
    power = 10.0 ** math.floor(math.log10(longest_km))
    length_km = max(factor * power for factor in (1, 2, 5) if factor * power <= longest_km)
    start, end = 1 - (0.3 + length_km * place.inches_per_km) / width, 1 - 0.3 / width
    height = 0.66 / total
    figure.add_artist(_rule((start, end), (height, height)))
    for x in (start, end):
        figure.add_artist(_rule((x, x), (height - 0.05 / total, height + 0.05 / total)))
    middle = (start + end) / 2
    text = f"{length_km:g} km" if length_km >= 1 else f"{length_km * 1e3:g} m"
    figure.text(middle, 0.8 / total, text, fontsize=8.5, ha="center", va="center", color=INK)


def _rule(x: tuple[float, float], y: tuple[float, float]) -> Line2D:
    return Line2D(x, y, color=QUIET, linewidth=1.2)
