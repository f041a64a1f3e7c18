"""Numbers and names in the words of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from qkdsim.plots import three_digits
from qkdsim.plots.timeline import TimeAxis

NONE = "—"


def missing(value: float | None) -> bool:
    """Whether there is no number to show."""
    return value is None or not math.isfinite(value)


def number(value: float | None) -> str:
    """Three digits, or a dash."""
    return NONE if value is None or missing(value) else three_digits(float(value))


def count(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}".replace(",", " ")  # a narrow space that does not break


def percent(share: float | None, digits: int = 2) -> str:
    """A share in per cent, never rounded up to 100 nor down to 0."""
    if share is None or missing(share):
        return NONE
    text = f"{share:.{digits}%}"
    if share < 1 and text == f"{1:.{digits}%}":
        text = f"> {1 - 10.0 ** -(digits + 2):.{digits}%}"
    if share > 0 and text == f"{0:.{digits}%}":
        text = f"< {10.0 ** -(digits + 2):.{digits}%}"
    return text.replace("%", " %")


def probability(epsilon: float | None) -> str:
    """A failure probability: `1.7 × 10⁻⁶`; a sum that reached 1 promises nothing."""
    if epsilon is None or missing(epsilon):
        return NONE
    if epsilon >= 1:
        return "1 (nothing promised)"
    if epsilon == 0:
        return "0"
    digits, power = f"{epsilon:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits} × 10{raised}"


def moment(time_s: float | None, axis: TimeAxis) -> str:
    """A time of the run in the unit of its figures: `6.25 h`; `not in this run` where it lies beyond."""
    if time_s is None or missing(time_s) or time_s > axis.duration_s:
        return "not in this run"
    return f"{round(time_s / axis.unit_s, 4):.4g} {axis.unit}"


def length(seconds: float | None) -> str:
    """A stretch of time in the unit that fits: `35.2 ms`, `4.1 min`."""
    if seconds is None or missing(seconds):
        return NONE
    if seconds < 1.0:
        return f"{three_digits(seconds * 1e3)} ms"
    unit = TimeAxis.of(seconds)
    return f"{three_digits(seconds / unit.unit_s)} {unit.unit}"


def flattened(document: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """A nested document as pairs of dotted key and value, in order."""
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flattened(value, f"{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from _flattened_list(value, name)
        elif value is not None:
            yield name, str(value)


def _flattened_list(items: Sequence[object], name: str) -> Iterator[tuple[str, str]]:
    """Tables in a list go by their `name` where they have one, else by their number; plain values stand together."""
    tables = [item for item in items if isinstance(item, Mapping)]
    for index, table in enumerate(tables):
        rest = {key: value for key, value in table.items() if key != "name"}
        yield from flattened(rest if "name" in table else table, f"{name}[{table.get('name', index)}].")
    if plain := [str(item) for item in items if not isinstance(item, Mapping)]:
        yield name, ", ".join(plain)
