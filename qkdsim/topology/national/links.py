"""The links of a generated network: trunk spans, rings in cities, second fibres, and short cuts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

RING_NODES = 8  # at most, besides the centre of the city
SECOND_FIBRES = 0.2  # share of the links beyond the least number that doubles trunk routes
MAX_FIBRES = 4  # links of one trunk span
_WAXMAN_BETA = 0.3

Pair = tuple[int, int]


def ring_pairs(centre: int, members: Sequence[int]) -> Iterator[Pair]:
    """Rings from the centre of a city through its nodes, which stand in the order of their bearing, and back."""
    rings = math.ceil(len(members) / RING_NODES)
    for ring in range(rings):
        stops = [centre, *members[ring * len(members) // rings : (ring + 1) * len(members) // rings]]
        yield from pairwise(stops)
        if len(stops) > 2:
            yield stops[-1], centre


def doubled_routes(routes: Sequence[Sequence[Pair]], importance: NDArray[np.float64], budget: int) -> list[Pair]:
    """Spans of whole routes once more, the most important first, as far as the budget goes."""
    found: list[Pair] = []
    order = [int(number) for number in np.argsort(-importance, kind="stable")]
    for _ in range(MAX_FIBRES - 1):
        for number in order:
            if len(found) + len(routes[number]) <= budget:
                found += routes[number]
    return found


def short_cuts(
    positions_km: NDArray[np.float64], taken: set[Pair], count: int, reach_km: float, rng: np.random.Generator
) -> list[Pair] | int:
    """Pairs within reach that are not joined yet, short ones the likelier; or how many there are, if too few.

    The probability falls with distance as exp(-d / (beta reach)): B. M. Waxman, IEEE J. Sel. Areas Commun. 6, 1617
    (1988). Drawing without replacement is taking the greatest of log-probability plus a Gumbel variate.
    """
    pairs = cKDTree(positions_km).query_pairs(reach_km, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    free = np.array([(a, b) not in taken for a, b in pairs.tolist()], dtype=bool)
    pairs = pairs[free]
    if len(pairs) < count:
        return len(pairs)
    distances_km = np.linalg.norm(positions_km[pairs[:, 0]] - positions_km[pairs[:, 1]], axis=1)
    choices = np.bincount(pairs.ravel(), minlength=len(positions_km))
    crowded = np.log(choices[pairs]).mean(axis=1)  # so that nodes of small cities get as many as those of large ones
    scores = rng.gumbel(size=len(pairs)) - distances_km / (_WAXMAN_BETA * reach_km) - crowded
    chosen = np.sort(np.argsort(-scores, kind="stable")[:count])
    return [(a, b) for a, b in pairs[chosen].tolist()]
