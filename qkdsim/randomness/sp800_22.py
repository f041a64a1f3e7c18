"""The fifteen tests of NIST SP 800-22 rev. 1a on one sequence: 188 p-values.

Each function takes the bits as an array of uint8 (0 and 1) and returns its p-values. Parameters are the defaults of
NIST's own suite for a sequence of a million bits. A p-value is nan where a test does not apply: random excursions need
500 returns of the walk to zero (2.14.5).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, special

from qkdsim.randomness.counting import (
    Bits,
    Counts,
    block_window_counts,
    linear_complexities,
    longest_runs,
    ones_windows_per_block,
    ranks,
    return_distances,
    walk_visits,
    window_counts,
)
from qkdsim.randomness.expected import (
    COMPLEXITY_CLASSES,
    aperiodic_templates,
    excursion_classes,
    longest_run_classes,
    overlapping_classes,
    rank_classes,
)

SEQUENCE_BITS = 1_000_000
LEAST_CYCLES = 500


def p_values(bits: Bits) -> dict[str, float]:
    """All sub-tests by name, 188 of them, in a fixed order.

    Raises ValueError if there are fewer bits than a million, for which the parameters are chosen.
    """
    if bits.size < SEQUENCE_BITS:
        raise ValueError(f"the battery takes sequences of at least {SEQUENCE_BITS} bits, not {bits.size}")
    found = {
        "frequency": frequency(bits),
        "block-frequency": block_frequency(bits),
        "cumulative-sums-forward": cumulative_sums(bits),
        "cumulative-sums-backward": cumulative_sums(bits[::-1]),
        "runs": runs(bits),
        "longest-run": longest_run(bits),
        "rank": rank(bits),
        "spectral": spectral(bits),
        "overlapping-template": overlapping_template(bits),
        "universal": universal(bits),
        "linear-complexity": linear_complexity(bits),
    }
    windows = window_counts(bits, 16)
    found["approximate-entropy"] = approximate_entropy(windows)
    found["serial-1"], found["serial-2"] = serial(windows)
    found |= {f"template-{name}": value for name, value in templates(bits).items()}
    return found | excursions(bits)


def frequency(bits: Bits) -> float:
    """2.1: as many ones as zeros."""
    ones = int(np.count_nonzero(bits))
    return float(special.erfc(abs(2 * ones - bits.size) / math.sqrt(2.0 * bits.size)))


def block_frequency(bits: Bits, block: int = 128) -> float:
    """2.2: as many ones as zeros in every block."""
    shares = bits[: bits.size // block * block].reshape(-1, block).mean(axis=1)
    return _chi_square(4.0 * block * float(((shares - 0.5) ** 2).sum()), shares.size)


def cumulative_sums(bits: Bits) -> float:
    """2.13: how far the walk goes from zero; `bits` reversed for the backward mode."""
    walk = np.cumsum(2 * bits.astype(np.int64) - 1)
    farthest, size = int(np.abs(walk).max()), bits.size

    def terms(first: int, last: int, above: int, below: int) -> float:
        places = 4 * np.arange(first, last + 1) * farthest
        ends = ((places + side * farthest) / math.sqrt(size) for side in (above, below))
        upper, lower = (special.ndtr(end).sum() for end in ends)
        return float(upper - lower)

    ratio = size / farthest
    last = math.floor((ratio - 1) / 4)
    return 1.0 - terms(math.floor((-ratio + 1) / 4), last, 1, -1) + terms(math.floor((-ratio - 3) / 4), last, 3, 1)


def runs(bits: Bits) -> float:
    """2.3: as many runs as chance gives; 0 where the frequency test has failed already."""
    size = bits.size
    share = np.count_nonzero(bits) / size
    if abs(share - 0.5) >= 2.0 / math.sqrt(size):
        return 0.0
    found = 1 + int(np.count_nonzero(bits[1:] != bits[:-1]))
    spread = share * (1.0 - share)
    return float(special.erfc(abs(found - 2.0 * size * spread) / (2.0 * math.sqrt(2.0 * size) * spread)))


def longest_run(bits: Bits, probabilities: tuple[float, ...] | None = None) -> float:
    """2.4: the longest run of ones in blocks of 10,000 bits, in seven classes of exact probability or those given."""
    longest = np.clip(longest_runs(bits, 10_000), 10, 16) - 10
    return _goodness(np.bincount(longest, minlength=7), probabilities or longest_run_classes())


def rank(bits: Bits, side: int = 32) -> float:
    """2.5: the rank of matrices of 32 x 32 bits: full, one less, or lower."""
    found = np.minimum(side - ranks(bits, side), 2)
    return _goodness(np.bincount(found, minlength=3), rank_classes(side))


def spectral(bits: Bits) -> float:
    """2.6: as many low peaks in the Fourier transform as chance gives (95 %)."""
    size = bits.size
    heights = np.abs(fft.rfft(2.0 * bits - 1.0))[: size // 2]
    low = int(np.count_nonzero(heights < math.sqrt(math.log(1.0 / 0.05) * size)))
    away = (low - 0.95 * size / 2.0) / math.sqrt(size * 0.95 * 0.05 / 4.0)
    return float(special.erfc(abs(away) / math.sqrt(2.0)))


def templates(bits: Bits, length: int = 9, blocks: int = 8) -> dict[str, float]:
    """2.7: hits of each of the 148 aperiodic templates of nine bits.

    Such a template cannot overlap itself, so all its windows are hits and one count of windows serves all templates.
    """
    block = bits.size // blocks
    counts = block_window_counts(bits, block, length)
    mean = (block - length + 1) / 2.0**length
    variance = block * (2.0**-length - (2 * length - 1) / 4.0**length)
    away = ((counts - mean) ** 2).sum(axis=0) / variance
    return {
        format(template, f"0{length}b"): _chi_square(float(away[template]), blocks)
        for template in aperiodic_templates(length)
    }


def overlapping_template(
    bits: Bits, probabilities: tuple[float, ...] | None = None, length: int = 9, block: int = 1032
) -> float:
    """2.8: hits of nine ones in blocks of 1,032 bits, in six classes of exact probability or those given."""
    hits = np.minimum(ones_windows_per_block(bits, block, length), 5)
    return _goodness(np.bincount(hits, minlength=6), probabilities or overlapping_classes(length, block))


def universal(bits: Bits, length: int = 7, initial: int = 1280) -> float:
    """2.9: Maurer's test: distances between equal blocks of seven bits; mean and variance as in its table."""
    mean, variance = 6.1962507, 3.125
    total, blocks = return_distances(bits, length, initial)
    shrink = 0.7 - 0.8 / length + (4.0 + 32.0 / length) * blocks ** (-3.0 / length) / 15.0
    spread = shrink * math.sqrt(variance / blocks)
    return float(special.erfc(abs(total / blocks - mean) / (math.sqrt(2.0) * spread)))


