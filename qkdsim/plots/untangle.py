"""Swapping neighbours on a map so that its links cross less."""

from __future__ import annotations

from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]  # shape (nodes, 2), inches
Pairs: TypeAlias = NDArray[np.int64]  # shape (pairs, 2), numbers of joined nodes
Swap: TypeAlias = tuple[int, int]

_FEW_SWAPS = 16
_OVER_NODE_IN = 0.35  # a link that runs closer to a node than this seems to end there


def untangled(drawn: Points, true: Points, pairs: Pairs, reach_in: float) -> Points:
    """Swap nodes that truly stand within `reach_in`, wherever links then cross less or run over fewer nodes.

    Such nodes were pushed apart in arbitrary directions anyway; nodes with room of their own stay.
    """
    offset = true[:, None, :] - true[None, :, :]
    close = np.hypot(offset[..., 0], offset[..., 1]) < reach_in
    swaps: list[Swap] = [(int(a), int(b)) for a, b in np.argwhere(np.triu(close, 1))]
    moves: list[tuple[Swap, ...]] = [(swap,) for swap in swaps]
    if len(swaps) <= _FEW_SWAPS:  # two at once: a link between two clusters may need both its ends turned
        moves += list(combinations(swaps, 2))
    best, cost = drawn, tangle(drawn, true, pairs)
    improved = True
    while improved:
        improved = False
        for move in moves:
            trial = best.copy()
            for a, b in move:
                trial[[a, b]] = trial[[b, a]]
            tried = tangle(trial, true, pairs)
            if tried < cost - 1e-9:
                best, cost, improved = trial, tried, True
    return best


def tangle(points: Points, true: Points, pairs: Pairs) -> float:
    """How badly a map reads: crossings, links that run over nodes, and distance from the truth."""
    moved = float(np.hypot(*(points - true).T).sum())
    if not len(pairs):
        return moved
    near = float(np.clip(1.0 - _distances(points, pairs) / _OVER_NODE_IN, 0.0, None).sum())
    return 3.0 * crossings(points, pairs) + 4.0 * near + 0.1 * moved


def crossings(points: Points, pairs: Pairs) -> int:
    """How many pairs of straight links cross, those that share an end left out."""
    start, end = points[pairs[:, 0]], points[pairs[:, 1]]
    joined = (pairs[:, None, :, None] == pairs[None, :, None, :]).any(axis=(2, 3))
    ends = _side(start[:, None], end[:, None], start[None]) * _side(start[:, None], end[:, None], end[None])
    return int(((ends < 0) & (ends.T < 0) & ~joined).sum()) // 2


def _distances(points: Points, pairs: Pairs) -> Points:
    """Distance of every node from every link, shape (pairs, nodes); infinite for a link's own ends."""
    start = points[pairs[:, 0]]
    chord = points[pairs[:, 1]] - start
    squared = np.maximum((chord**2).sum(axis=1), 1e-9)
    along = ((points[None] - start[:, None]) * chord[:, None]).sum(axis=2) / squared[:, None]
    foot = start[:, None] + np.clip(along, 0.0, 1.0)[..., None] * chord[:, None]
    offset = points[None] - foot
    distance = np.hypot(offset[..., 0], offset[..., 1])
    np.put_along_axis(distance, pairs, np.inf, axis=1)
    return np.asarray(distance)


def _side(start: Points, end: Points, point: Points) -> Points:
    """On which side of the line from start to end a point lies: the sign of a cross product."""
    chord, offset = end - start, point - start
    return np.asarray(np.sign(chord[..., 0] * offset[..., 1] - chord[..., 1] * offset[..., 0]))
