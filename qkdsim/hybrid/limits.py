"""How much one key may protect. With A the adversary's advantage, over both limits of a key at most 2^-57 each:

AES-256-GCM         confidentiality  A <= s^2 / 2^129 for s blocks of 16 bytes: 2^34 blocks, A <= 2^-61
                    integrity        A <= 2 v (l + 1) / 2^128 for v forgeries of l blocks
ChaCha20-Poly1305   confidentiality  no limit in practice
                    integrity        A <= v 8 l / 2^106: 2^33 forgeries

The bounds are those of the IRTF's draft-irtf-cfrg-aead-limits, for one user. A message has up to 64 KiB, so l is up to
4098 with its header. SP 800-38D, 8.3, allows 2^32 messages where nonces are random; with counters, as here, it needs
no such limit, and it is kept all the same. The one-time pad has no such limit: its pad runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qkdsim.hybrid.suites import Cipher

MOST_PLAIN_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages and blocks of 16 bytes that one key may seal, and forgeries that it may refuse."""

    messages: int
    blocks: int
    forgeries: int


LIMITS: dict[Cipher, Limits] = {
    "aes-256-gcm": Limits(2**32, 2**34, 2**48),
    "chacha20-poly1305": Limits(2**48, 2**60, 2**33),
    "one-time-pad": Limits(2**32, 2**60, 2**48),
}
