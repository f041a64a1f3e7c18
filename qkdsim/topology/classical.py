"""The classical network, as a topology file states it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field, model_validator

from qkdsim import library, units
from qkdsim.devices.quantity import Length, NonNegative, Positive


class ClassicalLinkEntry(library.FileModel):
    """A link of the classical network, over which control and relay messages go.

    Where a topology has any, they are its whole classical network. Where it has none, each QKD link has a classical one
    of the same id and length beside it. Its delay is stated, or that of light in `length_km` of fibre.
    """

    id: str = Field(default="", min_length=1)
    ends: tuple[str, str]
    length_km: Length | None = None
    delay_s: NonNegative | None = None
    bandwidth_bps: Positive | None = None  # that of the scenario when left out

    @model_validator(mode="before")
    @classmethod
    def _default_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and "id" not in data:
            ends = data.get("ends")
            if isinstance(ends, list | tuple) and len(ends) == 2 and all(isinstance(end, str) for end in ends):
                data = {**data, "id": "--".join(ends)}
        return data

    @model_validator(mode="after")
    def _has_a_delay(self) -> ClassicalLinkEntry:
        if (self.length_km is None) == (self.delay_s is None):
            raise ValueError("expected exactly one of length_km and delay_s")
        if self.ends[0] == self.ends[1]:
            raise ValueError(f"ends: got {self.ends[0]!r} twice, expected two different nodes")
        return self

    @property
    def propagation_s(self) -> float:
        """One-way delay."""
        return units.fibre_delay_s(self.length_km or 0.0) if self.delay_s is None else float(self.delay_s)


def not_joined(pairs: Sequence[tuple[str, str]], links: Iterable[ClassicalLinkEntry]) -> list[int]:
    """The pairs of nodes, by number, that no way over classical links joins."""
    above: dict[str, str] = {}

    def part(node: str) -> str:
        while (upper := above.get(node, node)) != node:
            above[node] = above.get(upper, upper)
            node = upper
        return node

    for link in links:
        first, second = (part(end) for end in link.ends)
        above[first] = second
    return [number for number, (first, second) in enumerate(pairs) if part(first) != part(second)]
