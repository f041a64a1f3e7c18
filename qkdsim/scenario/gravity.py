"""Demand between all nodes of a network by their weights: the gravity model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt, model_validator

from qkdsim import library
from qkdsim.devices.quantity import NonNegative, Positive, Quantity
from qkdsim.errors import InputError
from qkdsim.scenario.demand_matrix import MAX_PAIRS
from qkdsim.scenario.reach import Reach
from qkdsim.topology import Node, Topology
from qkdsim.topology.geography import EARTH_RADIUS_KM, unit_vector

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MAX_NODES = 3_000  # with a weight: the strengths of all their pairs are held at once


class Gravity(library.FileModel):
    """Pairs share the requests in proportion to `w_i w_j / d^distance_exponent`, w the weights of nodes, d their
    great-circle distance, at least `distance_floor_km`.

    Of all pairs that any path joins, with `min_hops` to `max_hops` hops on the shortest, `pairs` are kept: the
    `strongest`, or `drawn` by their strength. All of them when left out.
    """

    distance_exponent: NonNegative = Quantity(1.0)
    distance_floor_km: Positive = Quantity(1.0)
    pairs: StrictInt | None = Field(default=None, ge=1, le=MAX_PAIRS)
    choice: Literal["strongest", "drawn"] = "strongest"
    min_hops: StrictInt | None = Field(default=None, ge=1)
    max_hops: StrictInt | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _choice_is_among_pairs(self) -> Gravity:
        if self.choice == "drawn" and self.pairs is None:
            raise ValueError("pairs: got nothing, expected how many are drawn")
        if self.min_hops is not None and self.max_hops is not None and self.min_hops > self.max_hops:
            raise ValueError(f"max_hops: got {self.max_hops}, expected at least min_hops ({self.min_hops})")
        return self


@dataclass(frozen=True, slots=True)
class PairShares:
    """Pairs of nodes, and what part of the requests each has; shares are above 0 and sum to 1, shape (n,)."""

    pairs: tuple[tuple[str, str], ...]
    share: FloatArray


def gravity_shares(
    gravity: Gravity, topology: Topology, reach: Reach, source: str, key: str, draws: np.random.Generator
) -> PairShares:
    """The pairs that a gravity model keeps, in the order of the topology; the first of two nodes asks.

    Drawn pairs are a systematic sample (W. G. Madow, Ann. Math. Statist. 20, 333 (1949)) of as many equal shares: on
    average every pair has the share of the full model. A pair that is drawn k times has k shares, so that fewer than
    `pairs` may remain.

    Raises InputError, naming `key` of the file `source`, without weights, without positions that are needed, and where
    no or too many pairs are left.
    """
    nodes = [node for node in topology.node if node.weight]
    _check_nodes(gravity, nodes, source, key)
    first, second = np.triu_indices(len(nodes), 1)
    strength = _strengths(gravity, nodes, first, second)
    fits = np.flatnonzero(_may_share(gravity, nodes, reach, first, second) & (strength > 0.0))
    if not len(fits):
        raise InputError.of(source, key, None, "no two nodes with a weight are joined by a path that fits")
    share = strength[fits] / strength[fits].max()
    kept, share = _kept(gravity, share / share.sum(), draws)
    if len(kept) > MAX_PAIRS:
        raise InputError.of(source, f"{key}.pairs", f"all {len(kept):,}", f"at most {MAX_PAIRS:,}")
    ends = zip(first[fits[kept]].tolist(), second[fits[kept]].tolist(), strict=True)
    return PairShares(tuple((nodes[one].id, nodes[other].id) for one, other in ends), share)


def _check_nodes(gravity: Gravity, nodes: list[Node], source: str, key: str) -> None:
    if len(nodes) < 2:
        raise InputError.of(source, key, f"{len(nodes)} nodes with a weight", "weights above 0 on at least two nodes")
    if len(nodes) > _MAX_NODES:
        raise InputError.of(source, key, f"{len(nodes):,} nodes with a weight", f"at most {_MAX_NODES:,}")
    lost = [node.id for node in nodes if node.latitude_deg is None or node.longitude_deg is None]
    if gravity.distance_exponent > 0.0 and lost:
        words = f"latitude_deg and longitude_deg on all nodes with a weight ({lost[0]} has none), or 0"
        raise InputError.of(source, f"{key}.distance_exponent", float(gravity.distance_exponent), words)


def _strengths(gravity: Gravity, nodes: list[Node], first: IntArray, second: IntArray) -> FloatArray:
    """w_i w_j / d^alpha over its greatest weight squared; shape of `first`."""
    weight = np.array([float(node.weight or 0.0) for node in nodes])
    weight /= weight.max()
    mass = weight[first] * weight[second]
    if gravity.distance_exponent == 0.0:
        return np.asarray(mass)
    places = np.array([unit_vector(node.latitude_deg or 0.0, node.longitude_deg or 0.0) for node in nodes])
    half_chord = np.linalg.norm(places[first] - places[second], axis=-1) / 2.0
    distance_km = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(half_chord, 1.0))
    floor_km = float(gravity.distance_floor_km)
    return np.asarray(mass * (np.maximum(distance_km, floor_km) / floor_km) ** -float(gravity.distance_exponent))


def _may_share(
    gravity: Gravity, nodes: list[Node], reach: Reach, first: IntArray, second: IntArray
) -> NDArray[np.bool_]:
    hops = reach.hops([reach.index[node.id] for node in nodes])[first, second]
    least, most = gravity.min_hops or 1, gravity.max_hops or len(reach.ids)
    return np.asarray((hops >= least) & (hops <= most))


def _kept(gravity: Gravity, share: FloatArray, draws: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Which pairs are kept, ascending, and their shares."""
    if gravity.pairs is None or (gravity.choice == "strongest" and gravity.pairs >= len(share)):
        return np.arange(len(share)), share
    if gravity.choice == "strongest":
        kept = np.sort(np.argsort(-share, kind="stable")[: gravity.pairs])
        return kept, share[kept] / share[kept].sum()
    shuffled = draws.permutation(len(share))
    points = (draws.random() + np.arange(gravity.pairs)) / gravity.pairs
    drawn = np.searchsorted(np.cumsum(share[shuffled]), points)
    kept, times = np.unique(shuffled[np.minimum(drawn, len(share) - 1)], return_counts=True)
    return kept, times / gravity.pairs
