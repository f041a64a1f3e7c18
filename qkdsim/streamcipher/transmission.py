"""Real bytes through a simulated line: encryption, noisy measurement, decryption; and an eavesdropper's record."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qkdsim.streamcipher.cipher import StreamCipher
from qkdsim.streamcipher.eavesdropper import tapped_photons
from qkdsim.streamcipher.line import Arrival
from qkdsim.streamcipher.receiver import Receiver, require_fitting
from qkdsim.streamcipher.running_key import RunningKey, running_key
from qkdsim.streamcipher.signals import data_bytes, data_symbols, received_data, sent_levels

_CHUNK_SYMBOLS = 2**18  # arrays of one chunk stay in the processor's cache; a multiple of the symbols in a byte

Levels = NDArray[np.uint32]
Decision = Callable[[Levels, RunningKey, np.random.Generator], Levels]


def encrypt(cipher: StreamCipher, seed: bytes, data: bytes, first_symbol: int = 0) -> Levels:
    """The levels that carry `data`, shape (8 len(data) / bits_per_symbol,).

    Raises InputError for a wrong seed length.
    """
    levels = np.empty(8 * len(data) // cipher.bits_per_symbol, dtype=np.uint32)
    chunk_bytes = _CHUNK_SYMBOLS * cipher.bits_per_symbol // 8
    for start in range(0, len(levels), _CHUNK_SYMBOLS):
        first_byte = start * cipher.bits_per_symbol // 8
        symbols = data_symbols(data[first_byte : first_byte + chunk_bytes], cipher.bits_per_symbol)
        key = running_key(cipher, seed, len(symbols), first_symbol + start)
        levels[start : start + len(symbols)] = sent_levels(cipher, symbols, key)
    return levels


def decrypt(
    cipher: StreamCipher,
    seed: bytes,
    levels: Levels,
    receiver: Receiver,
    arrival: Arrival,
    rng: np.random.Generator,
    first_symbol: int = 0,
) -> bytes:
    """What the receiver makes of sent `levels`, noise of light and receiver drawn from `rng`; bit errors remain.

    Raises InputError for a wrong seed length or a receiver that cannot read the keying.
    """
    require_fitting(cipher, receiver)
    decide = _phase_decision if cipher.keying == "phase" else _intensity_decision
    states = decide(cipher, receiver, arrival)
    parts = []
    for start in range(0, len(levels), _CHUNK_SYMBOLS):
        chunk = levels[start : start + _CHUNK_SYMBOLS]
        key = running_key(cipher, seed, len(chunk), first_symbol + start)
        symbols = received_data(cipher, states(chunk, key, rng), key)
        parts.append(data_bytes(symbols, cipher.bits_per_symbol))
    return b"".join(parts)


def eavesdrop(cipher: StreamCipher, levels: Levels, rng: np.random.Generator, tapped: float = 1.0) -> Levels:
    """The levels that an eavesdropper without key reads with ideal receivers, shape as `levels`.

    Heterodyne and nearest phase, or photon counting (Gaussian) and nearest level, as in `eavesdropper_level_error`.
    """
    tapped_photons(cipher, tapped)
    count = len(levels)
    if cipher.keying == "phase":
        field = math.sqrt(tapped) * cipher.level_points[levels]
        noise = rng.standard_normal((2, count)) * math.sqrt(0.5)
        turns = np.arctan2(field.imag + noise[1], field.real + noise[0]) / (2.0 * np.pi)
        return np.asarray(np.rint(turns * cipher.levels).astype(np.int64) % cipher.levels, dtype=np.uint32)
    mean = tapped * cipher.level_photons
    counted = mean[levels] + np.sqrt(mean)[levels] * rng.standard_normal(count)
    nearest = np.rint((counted - mean[0]) / (mean[1] - mean[0]))
    return np.asarray(np.clip(nearest, 0, cipher.levels - 1), dtype=np.uint32)


def _phase_decision(cipher: StreamCipher, receiver: Receiver, arrival: Arrival) -> Decision:
    """The field is turned back by the basis, noise is added, and the nearest state of the basis is taken."""
    scale = receiver.amplitude(cipher, arrival) / math.sqrt(cipher.mean_photons)
    points = (scale * cipher.level_points).astype(np.complex64)
    along, across = np.ascontiguousarray(points.real), np.ascontiguousarray(points.imag)
    sigma = np.float32(receiver.quadrature_sigma(arrival))
    last = np.uint32(cipher.levels - 1)

    def states(levels: Levels, key: RunningKey, rng: np.random.Generator) -> Levels:
        turned = (levels - key.basis) & last
        real = along[turned] + sigma * rng.standard_normal(len(levels), dtype=np.float32)
        if cipher.bits_per_symbol == 1:
            return np.asarray(real < 0.0, dtype=np.uint32)
        imaginary = across[turned] + sigma * rng.standard_normal(len(levels), dtype=np.float32)
        left, below = real + imaginary < 0.0, imaginary - real < 0.0  # the quarter turns around 0, 90, 180, 270 degrees
        return np.asarray(np.where(left, np.where(below, 3, 2), np.where(below, 0, 1)), dtype=np.uint32)

    return states


def _intensity_decision(cipher: StreamCipher, receiver: Receiver, arrival: Arrival) -> Decision:
    """Photons are counted and compared with the threshold of the basis, (s1 m0 + s0 m1) / (s0 + s1)."""
    mean, sigma = receiver.counts(cipher.level_photons, arrival)
    low, high = slice(None, cipher.bases), slice(cipher.bases, None)
    threshold = (sigma[high] * mean[low] + sigma[low] * mean[high]) / (sigma[low] + sigma[high])
    means, sigmas, thresholds = (table.astype(np.float32) for table in (mean, sigma, threshold))

    def states(levels: Levels, key: RunningKey, rng: np.random.Generator) -> Levels:
        counted = means[levels] + sigmas[levels] * rng.standard_normal(len(levels), dtype=np.float32)
        return np.asarray(counted > thresholds[key.basis], dtype=np.uint32)

    return states
