"""Maps of hundreds of nodes: thin lines, dots where nodes stand, and the names of a few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from qkdsim.plots.curves import Box, Words, curve
from qkdsim.plots.facts import MapLink, MapNode
from qkdsim.plots.map_frame import DISC, MapLook, canvas, draw_coast
from qkdsim.plots.positions import Placed
from qkdsim.plots.quantities import shortened
from qkdsim.plots.style import INK, rate_colours
from qkdsim.plots.untangle import Points

_NAMED, _NAME_POINTS = 14, 8.0
_NARROW, _WIDE = 0.5, 3.2  # line width, points
_GREY = "#c2c2c2"
_PARALLEL_BOW = 0.05


def draw_large(nodes: Sequence[MapNode], links: Sequence[MapLink], place: Placed, look: MapLook) -> Axes:
    """Links as straight lines (those between the same nodes bowed), the highest rates on top; names of a few nodes."""
    lines = _lines(nodes, links, place.drawn)
    names = _names(nodes, _worth_a_name(nodes, links, look), place.drawn)
    axes = canvas(place, lines, [box for _, box in names], look.title)
    draw_coast(axes, place)
    _draw_links(axes, links, lines, look)
    size = 3.0 if len(nodes) <= 300 else 1.6
    axes.plot(*place.drawn.T, "o", markersize=size, color=INK, markeredgewidth=0, zorder=3)
    discs = [(look.disc_radius_in(node.id), index) for index, node in enumerate(nodes)]
    shown = [index for radius, index in sorted(discs, reverse=True) if radius > 0]
    if shown:
        area = [(2 * 72 * look.disc_radius_in(nodes[index].id)) ** 2 for index in shown]
        x, y = place.drawn[shown].T
        axes.scatter(x, y, s=area, color=DISC, alpha=0.75, edgecolors=INK, linewidths=0.4, zorder=2.8)
    _write(axes, names)
    return axes


def _lines(nodes: Sequence[MapNode], links: Sequence[MapLink], drawn: Points) -> list[Points]:
    at = {node.id: drawn[index] for index, node in enumerate(nodes)}
    seen: Counter[frozenset[str]] = Counter()
    lines = []
    for link in links:
        parallel = seen[frozenset(link.ends)]
        seen[frozenset(link.ends)] += 1
        start, end = (at[name] for name in sorted(link.ends))
        side = 1 if parallel % 2 else -1
        bow = side * _PARALLEL_BOW * ((parallel + 1) // 2)
        lines.append(curve(start, end, bow) if parallel else np.array([start, end]))
    return lines


def _draw_links(axes: Axes, links: Sequence[MapLink], lines: Sequence[Points], look: MapLook) -> None:
    norm, colours = look.norm(), rate_colours()
    most = _WIDE if look.by_width else 1.4
    known = [index for index in range(len(links)) if look.known(index)]
    grey = [index for index in range(len(links)) if not look.known(index)]
    axes.add_collection(LineCollection([lines[index] for index in grey], colors=_GREY, linewidths=0.5, zorder=1.8))
    if norm is None:
        return
    known.sort(key=lambda index: look.link_bps[index] or 0.0)
    axes.add_collection(
        LineCollection(
            [lines[index] for index in known],
            colors=[colours(norm(look.link_bps[index] or 0.0)) for index in known],
            linewidths=[look.width(norm, index, _NARROW, most) for index in known],
            linestyles=[(0, (5, 1.6)) if links[index].by_satellite else "solid" for index in known],
            zorder=2,
        )
    )


def _worth_a_name(nodes: Sequence[MapNode], links: Sequence[MapLink], look: MapLook) -> list[int]:
    """Numbers of the nodes with the largest discs, or, where there are none, with most links."""
    degree = Counter(end for link in links for end in link.ends)
    order = sorted(
        range(len(nodes)),
        key=lambda index: (-look.node_bps.get(nodes[index].id, 0.0), -degree[nodes[index].id], index),
    )
    return order[:_NAMED]


def _names(nodes: Sequence[MapNode], named: Sequence[int], drawn: Points) -> list[tuple[str, Box]]:
    """What some nodes are called on the map, and where it stands."""
    words = Words(drawn[list(named)], [])
    texts = [shortened(nodes[index].label, 20) for index in named]
    return [(text, words.beside_node(place, text, _NAME_POINTS)) for place, text in enumerate(texts)]


def _write(axes: Axes, names: Sequence[tuple[str, Box]]) -> None:
    paper = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    for text, box in names:
        name = axes.text(box.x, box.y, text, ha="center", va="center", fontsize=_NAME_POINTS, zorder=5)
        name.set(fontweight="bold", bbox=paper)
