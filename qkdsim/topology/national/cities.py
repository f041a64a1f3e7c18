"""Cities of a country that does not exist: where they lie, how many people live there, and their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST_POPULATION = 4_000_000.0
_CITIES_PER_CLUSTER = 7
_ALONE = 0.3  # share of cities that belong to no cluster
_SPREAD = 0.35  # of a cluster, in distances between clusters
_APART = 0.45  # least distance of two cities, in mean distances
_TRIES = 200

_STARTS = ("B", "Br", "D", "Dr", "F", "Fl", "G", "H", "K", "Kr", "L", "M", "N", "P", "R", "S", "St", "T", "Tr", "V")
_VOWELS = ("a", "e", "i", "o", "u", "ae", "au", "ei")
_MIDDLES = ("l", "lm", "m", "n", "nd", "r", "rd", "rn", "s", "sk", "st", "v", "w", "z")
_ENDS = ("a", "en", "by", "dal", "eth", "garth", "holm", "ia", "mar", "more", "os", "ora", "um", "wick")


@dataclass(frozen=True, slots=True)
class Cities:
    """Cities, the largest first: positions [n, 2] in a square of side 1, inhabitants [n], names."""

    positions: NDArray[np.float64]
    populations: NDArray[np.float64]
    names: tuple[str, ...]


def draw_cities(count: int, rng: np.random.Generator) -> Cities:
    """Clustered positions (a Thomas process over a uniform ground), populations by Zipf's law, made-up names."""
    ranks = np.arange(1, count + 1)
    return Cities(_positions(count, rng), np.round(LARGEST_POPULATION / ranks), _names(count, rng))


def _positions(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Positions that keep apart; where there is no room left, the best of the tries is taken."""
    clusters = rng.random((max(1, round(count / _CITIES_PER_CLUSTER)), 2))
    sigma, apart = _SPREAD / np.sqrt(len(clusters)), _APART / np.sqrt(count)
    placed = np.empty((count, 2))
    for number in range(count):
        tries = rng.random((_TRIES, 2))
        near = rng.random(_TRIES) >= _ALONE
        tries[near] = clusters[rng.integers(len(clusters), size=near.sum())] + sigma * rng.normal(size=(near.sum(), 2))
        inside = np.flatnonzero(np.all((tries >= 0.0) & (tries <= 1.0), axis=1))
        gaps = np.linalg.norm(tries[inside, None] - placed[None, :number], axis=2).min(axis=1, initial=np.inf)
        free = np.flatnonzero(gaps >= apart)
        placed[number] = tries[inside[free[0] if len(free) else np.argmax(gaps)]]
    return placed


def _names(count: int, rng: np.random.Generator) -> tuple[str, ...]:
    names: dict[str, None] = {}
    while len(names) < count:
        parts = [str(rng.choice(options)) for options in (_STARTS, _VOWELS, _MIDDLES, _ENDS)]
        names["".join(parts)] = None
    return tuple(names)
