"""Privacy amplification: a long, partly known string becomes a short one about which nothing is known.

The hash is a random Toeplitz matrix over GF(2), y = T x with T[i, j] = seed[i - j + n - 1] (H. Krawczyk, CRYPTO '94,
LNCS 839, 129): a universal family, so the leftover hash lemma holds. The product is a convolution, done by real Fourier
transforms of tiles of the matrix: tiles along a diagonal are equal, so each is transformed once, and a tile fits the
processor's cache.

Exact: every sum is an integer of at most n, the error of double precision is of order n 2^-53 log n (below 1e-5 at
n = 1e8), and the greatest distance from an integer is checked in every hash.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from qkdsim.errors import RunError
from qkdsim.kernel import kernel
from qkdsim.postprocessing.reconciler import Bits

Spectra = NDArray[np.complex128]

LARGEST_RESIDUE = 0.1  # 0.5 would be a wrong bit; honest rounding stays below 1e-5
_TILE_BITS = 1 << 16  # two transforms of twice this length are worked on at a time: about 4 MB
_MOST_TILES_DOWN = 24  # beyond, products of spectra cost more than transforms that leave the cache
_STRIP = 512  # frequencies multiplied at a time: what they need of all spectra stays in the cache
_ROWS = 2  # transforms at a time: scipy runs them side by side in one vector register
_KEPT_MEMORY_BYTES = 31 << 20  # just below what the GNU C library takes as a hint (32 MiB)


def toeplitz_hash(bits: Bits, seed_bits: Bits, secret_bits: int) -> Bits:
    """The secret string y = T x for a seed that is used once; arguments and errors as in ToeplitzSeed."""
    return ToeplitzSeed(seed_bits, len(bits), secret_bits).hash(bits)


def seed_length_bits(length_bits: int, secret_bits: int) -> int:
    """Public random bits that name one matrix of shape (secret_bits, length_bits)."""
    return max(length_bits + secret_bits - 1, 0)


class ToeplitzSeed:
    """One matrix of the family, with its spectra kept: the second hash costs about half of the first.

    **A seed may serve several blocks only if all of them had been fully detected before it was announced.** Whoever
    knows the matrix while signals are still to come can choose what to learn about them, and the lemma asks for a
    matrix independent of that knowledge.
    """

    def __init__(self, bits: Bits, length_bits: int, secret_bits: int) -> None:
        """Transform the seed; about 16 bytes are kept for each of its bits.

        bits: shape (length_bits + secret_bits - 1,), or empty where that is negative.

        Raises ValueError if a length is negative or does not fit.
        """
        if length_bits < 0 or secret_bits < 0:
            raise ValueError(f"no matrix has {secret_bits} rows and {length_bits} columns")
        _check(bits, seed_length_bits(length_bits, secret_bits), "a Toeplitz seed")
        self.length_bits = length_bits
        self.secret_bits = secret_bits
        _keep_freed_memory()
        self._tiling = _tiling(length_bits, secret_bits) if length_bits and secret_bits else None
        self._spectra = _seed_spectra(bits, length_bits, self._tiling) if self._tiling else None

    def __repr__(self) -> str:
        return f"ToeplitzSeed({self.length_bits} -> {self.secret_bits} bits)"

    def hash(self, bits: Bits) -> Bits:
        """The secret string, shape (secret_bits,).

        bits: shape (length_bits,).

        Raises ValueError if they do not fit, and RunError if rounding came near a wrong bit: no key then.
        """
        _check(bits, self.length_bits, "the string to hash")
        tiling = self._tiling
        if tiling is None or self._spectra is None:
            return np.zeros(self.secret_bits, dtype=np.uint8)
        products = np.empty((tiling.down, tiling.frequencies), dtype=np.complex128)
        _multiply_tiles(self._spectra, _string_spectra(bits, tiling), products, _STRIP)
        secret = np.empty((tiling.down, tiling.rows), dtype=np.uint8)
        for start in range(0, tiling.down, _ROWS):
            part = slice(start, start + _ROWS)
            sums = scipy.fft.irfft(products[part], tiling.transform_length, overwrite_x=True)
            residue = _parities(sums, tiling.columns - 1, secret[part])
            if residue > LARGEST_RESIDUE:
                raise RunError(f"privacy amplification: a sum was {residue:.2g} from an integer; the block is given up")
        return secret.reshape(-1)[: self.secret_bits].copy()


@dataclass(frozen=True, slots=True)
class _Tiling:
    """The matrix cut into `down` x `across` tiles of `rows` x `columns`, the last ones filled up with zeros."""

    rows: int
    columns: int
    down: int
    across: int

    @property
    def window(self) -> int:
        """Seed bits in one tile."""
        return self.rows + self.columns - 1

    @property
    def diagonals(self) -> int:
        """Different tiles."""
        return self.down + self.across - 1

    @property
    def transform_length(self) -> int:
        """Of the window or more: what wraps around then falls on sums that nobody reads."""
        return int(scipy.fft.next_fast_len(self.window, real=True))

    @property
    def frequencies(self) -> int:
        return self.transform_length // 2 + 1


def _tiling(length_bits: int, secret_bits: int) -> _Tiling:
    """Square tiles, so that a tile depends on its diagonal only; one row of wide tiles where the output is short."""
    down = min(_parts(secret_bits, _TILE_BITS), _MOST_TILES_DOWN)
    rows = _parts(secret_bits, down)
    columns = rows
    if down == 1:
        widest = max(rows, 2 * _TILE_BITS - rows)
        columns = _parts(length_bits, _parts(length_bits, widest))
    return _Tiling(rows, columns, down, _parts(length_bits, columns))


def _parts(whole: int, part: int) -> int:
    """Parts of this size that cover the whole; or the size of this many parts that do."""
    return -(-whole // part)


@functools.cache
def _keep_freed_memory() -> None:
    """Let one large array come and go, once.

    Until then the GNU C library hands the memory of each transform back to the system, and taking it again, page by
    page, costs as much as the transform. Elsewhere this does nothing.
    """
    np.empty(_KEPT_MEMORY_BYTES, dtype=np.uint8)


def _seed_spectra(bits: Bits, length_bits: int, tiling: _Tiling) -> Spectra:
    """One spectrum for each diagonal of tiles, from the lower left one (earliest seed bits) to the upper right."""
    start = tiling.across * tiling.columns - length_bits
    padded = np.zeros((tiling.diagonals - 1) * tiling.columns + tiling.window, dtype=np.uint8)
    padded[start : start + len(bits)] = bits
    return _spectra(sliding_window_view(padded, tiling.window)[:: tiling.columns], tiling)


def _string_spectra(bits: Bits, tiling: _Tiling) -> Spectra:
    padded = np.zeros(tiling.across * tiling.columns, dtype=np.uint8)
    padded[: len(bits)] = bits
    return _spectra(padded.reshape(tiling.across, tiling.columns), tiling)


def _spectra(rows: Bits, tiling: _Tiling) -> Spectra:
    """The real transform of each row, in double precision (single precision gives wrong bits from 1e6 on)."""
    spectra = np.empty((len(rows), tiling.frequencies), dtype=np.complex128)
    for start in range(0, len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        spectra[part] = scipy.fft.rfft(rows[part].astype(np.float64), tiling.transform_length)
    return spectra


def _check(bits: Bits, expected: int, what: str) -> None:
    if bits.shape != (expected,) or bits.dtype != np.uint8:
        raise ValueError(f"{what} holds uint8 of shape {(expected,)}, not {bits.dtype} of shape {bits.shape}")
    if expected and bits.max() > 1:
        raise ValueError(f"{what} holds something else than 0 and 1")


@kernel
def _multiply_tiles(seed: Spectra, string: Spectra, products: Spectra, strip: int) -> None:
    """products[i] = sum over j of seed[i - j + across - 1] string[j], frequency by frequency, strip after strip."""
    down, across, frequencies = len(products), len(string), products.shape[1]
    for low in range(0, frequencies, strip):
        high = min(low + strip, frequencies)
        for i in range(down):
            total = products[i, low:high]
            total[:] = 0.0
            for j in range(across):
                tile, piece = seed[i - j + across - 1, low:high], string[j, low:high]
                for f in range(high - low):
                    total[f] += tile[f] * piece[f]


@kernel
def _parities(sums: NDArray[np.float64], first: int, parities: Bits) -> float:
    """Write the parity of each row's sums from column `first` on; the greatest distance of one from an integer."""
    residue = 0.0
    for row in range(len(parities)):
        for i in range(parities.shape[1]):
            value = sums[row, first + i]
            integer = np.rint(value)
            residue = max(residue, abs(value - integer))
            parities[row, i] = np.int64(integer) & 1
    return residue
