"""A handshake without cryptography: messages of the true lengths in the true order, and nothing secret in them.

For networks with so many sessions that only sizes and times matter. Names, policies, key_IDs and the order of messages
are checked as ever; proofs and confirmations are zeros and hold whatever they are, so tampering goes unnoticed. The
outcome says `simulated`, the session has no key, and no cipher takes it. KEMs that are not installed count as there:
their published lengths are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from qkdsim.crypto.combiner import HybridKeys
from qkdsim.crypto.kem import Encapsulation, KemKeyPair, kem_facts
from qkdsim.crypto.signature import signature_facts
from qkdsim.hybrid.cryptography import Prover, Random
from qkdsim.hybrid.messages import MAC_BYTES, Hello, Message, Response
from qkdsim.hybrid.real import SESSION
from qkdsim.hybrid.suites import PRE_SHARED, Suite

_NO_KEYS = HybridKeys(b"", b"", ())
_NO_MAC = bytes(MAC_BYTES)


@dataclass(frozen=True, slots=True)
class SimulatedCryptography:
    """Lengths only; see `Cryptography` for what each operation stands for."""

    @property
    def kind(self) -> Literal["simulated"]:
        """There is no key in the end."""
        return "simulated"

    def lacks(self, kem: str) -> str:
        """Nothing: only lengths are asked for."""
        return ""

    def generate(self, kem: str, random: Random) -> KemKeyPair:
        """A public key of zeros."""
        return _pair(kem)

    def encapsulate(self, kem: str, public_key: bytes) -> Encapsulation:
        """A ciphertext of zeros; raises ValueError for a public key of another length."""
        if len(public_key) != len(_pair(kem).public_key):
            raise ValueError(f"{kem}: a public key has {len(_pair(kem).public_key)} bytes, not {len(public_key)}")
        return _encapsulation(kem)

    def decapsulate(self, kem: str, pair: KemKeyPair, ciphertext: bytes) -> bytes:
        """No secret; raises ValueError for a ciphertext of another length."""
        if len(ciphertext) != len(_encapsulation(kem).ciphertext):
            raise ValueError(f"{kem}: this ciphertext has another length")
        return b""

    def transcript(self, message: Message) -> bytes:
        """Not kept."""
        return b""

    def derive(
        self, suite: Suite, hello: Hello, response: Response, secrets: dict[str, bytes], transcript: bytes
    ) -> HybridKeys:
        """No keys."""
        return _NO_KEYS

    def prove(self, prover: Prover, label: str, transcript: bytes) -> tuple[bytes, ...]:
        """Zeros, as long as the longest signature."""
        return _proofs(prover.methods)

    def unproven(self, prover: Prover, label: str, transcript: bytes, proofs: tuple[bytes, ...]) -> str:
        """Every proof holds."""
        return ""

    def confirm(self, keys: HybridKeys, label: str, transcript: bytes, proofs: tuple[bytes, ...]) -> bytes:
        """Zeros."""
        return _NO_MAC

    def confirmed(self, expected: bytes, given: bytes) -> bool:
        """Every confirmation holds."""
        return True

    def traffic(self, keys: HybridKeys, transcript: bytes) -> tuple[bytes, None]:
        """No transcript, no keys."""
        return b"", None


@cache
def _pair(kem: str) -> KemKeyPair:
    return KemKeyPair(bytes(kem_facts(kem).public_key_bytes), b"")


@cache
def _encapsulation(kem: str) -> Encapsulation:
    return Encapsulation(bytes(kem_facts(kem).ciphertext_bytes), b"")


@cache
def _proofs(methods: tuple[str, ...]) -> tuple[bytes, ...]:
    macs = (PRE_SHARED, SESSION)
    return tuple(bytes(MAC_BYTES if one in macs else signature_facts(one).signature_bytes) for one in methods)
