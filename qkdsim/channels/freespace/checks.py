"""Refusals of numbers that no telescope and no air can have."""

from __future__ import annotations

import math

from qkdsim.errors import InputError


def require_positive(source: str, key: str, value: float) -> None:
    """Raise InputError unless the value is a finite number above 0."""
    if not (math.isfinite(value) and value > 0.0):
        raise InputError.of(source, key, value, "a number above 0")


def require_not_negative(source: str, key: str, value: float) -> None:
    """Raise InputError unless the value is a finite number, 0 or above."""
    if not (math.isfinite(value) and value >= 0.0):
        raise InputError.of(source, key, value, "0 or more")


def require_obscuration(source: str, value: float) -> None:
    """Raise InputError unless the value is a ratio of diameters, 0 <= ratio < 1."""
    if not 0.0 <= value < 1.0:
        raise InputError.of(source, "obscuration_ratio", value, "0 or more and below 1 (a ratio of diameters)")


def require_transmission(source: str, key: str, value: float) -> None:
    """Raise InputError unless the value is a power transmission, 0 < T <= 1."""
    if not 0.0 < value <= 1.0:
        raise InputError.of(source, key, value, "above 0 and at most 1 (a power transmission, not dB or percent)")
