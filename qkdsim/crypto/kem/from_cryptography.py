"""ML-KEM-768 and -1024 (FIPS 203) and X25519 (RFC 7748) of the package `cryptography`.

It has no ML-KEM-512, and offers ML-KEM only where the cryptographic library it was built with does, as in its wheels.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mlkem
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from qkdsim.crypto.kem.interface import Encapsulation, Kem, KemFacts, KemKeyPair
from qkdsim.crypto.kem.xwing import XWing


class _ParameterSet(NamedTuple):
    private: type[mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey]
    public: type[mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey]
    category: int
    public_key_bytes: int
    ciphertext_bytes: int


_ML_KEM = {
    "ml-kem-768": _ParameterSet(mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey, 3, 1184, 1088),
    "ml-kem-1024": _ParameterSet(mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey, 5, 1568, 1568),
}


class MlKem(Kem):
    """ML-KEM; the secret key is the seed d | z of 64 bytes (FIPS 203, algorithm 16), expanded anew at each use."""

    def __init__(self, name: str) -> None:
        """Take `ml-kem-768` or `ml-kem-1024`."""
        self._private, self._public, category, public_key_bytes, ciphertext_bytes = _ML_KEM[name]
        super().__init__(
            KemFacts(
                name,
                "cryptography",
                "post-quantum",
                category,
                public_key_bytes,
                ciphertext_bytes,
                shared_secret_bytes=32,
                secret_key_bytes=64,
                seed_bytes=64,
            )
        )

    def _generate(self, seed: bytes | None) -> KemKeyPair:
        private = self._private.from_seed_bytes(os.urandom(64) if seed is None else seed)
        return KemKeyPair(private.public_key().public_bytes_raw(), private.private_bytes_raw())

    def _encapsulate(self, public_key: bytes) -> Encapsulation:
        try:
            secret, ciphertext = self._public.from_public_bytes(public_key).encapsulate()
        except ValueError:  # a coefficient beyond the modulus: FIPS 203, 7.2
            raise ValueError(f"{self.facts.name}: these bytes are not a public key") from None
        return Encapsulation(ciphertext, secret)

    def _decapsulate(self, secret_key: bytes, ciphertext: bytes) -> bytes:
        return self._private.from_seed_bytes(secret_key).decapsulate(ciphertext)


class X25519(Kem):
    """X25519 in the shape of a KEM: the ciphertext is a fresh public key, the secret the bare Diffie-Hellman value.

    The secret is not bound to the two public keys; the combiner binds it, by transcript and ciphertexts.
    """

    def __init__(self) -> None:
        """There is one X25519."""
        super().__init__(
            KemFacts("x25519", "cryptography", "classical", None, 32, 32, 32, secret_key_bytes=32, seed_bytes=32)
        )

    def _generate(self, seed: bytes | None) -> KemKeyPair:
        private = X25519PrivateKey.generate() if seed is None else X25519PrivateKey.from_private_bytes(seed)
        return KemKeyPair(private.public_key().public_bytes_raw(), private.private_bytes_raw())

    def _encapsulate(self, public_key: bytes) -> Encapsulation:
        fresh = X25519PrivateKey.generate()
        return Encapsulation(fresh.public_key().public_bytes_raw(), _exchange(fresh, public_key, "public key"))

    def _decapsulate(self, secret_key: bytes, ciphertext: bytes) -> bytes:
        return _exchange(X25519PrivateKey.from_private_bytes(secret_key), ciphertext, "ciphertext")


def _exchange(private: X25519PrivateKey, other: bytes, what: str) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:  # the all-zero secret of a point of low order: RFC 7748, 6.1
        raise ValueError(f"x25519: these bytes are not a safe {what}") from None


def kems() -> Iterator[Kem]:
    """Every KEM that the installed `cryptography` offers."""
    x25519 = X25519()
    yield x25519
    offered = {name: MlKem(name) for name in _ML_KEM if _offers(name)}
    yield from offered.values()
    if "ml-kem-768" in offered:
        yield XWing(offered["ml-kem-768"], x25519)


def _offers(name: str) -> bool:
    try:
        _ML_KEM[name].private.generate()
    except UnsupportedAlgorithm:
        return False
    return True
