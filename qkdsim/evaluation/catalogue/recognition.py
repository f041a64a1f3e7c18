"""Mutual recognition: what the evidence gathered under one scheme covers of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qkdsim.evaluation.catalogue.criterion import Criterion, Level
from qkdsim.evaluation.catalogue.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a body of evidence gathered for the scheme `of` is worth under the scheme `by`, at one level.

    `wanted` are the criteria that `by` judges at this level. For those in `evidence` there is evidence, to be judged
    anew against the limits of `by`; for those in `verdict`, part of `evidence`, a pass under `of` is a pass under `by`
    as well, since its limit is at least as tight. `missing` must be tested anew.
    """

    of: str
    by: str
    level: Level
    wanted: tuple[str, ...]
    evidence: tuple[str, ...]
    verdict: tuple[str, ...]
    missing: tuple[str, ...]


def recognition(of: Scheme, by: Scheme, level: Level) -> Recognition:
    """What evidence for one scheme covers of another."""
    wanted = {id_: one for id_, one in by.criteria.items() if one.threshold(level) is not None}
    evidence = tuple(id_ for id_ in wanted if id_ in of.criteria)
    return Recognition(
        of=of.name,
        by=by.name,
        level=level,
        wanted=tuple(wanted),
        evidence=evidence,
        verdict=tuple(id_ for id_ in evidence if _is_as_tight(of.criteria[id_], wanted[id_], level)),
        missing=tuple(id_ for id_ in wanted if id_ not in of.criteria),
    )


def recognition_table(schemes: Sequence[Scheme], level: Level) -> tuple[Recognition, ...]:
    """Every ordered pair of different schemes."""
    return tuple(recognition(of, by, level) for of in schemes for by in schemes if of.name != by.name)


def _is_as_tight(tested: Criterion, wanted: Criterion, level: Level) -> bool:
    """Whether whatever passes the one limit passes the other.

    No event in the planned trials passes a limit of zero, and may still be too few trials to show a small probability.
    """
    left, right = tested.threshold(level), wanted.threshold(level)
    if left is None or right is None:
        return False
    if isinstance(left, tuple) and isinstance(right, tuple):
        return set(left) <= set(right)
    if isinstance(left, tuple) or isinstance(right, tuple):
        return False
    if tested.op == "<=":
        return left <= right and (left == 0.0) == (right == 0.0)
    return left >= right if tested.op == ">=" else left == right
