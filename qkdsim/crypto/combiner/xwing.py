"""The combiner of X-Wing (draft-connolly-cfrg-xwing-kem): one SHA3-256 over two secrets and the X25519 messages.

    ss = SHA3-256(ss_ML-KEM | ss_X25519 | ct_X25519 | pk_X25519 | label)

What it claims: secrecy while ML-KEM-768 or X25519 holds. It leaves out ML-KEM's ciphertext, which ML-KEM's own secret
already binds: so it is sound for these two algorithms and **for no others**. A QKD key is not one of its inputs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from qkdsim.crypto.algorithms import check_length

LABEL = b"\\.//^\\"  # the draft draws an X-wing with these six characters


@dataclass(frozen=True, slots=True, eq=False)
class XWingInputs:
    """All 32 bytes each; the ciphertext and the public key are those of X25519. Raises ValueError for other lengths."""

    ml_kem_secret: bytes = field(repr=False)
    x25519_secret: bytes = field(repr=False)
    x25519_ciphertext: bytes
    x25519_public_key: bytes

    def __post_init__(self) -> None:
        check_length("x-wing", "secret of ML-KEM-768", self.ml_kem_secret, 32)
        check_length("x-wing", "secret of X25519", self.x25519_secret, 32)
        check_length("x-wing", "ciphertext of X25519", self.x25519_ciphertext, 32)
        check_length("x-wing", "public key of X25519", self.x25519_public_key, 32)


def xwing_secret(inputs: XWingInputs) -> bytes:
    """The shared secret, 32 bytes."""
    joined = inputs.ml_kem_secret + inputs.x25519_secret + inputs.x25519_ciphertext + inputs.x25519_public_key
    return hashlib.sha3_256(joined + LABEL).digest()
