"""Both ends of a pair's handshakes before anything is said."""

from __future__ import annotations

from qkdsim.hybrid import RealCryptography, Session, Setup, SimulatedCryptography
from qkdsim.hybrid.cryptography import Cryptography
from qkdsim.sessions.identities import Identities
from qkdsim.sessions.plan import CryptographyName, Phase, SessionPair

_CRYPTOGRAPHY: dict[CryptographyName, Cryptography] = {"real": RealCryptography(), "simulated": SimulatedCryptography()}


class PairSetups:
    """Makes the configurations of initiator and responder; those of first handshakes are made once."""

    def __init__(self, pair: SessionPair, cryptography: CryptographyName, identities: Identities) -> None:
        """Nothing is made before a handshake needs it."""
        self._ends = (pair.initiator, pair.responder)
        self._cryptography = _CRYPTOGRAPHY[cryptography]
        self._identities = identities
        self._first: dict[Phase, tuple[Setup, Setup]] = {}

    def of(self, phase: Phase, previous: tuple[Session, Session] | None) -> tuple[Setup, Setup]:
        """Both ends of a handshake of a phase that renews `previous`, as each of them holds it."""
        if previous is not None:
            return self._made(phase, *previous)
        if phase not in self._first:
            self._first[phase] = self._made(phase, None, None)
        return self._first[phase]

    def _made(self, phase: Phase, mine: Session | None, theirs: Session | None) -> tuple[Setup, Setup]:
        (one, other), suite, cryptography = self._ends, phase.suite, self._cryptography
        methods = suite.authentication if cryptography.kind == "real" else ()
        here = self._identities.credentials(one, other, methods)
        there = self._identities.credentials(other, one, methods)
        return (
            Setup("initiator", one, other, suite, phase.policy, here, cryptography, mine),
            Setup("responder", other, one, suite, phase.policy, there, cryptography, theirs),
        )
