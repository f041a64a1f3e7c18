"""Tables of the page that stop at a length which can be read, and say what they leave out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from qkdsim.report.words import count

Row = TypeVar("Row")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Limited(Generic[Row]):
    """Rows that are shown, and how many more there are."""

    rows: tuple[Row, ...]
    left_out: int = 0

    @property
    def more(self) -> str:
        """The number that is left out, as it is read; empty where nothing is."""
        return count(self.left_out) if self.left_out else ""


def limited(items: Sequence[Item], most: int, row: Callable[[Item], Row]) -> Limited[Row]:
    """The first `most` items as rows."""
    return Limited(tuple(row(item) for item in items[:most]), max(0, len(items) - most))


def chosen(items: Sequence[Item], most: int, worst: Callable[[Item], object]) -> list[Item]:
    """The `most` items that come first by `worst`, in their own order."""
    ranked = sorted(range(len(items)), key=lambda place: (worst(items[place]), place))
    return [items[place] for place in sorted(ranked[:most])]
