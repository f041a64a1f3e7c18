"""Values, limits and margins of a verdict in words."""

from __future__ import annotations

import math

from qkdsim.evaluation import Criterion, Verdict
from qkdsim.plots import three_digits
from qkdsim.report.words import NONE

_UNITLESS = ("1", "bool", "enum", "fraction", "count")
_SYMBOLS = {"degC": "°C", "deg": "°"}
_SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "in": "one of"}


def figure(value: object) -> str:
    """A value without its unit."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(float(value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _number(value: float) -> str:
    """Three digits; what is not 1 is never rounded to it, since limits of fractions stand close to it."""
    if math.isnan(value):
        return NONE
    text = three_digits(value)
    return f"{value:.7g}" if text == "1" and value != 1.0 else text


def with_unit(text: str, unit: str) -> str:
    """A figure with its unit, where it has one that is worth saying."""
    return text if not unit or text == NONE or unit in _UNITLESS else f"{text} {_SYMBOLS.get(unit, unit)}"


def interval_words(interval: tuple[float, float] | None) -> str:
    """`[low, high]`; empty where there is none."""
    return "" if interval is None else f"[{figure(interval[0])}, {figure(interval[1])}]"


def limit_words(criterion: Criterion, threshold: object) -> str:
    """A limit with its sign and unit: `≤ 0.05`."""
    if threshold is None:
        return NONE
    sign = "" if isinstance(threshold, bool) else f"{_SIGNS[criterion.op]} "
    return with_unit(f"{sign}{figure(threshold)}", criterion.unit)


def found_words(criterion: Criterion, verdict: Verdict) -> str:
    """Value and interval: `0.062 [0.058, 0.066]`; `no value` where there is none."""
    if verdict.value is None:
        return "no value"
    interval = interval_words(verdict.interval)
    return with_unit(f"{figure(verdict.value)}{' ' if interval else ''}{interval}", criterion.unit)


def margin_words(criterion: Criterion, verdict: Verdict) -> str:
    """The margin in the unit of the metric, with its share of the limit."""
    if verdict.margin is None:
        return NONE
    if verdict.margin == 0.0:
        return with_unit("0", criterion.unit)
    sign = "+" if verdict.margin > 0.0 else "−"
    words = with_unit(f"{sign}{figure(abs(verdict.margin))}", criterion.unit)
    if verdict.relative_margin is None:
        return words
    return f"{words} ({sign}{abs(verdict.relative_margin):.0%})".replace("%", " %")
