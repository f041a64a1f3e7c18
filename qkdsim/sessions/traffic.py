"""Constant traffic of a pair, counted in whole bytes without rounding anything away."""

from __future__ import annotations

import math


class Traffic:
    """Counts the bytes between two moments as differences of one running count, so that all parts sum to the whole."""

    def __init__(self, start_s: float, bps: float) -> None:
        """Nothing flows before the start."""
        self._start_s = start_s
        self._bytes_per_s = bps / 8.0
        self._counted = 0

    def until(self, now_s: float) -> int:
        """Whole bytes since the last call, or since the start."""
        total = math.floor((now_s - self._start_s) * self._bytes_per_s)
        new = total - self._counted
        self._counted = total
        return new
