"""The map of a network: nodes where they stand, links coloured by their secret key rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qkdsim.errors import InputError
from qkdsim.plots.curves import Box, Words, link_curves
from qkdsim.plots.facts import MapLink, MapNode
from qkdsim.plots.large_map import draw_large
from qkdsim.plots.map_frame import DISC, MapLook, canvas, draw_coast, draw_foot
from qkdsim.plots.positions import MANY, Placed, is_large, placed
from qkdsim.plots.quantities import rate_text, shortened
from qkdsim.plots.style import INK, QUIET, rate_colours, styled
from qkdsim.plots.untangle import Points

_KIND_MARKERS = {"trusted": "o", "user": "s", "relay": "o", "ground-station": "^", "satellite": "D"}
_COVERS_LITTLE = 1.0
_BY_SATELLITE = (0, (5, 1.6))
_POINTS_PER_IN = 72.0

_Name: TypeAlias = tuple[str, Box, float]  # text, place, size in points


def network_figure(nodes: Sequence[MapNode], links: Sequence[MapLink], title: str = "Network") -> Figure:
    """A map of the network; names and rates are written where there is room, on large ones only a few names.

    Raises InputError when there is no node, or a link ends at a node that is not there.
    """
    rates = [link.secret_key_rate_bps for link in links]
    look = MapLook(title, rates, "secret key rate", "Grey: no key, or rate unknown.", _rate_label)
    return map_figure(nodes, links, look)


@styled
def map_figure(nodes: Sequence[MapNode], links: Sequence[MapLink], look: MapLook) -> Figure:
    """A map of what `look` says. Raises InputError as `network_figure` does."""
    if not nodes:
        raise InputError.of("network figure", "nodes", None, "at least one node")
    known = {node.id for node in nodes}
    for link in links:
        if unknown := [end for end in link.ends if end not in known]:
            raise InputError.of("network figure", link.id, unknown[0], "the id of a node")
    place = placed(nodes, links)
    if is_large(len(nodes), len(links)):
        axes = draw_large(nodes, links, place, look)
    else:
        axes = _draw_small(nodes, links, place, look)
    draw_foot(axes, look, nodes, links, place)
    return axes.figure  # type: ignore[return-value]  # drawn on a Figure, never on a SubFigure


def _draw_small(nodes: Sequence[MapNode], links: Sequence[MapLink], place: Placed, look: MapLook) -> Axes:
    at = {node.id: point for node, point in zip(nodes, place.drawn, strict=True)}
    curves = link_curves(links, at)
    words = Words(place.drawn, curves)
    names = _names(nodes, words)
    axes = canvas(place, curves, [box for _, box, _ in names], look.title)
    draw_coast(axes, place)
    _draw_true_places(axes, place)
    _draw_links(axes, links, curves, look)
    _draw_nodes(axes, nodes, place.drawn, look)
    _write_names(axes, names)
    _write_rates(axes, words, look, 7.0 if len(nodes) > MANY else 8.5)
    return axes


def _draw_links(axes: Axes, links: Sequence[MapLink], curves: Sequence[Points], look: MapLook) -> None:
    norm, colours = look.norm(), rate_colours()
    for index, (link, points) in enumerate(zip(links, curves, strict=True)):
        if norm is not None and look.known(index):
            width = look.width(norm, index, 1.4, 5.0 if look.by_width else 3.4)
            colour = colours(norm(look.link_bps[index] or 0.0))
            (line,) = axes.plot(*points.T, color=colour, linewidth=width, solid_capstyle="round", zorder=2)
        else:
            (line,) = axes.plot(*points.T, color="#9a9a9a", linewidth=2.0, linestyle=(0, (1, 1.2)), zorder=2)
        if link.by_satellite:
            line.set(linestyle=_BY_SATELLITE, dash_capstyle="butt")


def _draw_nodes(axes: Axes, nodes: Sequence[MapNode], drawn: Points, look: MapLook) -> None:
    for node, (x, y) in zip(nodes, drawn, strict=True):
        if radius_in := look.disc_radius_in(node.id):
            size = 2 * radius_in * _POINTS_PER_IN
            axes.plot(x, y, "o", markersize=size, color=DISC, alpha=0.75, markeredgecolor=INK, zorder=2.8)
        marker, size = _KIND_MARKERS.get(node.kind, "o"), 6 if look.node_bps else 10
        axes.plot(x, y, marker, markersize=size, color="white", markeredgecolor=INK, markeredgewidth=1.8, zorder=3)


def _draw_true_places(axes: Axes, place: Placed) -> None:
    for (x, y), true, moved in zip(place.drawn, place.true, place.moved, strict=True):
        if moved:
            axes.plot([x, true[0]], [y, true[1]], color="#b8b8b8", linewidth=0.7, linestyle=":", zorder=1)
            axes.plot(*true, "x", color=QUIET, markersize=5, markeredgewidth=1.0, zorder=1.5)


def _names(nodes: Sequence[MapNode], words: Words) -> list[_Name]:
    """What the nodes are called on the map, where it stands, and how large it is."""
    longest, points = (18, 7.5) if len(nodes) > MANY else (26, 9.5)
    texts = [shortened(node.label, longest) for node in nodes]
    return [(text, words.beside_node(index, text, points), points) for index, text in enumerate(texts)]


def _write_names(axes: Axes, names: Sequence[_Name]) -> None:
    for text, box, points in names:
        # on paper of its own and not outlined: an outline would turn the text into shapes
        paper = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
        name = axes.text(box.x, box.y, text, ha="center", va="center", fontsize=points, zorder=5)
        name.set(fontweight="bold", color=INK, bbox=paper)


def _write_rates(axes: Axes, words: Words, look: MapLook, points: float) -> None:
    for index, rate in enumerate(look.link_bps):
        text = look.link_text(rate)
        box, covered = words.on_curve(index, text, points)
        if covered < _COVERS_LITTLE:
            words.boxes.append(box)
            paper = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
            axes.text(box.x, box.y, text, ha="center", va="center", fontsize=points, bbox=paper, zorder=4)


def _rate_label(rate_bps: float | None) -> str:
    if rate_bps is None or not math.isfinite(rate_bps):
        return "rate unknown"
    return "no key" if rate_bps <= 0 else rate_text(rate_bps)
