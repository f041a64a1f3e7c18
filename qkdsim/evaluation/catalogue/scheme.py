"""Schemes: what a programme selects of the catalogue, and where its limits differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from qkdsim import library
from qkdsim.errors import InputError, Problem, shown
from qkdsim.evaluation.catalogue.criterion import Citation, Criterion, Status
from qkdsim.evaluation.catalogue.files import OverrideEntry, SchemeFile, fault_of_limits
from qkdsim.evaluation.catalogue.load import citation, criteria_of, load_criteria


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that a programme names in public, and the criteria that speak to it."""

    title: str
    criteria: tuple[str, ...]
    source: Citation


@dataclass(frozen=True, slots=True)
class Scheme:
    """A programme and its criteria, with its own limits in place. `selection` says whose choice of criteria it is."""

    name: str
    title: str
    summary: str
    selection: Status
    criteria: Mapping[str, Criterion]
    topics: tuple[Topic, ...]
    sources: tuple[Citation, ...]
    overridden: tuple[str, ...]


def load_scheme(name: str) -> Scheme:
    """A shipped scheme by name, or a user's by path.

    Raises InputError.
    """
    path = library.find("scheme", name)
    return scheme_of(path.stem, library.read(path))


def scheme_of(name: str, source: library.Source) -> Scheme:
    """A scheme from its file.

    Raises InputError for criteria and categories that the catalogue does not have, and limits that do not fit.
    """
    file = library.parse(SchemeFile, source, "scheme")
    catalogue = load_criteria()
    problems = list(_problems(file, source.name, catalogue))
    if problems:
        raise InputError(*problems)
    chosen = {
        one.id: one
        for one in catalogue.values()
        if ((one.category in file.categories and one.part == "core") or one.id in file.criteria)
        and one.id not in file.leave_out
    }
    for entry in file.override:
        chosen[entry.criterion] = _overridden(catalogue[entry.criterion], entry)
    return Scheme(
        name=name,
        title=file.title,
        summary=file.summary,
        selection=file.selection,
        criteria=MappingProxyType(chosen),
        topics=tuple(Topic(one.title, one.criteria, citation(one.source)) for one in file.topic),
        sources=tuple(citation(one) for one in file.sources),
        overridden=tuple(one.criterion for one in file.override),
    )


def check_file(path: Path) -> None:
    """Look whether a file of criteria or a scheme is sound.

    Raises InputError with one problem per thing that is wrong.
    """
    source = library.read(path)
    if library.kind_of(source) == "criteria":
        criteria_of(source)
    else:
        scheme_of(path.stem, source)


def _overridden(criterion: Criterion, entry: OverrideEntry) -> Criterion:
    limits = entry.threshold.by_level()
    return replace(
        criterion,
        thresholds=MappingProxyType({**criterion.thresholds, **limits}),
        threshold_status=MappingProxyType({**criterion.threshold_status, **dict.fromkeys(limits, entry.status)}),
        sources=(citation(entry.source), *criterion.sources),
        notes=entry.notes or criterion.notes,
    )


def _problems(file: SchemeFile, name: str, catalogue: Mapping[str, Criterion]) -> list[Problem]:
    found = []
    categories = {one.category for one in catalogue.values()}
    for index, category in enumerate(file.categories):
        if category not in categories:
            found.append(
                Problem(name, f"categories[{index}]", shown(category), f"one of {', '.join(sorted(categories))}")
            )
    named = [(f"criteria[{i}]", one) for i, one in enumerate(file.criteria)]
    named += [(f"leave_out[{i}]", one) for i, one in enumerate(file.leave_out)]
    named += [(f"override[{i}].criterion", one.criterion) for i, one in enumerate(file.override)]
    named += [(f"topic[{i}].criteria", one) for i, topic in enumerate(file.topic) for one in topic.criteria]
    found += [
        Problem(name, key, shown(one), "an id of the catalogue; see `qkdsim list criteria`")
        for key, one in named
        if one not in catalogue
    ]
    if found:
        return found
    for index, entry in enumerate(file.override):
        base = catalogue[entry.criterion]
        fault = fault_of_limits(base.op, dict(_overridden(base, entry).thresholds))
        if fault:
            found.append(Problem(name, f"override[{index}].threshold", "", fault))
    return found
