"""GHASH: a message as the coefficients of a polynomial over GF(2^128), evaluated at a secret point.

NIST SP 800-38D (2007), 6.3 (the field) and 6.4 (GHASH). For a uniformly random key H two distinct messages of at most L
blocks of 16 bytes collide with probability at most (L + 1) 2^-128: with the length block, their difference is a
non-zero polynomial in H of degree at most L + 1.

Products with the kept H come from tables, eight bits at a time (V. Shoup, CRYPTO '96, LNCS 1109, 313), so that no
processor instruction is asked for. Look-ups depend on the data: this is for simulation, not for a machine whose caches
an attacker can watch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel

BLOCK_BYTES = 16
_CHUNK_BYTES = 1 << 20  # what is copied at a time: long messages need no second copy of themselves


class PolynomialHash:
    """The running GHASH of everything fed so far, without additional data: GHASH(H, empty, data) of SP 800-38D."""

    def __init__(self, key: bytes) -> None:
        """Build the tables (64 KiB) for the key H of 16 bytes.

        Raises ValueError if it is of another length.
        """
        self._table = _product_table(_block(key))
        self._state = np.zeros(2, dtype=np.uint64)
        self._pending = b""  # the last, incomplete block
        self._length_bytes = 0

    def __repr__(self) -> str:
        return f"PolynomialHash({self._length_bytes} bytes)"

    @property
    def length_bytes(self) -> int:
        """Bytes fed so far."""
        return self._length_bytes

    def update(self, data: bytes | memoryview | NDArray[np.uint8]) -> None:
        """Append to the message: calls with b"a", b"b" and one with b"ab" are the same (framing is the caller's).

        data: contiguous; of an array, its bytes.
        """
        view = data.data if isinstance(data, np.ndarray) else memoryview(data)
        if not view.nbytes:
            return
        view = view.cast("B")
        self._length_bytes += len(view)
        if self._pending:
            taken = min(BLOCK_BYTES - len(self._pending), len(view))
            self._pending += bytes(view[:taken])
            view = view[taken:]
            if len(self._pending) < BLOCK_BYTES:
                return
            _absorb(self._state, _writable(self._pending), self._table)
        whole = len(view) - len(view) % BLOCK_BYTES
        for start in range(0, whole, _CHUNK_BYTES):
            _absorb(self._state, _writable(view[start : min(start + _CHUNK_BYTES, whole)]), self._table)
        self._pending = bytes(view[whole:])

    def digest(self) -> bytes:
        """GHASH of everything so far, 16 bytes; feeding may go on afterwards."""
        state = self._state.copy()
        last = self._pending.ljust(BLOCK_BYTES, b"\0") if self._pending else b""
        _absorb(state, _writable(last + (8 * self._length_bytes).to_bytes(BLOCK_BYTES, "big")), self._table)
        return _bytes(state)

    def copy(self) -> PolynomialHash:
        """An independent hash in the same state; the tables are shared, for they never change."""
        other = object.__new__(PolynomialHash)
        other._table, other._state = self._table, self._state.copy()
        other._pending, other._length_bytes = self._pending, self._length_bytes
        return other


def multiply(a: bytes, b: bytes) -> bytes:
    """The product of two field elements, 16 bytes each (SP 800-38D, 6.3: the first bit is the coefficient of 1).

    Raises ValueError if either is of another length.
    """
    state = np.zeros(2, dtype=np.uint64)
    _absorb(state, _block(a), _product_table(_block(b)))
    return _bytes(state)


def _block(element: bytes) -> NDArray[np.uint8]:
    if len(element) != BLOCK_BYTES:
        raise ValueError(f"an element of GF(2^128) has {BLOCK_BYTES} bytes, not {len(element)}")
    return _writable(element)


def _writable(data: bytes | memoryview) -> NDArray[np.uint8]:
    """A copy: a read-only array would be a second type to the kernels, compiled once more."""
    return np.frombuffer(data, dtype=np.uint8).copy()


def _bytes(words: NDArray[np.uint64]) -> bytes:
    return words.astype("<u8").tobytes()


@kernel
def _word(data: NDArray[np.uint8], start: int) -> np.uint64:
    """Eight bytes as a number, the first byte lowest, on every processor."""
    word = np.uint64(0)
    for position in range(8):
        word |= np.uint64(data[start + position]) << np.uint64(8 * position)
    return word


@kernel
def _product_table(key: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """For each byte position and value its product with the key: shape (16, 256, 2), words as in memory.

    A byte holds eight coefficients, the highest bit that of the lowest power of x. Multiplying by x shifts the string
    of 128 bits right by one; what falls out returns as x^128 = 1 + x + x^2 + x^7, the byte 0xe1.
    """
    table = np.zeros((16, 256, 2), dtype=np.uint64)
    power = key.copy()  # key x^i
    for position in range(16):
        for bit in range(7, -1, -1):
            value = 1 << bit
            table[position, value, 0] = _word(power, 0)
            table[position, value, 1] = _word(power, 8)
            carry = 0
            for i in range(16):
                byte = int(power[i])
                power[i] = (byte >> 1) | (carry << 7)
                carry = byte & 1
            power[0] ^= 0xE1 * carry
        for value in range(1, 256):
            lowest = value & -value
            for word in range(2):
                table[position, value, word] = table[position, lowest, word] ^ table[position, value ^ lowest, word]
    return table


@kernel
def _absorb(state: NDArray[np.uint64], data: NDArray[np.uint8], table: NDArray[np.uint64]) -> None:
    """Horner's rule in place: state = (state + block) key for each whole block of the data."""
    first, second = state[0], state[1]
    low_byte = np.uint64(0xFF)
    for start in range(0, len(data) - 15, 16):
        a = first ^ _word(data, start)
        b = second ^ _word(data, start + 8)
        first, second = np.uint64(0), np.uint64(0)
        for position in range(8):
            shift = np.uint64(8 * position)
            one, other = (a >> shift) & low_byte, (b >> shift) & low_byte
            first ^= table[position, one, 0] ^ table[position + 8, other, 0]
            second ^= table[position, one, 1] ^ table[position + 8, other, 1]
    state[0], state[1] = first, second
