"""Circulant shifts for the edges of a base graph.

Shifts lie in 0 ... REACH - 1. A cycle of the base graph closes in the lifted one where its alternating sum of shifts
is 0 modulo Z. Cycles of length 4 are kept from closing *as whole numbers*: their sums are below 2 REACH - 1 in
magnitude, so none closes for any Z from there on, and one table serves every frame length from about 1e5 bits (and
nearly so below). A closed cycle of k bits of degree 2 is a code word of weight k, an error that nobody sees; cycles of
up to 6 such bits are kept open as well, the shorter the more strictly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH = 120
LEAST_LIFTING = 2 * REACH - 1  # from here on the shifts hold what is said above
TRIES_PER_COLUMN = 30
# what a closed cycle of that many bits of degree 2 costs; each bit more makes its code word some ten times less likely
CYCLE_COST = {2: 1e6, 3: 1e5, 4: 1e4, 5: 1e2, 6: 1.0}

Chains = dict[int, list[tuple[int, int]]]  # row -> (row at the other end of a bit of degree 2, shift there - here)


def lifted(column_rows: list[list[int]], rows: int, random: np.random.Generator) -> NDArray[np.int16]:
    """Shifts, shape (rows, columns), -1 where there is no edge; columns must be in order of degree."""
    shifts = np.full((rows, len(column_rows)), -1, dtype=np.int16)
    taken = np.zeros((rows, rows, 2 * REACH), dtype=np.int32)  # differences in use, between every two rows
    chains: Chains = {row: [] for row in range(rows)}
    for column, in_rows in enumerate(column_rows):
        if len(in_rows) == 2:
            chosen = _shifts_of_pair(in_rows[0], in_rows[1], chains, random)
        else:
            chosen = _shifts_of_column(in_rows, taken, random)
        for row, shift in zip(in_rows, chosen, strict=True):
            shifts[row, column] = shift
            for other, other_shift in zip(in_rows, chosen, strict=True):
                taken[row, other, shift - other_shift] += 1
    return shifts


def _shifts_of_column(in_rows: list[int], taken: NDArray[np.int32], random: np.random.Generator) -> list[int]:
    """One shift for each edge of a column: one at a time, the one that closes fewest 4-cycles; best of some tries.

    Two columns in the same two rows close one where their shifts differ by the same number.
    """
    best, fewest = [0] * len(in_rows), np.inf
    for _ in range(TRIES_PER_COLUMN):
        chosen: list[int] = []
        closed = 0
        for row in in_rows:
            candidates = random.permutation(REACH)
            cycles = np.zeros(REACH, dtype=np.int64)
            for other, shift in zip(in_rows, chosen, strict=False):
                cycles += taken[row, other, candidates - shift]
            closed += int(cycles.min())
            chosen.append(int(candidates[cycles.argmin()]))
        if closed < fewest:
            best, fewest = chosen, closed
        if closed == 0:
            break
    return best


def _shifts_of_pair(first: int, second: int, chains: Chains, random: np.random.Generator) -> list[int]:
    """Shifts of a column of degree 2: the difference that closes least with the columns of degree 2 so far."""
    differences = random.permutation(np.arange(1 - REACH, REACH))
    cost = np.zeros(len(differences))
    for bits, total in _chain_sums(first, second, chains):
        sums = np.abs(differences - total)
        cost += CYCLE_COST[bits + 1] * ((sums == 0) | (sums >= LEAST_LIFTING))
    difference = int(differences[cost.argmin()])
    chains[first].append((second, difference))
    chains[second].append((first, -difference))
    low = max(0, -difference)
    shift = int(random.integers(low, min(REACH, REACH - difference)))
    return [shift, shift + difference]


def _chain_sums(first: int, second: int, chains: Chains) -> list[tuple[int, int]]:
    """Every chain of bits of degree 2 from one row to another: its number of bits, and the sum of differences."""
    found = []
    paths: list[tuple[int, int, tuple[int, ...]]] = [(first, 0, (first,))]
    for bits in range(1, max(CYCLE_COST)):
        longer: list[tuple[int, int, tuple[int, ...]]] = []
        for row, total, visited in paths:
            for other, difference in chains[row]:
                if other == second:
                    found.append((bits, total + difference))
                elif other not in visited:
                    longer.append((other, total + difference, (*visited, other)))
        paths = longer
    return found
