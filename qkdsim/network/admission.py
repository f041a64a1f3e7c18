"""Admission: a pair that has used up its share is refused before it costs anybody key."""

from __future__ import annotations

_ROUNDING = 1.0 - 1e-9  # a pair that asks at exactly its rate must not be refused for the last digit of a sum


class TokenBucket:
    """A mean rate with a burst: tokens are bits, they flow in evenly and never exceed the burst."""

    __slots__ = ("_burst_bits", "_last_s", "_rate_bps", "_tokens_bits")

    def __init__(self, rate_bps: float, burst_bits: float) -> None:
        """Start full."""
        self._rate_bps = rate_bps
        self._burst_bits = burst_bits
        self._tokens_bits = burst_bits
        self._last_s = 0.0

    def admits(self, bits: int, now_s: float) -> bool:
        """Whether `bits` may be asked for now; if so, they are taken from the bucket."""
        self._tokens_bits = min(self._burst_bits, self._tokens_bits + (now_s - self._last_s) * self._rate_bps)
        self._last_s = now_s
        if self._tokens_bits < bits * _ROUNDING:
            return False
        self._tokens_bits -= bits
        return True
