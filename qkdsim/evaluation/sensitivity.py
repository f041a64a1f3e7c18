"""What would turn a verdict: the smallest change of one declared parameter, and for performance the loss that would do.

Pure: profiles are changed in memory, inspected again and judged by the rules of the certification itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from qkdsim.devices import DeviceProfile
from qkdsim.devices.overrides import with_value
from qkdsim.errors import InputError
from qkdsim.evaluation.catalogue import Criterion, Level
from qkdsim.evaluation.certification import Certification
from qkdsim.evaluation.declared import declared
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Value
from qkdsim.evaluation.loss_that_passes import LossThatPasses, loss_that_passes, reaches
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.verdict import Verdict, judge_all
from qkdsim.library import validated

NARROW = 0.1  # a pass with less relative margin is looked at as well
_FACTORS = (1.25, 2.0, 10.0, 1000.0)  # how far a parameter is moved either way, and no further
_CLOSE = 0.005  # how far rounding may move what is needed
_CLAIM = {"value", "basis", "uncertainty", "source"}
_STEPS = 12  # bisections of the last step, in its logarithm: to a thousandth of it

# the tables of a profile that a maker would turn to, by category
_TABLES: Mapping[str, tuple[str, ...]] = {
    "transmitter": ("source", "isolation"),
    "receiver": ("receiver", "detector", "isolation"),
    "rng": ("rng",),
    "post-processing": ("post_processing", "source", "receiver", "detector"),
    "performance": ("source", "receiver", "detector", "post_processing", "performance", "platform"),
    "key-management": ("interfaces", "platform", "pqc"),
    "interface": ("interfaces",),
    "hybrid": ("pqc",),
    "cv-qkd": ("cv",),
    "platform": ("platform",),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter of a profile, what it is and what it would have to be; None for what was not stated."""

    parameter: str
    now: Value | None
    needed: Value
    relative: float | None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would turn the verdict on a criterion.

    aim           `pass`: what would make it pass; `lose`: what would lose a narrow pass
    change        the smallest change of one declared parameter that does it; None where none was found
    needed_value  of an estimate, with its interval as wide as it is: the value in the criterion's unit that would do
    loss          of performance, the loss up to which the declared components would pass
    """

    criterion: str
    aim: Literal["pass", "lose"]
    change: Change | None = None
    needed_value: float | None = None
    loss: LossThatPasses | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return self.change is None and self.needed_value is None and self.loss is None


def sensitivity(found: Certification) -> dict[str, Remedy]:
    """A remedy for every criterion that fails, is inconclusive or passes narrowly, where one is found."""
    remedies = {}
    for criterion, verdict in zip(found.criteria, found.verdicts, strict=True):
        is_narrow = verdict.verdict == "pass" and 0.0 <= _share(verdict) < NARROW
        if verdict.verdict in ("fail", "inconclusive") or is_narrow:
            remedy = _remedy(found, criterion, verdict, "lose" if is_narrow else "pass")
            if not remedy.is_empty:
                remedies[criterion.id] = remedy
    return remedies


def _share(verdict: Verdict) -> float:
    return 1.0 if verdict.relative_margin is None else verdict.relative_margin


def _remedy(found: Certification, criterion: Criterion, verdict: Verdict, aim: Literal["pass", "lose"]) -> Remedy:
    change = None
    if verdict.basis in ("declared", "assumed", "none"):
        change = _stated_anew(found.device.profile, criterion, found.level, aim) or _smallest(found, criterion, aim)
    return Remedy(
        criterion=criterion.id,
        aim=aim,
        change=change,
        needed_value=_needed(criterion.op, verdict) if aim == "pass" else None,
        loss=loss_that_passes(found.device.profile, criterion, found.level) if aim == "pass" else None,
    )


def _needed(op: str, verdict: Verdict) -> float | None:
    """The estimate that would just pass with an interval as wide as it has."""
    value, limit = verdict.value, verdict.threshold
    if verdict.interval is None or not isinstance(limit, float) or not isinstance(value, float):
        return None
    low, high = verdict.interval
    if op == "<=" and high > limit:
        return value - (high - limit)
    return value + (limit - low) if op == ">=" and low < limit else None


def _stated_anew(
    profile: DeviceProfile, criterion: Criterion, level: Level, aim: Literal["pass", "lose"]
) -> Change | None:
    """The limit itself, where the metric is a parameter that the profile leaves out."""
    limit, parameter = criterion.threshold(level), criterion.parameter
    if aim == "lose" or parameter is None or isinstance(limit, tuple) or limit is None:
        return None
    if declared(profile, parameter).value is not None:
        return None
    changed = changed_profile(profile, parameter, limit)
    return None if changed is None else Change(parameter, None, limit, None)


def _smallest(found: Certification, criterion: Criterion, aim: Literal["pass", "lose"]) -> Change | None:
    """The least relative change of one number, or one switch turned, after which the inspection turns its verdict."""
    turns = _turns(found, criterion, aim)
    if turns is None or turns(found.device.profile):
        return None
    profile = found.device.profile
    candidates = dict(parameters(profile, _TABLES.get(criterion.category, ())))
    own = criterion.parameter
    if own in candidates:  # the metric itself is stated: nothing else moves it
        candidates = {own: candidates[own]}
    changes = [
        change
        for parameter, value in candidates.items()
        if (change := _least_change(profile, parameter, value, turns)) is not None
    ]
    return min(changes, key=lambda one: one.relative or 0.0, default=None)


def _turns(
    found: Certification, criterion: Criterion, aim: Literal["pass", "lose"]
) -> Callable[[DeviceProfile], bool] | None:
    """Whether a changed profile has the verdict that is aimed at; None where nothing is inspected."""
    from qkdsim.evaluation.procedures import ALL

    limit = criterion.threshold(found.level)
    if criterion.id == "PF-03" and isinstance(limit, float):
        return lambda profile: reaches(profile, limit) == (aim == "pass")  # the inspection looks for the reach itself
    inspections = [one for one in ALL if one.criterion == criterion.id and is_inspection(one)]
    if not inspections:
        return None

    def turns(profile: DeviceProfile) -> bool:
        return (_verdict(inspections, criterion, found, profile) == "pass") == (aim == "pass")

    return turns


def is_inspection(procedure: Procedure) -> bool:
    """Whether a procedure computes from the declared profile alone, and fast; the ratio of PF-02 is such, too."""
    return procedure.needs == "profile" and (procedure.method == "inspection" or procedure.criterion == "PF-02")


def _verdict(inspections: list[Procedure], criterion: Criterion, found: Certification, profile: DeviceProfile) -> str:
    """The verdict on a profile if what it assumes were declared: only the number is in question."""
    device = Device(found.device.name, profile)
    try:
        evidence = [one.run(device, found.seed) for one in inspections]
    except (InputError, ArithmeticError):  # values that no device has
        return "inconclusive"
    stated = [replace(one, basis="declared") if one.basis == "assumed" else one for one in evidence]
    return judge_all(criterion, found.level, stated).verdict


def _least_change(
    profile: DeviceProfile, parameter: str, value: float | bool, turns: Callable[[DeviceProfile], bool]
) -> Change | None:
    if isinstance(value, bool):
        turned = changed_profile(profile, parameter, not value)
        return Change(parameter, value, not value, 1.0) if turned is not None and turns(turned) else None
    found = [one for up in (True, False) if (one := _least_factor(profile, parameter, value, turns, up)) is not None]
    if not found:
        return None
    factor = min(found, key=lambda one: abs(one - 1.0))
    needed = _rounded(value * factor, lambda one: _does(profile, parameter, one, turns))
    return Change(parameter, value, needed, abs(needed / value - 1.0))


def _rounded(number: float, does: Callable[[float], bool]) -> float:
    """The number with as few digits as still do."""
    for digits in range(1, 6):
        short = float(f"{number:.{digits}g}")
        if abs(short / number - 1.0) < _CLOSE and does(short):
            return short
    return number


def _does(profile: DeviceProfile, parameter: str, value: float, turns: Callable[[DeviceProfile], bool]) -> bool:
    changed = changed_profile(profile, parameter, value)
    return changed is not None and turns(changed)


def _least_factor(
    profile: DeviceProfile, parameter: str, value: float, turns: Callable[[DeviceProfile], bool], up: bool
) -> float | None:
    """The factor nearest to 1, above or below it, that turns the verdict; None if none in range does."""

    def does(factor: float) -> bool:
        return _does(profile, parameter, value * factor, turns)

    outside = 1.0
    for step in _FACTORS:
        inside = step if up else 1.0 / step
        if does(inside):
            for _ in range(_STEPS):
                middle = (outside * inside) ** 0.5
                outside, inside = (outside, middle) if does(middle) else (middle, inside)
            return inside
        outside = inside
    return None


def changed_profile(profile: DeviceProfile, parameter: str, value: float | bool) -> DeviceProfile | None:
    """A profile with one value set, its uncertainty as it was; None where that is not a valid profile."""
    table: dict[str, Any] = profile.model_dump(exclude_unset=True, exclude_none=True)
    try:
        return validated(DeviceProfile, _with_number(table, parameter, value), "changed profile")
    except InputError:
        return None


def _with_number(table: dict[str, Any], parameter: str, value: float | bool) -> dict[str, Any]:
    """A table with one number set; one that is written with its basis and uncertainty keeps them."""
    node: Any = table
    for step in re.findall(r"[^.\[\]]+", parameter):
        node = node[int(step)] if isinstance(node, list | tuple) else node.get(step, {})
    return with_value(table, f"{parameter}.value" if is_claim(node) else parameter, value)


def parameters(profile: DeviceProfile, tables: tuple[str, ...]) -> Iterator[tuple[str, float | bool]]:
    """Numbers other than 0 and switches that a profile states in some of its tables, by key path."""
    dumped = profile.model_dump(exclude_unset=True, exclude_none=True)
    for name in tables:
        yield from _leaves(dumped.get(name, {}), name)


def _leaves(node: Any, path: str) -> Iterator[tuple[str, float | bool]]:
    """Path and value of numbers and switches; of a number with basis and uncertainty, the number."""
    if isinstance(node, dict):
        inner = {"": node["value"]} if is_claim(node) else node
        for key, value in inner.items():
            yield from _leaves(value, f"{path}.{key}".strip("."))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            if isinstance(value, dict):
                yield from _leaves(value, f"{path}[{index}]")
    elif isinstance(node, bool) or (isinstance(node, int | float) and node != 0.0):
        yield path, node


def is_claim(node: object) -> bool:
    """Whether a table of a profile is a number with its basis, uncertainty and source."""
    return isinstance(node, dict) and "value" in node and set(node) <= _CLAIM
