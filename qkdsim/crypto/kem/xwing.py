"""X-Wing: ML-KEM-768 and X25519 as one fixed KEM (draft-connolly-cfrg-xwing-kem; Barbosa et al., IACR CiC 1(1), 2024).

Its two algorithms and their order are part of the scheme: it cannot be made with others.
"""

from __future__ import annotations

import hashlib
import os

from qkdsim.crypto.combiner.xwing import XWingInputs, xwing_secret
from qkdsim.crypto.kem.interface import Encapsulation, Kem, KemFacts, KemKeyPair

_X25519_BYTES = 32


class XWing(Kem):
    """The secret key is the seed of 32 bytes; SHAKE-256 stretches it to d | z of ML-KEM and the key of X25519.

    The category is the one that the draft aims at, not that of its ML-KEM-768.
    """

    def __init__(self, ml_kem: Kem, x25519: Kem) -> None:
        """Take the two parts; ML-KEM-768 must take its seed as secret key."""
        self._ml_kem, self._x25519 = ml_kem, x25519
        super().__init__(
            KemFacts(
                "x-wing",
                "cryptography",
                "hybrid",
                1,
                public_key_bytes=ml_kem.facts.public_key_bytes + _X25519_BYTES,
                ciphertext_bytes=ml_kem.facts.ciphertext_bytes + _X25519_BYTES,
                shared_secret_bytes=32,
                secret_key_bytes=32,
                seed_bytes=32,
                parts=("ml-kem-768", "x25519"),
            )
        )

    def _generate(self, seed: bytes | None) -> KemKeyPair:
        root = os.urandom(32) if seed is None else seed
        ml_kem, x25519 = self._expanded(root)
        return KemKeyPair(ml_kem.public_key + x25519.public_key, root)

    def _encapsulate(self, public_key: bytes) -> Encapsulation:
        ml_kem_key, x25519_key = _split(public_key)
        ml_kem, x25519 = self._ml_kem.encapsulate(ml_kem_key), self._x25519.encapsulate(x25519_key)
        inputs = XWingInputs(ml_kem.shared_secret, x25519.shared_secret, x25519.ciphertext, x25519_key)
        return Encapsulation(ml_kem.ciphertext + x25519.ciphertext, xwing_secret(inputs))

    def _decapsulate(self, secret_key: bytes, ciphertext: bytes) -> bytes:
        ml_kem, x25519 = self._expanded(secret_key)
        ml_kem_ciphertext, x25519_ciphertext = _split(ciphertext)
        return xwing_secret(
            XWingInputs(
                self._ml_kem.decapsulate(ml_kem.secret_key, ml_kem_ciphertext),
                self._x25519.decapsulate(x25519.secret_key, x25519_ciphertext),
                x25519_ciphertext,
                x25519.public_key,
            )
        )

    def _expanded(self, root: bytes) -> tuple[KemKeyPair, KemKeyPair]:
        stretched = hashlib.shake_256(root).digest(96)
        return self._ml_kem.generate(stretched[:64]), self._x25519.generate(stretched[64:])


def _split(joined: bytes) -> tuple[bytes, bytes]:
    return joined[:-_X25519_BYTES], joined[-_X25519_BYTES:]
