"""A layout for large networks whose positions are not known: who is joined to whom, and how many hops apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from qkdsim.plots.untangle import Points

_PIVOTS = 60
_ROUNDS = 60


def pivot_layout(count: int, joined: Sequence[tuple[int, int]]) -> Points:
    """Positions of `count` nodes, shape (count, 2), about 1 apart where they are joined; the same each time.

    Pivot MDS (U. Brandes and C. Pich, Graph Drawing 2006), then springs that part the nodes which it puts together.
    """
    hops = _hops(count, joined)
    squared = hops**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    _, _, axes = np.linalg.svd(centred.T @ centred)
    points = -0.5 * centred @ axes[:2].T
    points *= np.sqrt(count) / max(float(np.ptp(points, axis=0).max()), 1e-9)
    turn = np.arange(count) * 2.399963  # golden angle: nodes at one spot leave it in different directions
    return _parted(points + 0.05 * np.column_stack([np.cos(turn), np.sin(turn)]), joined)


def _hops(count: int, joined: Sequence[tuple[int, int]]) -> Points:
    """Hops of every node from pivots far apart, shape (count, pivots); parts that are not joined lie beyond all."""
    ends = np.array(joined, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    found: list[Points] = []
    nearest, pivot = np.full(count, np.inf), 0
    for _ in range(min(_PIVOTS, count)):
        hops = dijkstra(graph, directed=False, unweighted=True, indices=[pivot])[0]
        found.append(hops)
        nearest = np.minimum(nearest, hops)
        pivot = int(np.argmax(nearest))
    table = np.column_stack(found)
    return np.where(np.isfinite(table), table, table[np.isfinite(table)].max() + 2.0)


def _parted(points: Points, joined: Sequence[tuple[int, int]]) -> Points:
    """Joined nodes pull, all nodes push, in steps that shrink (T. Fruchterman and E. Reingold, 1991)."""
    ends = np.array(joined, dtype=np.int64).reshape(-1, 2)
    for step in np.linspace(0.3, 0.02, _ROUNDS):
        near = 1.0 / np.maximum(cdist(points, points, "sqeuclidean"), 1e-4)
        push = points * near.sum(axis=1, keepdims=True) - near @ points
        pull = points[ends[:, 1]] - points[ends[:, 0]]
        pull *= np.hypot(pull[:, 0], pull[:, 1])[:, None]
        np.add.at(push, ends[:, 0], pull)
        np.add.at(push, ends[:, 1], -pull)
        length = np.maximum(np.hypot(push[:, 0], push[:, 1])[:, None], 1e-9)
        points = points + push / length * np.minimum(length, step)
    return points
