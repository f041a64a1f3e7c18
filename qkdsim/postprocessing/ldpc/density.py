"""Density evolution: the error rate up to which an endless code of a degree distribution corrects.

The message densities of belief propagation on the binary symmetric channel, on a grid of log-likelihood ratios
(S.-Y. Chung, G. D. Forney, T. J. Richardson, R. Urbanke, IEEE Commun. Lett. 5, 58 (2001)). Only those who make codes
need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel

Density = NDArray[np.float64]

STEP = 0.06
HALF = 400  # the grid is -HALF ... HALF steps, +-24 in log-likelihood ratio
CONVERGED = 1e-6  # the finite grid keeps an error rate of about 1e-7 alive


@kernel
def _table() -> NDArray[np.int32]:
    """Grid index of the box-plus of two magnitudes."""
    table = np.empty((HALF + 1, HALF + 1), dtype=np.int32)
    for i in range(HALF + 1):
        for j in range(HALF + 1):
            least, gap = min(i, j) * STEP, abs(i - j) * STEP
            magnitude = least + np.log1p(np.exp(-(i + j) * STEP)) - np.log1p(np.exp(-gap))
            table[i, j] = int(magnitude / STEP + 0.5)
    return table


@kernel
def _combined(
    table: NDArray[np.int32], sum_a: Density, difference_a: Density, sum_b: Density, difference_b: Density
) -> tuple[Density, Density]:
    """Magnitudes of the messages of a check of two inputs; see `check_density` for sum and difference."""
    total, difference = np.zeros(HALF + 1), np.zeros(HALF + 1)
    for i in range(HALF + 1):
        for j in range(HALF + 1):
            total[table[i, j]] += sum_a[i] * sum_b[j]
            difference[table[i, j]] += difference_a[i] * difference_b[j]
    return total, difference


def check_density(incoming: Density, shares: Mapping[int, float]) -> Density:
    """Messages from checks. Magnitude and sign part: of P(+m) + P(-m) and P(+m) - P(-m) each goes its own way."""
    table = _table()
    positive, negative = incoming[HALF:].copy(), incoming[HALF::-1].copy()
    negative[0] = positive[0] = positive[0] / 2.0
    power = (positive + negative, positive - negative)
    done: dict[int, tuple[Density, Density]] = {}
    out = np.zeros(2 * HALF + 1)
    for degree, share in shares.items():
        total, difference = _power(table, power, degree - 1, done)
        out[HALF:] += share * (total + difference) / 2.0
        out[HALF::-1] += share * (total - difference) / 2.0
    return out


def _power(
    table: NDArray[np.int32],
    one: tuple[Density, Density],
    inputs: int,
    done: dict[int, tuple[Density, Density]],
) -> tuple[Density, Density]:
    """A check of that many inputs, by halving."""
    if inputs == 1:
        return one
    if inputs not in done:
        left = _power(table, one, inputs // 2, done)
        right = _power(table, one, inputs - inputs // 2, done)
        done[inputs] = _combined(table, *left, *right)
    return done[inputs]


def channel_density(qber: float) -> Density:
    """What a bit of a binary symmetric channel says by itself; between two grid points the mass is shared."""
    density = np.zeros(2 * HALF + 1)
    position = np.log((1.0 - qber) / qber) / STEP
    low = int(position)
    for point, share in ((low, low + 1 - position), (low + 1, position - low)):
        density[HALF + point] += (1.0 - qber) * share
        density[HALF - point] += qber * share
    return density


def bit_densities(channel: Density, incoming: Density, degrees: list[int]) -> NDArray[np.float64]:
    """Messages from bits of each degree, shape (degrees, grid)."""
    done = {1: incoming}
    return np.array([_convolved(channel, _repeated(incoming, degree - 1, done)) for degree in degrees])


def _repeated(density: Density, times: int, done: dict[int, Density]) -> Density:
    """The sum of that many independent messages, by halving."""
    if times not in done:
        half = times // 2
        done[times] = _convolved(_repeated(density, half, done), _repeated(density, times - half, done))
    return done[times]


def _convolved(a: Density, b: Density) -> Density:
    """The sum of two messages; what leaves the grid stays at its ends."""
    size = 1 << int(np.ceil(np.log2(4 * HALF + 1)))
    whole = np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size)[: 4 * HALF + 1]
    out = whole[HALF : 3 * HALF + 1].copy()
    out[0] += whole[:HALF].sum()
    out[-1] += whole[3 * HALF + 1 :].sum()
    return np.maximum(out, 0.0)


def error_probability(density: Density) -> float:
    """P(message points the wrong way); ties count half."""
    return float(density[:HALF].sum() + density[HALF] / 2.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One round of evolution: errors of the messages that entered it, and of those of each bit degree after it."""

    before: float
    after: NDArray[np.float64]  # in order of the degrees


def evolution(bit_shares: Mapping[int, float], check_shares: Mapping[int, float], qber: float) -> Iterator[Step]:
    """Round after round, without end."""
    degrees = sorted(bit_shares)
    shares = np.array([bit_shares[degree] for degree in degrees])
    channel = channel_density(qber)
    messages = channel
    while True:
        before = error_probability(messages)
        densities = bit_densities(channel, check_density(messages, check_shares), degrees)
        messages = shares @ densities
        messages /= messages.sum()
        yield Step(before, np.array([error_probability(density) for density in densities]))


def converges(bit_shares: Mapping[int, float], check_shares: Mapping[int, float], qber: float, rounds: int) -> bool:
    """Whether the error rate goes to nothing within so many rounds."""
    return any(step.before < CONVERGED for step in islice(evolution(bit_shares, check_shares, qber), rounds))


def threshold(
    bit_shares: Mapping[int, float], check_shares: Mapping[int, float], low: float, high: float, rounds: int = 300
) -> float:
    """Greatest QBER corrected, by bisection between `low` and `high` to 1 % of the difference."""
    for _ in range(7):
        middle = (low + high) / 2.0
        if converges(bit_shares, check_shares, middle, rounds):
            low = middle
        else:
            high = middle
    return low
