"""Cipher suites: which KEMs, which authentication, which combiner and which session cipher, under one name."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Literal, TypeAlias

from qkdsim.crypto.kem import kem_facts
from qkdsim.crypto.signature import signature_facts
from qkdsim.errors import InputError
from qkdsim.hybrid.policies import QKD, Input, Policy, decide

Cipher: TypeAlias = Literal["aes-256-gcm", "chacha20-poly1305", "one-time-pad"]
CIPHERS: tuple[Cipher, ...] = ("aes-256-gcm", "chacha20-poly1305", "one-time-pad")
PRE_SHARED = "pre-shared"  # authentication by a MAC under a key that both ends hold
COMBINER = "hkdf-sha384"  # qkdsim.crypto.combiner.hybrid_keys


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite. QKD is an input of every suite, the first; whether it is needed is the policy's to say.

    kems            names of KEMs, in the order in which their secrets are joined
    authentication  `pre-shared` or names of signature schemes; every one of them must hold

    Raises InputError for an algorithm that nobody knows (with the nearest names), a name that comes twice, or no
    authentication.
    """

    name: str
    kems: tuple[str, ...]
    authentication: tuple[str, ...]
    cipher: Cipher = "aes-256-gcm"
    combiner: Literal["hkdf-sha384"] = "hkdf-sha384"

    def __post_init__(self) -> None:
        for kem in self.kems:
            kem_facts(kem)
        for method in self.authentication:
            if method != PRE_SHARED:
                signature_facts(method)
        if not self.authentication:
            raise InputError.of(f"suite {self.name}", "authentication", None, "at least one method")
        for key, names in (("kems", self.kems), ("authentication", self.authentication)):
            if len(set(names)) < len(names):
                raise InputError.of(f"suite {self.name}", key, ", ".join(names), "every name once")
        if self.cipher not in CIPHERS:
            raise InputError.of(f"suite {self.name}", "cipher", self.cipher, " or ".join(CIPHERS))
        if self.combiner != COMBINER:
            raise InputError.of(f"suite {self.name}", "combiner", self.combiner, COMBINER)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The secrets it can mix: QKD, then its KEMs."""
        return _inputs(self.kems)

    @property
    def description(self) -> str:
        """The whole suite as one line: what is bound into a key, so that two meanings of one name never agree."""
        return "/".join((self.name, *("+".join(part) for part in (self.kems, self.authentication)), *self._rest))

    @property
    def _rest(self) -> tuple[str, str]:
        return self.combiner, self.cipher

    def check(self, policy: Policy) -> None:
        """Raise InputError if the policy could not be met with this suite even when everything is there."""
        decision = decide(policy, self.inputs, tuple(one.name for one in self.inputs))
        if decision.refusal:
            expected = f"a policy that suite {self.name} can meet: {decision.refusal}"
            raise InputError.of("hybrid", "policy", policy.name, expected)


@cache
def _inputs(kems: tuple[str, ...]) -> tuple[Input, ...]:
    # X-Wing is as good as its better half, so it counts as post-quantum
    classical = {kem: kem_facts(kem).family == "classical" for kem in kems}
    return (QKD, *(Input(kem, "classical" if classical[kem] else "pqc") for kem in kems))


_BOTH = ("x25519", "ml-kem-768")

DEFAULT_SUITE = "hybrid"


@cache
def suites() -> dict[str, Suite]:
    """The suites that have a name here."""
    named = (
        Suite("classical", ("x25519",), ("ed25519",)),
        Suite("hybrid", _BOTH, ("ml-dsa-65",)),
        Suite("hybrid-chacha20", _BOTH, ("ml-dsa-65",), "chacha20-poly1305"),
        Suite("hybrid-two-signatures", _BOTH, ("ml-dsa-65", "ed25519")),
        Suite("hybrid-pre-shared", _BOTH, (PRE_SHARED,)),
        Suite("hybrid-high", ("x25519", "ml-kem-1024"), ("ml-dsa-87",)),
        Suite("hybrid-diverse", (*_BOTH, "hqc-3"), ("ml-dsa-65",)),
        Suite("hybrid-one-time-pad", _BOTH, (PRE_SHARED, "ml-dsa-65"), "one-time-pad"),
        Suite("post-quantum", ("ml-kem-768",), ("ml-dsa-65",)),
        Suite("x-wing", ("x-wing",), ("ml-dsa-65",)),
        Suite("qkd-pre-shared", (), (PRE_SHARED,)),
    )
    return {suite.name: suite for suite in named}


def find_suite(name: str) -> Suite:
    """The suite of this name.

    Raises InputError, with the nearest names, for one that is not known.
    """
    known = suites()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.4) or list(known)
        raise InputError.of("hybrid", "suite", name, " or ".join(near))
    return known[name]
