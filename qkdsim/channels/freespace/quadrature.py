"""Gauss-Legendre quadrature, its nodes found once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def segment(low: float, high: float, points: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of an integral from `low` to `high`, shape (points,)."""
    nodes, weights = _unit(points)
    half = (high - low) / 2.0
    return low + half * (nodes + 1.0), half * weights


def oscillating(low: float, high: float, phase: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for an integrand that turns by at most `phase` radians: 24 points for every 10 of them."""
    edges = np.linspace(low, high, 2 + int(phase / 10.0))
    offsets, weights = segment(0.0, float(edges[1] - edges[0]), 24)
    return (edges[:-1, None] + offsets).ravel(), np.tile(weights, len(edges) - 1)


@lru_cache(maxsize=64)
def _unit(points: int) -> tuple[FloatArray, FloatArray]:
    """On -1 to 1; the nodes of many points cost an eigenvalue problem."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights
