"""What the page of a certification says of each criterion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from qkdsim.evaluation import Certification, Criterion, Evidence, Verdict
from qkdsim.evaluation.catalogue import LEVELS
from qkdsim.evaluation.certification import attribution
from qkdsim.evaluation.sensitivity import Remedy
from qkdsim.plots.evidence_series import series_groups
from qkdsim.report.gauge import gauge
from qkdsim.report.remedy_words import RemedyLine, remedy_words
from qkdsim.report.verdict_words import figure, interval_words, limit_words, margin_words, with_unit

SIGNS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "not-applicable": "–", "not-tested": "○"}


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion with its verdict, ready to be shown. `remedies` say what would turn the verdict."""

    id: str
    category: str
    title: str
    measured: str
    verdict: str
    reason: str
    found: str
    interval: str
    limit: str
    limit_source: str
    margin: str
    basis: str
    method: str
    confidence: str
    strip: Markup
    limits: tuple[tuple[str, str, str], ...]
    evidence: tuple[EvidenceRow, ...]
    sources: tuple[tuple[str, str], ...]
    notes: str
    figures: tuple[FigureRow, ...]
    remedies: tuple[RemedyLine, ...]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """What one procedure found."""

    method: str
    basis: str
    value: str
    interval: str
    sample: str
    seed: str
    note: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure without words, and the words around it: of each line colour, name and what it rests on."""

    name: str
    x_label: str
    y_label: str
    lines: tuple[tuple[str, str, str], ...]
    bases: tuple[str, ...]


def criterion_rows(found: Certification, remedies: Mapping[str, Remedy]) -> Iterator[CriterionRow]:
    """Every criterion of a certification, in its order."""
    for criterion, verdict in zip(found.criteria, found.verdicts, strict=True):
        evidence = tuple(one for one in found.evidence.get(criterion.id, ()) if one.applicable)
        yield _row(criterion, verdict, evidence, remedies.get(criterion.id))


def figure_name(criterion: str, index: int) -> str:
    """The file name of a figure, without suffix."""
    return f"{criterion.lower()}-{index + 1}"


def _row(criterion: Criterion, verdict: Verdict, evidence: tuple[Evidence, ...], remedy: Remedy | None) -> CriterionRow:
    # a rule of zero events is decided by events: its interval always holds the limit
    limit = None if verdict.threshold == 0.0 else verdict.threshold
    strip = gauge(verdict.value, verdict.interval, limit, criterion.op)
    deciding = verdict.evidence
    return CriterionRow(
        id=criterion.id,
        category=criterion.category,
        title=criterion.title,
        measured=criterion.measured,
        verdict=verdict.verdict,
        reason=verdict.reason,
        found=with_unit(figure(verdict.value), criterion.unit) if verdict.value is not None else "",
        interval=interval_words(verdict.interval),
        limit=limit_words(criterion, verdict.threshold),
        limit_source=attribution(criterion, verdict.level),
        margin=margin_words(criterion, verdict),
        basis=verdict.basis if deciding is not None and verdict.verdict in ("pass", "fail", "inconclusive") else "",
        method=verdict.method or "",
        confidence=""
        if deciding is None or verdict.interval is None
        else f"{deciding.confidence:.0%}".replace("%", " %"),
        strip=Markup("") if strip is None else strip.svg(verdict.verdict),
        limits=tuple(
            (level, limit_words(criterion, criterion.threshold(level)), criterion.threshold_status[level])
            for level in LEVELS
        ),
        evidence=tuple(_evidence_row(criterion, one) for one in evidence),
        sources=tuple((one.cite, one.basis) for one in criterion.sources),
        notes=criterion.notes,
        figures=tuple(_figure_rows(criterion.id, evidence)),
        remedies=remedy_words(criterion, remedy),
    )


def _evidence_row(criterion: Criterion, one: Evidence) -> EvidenceRow:
    sample = "" if one.sample_size is None else f"{one.sample_size:.4g}"
    if one.planned_size is not None:
        sample = f"{sample or '0'} / {one.planned_size:.4g}"
    return EvidenceRow(
        method=one.method,
        basis=one.basis,
        value=with_unit(figure(one.value), criterion.unit),
        interval=interval_words(one.interval),
        sample=sample,
        seed="" if one.seed is None else str(one.seed),
        note=one.contradiction or one.note,
        facts=tuple((name, figure(value)) for name, value in one.facts),
    )


def _figure_rows(criterion: str, evidence: tuple[Evidence, ...]) -> Iterator[FigureRow]:
    groups = series_groups([series for one in evidence for series in one.series])
    for index, group in enumerate(groups):
        names = [one.name for one in group.series]
        bases = [next(one.basis for one in evidence if series in one.series) for series in group.series]
        lines = tuple(zip(group.colours, names, bases, strict=True))
        name = figure_name(criterion, index)
        yield FigureRow(name, group.x_label, group.y_label, lines, tuple(dict.fromkeys(bases)))
