"""Real cryptography for a handshake: the KEMs, signatures and the default combiner of `qkdsim.crypto`.

    proof         signature, or HMAC-SHA-384, of  label | role | SHA-384(transcript)
    confirmation  HMAC-SHA-384(confirmation key,  label | role | SHA-384(transcript) | proofs)
    traffic       HKDF-Expand-SHA-384(session key, label | SHA-384(all messages)): three keys of 32 bytes

The transcript is every message so far, each after its length; for the keys and for the responder's proof, its response
stands there without proof and confirmation.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from qkdsim.crypto.combiner import HybridInputs, HybridKeys, Secret, hybrid_keys
from qkdsim.crypto.combiner.inputs import prefixed
from qkdsim.crypto.kem import Encapsulation, KemKeyPair, find_kem
from qkdsim.crypto.signature import find_signature
from qkdsim.errors import InputError
from qkdsim.hybrid.cryptography import Prover, Random
from qkdsim.hybrid.messages import Hello, Message, Response, encode
from qkdsim.hybrid.session import TrafficKeys
from qkdsim.hybrid.suites import PRE_SHARED, Suite

SESSION = "session"  # the method of a rekeying: a MAC under a key of the session before
_LABEL = b"qkdsim handshake 1 "
_kem = cache(find_kem)
_signature = cache(find_signature)


@dataclass(frozen=True, slots=True)
class RealCryptography:
    """Every operation as it is on a real machine; see `Cryptography` for what each does."""

    @property
    def kind(self) -> Literal["real"]:
        """There is a key in the end."""
        return "real"

    def lacks(self, kem: str) -> str:
        """Empty if a provider of the KEM is installed."""
        return _missing_kem(kem)

    def generate(self, kem: str, random: Random) -> KemKeyPair:
        """From `random` where the algorithm takes a seed, otherwise from the system's randomness."""
        algorithm = _kem(kem)
        seed_bytes = algorithm.facts.seed_bytes
        return algorithm.generate(None if seed_bytes is None else random(seed_bytes))

    def encapsulate(self, kem: str, public_key: bytes) -> Encapsulation:
        """From the system's randomness."""
        return _kem(kem).encapsulate(public_key)

    def decapsulate(self, kem: str, pair: KemKeyPair, ciphertext: bytes) -> bytes:
        """An altered ciphertext may give another secret and no error: the confirmation shows it."""
        return _kem(kem).decapsulate(pair.secret_key, ciphertext)

    def transcript(self, message: Message) -> bytes:
        """The message as sent, after its length."""
        return prefixed(encode(message))

    def derive(
        self, suite: Suite, hello: Hello, response: Response, secrets: dict[str, bytes], transcript: bytes
    ) -> HybridKeys:
        """The default combiner."""
        inputs = HybridInputs(
            tuple(Secret(one.name, secrets.get(one.name)) for one in suite.inputs),
            transcript,
            suite.description,
            hello.policy,
            hello.initiator,
            hello.responder,
            response.key_ids,
            response.ciphertexts,
        )
        return hybrid_keys(inputs)

    def prove(self, prover: Prover, label: str, transcript: bytes) -> tuple[bytes, ...]:
        """Signatures, and MACs under the pre-shared key or one of the session before."""
        said = _said(label, transcript)
        return tuple(_proof(prover, method, said) for method in prover.methods)

    def unproven(self, prover: Prover, label: str, transcript: bytes, proofs: tuple[bytes, ...]) -> str:
        """The first method whose proof is missing or wrong."""
        if len(proofs) != len(prover.methods):
            return f"{len(proofs)} proofs of identity where {len(prover.methods)} are asked for"
        said = _said(label, transcript)
        for method, proof in zip(prover.methods, proofs, strict=True):
            if not _holds(prover, method, said, proof):
                return f"the {label}'s proof of identity by {method} does not hold"
        return ""

    def confirm(self, keys: HybridKeys, label: str, transcript: bytes, proofs: tuple[bytes, ...]) -> bytes:
        """HMAC-SHA-384 under the confirmation key."""
        return hmac.digest(keys.confirmation_key, _said(label, transcript) + prefixed(*proofs), "sha384")

    def confirmed(self, expected: bytes, given: bytes) -> bool:
        """In constant time."""
        return hmac.compare_digest(expected, given)

    def traffic(self, keys: HybridKeys, transcript: bytes) -> tuple[bytes, TrafficKeys]:
        """From the session key and all that was said."""
        said = hashlib.sha384(transcript).digest()
        expanded = HKDFExpand(hashes.SHA384(), 96, info=_LABEL + b"traffic\0" + said).derive(keys.session_key)
        return said, TrafficKeys(expanded[:32], expanded[32:64], expanded[64:])


def _said(label: str, transcript: bytes) -> bytes:
    return _LABEL + label.encode() + b"\0" + hashlib.sha384(transcript).digest()


@cache
def _missing_kem(kem: str) -> str:
    try:
        _kem(kem)
    except InputError as error:
        return str(error)
    return ""


def _mac_key(prover: Prover, method: str) -> bytes | None:
    if method == PRE_SHARED:
        return prover.credentials.pre_shared_key
    return prover.session_key if method == SESSION else None


def _proof(prover: Prover, method: str, said: bytes) -> bytes:
    key = _mac_key(prover, method)
    if key is not None:
        return hmac.digest(key, said, "sha384")
    return _signature(method).sign(prover.credentials.signing_keys[method].secret_key, said)


def _holds(prover: Prover, method: str, said: bytes, proof: bytes) -> bool:
    key = _mac_key(prover, method)
    if key is not None:
        return hmac.compare_digest(hmac.digest(key, said, "sha384"), proof)
    return _signature(method).verify(prover.credentials.peer_keys[method], said, proof)
