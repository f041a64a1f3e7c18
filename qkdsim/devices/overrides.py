"""One value of a file changed by its key path, before the file is validated."""

from __future__ import annotations

import re
from typing import Any

from qkdsim.errors import InputError

_STEP = re.compile(r"([^.\[\]]+)(?:\[(\d+)\])?(?:\.|$)")


def with_value(table: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """A copy of a table with one value set, at a path such as `source.intensity[0].mean_photon_number`.

    Tables on the way are made where they are missing; list entries must exist.

    Raises InputError if the path does not lead through tables and existing entries.
    """
    steps = [(found[1], found[2]) for found in _STEP.finditer(key)]
    spelt = ".".join(name + (f"[{index}]" if index else "") for name, index in steps)
    try:
        if not steps or spelt != key:
            raise LookupError
        return _placed(table, steps, value)
    except LookupError:
        raise InputError.of(key, "", value, "a key path that the file has, such as detector.efficiency") from None


def _placed(table: object, steps: list[tuple[str, str | None]], value: object) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise LookupError
    (name, index), rest = steps[0], steps[1:]
    copy = dict(table)
    if index is None:
        copy[name] = _placed(copy.get(name, {}), rest, value) if rest else value
        return copy
    entries = list(copy[name]) if isinstance(copy[name], list) else []
    entries[int(index)] = _placed(entries[int(index)], rest, value) if rest else value
    copy[name] = entries
    return copy
