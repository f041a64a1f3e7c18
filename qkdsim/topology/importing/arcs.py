"""Opposite arcs of a directed graph, taken together as one link."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from qkdsim.topology.importing.parsed import ParsedEdge


def pair_arcs(arcs: Sequence[ParsedEdge]) -> tuple[list[ParsedEdge], list[str]]:
    """One edge for every two opposite arcs, with the values of the arc that comes first, and notes on what was decided.

    Arcs without an opposite stay; several in the same direction are parallel links.
    """
    waiting: dict[tuple[str, str], deque[int]] = {}  # arcs without an opposite yet
    kept: dict[int, ParsedEdge] = {}
    notes, pairs = [], 0
    for index, arc in enumerate(arcs):
        opposite = waiting.get((arc.target, arc.source))
        if opposite and arc.source != arc.target:
            first = kept[opposite.popleft()]
            pairs += 1
            if _without_id(first) != _without_id(arc):
                notes.append(f"{first.source} to {first.target}: its two directions differ; the first is taken")
        else:
            waiting.setdefault((arc.source, arc.target), deque()).append(index)
            kept[index] = arc
    if pairs:
        notes.insert(0, f"{pairs:,} pairs of opposite directions are taken as one link each")
    return list(kept.values()), notes


def _without_id(arc: ParsedEdge) -> dict[str, object]:
    return {"drawn_km": arc.drawn_km, **{name: value for name, value in arc.values.items() if name != "id"}}
