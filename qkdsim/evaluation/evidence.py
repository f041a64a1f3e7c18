"""What one procedure found out about a device, before anybody judges it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["inspection", "experiment", "statistical-test", "attack", "endpoint"]
Basis = Literal["declared", "specimen", "measured", "assumed", "none"]
Value = float | bool | str


@dataclass(frozen=True, slots=True)
class Series:
    """The data of one figure: y over x, with a band where there is one. All tuples have the length of `x`."""

    name: str
    x_label: str
    x: tuple[float, ...]
    y_label: str
    y: tuple[float, ...]
    y_low: tuple[float, ...] | None = None
    y_high: tuple[float, ...] | None = None
    is_discrete: bool = False  # places along x have no order: points without a line


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one procedure found out; no verdict.

    `value` and `interval` are in the unit of the criterion. `value` is None where it could not be found out, and `note`
    says why. `planned_size` is the sample that the plan asks for; with fewer the verdict is inconclusive. `events`
    counts what a rule of zero events forbids. `basis` says what the value rests on: the profile's declarations, a
    specimen whose truth is hidden, a laboratory's records; `assumed` and `none` are never a pass. `contradiction` says
    which of the device's own statements cannot hold together, or what was released beyond the secure length while the
    value looked well; the criterion then fails.
    """

    criterion: str
    method: Method
    basis: Basis
    value: Value | None
    interval: tuple[float, float] | None = None
    confidence: float = 0.95  # 1.0 for deterministic checks
    sample_size: float | None = None  # trials, pulses, bits ...
    planned_size: float | None = None
    events: int | None = None
    seed: int | None = None
    applicable: bool = True
    note: str = ""  # one line: what was done, or why there is no value
    facts: tuple[tuple[str, float | str], ...] = ()  # further figures worth showing, in order
    series: tuple[Series, ...] = ()
    contradiction: str = ""
