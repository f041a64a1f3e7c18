"""Classical primitives: a polynomial hash over GF(2^128), Wegman-Carter tags made of it, and secret sharing.

Hybrid keys have rooms of their own: `kem`, `signature` and `combiner`.

The names are imported when first used: the hash is compiled code, and `SharingScheme` is asked for by those who never
see a byte of key.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qkdsim.crypto.authentication import TAG_KEY_BITS, TagKey, TranscriptTag, equal, forgery_bound
    from qkdsim.crypto.polynomial_hash import PolynomialHash, multiply
    from qkdsim.crypto.secret_sharing import Share, join_threshold, join_xor, split_threshold, split_xor
    from qkdsim.crypto.share_checks import Verified, share_tags, tagged_shares, verified_shares
    from qkdsim.crypto.sharing_scheme import SharingKind, SharingScheme, Verification

_HOMES = {
    **dict.fromkeys(("TAG_KEY_BITS", "TagKey", "TranscriptTag", "equal", "forgery_bound"), "authentication"),
    **dict.fromkeys(("PolynomialHash", "multiply"), "polynomial_hash"),
    **dict.fromkeys(("Share", "join_threshold", "join_xor", "split_threshold", "split_xor"), "secret_sharing"),
    **dict.fromkeys(("Verified", "share_tags", "tagged_shares", "verified_shares"), "share_checks"),
    **dict.fromkeys(("SharingKind", "SharingScheme", "Verification"), "sharing_scheme"),
}

__all__ = [
    "TAG_KEY_BITS",
    "PolynomialHash",
    "Share",
    "SharingKind",
    "SharingScheme",
    "TagKey",
    "TranscriptTag",
    "Verification",
    "Verified",
    "equal",
    "forgery_bound",
    "join_threshold",
    "join_xor",
    "multiply",
    "share_tags",
    "split_threshold",
    "split_xor",
    "tagged_shares",
    "verified_shares",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qkdsim.crypto' has no attribute {name!r}")
    return getattr(import_module(f"qkdsim.crypto.{_HOMES[name]}"), name)
