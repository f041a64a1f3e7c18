"""One row of a comparison, and the ways in which it is scored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REFERENCES = Path(__file__).parent.parent / "tests" / "references"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure from outside beside ours, in words; `met` is None where no tolerance is stated."""

    what: str
    published: str
    ours: str
    deviation: str
    allowed: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one publication."""

    title: str
    source: str
    fitted: str
    rows: tuple[Row, ...]
    remarks: str


def reference(name: str) -> dict[str, Any]:
    """A file of outside figures."""
    content: dict[str, Any] = json.loads((REFERENCES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def relative(what: str, published: float, ours: float, allowed: float | None, unit: str = "", label: str = "") -> Row:
    """A row that is scored by its relative deviation; `label` says what the figure is if it is not published."""
    off = ours / published - 1.0
    deviation = "below 0.05 %" if abs(off) < 5e-4 else f"{100 * off:+.1f} %"
    limit = "–" if allowed is None else f"{100 * allowed:g} %"
    met = None if allowed is None else abs(off) <= allowed
    outside = f"{_text(published, unit)} {label}".rstrip()
    return Row(what, outside, _text(ours, unit), deviation, limit, met)


def within_factor(what: str, published: float, ours: float, factor: float, unit: str) -> Row:
    """A row that is scored by the ratio of the two figures."""
    ratio = ours / published
    met = 1.0 / factor <= ratio <= factor
    return Row(what, _text(published, unit), _text(ours, unit), f"× {ratio:.2f}", f"factor {factor:g}", met)


def points(what: str, published: float, ours: float, allowed: float) -> Row:
    """An error rate, scored by its deviation in percentage points."""
    off = 100 * (ours - published)
    limit = f"{100 * allowed:g} points" if allowed != 0.01 else "1 point"
    met = abs(ours - published) <= allowed
    return Row(what, f"{100 * published:.3g} %", f"{100 * ours:.3g} %", f"{off:+.2f} points", limit, met)


def absolute(what: str, published: float, ours: float, allowed: float, unit: str) -> Row:
    """A row that is scored by the difference in its own unit."""
    met = abs(ours - published) <= allowed
    return Row(
        what,
        f"{published:.2f} {unit}",
        f"{ours:.2f} {unit}",
        f"{ours - published:+.2f} {unit}",
        f"{allowed:g} {unit}",
        met,
    )


def _text(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".rstrip()
