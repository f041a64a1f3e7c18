"""Nodes in the wrong hands, and from when until when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qkdsim.errors import InputError
from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class Compromise:
    """Someone reads all memory of a node: from `from_s` on, until the node is cleaned at `until_s`.

    They see every key that the node relays or receives meanwhile, and all key in its stores. They have kept what was
    ever sent over classical channels. Key that the node has used and erased before is safe from them; key that lay in
    its stores when it was cleaned is known to them for good.

    Raises ValueError unless 0 <= from_s < until_s.
    """

    node: str
    from_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        if not 0.0 <= self.from_s < self.until_s:
            raise ValueError(f"{self.node}: 0 <= from_s < until_s is needed, not {self.from_s} and {self.until_s}")


def check_compromises(result: RunResult, compromises: Sequence[Compromise]) -> None:
    """Every node must be one of the run.

    Raises InputError for another.
    """
    known = set(result.table("nodes")["id"].to_list())
    for one in compromises:
        if one.node not in known:
            raise InputError.of(
                "compromised node", "", one.node, f"a node of the run, such as {min(known, default='')}"
            )
