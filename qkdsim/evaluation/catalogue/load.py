"""The shipped catalogue, read and joined."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.evaluation.catalogue.criterion import Citation, Criterion
from qkdsim.evaluation.catalogue.files import CitationEntry, CriteriaFile, CriterionEntry


@cache
def load_criteria() -> Mapping[str, Criterion]:
    """All criteria of the catalogue by id, core before extra within each category.

    Raises InputError if a shipped file is broken.
    """
    found: dict[str, Criterion] = {}
    for name in library.shipped_names("criteria"):
        for one in criteria_of(library.read(library.find("criteria", name))):
            if one.id in found:
                raise InputError.of(name, "criterion", one.id, "an id that no other category has")
            found[one.id] = one
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: _place(item[1]))))


def criteria_of(source: library.Source) -> tuple[Criterion, ...]:
    """The criteria of one file.

    Raises InputError.
    """
    file = library.parse(CriteriaFile, source, "criteria")
    return tuple(_criterion(file.category, entry) for entry in file.criterion)


ORDER = ("TX", "RX", "RN", "PP", "PF", "KM", "IF", "HY", "CV", "PS")  # along the signal, then what is around it


def _place(criterion: Criterion) -> tuple[int, str]:
    prefix = criterion.id[:2]
    return (ORDER.index(prefix) if prefix in ORDER else len(ORDER), criterion.id)


def _criterion(category: str, entry: CriterionEntry) -> Criterion:
    return Criterion(
        id=entry.id,
        category=category,
        part=entry.part,
        title=entry.title,
        measured=entry.measured,
        metric=entry.metric,
        unit=entry.unit,
        op=entry.op,
        thresholds=MappingProxyType(entry.threshold.by_level()),
        threshold_status=MappingProxyType(entry.threshold_status.by_level()),
        methods=entry.methods,
        sources=tuple(citation(one) for one in entry.sources),
        applies=entry.applies,
        concerns=entry.concerns,
        parameter=entry.parameter,
        notes=entry.notes,
        confidence=entry.confidence,
    )


def citation(entry: CitationEntry) -> Citation:
    """A citation as the rest of the room uses it."""
    return Citation(entry.cite, entry.basis)
