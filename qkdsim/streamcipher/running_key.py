"""The running key: the seed expanded by AES in counter mode."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE, StreamCipher

_WORD_BYTES = 4  # one 32-bit word per symbol: wasteful of AES, which is cheap, and free of bit shuffling
_BLOCK_BYTES = 16
_MASK_SHIFT = 30  # the two highest bits; a basis takes 19 bits at most


@dataclass(frozen=True, slots=True)
class RunningKey:
    """For each symbol its basis and what is added (xor) to its data; shape (symbols,) each."""

    basis: NDArray[np.uint32] = field(repr=False)
    mask: NDArray[np.uint32] = field(repr=False)


def running_key(cipher: StreamCipher, seed: bytes, symbols: int, first_symbol: int = 0) -> RunningKey:
    """The running key of `symbols` symbols from the one numbered `first_symbol`; both ends compute the same.

    One seed serves one direction once: the counter starts at zero, so a seed must never be used again.
    Raises InputError for a seed of the wrong length.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if 8 * len(seed) != cipher.seed_bits:
        raise InputError.of(SOURCE, "seed", f"{8 * len(seed)} bits", f"{cipher.seed_bits} bits")
    block, skipped_bytes = divmod(first_symbol * _WORD_BYTES, _BLOCK_BYTES)
    counter = block.to_bytes(_BLOCK_BYTES, "big")
    encryptor = Cipher(algorithms.AES(seed), modes.CTR(counter)).encryptor()
    stream = encryptor.update(bytes(skipped_bytes + symbols * _WORD_BYTES))
    words = np.frombuffer(stream, dtype="<u4", offset=skipped_bytes)
    basis = words & np.uint32(cipher.bases - 1)
    flips = cipher.states_per_basis - 1 if cipher.overlap_selection else 0
    return RunningKey(basis, (words >> np.uint32(_MASK_SHIFT)) & np.uint32(flips))
