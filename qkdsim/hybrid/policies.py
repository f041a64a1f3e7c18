"""Which secrets a pair of nodes must mix before it may have a key: policies by name, and what follows from them.

QKD and post-quantum keys (PQC) are what a policy asks for. A classical exchange (X25519) is mixed beside them where the
suite has one, and never counts, except under ClassicalOnly. A policy mixes all that is there: it says what is *enough*.
PqcOnly and ClassicalOnly are for nodes without QKD: they never ask for a QKD key.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from qkdsim.errors import InputError

Kind: TypeAlias = Literal["qkd", "pqc", "classical"]


@dataclass(frozen=True, slots=True)
class Input:
    """One secret that a suite can mix: `qkd`, or a KEM by its name."""

    name: str
    kind: Kind


QKD = Input("qkd", "qkd")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: the kinds of secret it mixes where they are there, and the sets of kinds that are enough for a key."""

    name: str
    mixes: frozenset[Kind]
    enough: tuple[frozenset[Kind], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is mixed, in the order of the suite, and what the policy would have mixed but was not there.

    `refusal` is empty, or says in one line why there may be no key; `mixed` is empty then.
    """

    policy: str
    mixed: tuple[str, ...]
    missing: tuple[str, ...]
    refusal: str = ""

    @property
    def downgraded(self) -> bool:
        """Whether the key rests on less than the policy would have mixed."""
        return bool(self.missing)


def _policy(name: str, *enough: tuple[Kind, ...]) -> Policy:
    return Policy(name, frozenset(("qkd", "pqc", "classical")), tuple(frozenset(one) for one in enough))


DEFAULT_POLICY = "QkdAndPqcRequired"
POLICIES = {
    policy.name: policy
    for policy in (
        _policy("QkdAndPqcRequired", ("qkd", "pqc")),
        _policy("AtLeastQkdRequired", ("qkd",)),
        _policy("AtLeastPqcRequired", ("pqc",)),
        _policy("EitherQkdOrPqcRequired", ("qkd",), ("pqc",)),
        Policy("PqcOnly", frozenset(("pqc", "classical")), (frozenset(("pqc",)),)),
        Policy("ClassicalOnly", frozenset(("classical",)), (frozenset(("classical",)),)),
    )
}


def find_policy(name: str) -> Policy:
    """The policy of this name.

    Raises InputError, with the nearest names, for one that is not known.
    """
    if name not in POLICIES:
        near = get_close_matches(name, POLICIES, n=3, cutoff=0.4) or list(POLICIES)
        raise InputError.of("hybrid", "policy", name, " or ".join(near))
    return POLICIES[name]


def decide(policy: Policy, inputs: tuple[Input, ...], available: tuple[str, ...]) -> Decision:
    """What is mixed under a policy, of the inputs of a suite, when those named in `available` are there.

    A pure function: both ends get the same answer from the same arguments, and more inputs never turn a key into a
    refusal.
    """
    eligible = [one for one in inputs if one.kind in policy.mixes]
    mixed = [one for one in eligible if one.name in available]
    missing = tuple(one.name for one in eligible if one.name not in available)
    kinds = {one.kind for one in mixed}
    if any(enough <= kinds for enough in policy.enough):
        return Decision(policy.name, tuple(one.name for one in mixed), missing)
    needed = " or ".join(" and ".join(sorted(enough, reverse=True)) for enough in policy.enough)
    there = ", ".join(one.name for one in mixed) or "nothing"
    return Decision(policy.name, (), missing, f"policy {policy.name} needs {needed}; {there} is there")
