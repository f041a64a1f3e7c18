"""What KEMs and signatures have in common: their names, and how a wrong name or length is refused."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, TypeAlias

from qkdsim.errors import InputError

# `classical` falls to a quantum computer; `hybrid` stands while one of its parts does
Family: TypeAlias = Literal["classical", "post-quantum", "hybrid"]
Provider: TypeAlias = Literal["cryptography", "liboqs"]


def canonical(name: str) -> str:
    """The name that files, tables and the command line use: lower case, words joined by dashes (`ml-kem-768`)."""
    return name.strip().lower().replace("_", "-")


def unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name that no provider has: the nearest known names, and where all of them are listed.

    kind: `kem` or `signature`.
    """
    names = sorted(set(known))
    near = get_close_matches(canonical(name), names, n=3, cutoff=0.5)
    hint = f"{' or '.join(near)}; all: " if near else ""
    return InputError.of(kind, "name", name, f"{hint}`qkdsim list {kind}s`")


def check_length(algorithm: str, what: str, given: bytes, expected_bytes: int) -> None:
    """Raise ValueError, naming lengths and never bytes, unless `given` has `expected_bytes` bytes."""
    if len(given) != expected_bytes:
        raise ValueError(f"{algorithm}: a {what} has {expected_bytes} bytes, not {len(given)}")
