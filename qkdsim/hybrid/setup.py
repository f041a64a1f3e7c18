"""One end of a pair before anything is said: who is who, what they agreed on out of band, and how keys are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from qkdsim.crypto.signature import find_signature
from qkdsim.errors import InputError
from qkdsim.hybrid.cryptography import Cryptography, Prover
from qkdsim.hybrid.policies import Decision, Policy, decide
from qkdsim.hybrid.real import SESSION, RealCryptography
from qkdsim.hybrid.session import Credentials, Session
from qkdsim.hybrid.suites import PRE_SHARED, Suite
from qkdsim.hybrid.table import Role


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """The configuration of one end; `previous` is the session to be rekeyed, None for a first handshake.

    Raises InputError for a name that cannot be sent, a policy that the suite cannot meet, a method of authentication
    whose key or provider is missing, and a session between other nodes, or without keys where real ones are needed.
    """

    role: Role
    name: str
    peer: str
    suite: Suite
    policy: Policy
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    cryptography: Cryptography = field(default_factory=RealCryptography)
    previous: Session | None = None
    prover: Prover = field(init=False)
    # of the suite, those that the policy mixes and that are here, in the order of the suite
    kems: tuple[str, ...] = field(init=False)
    # decisions where the other end has the same KEMs, worked out once
    usual: Mapping[tuple[tuple[str, ...], bool], Decision] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for key, name in (("name", self.name), ("peer", self.peer)):
            if not (0 < len(name) <= 255 and name.isascii() and name.isprintable()):
                raise InputError.of("hybrid", key, name, "1 to 255 printable ASCII characters")
        if self.name == self.peer:
            raise InputError.of("hybrid", "peer", self.peer, f"another node than {self.name}")
        allowed = _allowed(self.suite, self.policy)
        self._check_previous()
        methods = self.suite.authentication + ((SESSION,) if self.previous else ())
        keys = self.previous.keys if self.previous else None
        if self.cryptography.kind == "real":
            for method in self.suite.authentication:
                self._check_method(method)
        prover = Prover(methods, self.credentials, keys.rekeying if keys else None)
        object.__setattr__(self, "prover", prover)
        kems = tuple([kem for kem in allowed if not self.cryptography.lacks(kem)])
        object.__setattr__(self, "kems", kems)
        object.__setattr__(self, "usual", _usual(self.suite, self.policy, kems))

    @property
    def initiator(self) -> str:
        """Name of the end that begins."""
        return self.name if self.role == "initiator" else self.peer

    @property
    def responder(self) -> str:
        """Name of the end that answers."""
        return self.peer if self.role == "initiator" else self.name

    @property
    def previous_id(self) -> bytes:
        """Handshake of the session to be rekeyed; empty without one."""
        return self.previous.handshake if self.previous else b""

    def decide(self, kems: tuple[str, ...], with_qkd: bool) -> Decision:
        """What the policy says when these KEMs are there, and a QKD key or none."""
        return self.usual.get((kems, with_qkd)) or _decided(self.suite, self.policy, kems, with_qkd)

    def _check_previous(self) -> None:
        if self.previous is None:
            return
        outcome = self.previous.outcome
        if {outcome.initiator, outcome.responder} != {self.name, self.peer}:
            between = f"{outcome.initiator} and {outcome.responder}"
            raise InputError.of("hybrid", "previous", f"a session of {between}", f"one of {self.name} and {self.peer}")
        if outcome.cryptography != self.cryptography.kind:
            expected = f"one with {self.cryptography.kind} cryptography"
            raise InputError.of("hybrid", "previous", f"a {outcome.cryptography} session", expected)

    def _check_method(self, method: str) -> None:
        if method == PRE_SHARED:
            if self.credentials.pre_shared_key is None:
                raise self._lacking(method, "a pre-shared key")
            return
        facts = find_signature(method).facts
        own, others = self.credentials.signing_keys.get(method), self.credentials.peer_keys.get(method)
        if own is None:
            raise self._lacking(method, f"a {method} key pair of {self.name}")
        if others is None or len(others) != facts.public_key_bytes:
            raise self._lacking(method, f"the {method} public key of {self.peer}, {facts.public_key_bytes} bytes")

    def _lacking(self, method: str, expected: str) -> InputError:
        return InputError.of(f"suite {self.suite.name}", f"authentication.{method}", None, f"needs {expected}")


@cache
def _allowed(suite: Suite, policy: Policy) -> tuple[str, ...]:
    """The KEMs of a suite that a policy mixes. Raises InputError if the suite cannot meet the policy."""
    suite.check(policy)
    return tuple(one.name for one in suite.inputs if one.kind != "qkd" and one.kind in policy.mixes)


@cache
def _usual(suite: Suite, policy: Policy, kems: tuple[str, ...]) -> Mapping[tuple[tuple[str, ...], bool], Decision]:
    return {(kems, with_qkd): _decided(suite, policy, kems, with_qkd) for with_qkd in (True, False)}


def _decided(suite: Suite, policy: Policy, kems: tuple[str, ...], with_qkd: bool) -> Decision:
    return decide(policy, suite.inputs, ("qkd", *kems) if with_qkd else kems)
