"""What `qkdsim certify --json` prints, as types: the source of its JSON Schema."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from qkdsim.evaluation.catalogue import Level, Status
from qkdsim.evaluation.catalogue.criterion import Op, Part
from qkdsim.evaluation.comparison import Outcome, Require
from qkdsim.evaluation.evidence import Basis, Method, Value
from qkdsim.evaluation.level import Overall


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CriterionDocument(_Document):
    """One criterion with its verdict. `value`, `interval`, `threshold` and `margin` are in its unit."""

    id: str
    category: str
    part: Part
    title: str
    verdict: Outcome
    reason: str
    value: Value | None
    interval: tuple[float, float] | None
    confidence: float | None
    op: Op
    threshold: Value | list[str] | None
    threshold_status: Status
    threshold_source: str
    margin: float | None
    relative_margin: float | None
    unit: str
    sample_size: float | None
    planned_size: float | None
    seed: int | None
    method: Method | None
    basis: Basis
    source: str
    facts: dict[str, float | str | None]


class CoveredDocument(_Document):
    """What evidence gathered under one scheme is worth under another: numbers of criteria, and the ids it lacks."""

    scheme: str
    wanted: int
    evidence: int
    verdict: int
    missing: list[str]


class SchemeDocument(_Document):
    """The same evidence judged under one scheme; `missing` was not gathered."""

    scheme: str
    title: str
    verdict: Overall
    basis: Basis
    level_reached: Level | None
    counts: dict[Outcome, int]
    blocking: list[str]
    missing: list[str]
    recognised_by: list[CoveredDocument]


class CertificateDocument(_Document):
    """A certification. `schemes` is empty where only a part of a scheme was asked for.

    `profile_sha256` binds it to the file of the profile, and to those that the profile is based on (the hash of their
    hashes); null where no file holds it.
    """

    format: Literal["certify/1"]
    profile: str
    profile_sha256: str | None
    role: str
    level: Level
    scheme: str
    verdict: Overall
    basis: Basis
    require: Require | None
    seed: int
    batteries: bool
    records: dict[str, Any] | None
    level_reached: Level | None
    counts: dict[Outcome, int]
    blocking: list[str]
    not_tested: list[str]
    left_out: list[str]
    criteria: list[CriterionDocument]
    schemes: list[SchemeDocument]
