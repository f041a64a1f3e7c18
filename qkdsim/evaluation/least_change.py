"""The least change of one parameter of a profile that has an effect. Pure: profiles are changed in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qkdsim.devices import DeviceProfile
from qkdsim.devices.overrides import with_value
from qkdsim.errors import InputError
from qkdsim.evaluation.evidence import Value
from qkdsim.library import validated

Effect = Callable[[DeviceProfile], bool]
_FACTORS = (1.25, 2.0, 10.0, 1000.0)  # how far a parameter is moved either way, and no further
_CLOSE = 0.005  # how far rounding may move what is needed
_CLAIM = {"value", "basis", "uncertainty", "source"}
_STEPS = 12  # bisections of the last step, in its logarithm: to a thousandth of it


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter of a profile, what it is and what it would have to be; None for what was not stated."""

    parameter: str
    now: Value | tuple[str, ...] | None
    needed: Value | tuple[str, ...]
    relative: float | None


def smallest_change(profile: DeviceProfile, candidates: Mapping[str, float | bool], effect: Effect) -> Change | None:
    """The least relative change of one number, or one switch turned, that has the effect; None where none has."""
    changes = [
        change
        for parameter, value in candidates.items()
        if (change := _least_change(profile, parameter, value, effect)) is not None
    ]
    return min(changes, key=lambda one: one.relative or 0.0, default=None)


def has_effect(profile: DeviceProfile, parameter: str, value: object, effect: Effect) -> bool:
    """Whether a profile with one value set is valid and has the effect."""
    changed = changed_profile(profile, parameter, value)
    try:
        return changed is not None and effect(changed)
    except (InputError, ValueError, ArithmeticError):  # values that no device has
        return False


def _least_change(profile: DeviceProfile, parameter: str, value: float | bool, effect: Effect) -> Change | None:
    if isinstance(value, bool):
        return Change(parameter, value, not value, 1.0) if has_effect(profile, parameter, not value, effect) else None
    found = [one for up in (True, False) if (one := _least_factor(profile, parameter, value, effect, up)) is not None]
    if not found:
        return None
    factor = min(found, key=lambda one: abs(one - 1.0))
    needed = _rounded(value * factor, lambda one: has_effect(profile, parameter, one, effect))
    return Change(parameter, value, needed, abs(needed / value - 1.0))


def _rounded(number: float, does: Callable[[float], bool]) -> float:
    """The number with as few digits as still do."""
    for digits in range(1, 6):
        short = float(f"{number:.{digits}g}")
        if abs(short / number - 1.0) < _CLOSE and does(short):
            return short
    return number


def _least_factor(profile: DeviceProfile, parameter: str, value: float, effect: Effect, up: bool) -> float | None:
    """The factor nearest to 1, above or below it, that turns the verdict; None if none in range does."""

    def does(factor: float) -> bool:
        return has_effect(profile, parameter, value * factor, effect)

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


def changed_profile(profile: DeviceProfile, parameter: str, value: object) -> DeviceProfile | None:
    """A profile with one value set, its uncertainty as it was; None where that is not a valid profile."""
    table: dict[str, Any] = profile.model_dump(exclude_unset=True, exclude_none=True)
    try:
        return validated(DeviceProfile, _with_number(table, parameter, value), "changed profile")
    except InputError:
        return None


def _with_number(table: dict[str, Any], parameter: str, value: object) -> dict[str, Any]:
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
