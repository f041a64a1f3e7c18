"""What every map has around its network: canvas, coast, scale, colour bar, notes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from qkdsim.plots.axes import decades
from qkdsim.plots.coastlines import coastlines
from qkdsim.plots.curves import Box
from qkdsim.plots.facts import MapLink, MapNode
from qkdsim.plots.positions import COUNTRY_KM, Placed
from qkdsim.plots.quantities import rate_text, shortened
from qkdsim.plots.style import INK, QUIET, rate_colours
from qkdsim.plots.untangle import Points

_MARGIN_IN, _BESIDE_CURVE_IN, _BESIDE_WORD_IN = (1.05, 0.5), 0.2, 0.15
_FOOT_IN, _HEAD_IN = 1.0, 0.42
_COAST = "#cfd6dc"
DISC = "#e69f00"
LARGEST_DISC_IN = 0.2  # radius


@dataclass(frozen=True, slots=True)
class MapLook:
    """What a map shows of its links and nodes.

    link_bps     rate of each link, in the order of the links; None or 0 is drawn grey, after `grey_note`
    bar_label    what the rates are
    link_text    what is written on a link, given its rate
    node_bps     rate of nodes by id, drawn as discs of that area; none are drawn when it is empty
    disc_label   what the areas are
    by_width     whether links are wider the higher their rate
    """

    title: str
    link_bps: Sequence[float | None]
    bar_label: str
    grey_note: str
    link_text: Callable[[float | None], str]
    node_bps: Mapping[str, float] = field(default_factory=dict)
    disc_label: str = ""
    by_width: bool = False

    def known(self, link: int) -> bool:
        """Whether a link has a rate above zero."""
        rate = self.link_bps[link]
        return rate is not None and math.isfinite(rate) and rate > 0

    def norm(self) -> LogNorm | None:
        """The scale of the colours, whole decades; None where no link has a rate."""
        rates = [self.link_bps[link] or 0.0 for link in range(len(self.link_bps)) if self.known(link)]
        if not rates:
            return None
        low, high = decades(min(rates), max(rates))
        return LogNorm(10.0**low, 10.0**high)

    def width(self, norm: LogNorm, link: int, least: float, most: float) -> float:
        """Width of a line in points: `most`, or along the logarithm of its rate."""
        rate = self.link_bps[link] or 0.0
        return least + (most - least) * float(np.clip(norm(rate), 0.0, 1.0)) if self.by_width else most

    def disc_radius_in(self, node: str) -> float:
        """Radius of the disc of a node, by which its area tells the rate."""
        return self._radius_in(self.node_bps.get(node, 0.0))

    def _radius_in(self, rate_bps: float) -> float:
        return LARGEST_DISC_IN * math.sqrt(rate_bps / max(self.node_bps.values(), default=1.0))

    def disc_key(self) -> list[tuple[float, float]]:
        """Rates and radii of the discs that explain the areas: a round one near the largest, and a tenth of it."""
        if not self.node_bps:
            return []
        largest = max(self.node_bps.values())
        power = 10.0 ** math.floor(math.log10(largest))
        top = max(factor * power for factor in (1, 2, 5) if factor * power <= largest)
        return [(rate, self._radius_in(rate)) for rate in (top / 10, top)]


def canvas(place: Placed, curves: Sequence[Points], names: Sequence[Box], title: str) -> Axes:
    """Axes in inches, with room for nodes, links and names: one unit of the axes is one inch on paper."""
    low, high = place.drawn.min(axis=0), place.drawn.max(axis=0)
    low, high = low - _MARGIN_IN, high + _MARGIN_IN
    for points in curves:  # a bowed link may swing out beyond all nodes
        low = np.minimum(low, points.min(axis=0) - _BESIDE_CURVE_IN)
        high = np.maximum(high, points.max(axis=0) + _BESIDE_CURVE_IN)
    for box in names:  # a long name may reach beyond the margin
        centre = np.array([box.x, box.y])
        reach = np.array([box.half_width + _BESIDE_WORD_IN, box.half_height])
        low, high = np.minimum(low, centre - reach), np.maximum(high, centre + reach)
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


def draw_coast(axes: Axes, place: Placed) -> None:
    """The coast where the map shows a country or more: the shipped one is too coarse for smaller maps."""
    if place.plane is None or place.inches_per_km is None:
        return
    if float(np.ptp(place.true, axis=0).max()) < COUNTRY_KM * place.inches_per_km:
        return
    for line in coastlines():
        axes.plot(*(place.plane.line_km(*line.T) * place.inches_per_km).T, color=_COAST, linewidth=0.8, zorder=0.5)


def draw_foot(axes: Axes, look: MapLook, nodes: Sequence[MapNode], links: Sequence[MapLink], place: Placed) -> None:
    """Colour bar, areas, scale and notes under a map."""
    figure = axes.figure
    width, total = figure.get_figwidth(), figure.get_figheight()  # type: ignore[union-attr]  # never a SubFigure
    norm = look.norm()
    if norm is not None:
        bar_axes = figure.add_axes((0.45 / width, 0.62 / total, 3.1 / width, 0.13 / total))
        bar = figure.colorbar(ScalarMappable(norm, rate_colours()), cax=bar_axes, orientation="horizontal")
        low, high = (round(math.log10(end or 1.0)) for end in (norm.vmin, norm.vmax))
        step = 1 if high - low <= 4 else 2
        bar.ax.xaxis.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1, step)]))
        bar.ax.xaxis.set_minor_locator(NullLocator())
        bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: rate_text(value)))
        figure.text(0.45 / width, 0.88 / total, look.bar_label, fontsize=8.5, va="center", color=INK)
    _draw_discs(axes, look)
    _draw_scale(axes, place)
    text = shortened("  ".join(_notes(look, nodes, links, place)), 150)
    figure.text(0.15 / width, 0.14 / total, text, fontsize=8, va="center", color=QUIET)


def _notes(look: MapLook, nodes: Sequence[MapNode], links: Sequence[MapLink], place: Placed) -> list[str]:
    notes = []
    if any(link.by_satellite for link in links):
        notes.append("Dashed: by satellite.")
    if not all(look.known(link) for link in range(len(links))):
        notes.append(look.grey_note)
    if place.inches_per_km is None:
        notes.append("Schematic: positions are not published.")
    elif place.moved.any():
        names = [node.label for node, moved in zip(nodes, place.moved, strict=True) if moved]
        which = ", ".join(names) if len(names) <= 6 else f"{len(names)} nodes"
        notes.append(f"Drawn apart to be legible (× marks the true place): {which}.")
    return notes


def _draw_discs(axes: Axes, look: MapLook) -> None:
    figure = axes.figure
    width, total = figure.get_figwidth(), figure.get_figheight()  # type: ignore[union-attr]  # never a SubFigure
    left_in = 4.15
    for rate, radius_in in look.disc_key():
        key = figure.add_axes(
            ((left_in) / width, (0.6 - radius_in) / total, 2 * radius_in / width, 2 * radius_in / total)
        )
        key.set(xlim=(-1, 1), ylim=(-1, 1))
        key.axis("off")
        key.add_patch(Circle((0, 0), 0.97, facecolor=DISC, alpha=0.75, edgecolor=INK, linewidth=0.6))
        beside = (left_in + 2 * radius_in + 0.06) / width
        figure.text(beside, 0.6 / total, rate_text(rate), fontsize=8.5, va="center", color=INK)
        left_in += 2 * radius_in + 0.95
    if look.node_bps:
        figure.text(4.15 / width, 0.92 / total, look.disc_label, fontsize=8.5, va="center", color=INK)


def _draw_scale(axes: Axes, place: Placed) -> None:
    if place.inches_per_km is None or not np.ptp(place.true, axis=0).any():
        return
    figure = axes.figure
    width, total = figure.get_figwidth(), figure.get_figheight()  # type: ignore[union-attr]  # never a SubFigure
    longest_km = 1.6 / place.inches_per_km
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
