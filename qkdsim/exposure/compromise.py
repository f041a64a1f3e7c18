"""Nodes and satellites in the wrong hands, and from when until when."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from qkdsim.errors import InputError
from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class Compromise:
    """Someone reads all memory of a node or a satellite: from `from_s` on, until the node is cleaned at `until_s`.

    They see every key that the node relays or receives meanwhile, and all key in its stores. They have kept what was
    ever sent over classical channels. Key that the node has used and erased before is safe from them; key that lay in
    its stores when it was cleaned is known to them for good. A satellite knows the light that it sent or counted, the
    key on board that comes of it, and so every key that it announces from that, until it has announced and erased it.

    Raises ValueError unless 0 <= from_s < until_s.
    """

    node: str
    from_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        if not 0.0 <= self.from_s < self.until_s:
            raise ValueError(f"{self.node}: 0 <= from_s < until_s is needed, not {self.from_s} and {self.until_s}")


def known_places(result: RunResult) -> tuple[list[str], list[str]]:
    """Names of all nodes of a run, and of all its satellites, in alphabetical order."""
    satellites = result.lazy("passes").select(pl.col("satellite").unique().sort()).collect()["satellite"]
    return sorted(result.table("nodes")["id"].to_list()), satellites.to_list()


def expected_place(nodes: Sequence[str], satellites: Sequence[str], given: str = "") -> str:
    """What may be compromised, in words, with the names that look most like what was given."""
    kinds = "a node or a satellite" if satellites else "a node"
    examples = nearest(given, [*nodes, *satellites]) or [min(names) for names in (nodes, satellites) if names]
    return f"{kinds} of the run, such as {' or '.join(examples)}"


def nearest(name: str, known: Collection[str]) -> list[str]:
    """Up to three of the known names that look most like this one, in small letters or capitals; none if none does."""
    folded = {one.casefold(): one for one in sorted(known)}
    return [folded[one] for one in get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]


def check_compromises(result: RunResult, compromises: Sequence[Compromise]) -> None:
    """Each must be a node or a satellite of the run.

    Raises InputError for another.
    """
    nodes, satellites = known_places(result)
    for one in compromises:
        if one.node not in nodes and one.node not in satellites:
            raise InputError.of("compromised node", "", one.node, expected_place(nodes, satellites, one.node))
