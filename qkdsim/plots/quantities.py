"""Numbers for people: three digits and a prefix."""

from __future__ import annotations

import math

_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def bits_text(bits: float | None) -> str:
    """An amount of key: `304 kbit`."""
    return _prefixed(bits, "bit")


def bytes_text(count: float | None) -> str:
    """An amount of data: `304 kB`."""
    return _prefixed(count, "B")


def rate_text(rate_bps: float | None) -> str:
    """A rate: `304 kbit/s`."""
    return _prefixed(rate_bps, "bit/s")


def _prefixed(value: float | None, unit: str) -> str:
    if value is None or not math.isfinite(value):
        return "unknown"
    if value == 0:
        return f"0 {unit}"
    size, prefix = prefix_of(value)
    return f"{three_digits(value / size)} {prefix}{unit}"


def prefix_of(value: float) -> tuple[float, str]:
    """The prefix to show a value with, and its size; values that round up to 1000 take the next one."""
    for size, prefix in _PREFIXES:
        if abs(value) >= 0.9995 * size:
            return size, prefix
    return 1.0, ""


def three_digits(number: float) -> str:
    """Three significant digits, without an exponent where that stays short, and without trailing zeros."""
    if number != 0 and not 1e-3 <= abs(number) < 1e6:
        return f"{number:.2e}".replace("e-0", "e-").replace("e+0", "e")
    digits = max(0, 2 - math.floor(math.log10(abs(number)))) if number else 0
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shortened(name: str, limit: int) -> str:
    """A name that fits: its middle left out when it is longer than `limit` characters."""
    if len(name) <= limit:
        return name
    head = (limit - 1) // 2
    return f"{name[:head]}…{name[len(name) - (limit - 1 - head) :]}"
