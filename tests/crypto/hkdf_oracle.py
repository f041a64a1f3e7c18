"""HKDF and prf+ from the standard library alone: oracles for the combiners, and the ground of their broken mutants."""

from __future__ import annotations

import hashlib
import hmac


def hkdf(hash_name: str, salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, 2.2 and 2.3."""
    salt = salt or bytes(hashlib.new(hash_name).digest_size)
    return prf_plus(hash_name, hmac.digest(salt, secret, hash_name), info, length)


def prf_plus(hash_name: str, key: bytes, seed: bytes, length: int) -> bytes:
    """RFC 7296, 2.13."""
    stream, block, number = b"", b"", 0
    while len(stream) < length:
        number += 1
        block = hmac.digest(key, block + seed + bytes([number]), hash_name)
        stream += block
    return stream[:length]


def framed(*fields: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in fields)
