"""From verdicts on criteria to the verdict of a level, and the level reached. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from qkdsim.evaluation.catalogue.criterion import LEVELS, Level
from qkdsim.evaluation.comparison import STRENGTH, Outcome
from qkdsim.evaluation.evidence import Basis
from qkdsim.evaluation.verdict import Verdict

Overall = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class LevelVerdict:
    """The verdict of one level with the weakest basis that it rests on.

    `counts` has every outcome. `not_tested` are the criteria that stand outside the verdict, and are named beside it.
    `blocking` are those that fail or are inconclusive: the reason why the level is not passed.
    """

    level: Level
    verdict: Overall
    basis: Basis
    counts: Mapping[Outcome, int]
    blocking: tuple[str, ...]
    not_tested: tuple[str, ...]


def level_verdict(level: Level, verdicts: Iterable[Verdict]) -> LevelVerdict:
    """Fail if any criterion fails, else inconclusive if any is, else pass; inconclusive where none could be judged."""
    verdicts = tuple(verdicts)
    found = Counter(one.verdict for one in verdicts)
    counts = {outcome: found[outcome] for outcome in get_args(Outcome)}
    overall: Overall = "fail" if counts["fail"] else "pass"
    if overall == "pass" and (counts["inconclusive"] or not counts["pass"]):
        overall = "inconclusive"
    return LevelVerdict(
        level=level,
        verdict=overall,
        basis=_basis(overall, verdicts),
        counts=counts,
        blocking=tuple(one.criterion for one in verdicts if one.verdict in ("fail", "inconclusive")),
        not_tested=tuple(one.criterion for one in verdicts if one.verdict == "not-tested"),
    )


def level_reached(levels: Sequence[LevelVerdict]) -> Level | None:
    """The highest level that passes together with all below it; None where not even the first does."""
    reached: Level | None = None
    by_level = {one.level: one for one in levels}
    for level in LEVELS:
        if level not in by_level or by_level[level].verdict != "pass":
            break
        reached = level
    return reached


def _basis(overall: Overall, verdicts: Sequence[Verdict]) -> Basis:
    """The weakest basis among the criteria that make the verdict: those that fail, or else those that pass."""
    decisive = "fail" if overall == "fail" else "pass"
    found = [one.basis for one in verdicts if one.verdict == decisive]
    return min(found, key=STRENGTH.__getitem__, default="none")
