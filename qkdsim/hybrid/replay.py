"""The sliding window that takes every message number once (RFC 4303, 3.4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WINDOW: Final = 1024  # RFC 4303 asks for 32 at least; a long fast link reorders more


@dataclass(frozen=True, slots=True)
class ReplayWindow:
    """Which numbers came: the highest, and a bit for each of the `size` numbers up to it, the highest lowest."""

    highest: int = -1
    seen: int = 0
    size: int = WINDOW

    def refuses(self, number: int) -> str:
        """Empty for a number that is new, or why it is refused: seen before, or too old to tell."""
        age = self.highest - number
        if age >= self.size:
            return f"message {number} is older than the replay window of {self.size}"
        if age >= 0 and self.seen >> age & 1:
            return f"message {number} was received before"
        return ""

    def taken(self, number: int) -> ReplayWindow:
        """The window after a number that it does not refuse, and whose message proved authentic."""
        age = self.highest - number
        if age >= 0:
            return ReplayWindow(self.highest, self.seen | 1 << age, self.size)
        kept = self.seen << -age & (1 << self.size) - 1 if -age < self.size else 0
        return ReplayWindow(number, kept | 1, self.size)
