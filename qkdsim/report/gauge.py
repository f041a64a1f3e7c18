"""A value and its interval against a limit, as a strip without words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 120.0, 14.0
_LOG_RATIO = 30.0  # positive values further apart stand on a logarithmic scale


@dataclass(frozen=True, slots=True)
class Gauge:
    """Places along a strip from 0 to 1: value, interval and limit, and whether to pass is to lie left of the limit."""

    value: float
    low: float
    high: float
    limit: float
    passes_left: bool

    def svg(self, verdict: str) -> Markup:
        """The strip as an image that needs no words: shaded where the criterion is met."""
        limit = WIDTH * self.limit
        start, width = (0.0, limit) if self.passes_left else (limit, WIDTH - limit)
        low, high, value = WIDTH * self.low, WIDTH * self.high, WIDTH * self.value
        return Markup(
            f'<svg class="gauge {verdict}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true">'
            f'<rect class="met" x="{start:.1f}" y="0" width="{width:.1f}" height="{HEIGHT:g}"/>'
            f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y1="0" y2="{HEIGHT:g}"/>'
            f'<rect class="span" x="{low:.1f}" y="5" width="{max(high - low, 0.0):.1f}" height="4"/>'
            f'<circle class="value" cx="{value:.1f}" cy="7" r="3.4"/></svg>'
        )


def gauge(value: object, interval: tuple[float, float] | None, threshold: object, op: str) -> Gauge | None:
    """The strip of a number with a limit; None for what is no number or has none."""
    number, limit = _number(value), _number(threshold)
    if number is None or limit is None or op not in ("<=", ">="):
        return None
    low, high = interval if interval is not None else (number, number)
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return Gauge(*_places((number, low, high, limit)), passes_left=op == "<=")


def _places(values: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    positive = min(values) > 0 and max(values) / min(values) > _LOG_RATIO
    scaled = [math.log10(value) for value in values] if positive else list(values)
    least, greatest = min(scaled), max(scaled)
    if greatest == least:
        return (0.5, 0.5, 0.5, 0.5)
    value, low, high, limit = (0.12 + 0.76 * ((one - least) / (greatest - least)) for one in scaled)
    return (value, low, high, limit)


def _number(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
