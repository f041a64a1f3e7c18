"""How the links of a map run, and where its words stand, so that little crosses and nothing is covered."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from qkdsim.plots.facts import MapLink
from qkdsim.plots.untangle import Points

NODE_RADIUS_IN = 0.1
_BOWS = (0.0, 0.1, -0.1, 0.2, -0.2, 0.32, -0.32, 0.45, -0.45)  # height of the bow, as a part of the chord
_ALONG = np.linspace(0.0, 1.0, 33)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in inches around a word: centre and half sides."""

    x: float
    y: float
    half_width: float
    half_height: float

    def overlap(self, other: Box) -> float:
        """The area that two boxes share."""
        wide = self.half_width + other.half_width - abs(self.x - other.x)
        high = self.half_height + other.half_height - abs(self.y - other.y)
        return max(wide, 0.0) * max(high, 0.0)

    def holds(self, points: Points) -> int:
        """Count the points that lie inside."""
        inside = (np.abs(points[:, 0] - self.x) < self.half_width) & (np.abs(points[:, 1] - self.y) < self.half_height)
        return int(inside.sum())


def curve(start: Points, end: Points, bow: float) -> Points:
    """Points of a quadratic Bezier curve, shape (33, 2); `bow` is its height as a part of the chord."""
    chord = end - start
    middle = (start + end) / 2 + 2 * bow * np.array([-chord[1], chord[0]])
    t = _ALONG[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end


def link_curves(links: Sequence[MapLink], at: dict[str, Points]) -> list[Points]:
    """One curve per link: straight where that is clear, else bowed; links between the same nodes all differ."""
    nodes = np.array(list(at.values()))
    names = list(at)
    curves: list[Points] = []
    used: dict[frozenset[str], set[float]] = {}
    for link in links:
        start, end = at[link.ends[0]], at[link.ends[1]]
        taken = used.setdefault(frozenset(link.ends), set())
        others = nodes[[name not in link.ends for name in names]]
        turned = 1.0 if link.ends[0] < link.ends[1] else -1.0  # one sense of `up` for links of either direction
        free = [bow for bow in _BOWS if bow not in taken] or [_BOWS[-1] + 0.1 * len(taken)]
        best = min(free, key=lambda bow: _cost(curve(start, end, turned * bow), bow, others, curves))
        taken.add(best)
        curves.append(curve(start, end, turned * best))
    return curves


def _cost(points: Points, bow: float, nodes: Points, curves: Sequence[Points]) -> float:
    near = 0.0
    if len(nodes):
        distance = np.hypot(*(points[:, None, :] - nodes[None, :, :]).transpose(2, 0, 1))
        near = float(np.clip(0.32 - distance.min(axis=0), 0.0, None).sum())
    inner = points[3:-3]
    beside = min(0.12, 0.06 * float(np.hypot(*(points[-1] - points[0]))))
    along = sum(float((_nearest(inner, other[3:-3]) < beside).mean()) for other in curves)
    return 30.0 * near + 2.0 * along + abs(bow)


def _nearest(points: Points, others: Points) -> Points:
    offset = points[:, None, :] - others[None, :, :]
    return np.asarray(np.hypot(offset[..., 0], offset[..., 1]).min(axis=1))


@dataclass
class Words:
    """Places words one after the other; each takes the candidate that covers least."""

    nodes: Points
    curves: Sequence[Points]
    boxes: list[Box] = field(default_factory=list)

    def beside_node(self, index: int, text: str, points: float) -> Box:
        """A node's name, beside the node."""
        at = self.nodes[index]
        half_width, half_height = _half_size(text, points)
        gap = NODE_RADIUS_IN + 0.05
        right, up = half_width + gap, half_height + gap
        ways = (
            (0, -up),
            (0, up),
            (right, 0),
            (-right, 0),
            (right, up),
            (-right, up),
            (right, -up),
            (-right, -up),
        )
        candidates = [Box(at[0] + x, at[1] + y, half_width, half_height) for x, y in ways]
        box, _ = self._take(candidates, self.curves)
        self.boxes.append(box)
        return box

    def on_curve(self, index: int, text: str, points: float) -> tuple[Box, float]:
        """A link's words on its line, and what they would cover there; infinite where the link is too short."""
        half_width, half_height = _half_size(text, points)
        others = [one for number, one in enumerate(self.curves) if number != index]
        order = (16, 13, 19, 11, 21, 9, 23, 7, 25)
        spots = [self.curves[index][step] for step in order]
        candidates = [Box(float(x), float(y), half_width, half_height) for x, y in spots]
        if 2.6 * half_width > float(np.hypot(*(self.curves[index][-1] - self.curves[index][0]))):
            return candidates[0], math.inf  # the words would hide the link
        return self._take(candidates, others)

    def _take(self, candidates: Sequence[Box], curves: Sequence[Points]) -> tuple[Box, float]:
        costs = list(self._costs(candidates, curves))
        best = int(np.argmin(costs))
        return candidates[best], costs[best]

    def _costs(self, candidates: Sequence[Box], curves: Sequence[Points]) -> Iterator[float]:
        for order, box in enumerate(candidates):
            covered = sum(box.overlap(other) for other in self.boxes)
            covered += sum(box.overlap(Box(x, y, NODE_RADIUS_IN, NODE_RADIUS_IN)) for x, y in self.nodes)
            crossed = sum(box.holds(other) for other in curves)
            yield 40.0 * covered + 0.12 * crossed + 0.01 * order


def _half_size(text: str, points: float) -> tuple[float, float]:
    wide = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return (0.30 * wide * points + 2) / 72, 0.62 * points / 72
