"""A profile that says how a device differs from another one: `based_on`, and what is different."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from qkdsim import library
from qkdsim.errors import InputError

_MOST_STEPS = 8


def completed(source: library.Source, path: Path) -> library.Source:
    """A profile file with everything that it takes over from the profile it is `based_on`, and a hash of both.

    Tables are joined key by key; any other value, lists included, stands in place of the one taken over.

    Raises InputError if the other profile is not there, or if profiles are based on each other in a circle.
    """
    table, hashes = dict(source.table), [source.sha256]
    for _ in range(_MOST_STEPS):
        name = table.pop("based_on", None)
        if name is None:
            sha256 = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
            return library.Source(source.name, table, sha256)
        if not isinstance(name, str):
            raise InputError.of(source.name, "based_on", name, "the name or path of a profile")
        try:
            path = library.find("profile", name, path)
            other = library.read(path)
        except InputError as error:
            expected = f"the name or path of a profile ({error.problems[0].expected})"
            raise InputError.of(source.name, "based_on", name, expected) from None
        hashes.append(other.sha256)
        table = _joined(other.table, table)
    most = f"at most {_MOST_STEPS - 1} profiles in a row"
    raise InputError.of(source.name, "based_on", source.table["based_on"], most)


def _joined(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    joined = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            joined[key] = _joined(under[key], over[key])
    return joined
