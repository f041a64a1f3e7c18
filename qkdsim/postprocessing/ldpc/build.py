"""Make the shipped codes from their degree distributions: `python -m qkdsim.postprocessing.ldpc.build`.

1. Node counts: the shares of `degrees.toml`, rounded to 400 base columns and the base rows of the rate.
2. Base graph: progressive edge growth (X.-Y. Hu, E. Eleftheriou, D. M. Arnold, IEEE Trans. Inf. Theory 51, 386 (2005)),
   columns of low degree first, so that short cycles end up among columns of high degree.
3. Lifting: each edge becomes a circulant, see `lifting`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qkdsim.postprocessing.ldpc.codes import SHIFTS_FILE, DegreeDistribution, degree_distributions
from qkdsim.postprocessing.ldpc.lifting import lifted
from qkdsim.rng import stream

COLUMNS = 400
SEED = 20240901  # any; the shipped file depends on it


def node_counts(shares: Mapping[int, float], nodes: int) -> dict[int, int]:
    """How many of `nodes` have each degree: edge shares over degrees, rounded by largest remainder."""
    weights = {degree: share / degree for degree, share in sorted(shares.items())}
    exact = {degree: nodes * weight / sum(weights.values()) for degree, weight in weights.items()}
    counts = {degree: int(value) for degree, value in exact.items()}
    by_remainder = sorted(exact, key=lambda degree: counts[degree] - exact[degree])
    for degree in by_remainder[: nodes - sum(counts.values())]:
        counts[degree] += 1
    return {degree: count for degree, count in counts.items() if count}


def column_degrees(distribution: DegreeDistribution) -> list[int]:
    """Degree of every base column, ascending."""
    counts = node_counts(distribution.bit_shares, COLUMNS)
    return [degree for degree, count in sorted(counts.items()) for _ in range(count)]


def row_degrees(distribution: DegreeDistribution, edges: int) -> list[int]:
    """Degree of every base row, with `edges` edges in total: rounding is evened out over the rows in turn."""
    rows = round((1.0 - distribution.rate) * COLUMNS)
    counts = node_counts(distribution.check_shares, rows)
    degrees = [degree for degree, count in sorted(counts.items()) for _ in range(count)]
    surplus = edges - sum(degrees)
    for turn in range(abs(surplus)):
        degrees[turn % rows] += 1 if surplus > 0 else -1
    return degrees


def base_graph(columns: list[int], rows: list[int], random: np.random.Generator) -> list[list[int]]:
    """Rows of each column: every new edge ends as far from its column as the graph so far allows."""
    free = np.array(rows)
    row_columns: list[list[int]] = [[] for _ in rows]
    column_rows: list[list[int]] = [[] for _ in columns]
    for column, degree in enumerate(columns):
        for _ in range(degree):
            distance = _row_distances(column, column_rows, row_columns)
            distance[column_rows[column]] = -1  # no double edges
            distance[free <= 0] = -1
            if distance.max() < 0:  # every row with room is taken: let one that is full grow
                distance = _row_distances(column, column_rows, row_columns)
                distance[column_rows[column]] = -1
            farthest = np.flatnonzero(distance == distance.max())
            roomiest = farthest[free[farthest] == free[farthest].max()]
            row = int(random.choice(roomiest))
            free[row] -= 1
            row_columns[row].append(column)
            column_rows[column].append(row)
    return column_rows


def _row_distances(column: int, column_rows: list[list[int]], row_columns: list[list[int]]) -> np.ndarray:
    """Steps from a column to every row; rows out of reach get a great number."""
    distance = np.full(len(row_columns), len(row_columns) + 1)
    edge_rows, seen, steps = list(column_rows[column]), {column}, 0
    distance[edge_rows] = 0
    while edge_rows:
        steps += 1
        columns = {other for row in edge_rows for other in row_columns[row]} - seen
        seen |= columns
        edge_rows = [row for row in {row for other in columns for row in column_rows[other]} if distance[row] > steps]
        distance[edge_rows] = steps
    return distance


def build(distribution: DegreeDistribution) -> np.ndarray:
    """Shifts of one code, as shipped."""
    random = stream(SEED, "ldpc", distribution.name)
    columns = column_degrees(distribution)
    rows = row_degrees(distribution, sum(columns))
    return lifted(base_graph(columns, rows, random), len(rows), random)


def main() -> None:
    """Write the shift tables of all codes."""
    tables = {}
    for distribution in degree_distributions():
        tables[distribution.name] = build(distribution)
        sys.stdout.write(f"{distribution.name}: {tables[distribution.name].shape}\n")
    np.savez_compressed(Path(__file__).with_name(SHIFTS_FILE), allow_pickle=False, **tables)


if __name__ == "__main__":
    main()
