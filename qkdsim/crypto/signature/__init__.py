"""Digital signatures: one interface over several providers, bytes in, bytes out."""

from __future__ import annotations

from qkdsim.crypto.signature.interface import SignatureFacts, SignatureScheme, SigningKeyPair
from qkdsim.crypto.signature.providers import (
    SignatureListing,
    available_signatures,
    find_signature,
    list_signatures,
    signature_facts,
)

__all__ = [
    "SignatureFacts",
    "SignatureListing",
    "SignatureScheme",
    "SigningKeyPair",
    "available_signatures",
    "find_signature",
    "list_signatures",
    "signature_facts",
]
