"""What would turn a verdict, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qkdsim.evaluation import Criterion
from qkdsim.evaluation.least_change import Change
from qkdsim.evaluation.sensitivity import Remedy
from qkdsim.evaluation.shown_value import ShownValue
from qkdsim.report.verdict_words import figure, interval_words, limit_words, with_unit

_AT_ITS_LIMIT = 1e-3  # a pass that a smaller change would lose
_SIGNS = {"<=": "≤", ">=": "≥"}
_SHOWN_BY = {"measured": "the records show", "specimen": "the specimen shows"}
_TURNED = {"pass": "would pass at {}", "lose": "would be lost at {}"}


@dataclass(frozen=True, slots=True)
class RemedyLine:
    """One thing that would turn the verdict: a phrase, and a parameter as its profile has it, or words."""

    phrase: str
    what: str
    is_parameter: bool = False


def remedy_words(criterion: Criterion, remedy: Remedy | None) -> tuple[RemedyLine, ...]:
    """Each thing that would turn the verdict."""
    return () if remedy is None else tuple(_lines(criterion, remedy))


def _lines(criterion: Criterion, remedy: Remedy) -> Iterator[RemedyLine]:
    change = remedy.change
    if change is not None and remedy.aim == "pass":
        yield RemedyLine("would pass with", _change(change), is_parameter=True)
    elif change is not None and (change.relative or 0.0) < _AT_ITS_LIMIT:
        yield RemedyLine("at its limit", f"{change.parameter} {_digits(change.now)}", is_parameter=True)
    elif change is not None:
        yield RemedyLine("narrow: would be lost with", _change(change), is_parameter=True)
    if remedy.shown is not None:
        yield RemedyLine(_SHOWN_BY[remedy.shown.basis], _shown(criterion, remedy.shown, _TURNED[remedy.aim]))
    if remedy.needed is not None:
        phrase = "would pass with" if remedy.aim == "pass" else "at its limit"
        yield RemedyLine(phrase, _needed(criterion, remedy))
    if remedy.loss is not None:
        reach = f"{figure(remedy.loss.loss_db)} dB ({figure(remedy.loss.length_km)} km)"
        yield RemedyLine(_LOSSES[criterion.id], reach)


_LOSSES = {
    "PF-01": "by the curve of the declared components it would pass up to",
    "PF-03": "has key up to",
    "PF-04": "by the curve of the declared components it would pass up to",
}


def _needed(criterion: Criterion, remedy: Remedy) -> str:
    if isinstance(remedy.needed, bool) or remedy.needed != 0.0:
        return limit_words(criterion, remedy.needed)
    return "no event" if remedy.trials is None else f"no event in {remedy.trials:g} trials"


def _shown(criterion: Criterion, shown: ShownValue, turned: str) -> str:
    """`mean photon number of class 0: 0.52 [0.51, 0.53]; declared: 0.45; would pass at ≤ 0.459`."""
    unit = "" if shown.what else criterion.unit
    found = with_unit(f"{figure(shown.value)} {interval_words(shown.interval)}", unit)
    parts = [f"{shown.what}: {found}" if shown.what else found]
    if shown.declared is not None:
        parts.append(f"declared: {with_unit(figure(shown.declared), unit)}")
    if shown.needed is not None:
        parts.append(turned.format(with_unit(f"{_SIGNS[shown.op]} {figure(shown.needed)}", unit)))
    return "; ".join(parts)


def _change(change: Change) -> str:
    """`detector.efficiency 0.2 → 0.24 (+20 %)`."""
    if change.now is None:
        return f"{change.parameter} = {figure(change.needed)}"
    if isinstance(change.now, bool | str | tuple) or isinstance(change.needed, bool | str | tuple):
        return f"{change.parameter} {figure(change.now)} → {figure(change.needed)}"
    share = (change.needed - change.now) / abs(change.now)
    return f"{change.parameter} {_digits(change.now)} → {_digits(change.needed)} ({100 * share:+.3g} %)"


def _digits(value: object) -> str:
    return f"{float(value):.5g}" if isinstance(value, int | float) else str(value)
