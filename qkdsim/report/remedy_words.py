"""What would turn a verdict, in words."""

from __future__ import annotations

from collections.abc import Iterator

from qkdsim.evaluation import Criterion
from qkdsim.evaluation.sensitivity import Change, Remedy
from qkdsim.report.verdict_words import figure, with_unit

_AT_ITS_LIMIT = 1e-3  # a pass that a smaller change would lose


def remedy_words(criterion: Criterion, remedy: Remedy | None) -> tuple[tuple[str, str], ...]:
    """Each thing that would turn the verdict: a phrase, and the figures that go with it."""
    return () if remedy is None else tuple(_lines(criterion, remedy))


def _lines(criterion: Criterion, remedy: Remedy) -> Iterator[tuple[str, str]]:
    change = remedy.change
    if change is not None and remedy.aim == "pass":
        yield "would pass with", _change(change)
    elif change is not None and (change.relative or 0.0) < _AT_ITS_LIMIT:
        yield "at its limit", f"{change.parameter} {_digits(change.now)}"
    elif change is not None:
        yield "narrow: would be lost with", _change(change)
    if remedy.needed_value is not None:
        yield "would pass at an estimate of", with_unit(figure(remedy.needed_value), criterion.unit)
    if remedy.loss is not None:
        words = f"{figure(remedy.loss.loss_db)} dB ({figure(remedy.loss.length_km)} km)"
        yield "the declared components would pass up to", words


def _change(change: Change) -> str:
    """`detector.efficiency 0.2 → 0.24 (+20 %)`."""
    if change.now is None:
        return f"{change.parameter} = {figure(change.needed)}"
    if isinstance(change.now, bool):
        return f"{change.parameter} {figure(change.now)} → {figure(change.needed)}"
    share = (float(change.needed) - float(change.now)) / abs(float(change.now))
    return f"{change.parameter} {_digits(change.now)} → {_digits(change.needed)} ({100 * share:+.3g} %)"


def _digits(value: object) -> str:
    return f"{float(value):.5g}" if isinstance(value, int | float) else str(value)