def linear_complexity(bits: Bits, probabilities: tuple[float, ...] = COMPLEXITY_CLASSES, block: int = 500) -> float:
    """2.10: lengths of the shift registers that give blocks of 500 bits, in seven classes."""
    sign = 1.0 if block % 2 == 0 else -1.0
    mean = block / 2.0 + (9.0 - sign) / 36.0 - (block / 3.0 + 2.0 / 9.0) / 2.0**block
    away = sign * (linear_complexities(bits, block) - mean) + 2.0 / 9.0
    found = np.clip(np.ceil(away + 2.5), 0, 6).astype(np.int64)
    return _goodness(np.bincount(found, minlength=7), probabilities)


def serial(windows: Counts) -> tuple[float, float]:
    """2.11: all windows of 16 bits equally often; `windows` are their cyclic counts."""
    length = windows.size.bit_length() - 1
    full, shorter, shortest = (_psi_square(_shortened(windows, length - cut)) for cut in range(3))
    first, second = full - shorter, full - 2.0 * shorter + shortest
    return (
        float(special.gammaincc(2.0 ** (length - 2), first / 2.0)),
        float(special.gammaincc(2.0 ** (length - 3), second / 2.0)),
    )


def approximate_entropy(windows: Counts, length: int = 10) -> float:
    """2.12: what one more bit adds to windows of ten bits; `windows` are cyclic counts of 16 bits."""
    size = float(windows.sum())

    def mean_log(cut: int) -> float:
        shares = _shortened(windows, cut) / size
        return float(special.xlogy(shares, shares).sum())

    gain = mean_log(length) - mean_log(length + 1)
    return _chi_square(2.0 * size * (math.log(2.0) - gain), 2**length)


def excursions(bits: Bits) -> dict[str, float]:
    """2.14 and 2.15: visits of the walk to the states near zero, per cycle and in all."""
    cycles, by_visits, total = walk_visits(bits, 9)
    applies = cycles >= max(LEAST_CYCLES, 0.005 * math.sqrt(bits.size))
    found = {}
    for state in (-4, -3, -2, -1, 1, 2, 3, 4):
        value = _goodness(by_visits[state + 4], excursion_classes(abs(state)))
        found[f"excursions{state:+d}"] = value if applies else math.nan
    for state in [*range(-9, 0), *range(1, 10)]:
        away = abs(total[state + 9] - cycles) / math.sqrt(2.0 * cycles * (4.0 * abs(state) - 2.0))
        found[f"excursions-variant{state:+d}"] = float(special.erfc(away)) if applies else math.nan
    return found


def _shortened(windows: Counts, length: int) -> Counts:
    """Cyclic counts of shorter windows: the last bits summed out."""
    return np.asarray(windows.reshape(1 << length, -1).sum(axis=1))


def _psi_square(counts: Counts) -> float:
    size = int(counts.sum())
    return counts.size / size * float((counts.astype(float) ** 2).sum()) - size


def _chi_square(value: float, freedom: float) -> float:
    return float(special.gammaincc(freedom / 2.0, value / 2.0))


def _goodness(found: npt.NDArray[np.signedinteger[Any]], probabilities: tuple[float, ...]) -> float:
    expected = np.asarray(probabilities) * found.sum()
    return _chi_square(float(((found - expected) ** 2 / expected).sum()), len(probabilities) - 1)
