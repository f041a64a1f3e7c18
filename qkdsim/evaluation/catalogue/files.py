"""The files of the catalogue: `criteria/1`, one per category, and `scheme/1`, one per programme."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from qkdsim.evaluation.applicability import RULES, Concerns
from qkdsim.evaluation.catalogue.criterion import LEVELS, Level, Op, Part, SourceBasis, Status, Threshold
from qkdsim.evaluation.evidence import Method
from qkdsim.library import FileModel

CriterionId = Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{2}$")]


FileStatus = Literal["public", "assumed", "not-required"]
Limit = StrictBool | float | tuple[str, ...]


class CitationEntry(FileModel):
    """A publication with clause or topic. `basis` says how far its text was checked."""

    cite: str = Field(min_length=1)
    basis: SourceBasis


class Thresholds(FileModel):
    """The limit at each level; a level that is left out is reported and not judged."""

    L1: Limit | None = None
    L2: Limit | None = None
    L3: Limit | None = None

    def by_level(self) -> dict[Level, Threshold]:
        """The levels that have a limit."""
        found = {level: getattr(self, level) for level in LEVELS}
        return {level: limit for level, limit in found.items() if limit is not None}


class Statuses(FileModel):
    """Whose number the limit of each level is; `assumed` is a qkdsim default."""

    L1: FileStatus
    L2: FileStatus
    L3: FileStatus

    def by_level(self) -> dict[Level, Status]:
        """All three levels."""
        return {level: getattr(self, level) for level in LEVELS}


class CriterionEntry(FileModel):
    """One criterion. `parameter` is the profile parameter that the metric is, where it is one."""

    id: CriterionId
    part: Part
    title: str = Field(min_length=1)
    measured: str = Field(min_length=1)  # what is measured, in words
    metric: str = Field(min_length=1)  # short name of the figure
    unit: str = Field(min_length=1)
    op: Op  # figure on the left, limit on the right
    threshold: Thresholds
    threshold_status: Statuses
    methods: tuple[Method, ...] = Field(min_length=1)
    applies: str = "always"  # rule that says which devices it concerns
    concerns: Concerns = "device"  # link: takes both ends, a module alone cannot be judged by it
    parameter: str | None = None  # of the profile, whose proof bounds are limits as well
    sources: tuple[CitationEntry, ...] = Field(min_length=1)
    notes: str = ""
    confidence: float = Field(default=0.95, gt=0, lt=1)  # of the interval

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if self.applies not in RULES:
            raise ValueError(f"applies: got {self.applies}, expected one of {', '.join(RULES)}")
        fault = fault_of_limits(self.op, self.threshold.by_level())
        if fault:
            raise ValueError(f"threshold: {fault}")
        for level, status in self.threshold_status.by_level().items():
            if (status == "not-required") != (level not in self.threshold.by_level()):
                raise ValueError(f"threshold_status.{level}: got {status}, expected not-required without a limit only")
        return self


class CriteriaFile(FileModel):
    """The criteria of one category."""

    category: str = Field(min_length=1)
    title: str = Field(min_length=1)
    criterion: tuple[CriterionEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [one.id for one in self.criterion]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"criterion: got {', '.join(twice)} twice, expected unique ids")
        return self


class OverrideEntry(FileModel):
    """Other limits for one criterion, and where they come from."""

    criterion: CriterionId
    threshold: Thresholds
    status: Literal["public", "assumed"]  # of the limits given here
    source: CitationEntry
    notes: str = ""


class TopicEntry(FileModel):
    """A topic that the programme names in public, and the criteria that speak to it."""

    title: str = Field(min_length=1)
    criteria: tuple[CriterionId, ...] = ()
    source: CitationEntry


class SchemeFile(FileModel):
    """A programme: which criteria it takes, and where its limits differ from the catalogue.

    `categories` and `criteria` are joined: whole categories (their core part) and single criteria; `leave_out` is taken
    away again. `selection` says whose choice that is.
    """

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    selection: Literal["public", "assumed"]  # whose choice of criteria; assumed: of qkdsim
    categories: tuple[str, ...] = ()  # their core part
    criteria: tuple[CriterionId, ...] = ()
    leave_out: tuple[CriterionId, ...] = ()
    override: tuple[OverrideEntry, ...] = ()
    topic: tuple[TopicEntry, ...] = ()
    sources: tuple[CitationEntry, ...] = ()


def fault_of_limits(op: Op, limits: dict[Level, Threshold]) -> str:
    """What is wrong with the limits of a criterion: kinds that do not fit `op`, or a level easier than the one below.

    Empty if nothing is.
    """
    for level, limit in limits.items():
        if op == "in" and not isinstance(limit, tuple):
            return f"got {limit} at {level}, expected a list of names"
        if op in ("<=", ">=") and (isinstance(limit, bool | tuple)):
            return f"got {limit} at {level}, expected a number"
        if op == "==" and isinstance(limit, tuple):
            return f"got a list at {level}, expected a number, true or false"
    if op in ("<=", ">="):
        numbers = [float(limit) for limit in limits.values() if not isinstance(limit, tuple)]
        if numbers != sorted(numbers, reverse=op == "<="):
            return f"got {numbers}, expected limits that do not ease from level to level"
    return ""
