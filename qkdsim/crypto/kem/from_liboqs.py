"""Every KEM that the installed liboqs has enabled."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from qkdsim.crypto import liboqs
from qkdsim.crypto.algorithms import canonical
from qkdsim.crypto.kem.interface import Encapsulation, Kem, KemFacts, KemKeyPair


class LiboqsKem(Kem):
    """One KEM of liboqs; the native object is made for each call and freed, with its secrets, after it."""

    def __init__(self, oqs: ModuleType, native_name: str) -> None:
        """Take the wrapper and the name that liboqs knows."""
        self._oqs, self._native_name = oqs, native_name
        with oqs.KeyEncapsulation(native_name) as native:
            details = native.details
            seed_bytes = int(getattr(native, "length_keypair_seed", 0)) or None
        super().__init__(
            KemFacts(
                canonical(native_name),
                "liboqs",
                "post-quantum",
                details["claimed_nist_level"],
                details["length_public_key"],
                details["length_ciphertext"],
                details["length_shared_secret"],
                details["length_secret_key"],
                seed_bytes,
            )
        )

    def _generate(self, seed: bytes | None) -> KemKeyPair:
        with self._oqs.KeyEncapsulation(self._native_name) as native:
            public_key = native.generate_keypair() if seed is None else native.generate_keypair_seed(seed)
            return KemKeyPair(public_key, native.export_secret_key())

    def _encapsulate(self, public_key: bytes) -> Encapsulation:
        with self._oqs.KeyEncapsulation(self._native_name) as native:
            try:
                ciphertext, secret = native.encap_secret(public_key)
            except RuntimeError:
                raise ValueError(f"{self.facts.name}: these bytes are not a public key") from None
        return Encapsulation(ciphertext, secret)

    def _decapsulate(self, secret_key: bytes, ciphertext: bytes) -> bytes:
        with self._oqs.KeyEncapsulation(self._native_name, secret_key) as native:
            try:
                secret: bytes = native.decap_secret(ciphertext)
            except RuntimeError:
                raise ValueError(f"{self.facts.name}: these bytes are not a ciphertext for this key") from None
        return secret


def kems() -> Iterator[Kem]:
    """Every KEM that is enabled in liboqs; none where liboqs is not installed."""
    oqs = liboqs.wrapper()
    if oqs is not None:
        yield from (LiboqsKem(oqs, name) for name in oqs.get_enabled_kem_mechanisms())
