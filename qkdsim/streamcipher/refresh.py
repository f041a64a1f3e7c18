"""Fresh seeds from QKD: the key they cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE, StreamCipher


@dataclass(frozen=True, slots=True)
class SeedRefresh:
    """A new seed from the key store every `interval_s`, for each of `directions` of a link.

    It limits what one broken seed exposes; it does not make the cipher information-theoretically secure, since a seed
    covers far more data than its own length (`data_bits_per_seed_bit`).
    """

    cipher: StreamCipher
    interval_s: float
    directions: int = 2

    def __post_init__(self) -> None:
        if not (math.isfinite(self.interval_s) and self.interval_s > 0.0):
            raise InputError.of(SOURCE, "interval_s", self.interval_s, "a time above 0")
        if self.directions not in {1, 2}:
            raise InputError.of(SOURCE, "directions", self.directions, "1 or 2")

    @property
    def key_rate_bps(self) -> float:
        """QKD key that the seeds consume on average."""
        return self.directions * self.cipher.seed_bits / self.interval_s

    @property
    def symbols_per_seed(self) -> float:
        """Symbols that one seed encrypts."""
        return self.cipher.symbol_rate_hz * self.interval_s

    @property
    def data_bits_per_seed_bit(self) -> float:
        """Data encrypted per bit of key; 1 would be a one-time pad."""
        return self.cipher.data_rate_bps * self.interval_s / self.cipher.seed_bits
