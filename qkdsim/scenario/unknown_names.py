"""A name that nothing has: what was expected in its place, and the nearest names that there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from qkdsim.errors import Problem, shown


def unknown_name(source: str, key: str, name: str, expected: str, known: Iterable[str]) -> Problem:
    """`expected` says in words what the name should be, such as `the id of a node of the topology`."""
    near = get_close_matches(name, list(known), n=3)
    hint = f" (nearest: {', '.join(near)})" if near else ""
    return Problem(source, key, shown(name), f"{expected}{hint}")
