"""A profile that says how a device differs from another one: `based_on`, and what is different."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qkdsim import library
from qkdsim.devices.pair import ENDS, pair_of
from qkdsim.errors import InputError

_MOST_STEPS = 8


@dataclass(frozen=True, slots=True)
class Completed:
    """A profile file with everything that it takes over, and one hash of all files behind it.

    `modules` are the two that a pair is based on, by the names that it gives them, transmitter first.
    """

    source: library.Source
    modules: tuple[tuple[str, Completed], ...] = ()


def completed(source: library.Source, path: Path) -> Completed:
    """A profile file with everything that it takes over from the profile it is `based_on`; each file is read once.

    Tables are joined key by key; any other value, lists included, stands in place of the one taken over. A pair is
    based on its two modules, `[based_on]` with `transmitter` and `receiver`: see `pair_of`.

    Raises InputError if the other profile is not there, if profiles are based on each other in a circle, or if two
    modules make no pair.
    """
    return _completed(source, path, _MOST_STEPS)


def _completed(source: library.Source, path: Path, most_steps: int) -> Completed:
    table, hashes = dict(source.table), [source.sha256]
    modules: tuple[tuple[str, Completed], ...] = ()
    for left in range(most_steps, 0, -1):
        name = table.pop("based_on", None)
        if name is None:
            sha256 = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
            return Completed(library.Source(source.name, table, sha256), modules)
        if isinstance(name, dict):
            found = _modules(source.name, name, path)
            modules = tuple((name[end], _completed(*one, left - 1)) for end, one in zip(ENDS, found, strict=True))
            sources = [one.source for _, one in modules]
            hashes += [one.sha256 for one in sources]
            table = _joined(pair_of(sources[0].table, sources[1].table, source.name), table)
            continue
        other, path = _found(source.name, "based_on", name, path)
        hashes.append(other.sha256)
        table = _joined(other.table, table)
    most = f"at most {_MOST_STEPS - 1} profiles in a row"
    raise InputError.of(source.name, "based_on", source.table.get("based_on"), most)


def _modules(file: str, names: dict[str, Any], path: Path) -> list[tuple[library.Source, Path]]:
    if set(names) != set(ENDS):
        raise InputError.of(file, "based_on", names, "a profile, or a table with transmitter and receiver")
    return [_found(file, f"based_on.{end}", names[end], path) for end in ENDS]


def _found(file: str, key: str, name: object, path: Path) -> tuple[library.Source, Path]:
    """The profile that a file names, and its path."""
    if not isinstance(name, str):
        raise InputError.of(file, key, name, "the name or path of a profile")
    try:
        found = library.find("profile", name, path)
        return library.read(found), found
    except InputError as error:
        expected = f"the name or path of a profile ({error.problems[0].expected})"
        raise InputError.of(file, key, name, expected) from None


def _joined(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    joined = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            joined[key] = _joined(under[key], over[key])
    return joined
