"""What a benchmark gives back: one figure, and how it compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class BenchmarkError(Exception):
    """A benchmark could not be measured; the message is one line."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    `goal` is the greatest figure that is still good enough, in `unit`; `peer` names the program, version and date of
    `peer_figure`. `figure` is None where the measurement failed; `note` then says why.
    """

    name: str
    figure: float | None
    unit: str
    goal: float | None = None
    peer: str = ""
    peer_figure: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure over the peer's figure; both are rates, so more than 1 means faster than the peer."""
        if self.figure is None or not self.peer_figure:
            return None
        return self.figure / self.peer_figure

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "name": self.name,
            "figure": self.figure,
            "unit": self.unit,
            "goal": self.goal,
            "peer": self.peer or None,
            "peer_figure": self.peer_figure,
            "ratio": self.ratio,
            "note": self.note,
        }
