"""Whether a session falls when algorithms do, as a pure function of what it was made of."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from qkdsim.crypto.kem import kem_facts
from qkdsim.exposure.broken import QKD, SESSION
from qkdsim.hybrid.assumptions import QKD_PAD, Assumptions, parse_assumptions
from qkdsim.hybrid.policies import find_policy


@dataclass(frozen=True, slots=True)
class SessionMake:
    """What sessions have in common that fall alike: the columns of the same names in the table `sessions`."""

    rests_on: str
    policy: str
    mixed: str
    missing: str
    authentication: str

    @property
    def clauses(self) -> Assumptions:
        """Secrecy needs all of them, and of each one name."""
        return parse_assumptions(self.rests_on)

    @property
    def is_pad(self) -> bool:
        """Whether it is sealed with QKD key as it came."""
        return (QKD_PAD,) in self.clauses

    @property
    def methods(self) -> tuple[str, ...]:
        """What an impersonator must break: all of them.

        The proof by the session before is left out. Who can do the rest need not give it: he stops the rekeying until
        the ends begin anew, and a first handshake has no session before it.
        """
        return tuple(name for name in self.authentication.split(",") if name and name != SESSION)

    @property
    def needs_qkd(self) -> bool:
        """Whether the policy gives no key without QKD, whatever of the rest the suite can mix."""
        inputs = [name for name in (*self.mixed.split(","), *self.missing.split(",")) if name and name != QKD]
        kinds = {"classical" if kem_facts(name).family == "classical" else "pqc" for name in inputs}
        return not any(enough <= kinds for enough in find_policy(self.policy).enough)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why sessions of one make are exposed, in words; None where they are not.

    fallen       a clause has fallen whole
    with_key     a clause has fallen if the QKD key of the handshake is known
    impersonated whoever the session was with may have been another, if it was established late enough
    impersonated_with_key   the same, if the QKD key of the handshake is known
    """

    fallen: str | None = None
    with_key: str | None = None
    impersonated: str | None = None
    impersonated_with_key: str | None = None


def verdict(make: SessionMake, fallen: Set[str]) -> Verdict:
    """The verdict on a make of session when the names in `fallen` do not hold."""
    fallen = fallen | _parts(make, fallen)
    whole, with_key = None, None
    for clause in make.clauses:
        standing = [name for name in clause if name not in fallen]
        if not standing:
            whole = whole or f"{' + '.join(clause)} broken"
        elif standing == [QKD]:
            rest = [name for name in clause if name != QKD]
            with_key = with_key or " + ".join((*rest, "QKD key known"))
    if make.is_pad or not make.methods or not fallen >= set(make.methods):  # a pad needs its keys, not a peer
        return Verdict(whole, with_key)
    methods = f"impersonated: {' + '.join(make.methods)} broken"
    if make.needs_qkd and QKD not in fallen:
        return Verdict(whole, with_key, None, f"{methods}, QKD key known")
    return Verdict(whole, with_key, methods)


def _parts(make: SessionMake, fallen: Set[str]) -> Set[str]:
    """The parts of KEMs that are broken as a whole, such as X-Wing: `rests_on` names the parts in their place."""
    return {part for name in make.mixed.split(",") if name in fallen - {QKD} for part in kem_facts(name).rests_on}
