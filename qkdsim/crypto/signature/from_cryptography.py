"""ML-DSA-44, -65 and -87 (FIPS 204) and Ed25519 (RFC 8032) of the package `cryptography`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qkdsim.crypto.signature.interface import SignatureFacts, SignatureScheme, SigningKeyPair


class _ParameterSet(NamedTuple):
    private: type[mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey]
    public: type[mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey]
    category: int
    public_key_bytes: int
    signature_bytes: int


_ML_DSA = {
    "ml-dsa-44": _ParameterSet(mldsa.MLDSA44PrivateKey, mldsa.MLDSA44PublicKey, 2, 1312, 2420),
    "ml-dsa-65": _ParameterSet(mldsa.MLDSA65PrivateKey, mldsa.MLDSA65PublicKey, 3, 1952, 3309),
    "ml-dsa-87": _ParameterSet(mldsa.MLDSA87PrivateKey, mldsa.MLDSA87PublicKey, 5, 2592, 4627),
}


class MlDsa(SignatureScheme):
    """ML-DSA, hedged: two signatures of one message differ. The secret key is the seed of 32 bytes."""

    def __init__(self, name: str) -> None:
        """Take `ml-dsa-44`, `ml-dsa-65` or `ml-dsa-87`."""
        self._private, self._public, category, public_key_bytes, signature_bytes = _ML_DSA[name]
        super().__init__(
            SignatureFacts(
                name,
                "cryptography",
                "post-quantum",
                category,
                public_key_bytes,
                signature_bytes,
                has_context=True,
                secret_key_bytes=32,
                seed_bytes=32,
            )
        )

    def _generate(self, seed: bytes | None) -> SigningKeyPair:
        private = self._private.from_seed_bytes(os.urandom(32) if seed is None else seed)
        return SigningKeyPair(private.public_key().public_bytes_raw(), private.private_bytes_raw())

    def _sign(self, secret_key: bytes, message: bytes, context: bytes) -> bytes:
        return self._private.from_seed_bytes(secret_key).sign(message, context or None)

    def _verify(self, public_key: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
        try:
            self._public.from_public_bytes(public_key).verify(signature, message, context or None)
        except InvalidSignature:
            return False
        return True


class Ed25519(SignatureScheme):
    """Ed25519: deterministic, without context."""

    def __init__(self) -> None:
        """There is one Ed25519."""
        super().__init__(
            SignatureFacts("ed25519", "cryptography", "classical", None, 32, 64, secret_key_bytes=32, seed_bytes=32)
        )

    def _generate(self, seed: bytes | None) -> SigningKeyPair:
        private = Ed25519PrivateKey.generate() if seed is None else Ed25519PrivateKey.from_private_bytes(seed)
        return SigningKeyPair(private.public_key().public_bytes_raw(), private.private_bytes_raw())

    def _sign(self, secret_key: bytes, message: bytes, context: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(secret_key).sign(message)

    def _verify(self, public_key: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def signatures() -> Iterator[SignatureScheme]:
    """Every signature scheme that the installed `cryptography` offers."""
    yield Ed25519()
    yield from (MlDsa(name) for name in _ML_DSA if _offers(name))


def _offers(name: str) -> bool:
    try:
        _ML_DSA[name].private.generate()
    except UnsupportedAlgorithm:
        return False
    return True
