"""Makes `qkdsim/plots/coastlines.npz` from a shapefile of countries: python docs/make_coastlines.py COUNTRIES.shp

The edges of countries that no other country shares are the coast. The shipped file was made from Natural Earth's
1:110m countries (public domain); see `qkdsim/plots/coastlines.md`.
"""

from __future__ import annotations

import struct
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "qkdsim" / "plots" / "coastlines.npz"
POLYGON = 5
Point = tuple[int, int]  # longitude and latitude in hundredths of a degree
Edge = tuple[Point, Point]


def rings(shapefile: bytes) -> Iterator[list[Point]]:
    """The rings of all polygons (ESRI Shapefile Technical Description, 1998: header of 100 bytes, then records)."""
    place = 100
    while place < len(shapefile):
        (words,) = struct.unpack_from(">i", shapefile, place + 4)
        record = shapefile[place + 8 : place + 8 + 2 * words]
        place += 8 + 2 * words
        kind, *_box, parts, points = struct.unpack_from("<i4d2i", record)
        if kind != POLYGON:
            raise SystemExit(f"expected polygons (type {POLYGON}), got type {kind}")
        first = np.frombuffer(record, "<i4", parts, 44)
        degrees = np.frombuffer(record, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
        hundredths = np.rint(degrees * 100).astype(int)
        for ring in np.split(hundredths, first[1:]):
            yield [(int(x), int(y)) for x, y in ring]


def is_coast(edge: Edge) -> bool:
    """Not the cut at the date line, and not the South Pole, which a flat map draws as a line."""
    (x1, y1), (x2, y2) = edge
    return not (abs(x1) == abs(x2) == 18000) and max(y1, y2) > -9000


def coast(polygons: Iterable[list[Point]]) -> list[Edge]:
    """The edges that one country alone has, in their order."""
    edges = [edge for ring in polygons for edge in pairwise(ring) if edge[0] != edge[1]]
    shared = Counter(frozenset(edge) for edge in edges)
    return [edge for edge in edges if shared[frozenset(edge)] == 1 and is_coast(edge)]


def joined(edges: Iterable[Edge]) -> list[list[Point]]:
    """Edges joined to lines as long as they go; first those that begin at a loose end, then closed ones."""
    onward: dict[Point, list[Point]] = defaultdict(list)
    entered: Counter[Point] = Counter()
    for begin, end in edges:
        onward[begin].append(end)
        entered[end] += 1
    loose = [point for point in onward if len(onward[point]) > entered[point]]
    lines = []
    for begin in [*loose, *onward]:
        while onward[begin]:
            line = [begin]
            while onward[line[-1]]:
                line.append(onward[line[-1]].pop())
            lines.append(line)
    return lines


def main(source: str) -> None:
    """Read the shapefile, write the lines: all points in one array, and how many belong to each line."""
    lines = joined(coast(rings(Path(source).read_bytes())))
    points = np.array([point for line in lines for point in line], dtype=np.int16)
    counts = np.array([len(line) for line in lines], dtype=np.int16)
    np.savez_compressed(TARGET, hundredths_deg=points, counts=counts)


if __name__ == "__main__":
    main(sys.argv[1])
