"""`qkdsim list criteria` and `qkdsim list schemes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from qkdsim.evaluation.catalogue import Criterion, Scheme

RECOGNITION_LEVEL: Final = "L2"


def print_criteria(*, as_json: bool) -> None:
    """Every criterion of the catalogue with its limits."""
    from qkdsim.cli.output import print_json, print_table
    from qkdsim.evaluation.catalogue import LEVELS, load_criteria

    criteria = load_criteria().values()
    if as_json:
        print_json({"format": "list/1", "criteria": [_criterion(one) for one in criteria]})
        return
    for part, what in (("core", "core criteria"), ("extra", "extra criteria")):
        rows = [
            [one.id, one.title, one.op, *(_limit(one, level) for level in LEVELS), one.unit, ", ".join(one.methods)]
            for one in criteria
            if one.part == part
        ]
        print_table(f"{what} (limits with * are of a public source, the others qkdsim defaults)", COLUMNS, rows)


COLUMNS = ["id", "what it is", "", "L1", "L2", "L3", "unit", "methods"]


def _limit(criterion: Criterion, level: Any) -> str:
    """A limit as the catalogue states it, with a star where a public source gives it."""
    threshold = criterion.thresholds.get(level)
    if threshold is None:
        return "–"
    if isinstance(threshold, tuple):
        text = " or ".join(threshold)
    else:
        text = str(threshold).lower() if isinstance(threshold, bool) else f"{threshold:g}"
    return f"{text}*" if criterion.threshold_status[level] == "public" else text


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "category": criterion.category,
        "part": criterion.part,
        "title": criterion.title,
        "measured": criterion.measured,
        "metric": criterion.metric,
        "unit": criterion.unit,
        "op": criterion.op,
        "threshold": dict(criterion.thresholds),
        "threshold_status": dict(criterion.threshold_status),
        "methods": list(criterion.methods),
        "applies": criterion.applies,
        "concerns": criterion.concerns,
        "parameter": criterion.parameter,
        "sources": [{"cite": one.cite, "basis": one.basis} for one in criterion.sources],
        "notes": criterion.notes,
    }


def print_schemes(*, as_json: bool) -> None:
    """Every scheme, and what the evidence gathered under one covers of another."""
    from qkdsim import library
    from qkdsim.cli.output import print_json, print_table
    from qkdsim.evaluation.catalogue import LEVELS, load_scheme, recognition, recognition_table

    schemes = [load_scheme(name) for name in library.shipped_names("scheme")]
    if as_json:
        found = [one for level in LEVELS for one in recognition_table(schemes, level)]
        entries = [
            {"of": one.of, "by": one.by, "level": one.level, "wanted": len(one.wanted), "evidence": len(one.evidence),
             "verdict": len(one.verdict), "missing": list(one.missing)}
            for one in found
        ]  # fmt: skip
        print_json({"format": "list/1", "schemes": [_scheme(one) for one in schemes], "recognition": entries})
        return
    rows = [[one.name, one.title, str(len(one.criteria)), ", ".join(one.overridden) or "–"] for one in schemes]
    print_table("schemes", ["name", "what it is", "criteria", "own limits"], rows, numeric=[2])
    by = [f"of {one.name}" for one in schemes]
    table = []
    for of in schemes:
        cells = [recognition(of, one, RECOGNITION_LEVEL) for one in schemes]
        table.append([of.name, *(f"{len(one.evidence)}/{len(one.verdict)}/{len(one.wanted)}" for one in cells)])
    title = f"mutual recognition at {RECOGNITION_LEVEL}: criteria with evidence / whose pass stands / wanted in all"
    print_table(title, ["evidence gathered under", *by], table, numeric=range(1, len(schemes) + 1))


def _scheme(scheme: Scheme) -> dict[str, Any]:
    return {
        "name": scheme.name,
        "title": scheme.title,
        "summary": scheme.summary,
        "criteria": list(scheme.criteria),
        "own_limits": list(scheme.overridden),
        "topics": [
            {"title": one.title, "criteria": list(one.criteria), "cite": one.source.cite, "basis": one.source.basis}
            for one in scheme.topics
        ],
        "sources": [{"cite": one.cite, "basis": one.basis} for one in scheme.sources],
    }
