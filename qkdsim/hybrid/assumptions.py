"""What the secrecy of a session or a stored object rests on, as one line that can be read and evaluated.

    (qkd | x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm
    qkd-pad
    shares:3-of-5 & qkd-pad

Clauses are joined by ` & `, and every one must hold. A clause is one name, or alternatives in brackets joined by ` | `,
of which one must hold. Names are those of KEMs and ciphers, `qkd` (a QKD key that went through a key derivation),
`qkd-pad` (QKD key as a one-time pad, with no assumption on computing power), `hkdf-sha384`, `y-00` and
`shares:K-of-N`. What only integrity rests on, such as tags and signatures, is not listed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Final, TypeAlias

from qkdsim.errors import InputError, shown
from qkdsim.hybrid.suites import COMBINER, Cipher

QKD_PAD: Final = "qkd-pad"

# names of which one must hold, in order; all clauses must hold
Clause: TypeAlias = tuple[str, ...]
Assumptions: TypeAlias = tuple[Clause, ...]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:+_-]*")


def rests_on(secrets: tuple[str, ...], cipher: Cipher) -> Assumptions:
    """What a session rests on whose key stays secret while one of `secrets` does (`Outcome.secrecy_rests_on`)."""
    return ((QKD_PAD,),) if cipher == "one-time-pad" else (secrets, (COMBINER,), (cipher,))


@cache
def format_assumptions(assumptions: Assumptions) -> str:
    """One line; empty without clauses.

    Raises ValueError for a clause without names, a name that is none, or a name twice in a clause.
    """
    for clause in assumptions:
        if not clause or len(set(clause)) < len(clause) or not all(map(_NAME.fullmatch, clause)):
            raise ValueError(f"clause {clause!r}: names of letters, digits and .:+_-, each once")
    return " & ".join(clause[0] if len(clause) == 1 else f"({' | '.join(clause)})" for clause in assumptions)


@cache
def parse_assumptions(line: str) -> Assumptions:
    """The clauses of a line that `format_assumptions` wrote; none of an empty one.

    Raises InputError for another line.
    """
    clauses = tuple(_clause(text) for text in line.split(" & ")) if line else ()
    try:
        written = format_assumptions(clauses)
    except ValueError:
        written = ""
    if written != line:
        expected = "clauses joined by ' & ', such as (qkd | ml-kem-768) & hkdf-sha384 & aes-256-gcm"
        raise InputError.of("rests_on", "", shown(line), expected)
    return clauses


def is_broken(assumptions: Assumptions, broken: Collection[str]) -> bool:
    """Whether secrecy is gone when the names in `broken` do not hold: one clause with all its alternatives among them.

    Without clauses nothing was secret to begin with, and nothing breaks.
    """
    return any(all(name in broken for name in clause) for clause in assumptions)


def names_in(assumptions: Assumptions) -> tuple[str, ...]:
    """Every name, once, in order of first mention."""
    return tuple(dict.fromkeys(name for clause in assumptions for name in clause))


def _clause(text: str) -> Clause:
    if text.startswith("(") and text.endswith(")"):
        return tuple(text[1:-1].split(" | "))
    return (text,)
