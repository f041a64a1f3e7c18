"""Every signature scheme that the installed liboqs has enabled.

Left out: those that take a message already hashed (`-extmu`), which is another interface, and the stateful ones (LMS,
XMSS), whose secret key must never be used twice in one state.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from qkdsim.crypto import liboqs
from qkdsim.crypto.algorithms import canonical
from qkdsim.crypto.signature.interface import SignatureFacts, SignatureScheme, SigningKeyPair


class LiboqsSignature(SignatureScheme):
    """One scheme of liboqs; the native object is made for each call and freed, with its secrets, after it."""

    def __init__(self, oqs: ModuleType, native_name: str) -> None:
        """Take the wrapper and the name that liboqs knows."""
        self._oqs, self._native_name = oqs, native_name
        with oqs.Signature(native_name) as native:
            details = native.details
        super().__init__(
            SignatureFacts(
                canonical(native_name),
                "liboqs",
                "post-quantum",
                details["claimed_nist_level"],
                details["length_public_key"],
                details["length_signature"],
                details["sig_with_ctx_support"],
                details["length_secret_key"],
            )
        )

    def _generate(self, seed: bytes | None) -> SigningKeyPair:
        with self._oqs.Signature(self._native_name) as native:
            return SigningKeyPair(native.generate_keypair(), native.export_secret_key())

    def _sign(self, secret_key: bytes, message: bytes, context: bytes) -> bytes:
        with self._oqs.Signature(self._native_name, secret_key) as native:
            signature: bytes = native.sign_with_ctx_str(message, context) if context else native.sign(message)
        return signature

    def _verify(self, public_key: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
        with self._oqs.Signature(self._native_name) as native:
            if context:
                return bool(native.verify_with_ctx_str(message, signature, context, public_key))
            return bool(native.verify(message, signature, public_key))


def signatures() -> Iterator[SignatureScheme]:
    """Every signature scheme that is enabled in liboqs; none where liboqs is not installed."""
    oqs = liboqs.wrapper()
    if oqs is not None:
        names = (name for name in oqs.get_enabled_sig_mechanisms() if "extmu" not in name)
        yield from (LiboqsSignature(oqs, name) for name in names)
