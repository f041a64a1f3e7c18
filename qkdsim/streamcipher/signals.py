"""Data and running key -> level to send, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.streamcipher.cipher import StreamCipher
from qkdsim.streamcipher.running_key import RunningKey

_GRAY = np.array([0, 1, 3, 2], dtype=np.uint32)  # neighbouring quadrants differ in one bit; its own inverse


def data_symbols(data: bytes, bits_per_symbol: int) -> NDArray[np.uint32]:
    """Bytes as symbols of one or two bits, highest bits first; shape (8 len(data) / bits_per_symbol,)."""
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8))
    if bits_per_symbol == 1:
        return bits.astype(np.uint32)
    return (2 * bits[0::2] + bits[1::2]).astype(np.uint32)


def data_bytes(symbols: NDArray[np.uint32], bits_per_symbol: int) -> bytes:
    """The bytes of which `symbols` are the symbols."""
    if bits_per_symbol == 1:
        return np.packbits(symbols.astype(np.uint8)).tobytes()
    pairs = np.column_stack((symbols >> np.uint32(1), symbols & np.uint32(1)))
    return np.packbits(pairs.astype(np.uint8)).tobytes()


def sent_levels(cipher: StreamCipher, data: NDArray[np.uint32], key: RunningKey) -> NDArray[np.uint32]:
    """The level of every symbol, shape (symbols,).

    Basis k consists of the levels k, k + bases, ...; its polarity turns with k, so neighbouring levels carry different
    data (H. P. Yuen's protocol as in G. A. Barbosa et al., Phys. Rev. Lett. 90, 227901, 2003).
    """
    state = (_GRAY[data ^ key.mask] + key.basis) & np.uint32(cipher.states_per_basis - 1)
    return np.asarray(key.basis + np.uint32(cipher.bases) * state)


def received_data(cipher: StreamCipher, states: NDArray[np.uint32], key: RunningKey) -> NDArray[np.uint32]:
    """Data of the states 0, 1 .. that the receiver decided on within the bases of `key`, shape (symbols,)."""
    state = (states - key.basis) & np.uint32(cipher.states_per_basis - 1)
    return np.asarray(_GRAY[state] ^ key.mask)
