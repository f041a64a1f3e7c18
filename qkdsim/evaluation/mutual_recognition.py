"""One body of evidence under every scheme: its verdict there, and what evidence for one covers of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qkdsim import library
from qkdsim.evaluation.catalogue import Level, Recognition, Scheme, load_scheme, recognition
from qkdsim.evaluation.certification import Certification, conclude
from qkdsim.evaluation.level import LevelVerdict


@dataclass(frozen=True, slots=True)
class UnderScheme:
    """The evidence of a certification judged under one scheme, at the level of that certification.

    `failed` are criteria that fail. `missing` are those that the scheme judges and on which nothing was gathered: to be
    tested anew.
    """

    scheme: Scheme
    verdict: LevelVerdict
    level_reached: Level | None
    failed: tuple[str, ...]
    missing: tuple[str, ...]


def under_each_scheme(found: Certification) -> tuple[UnderScheme, ...]:
    """The scheme of the certification first, then every other that is shipped.

    None at all where only some criteria of the scheme were asked for: a part of the evidence says nothing of the whole.
    """
    if found.left_out:
        return ()
    return tuple(_under(found, scheme) for scheme in _schemes(found.scheme))


def recognised(judged: tuple[UnderScheme, ...]) -> tuple[tuple[Recognition, ...], ...]:
    """What evidence for the scheme of a row is worth under that of a column, at the level of the verdicts."""
    return tuple(tuple(recognition(of.scheme, by.scheme, of.verdict.level) for by in judged) for of in judged)


def scheme_documents(found: Certification) -> list[dict[str, Any]]:
    """The key `schemes` of `qkdsim certify --json`: each scheme's verdict, and what its evidence covers of others."""
    judged = under_each_scheme(found)
    return [
        {
            "scheme": one.scheme.name,
            "title": one.scheme.title,
            "verdict": one.verdict.verdict,
            "basis": one.verdict.basis,
            "level_reached": one.level_reached,
            "counts": dict(one.verdict.counts),
            "blocking": list(one.verdict.blocking),
            "missing": list(one.missing),
            "recognised_by": [_covered(cell) for cell in row if cell.by != cell.of],
        }
        for one, row in zip(judged, recognised(judged), strict=True)
    ]


def _covered(cell: Recognition) -> dict[str, Any]:
    return {
        "scheme": cell.by,
        "wanted": len(cell.wanted),
        "evidence": len(cell.evidence),
        "verdict": len(cell.verdict),
        "missing": list(cell.missing),
    }


def _schemes(own: Scheme) -> Iterator[Scheme]:
    yield own
    for name in library.shipped_names("scheme"):
        if name != own.name:
            yield load_scheme(name)


def _under(found: Certification, scheme: Scheme) -> UnderScheme:
    judged = conclude(found, scheme)
    wanted = [one for one in judged.verdicts if one.verdict not in ("not-applicable", "not-tested")]
    missing = tuple(one.criterion for one in wanted if one.criterion not in found.evidence)
    failed = tuple(one.criterion for one in wanted if one.verdict == "fail")
    return UnderScheme(scheme, judged.verdict, judged.level_reached, failed, missing)
