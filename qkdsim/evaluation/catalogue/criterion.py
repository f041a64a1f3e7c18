"""One criterion: what is measured of a device, and the limit at each level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from qkdsim.evaluation.applicability import Concerns
from qkdsim.evaluation.evidence import Method

Level = Literal["L1", "L2", "L3"]
Op = Literal["<=", ">=", "==", "in"]
Part = Literal["core", "extra"]
Status = Literal["public", "assumed", "not-required", "proof"]
SourceBasis = Literal["public", "secondary source", "from general knowledge: verify before quoting", "none"]
Threshold = float | bool | tuple[str, ...]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication and the clause or topic of it that a criterion rests on, and how well that was checked."""

    cite: str
    basis: SourceBasis


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a device is judged by.

    `thresholds` holds a level only where there is a limit; without one the value is reported and not judged.
    `threshold_status` says whose number it is: `public` (of a source), `assumed` (a qkdsim default), `not-required`,
    or `proof` (the bound that the profile declares for its security proof).
    `parameter` is the profile parameter that the metric is, where it is one: proof bounds on it are limits as well.
    `applies` names the rule of `qkdsim.evaluation.applicability` that says which devices it concerns; where it
    `concerns` a link it takes both ends, and a module alone cannot be judged by it.
    """

    id: str
    category: str
    part: Part
    title: str
    measured: str
    metric: str
    unit: str
    op: Op
    thresholds: Mapping[Level, Threshold]
    threshold_status: Mapping[Level, Status]
    methods: tuple[Method, ...]
    sources: tuple[Citation, ...]
    applies: str = "always"
    concerns: Concerns = "device"
    parameter: str | None = None
    notes: str = ""
    confidence: float = 0.95

    def threshold(self, level: Level) -> Threshold | None:
        """The limit at a level; of a set, whatever a higher level accepts is accepted as well."""
        if self.op != "in" or level not in self.thresholds:
            return self.thresholds.get(level)
        higher = LEVELS[LEVELS.index(level) :]
        named = [name for one in higher for name in _names(self.thresholds.get(one))]
        return tuple(dict.fromkeys(named))

    def bound_by_proof(self, op: str, bound: float) -> Criterion:
        """The criterion with the bound of a security proof: at every level the tighter of the two decides.

        A bound in another direction, or on a criterion that is no limit of a number, changes nothing.
        """
        if op != self.op or op not in ("<=", ">="):
            return self
        thresholds, status = dict(self.thresholds), dict(self.threshold_status)
        for level in LEVELS:
            limit = thresholds.get(level)
            if not isinstance(limit, int | float) or (bound < limit if op == "<=" else bound > limit):
                thresholds[level], status[level] = bound, "proof"
        return replace(self, thresholds=thresholds, threshold_status=status)


def _names(threshold: Threshold | None) -> tuple[str, ...]:
    return threshold if isinstance(threshold, tuple) else ()
