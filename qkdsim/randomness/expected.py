"""What chance gives in the classes of the SP 800-22 tests, exactly where the standard rounds or approximates."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

COMPLEXITY_CLASSES = (1 / 96, 1 / 32, 1 / 8, 1 / 2, 1 / 4, 1 / 16, 1 / 48)  # SP 800-22, 3.10


@cache
def longest_run_classes(block: int = 10_000) -> tuple[float, ...]:
    """Longest run of ones in a block: at most 10, 11 ... 15, 16 or more.

    The values printed in 2.4.4 (0.0882, 0.2092 ...) are off by up to 0.0016.
    """
    at_most = [_no_longer_run(block, longest) for longest in range(10, 16)]
    return (at_most[0], *(after - before for before, after in pairwise(at_most)), 1.0 - at_most[-1])


def _no_longer_run(block: int, longest: int) -> float:
    """Probability that no run of ones in `block` fair bits is longer than `longest`."""
    state = np.zeros(longest + 1)  # by the length of the run that is open
    state[0] = 1.0
    for _ in range(block):
        state = np.concatenate(([state.sum() / 2.0], state[:-1] / 2.0))
    return float(state.sum())


@cache
def overlapping_classes(length: int, block: int) -> tuple[float, ...]:
    """Hits of a run of `length` ones in a block: 0, 1 ... 4, 5 or more (2.8; K. Hamano and T. Kaneko, 2007)."""
    state = np.zeros((6, length + 1))  # by hits and by ones at the end
    state[0, 0] = 1.0
    for _ in range(block):
        half = state / 2.0
        state = np.zeros_like(half)
        state[:, 0] = half.sum(axis=1)
        state[:, 1:length] = half[:, : length - 1]
        hits = half[:, length - 1] + half[:, length]
        state[1:, length] = hits[:-1]
        state[5, length] += hits[5]
    return tuple(float(one) for one in state.sum(axis=1))


@cache
def rank_classes(side: int) -> tuple[float, float, float]:
    """Rank of a random square matrix over GF(2): full, one less, lower (3.5)."""

    def probability(rank: int) -> float:
        places = np.arange(rank)
        factors = (1.0 - 2.0 ** (places - side)) ** 2 / (1.0 - 2.0 ** (places - rank))
        return float(2.0 ** (rank * (2 * side - rank) - side * side) * factors.prod())

    full, less = probability(side), probability(side - 1)
    return full, less, 1.0 - full - less


def excursion_classes(distance: int) -> tuple[float, ...]:
    """Visits per cycle to a state at `distance` from zero: 0, 1 ... 4, 5 or more (3.14)."""
    away = 1.0 / (2.0 * distance)
    some = tuple(away**2 * (1.0 - away) ** (visits - 1) for visits in range(1, 5))
    return (1.0 - away, *some, away * (1.0 - away) ** 4)


@cache
def aperiodic_templates(length: int) -> tuple[int, ...]:
    """All words that no shift of themselves overlaps (2.7.4): 148 of nine bits."""

    def overlaps(word: int) -> bool:
        return any(word >> shift == word & ((1 << (length - shift)) - 1) for shift in range(1, length))

    return tuple(word for word in range(1 << length) if not overlaps(word))
