"""Key asked for and served by pairs of nodes, or of regions. No pictures here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from qkdsim.plots.binning import FloatArray, Table
from qkdsim.plots.facts import MapNode
from qkdsim.plots.positions import Plane

_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class PairShares:
    """Key asked for and served, in bits, by the node that asks (rows) and the other node; shape (nodes, nodes)."""

    nodes: tuple[str, ...]
    asked_bits: FloatArray
    served_bits: FloatArray

    @property
    def share(self) -> FloatArray:
        """Served over asked for; NaN where nothing was asked for."""
        asked = self.asked_bits
        return np.where(asked > 0, self.served_bits / np.where(asked > 0, asked, 1.0), np.nan)

    def grouped(self, group: Sequence[int], names: Sequence[str]) -> PairShares:
        """The same with nodes taken together: `group` is the number of the name of each node."""
        onto = np.eye(len(names))[np.asarray(group, dtype=np.int64)]
        return PairShares(tuple(names), onto.T @ self.asked_bits @ onto, onto.T @ self.served_bits @ onto)

    @property
    def weight_bits(self) -> FloatArray:
        """Key that the pairs of each node asked for."""
        return np.asarray(self.asked_bits.sum(axis=0) + self.asked_bits.sum(axis=1))


def pair_shares(requests: Table, order: Sequence[str]) -> PairShares:
    """Key asked for and served by pair, from the `requests` table; nodes that ask or are asked for, in that order."""
    import polars as pl

    bits = pl.col("bits")
    served = bits.filter(pl.col("outcome") == "served").sum()
    found = requests.lazy().group_by("from", "to").agg(bits.sum(), served.alias("served")).collect(engine="streaming")
    ends = set(found["from"]) | set(found["to"])
    nodes = [node for node in order if node in ends]
    nodes += sorted(ends.difference(nodes))
    number = {node: index for index, node in enumerate(nodes)}
    asked_bits, served_bits = np.zeros((len(nodes), len(nodes))), np.zeros((len(nodes), len(nodes)))
    for start, end, wanted, given in found.iter_rows():
        asked_bits[number[start], number[end]] += wanted
        served_bits[number[start], number[end]] += given
    return PairShares(tuple(nodes), asked_bits, served_bits)


def share_classes(share: FloatArray) -> list[tuple[str, int]]:
    """How many pairs were served never, up to 10 %, ..., below 100 %, and always."""
    known = share[np.isfinite(share)]
    edges = [step / 10 for step in range(11)]
    counts = [("none", int((known <= 0).sum()))]
    for low, high in pairwise(edges):
        within = (known > low) & ((known <= high) if high < 1 else (known < 1))
        counts.append((f"{low:.0%} to {high:.0%}".replace("%", " %"), int(within.sum())))
    return [*counts, ("all", int((known >= 1).sum()))]


def regions(shares: PairShares, nodes: Sequence[MapNode], most: int) -> PairShares:
    """Nodes taken together by where they stand, in at most `most` regions named after their busiest node.

    Where positions are not known, the busiest nodes stay alone and all others are one.
    """
    known = {node.id: node for node in nodes}
    placed = [known.get(name) for name in shares.nodes]
    labels = [name if node is None else node.label for name, node in zip(shares.nodes, placed, strict=True)]
    stand = [node for node in placed if node is not None and None not in (node.latitude_deg, node.longitude_deg)]
    if len(stand) < len(placed):
        return _busiest(shares, labels, most)
    group = _clusters(Plane.of(stand).nodes_km(stand), shares.weight_bits, most)
    members = [np.flatnonzero(group == one) for one in range(group.max() + 1)]
    busiest = [part[np.argmax(shares.weight_bits[part])] for part in members]
    names = [
        f"{labels[best]} and {len(part) - 1} more" if len(part) > 1 else labels[best]
        for part, best in zip(members, busiest, strict=True)
    ]
    return shares.grouped(group.tolist(), names)


def _busiest(shares: PairShares, labels: Sequence[str], most: int) -> PairShares:
    chosen = np.sort(np.argsort(-shares.weight_bits, kind="stable")[: most - 1]).tolist()
    group = [chosen.index(one) if one in chosen else most - 1 for one in range(len(labels))]
    return shares.grouped(group, [*(labels[one] for one in chosen), f"{len(labels) - most + 1} others"])


def _clusters(points: FloatArray, weight: FloatArray, most: int) -> NDArray[np.int64]:
    """The region of every point, numbered by their weight: k-means from centres as far apart as can be."""
    centres = [int(np.argmax(weight))]
    distance = np.hypot(*(points - points[centres[0]]).T)
    while len(centres) < most and distance.max() > 0:
        centres.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.hypot(*(points - points[centres[-1]]).T))
    middles = points[centres]
    for _ in range(_ROUNDS):
        nearest = cdist(points, middles).argmin(axis=1)
        middles = np.array([points[nearest == one].mean(axis=0) for one in np.unique(nearest)])
    _, group = np.unique(cdist(points, middles).argmin(axis=1), return_inverse=True)
    order = np.argsort(-np.bincount(group, weights=weight), kind="stable")
    return np.asarray(np.argsort(order)[group])
