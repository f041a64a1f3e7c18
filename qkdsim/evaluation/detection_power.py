"""How probable it is that a device notices an attack: the theory beside which simulated power is put.

The abort rule reads one number, the error rate of a block, so that its power is a binomial tail. The rule that no key
is released where the bound leaves none reads a length that many counts enter, with clipped terms among them; so its
power is the law of those counts carried through the bound.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.stats import qmc

from qkdsim.links.operating_point import OperatingPoint
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Counts, Security, Theory, secret_key
from qkdsim.protocols.keylength import DecoySettings

FloatArray = NDArray[np.float64]
SAMPLE_BITS = 11  # of the number of points at which the law of the counts is read


def intercepted_qber(error_rate: float, fraction: float) -> float:
    """QBER of either basis when a share of all pulses is intercepted in random bases: e0 + p (1 - 2 e0)/4.

    C. H. Bennett, G. Brassard (1984); the errors of the link itself stay, so p/4 alone is wrong.
    """
    return error_rate + fraction * (1.0 - 2.0 * error_rate) / 4.0


def fraction_for(error_rate: float, qber: float) -> float:
    """The intercepted share that raises `error_rate` to `qber`; above 1 where even all pulses would not."""
    return 4.0 * (qber - error_rate) / (1.0 - 2.0 * error_rate)


def abort_power(qber: float, threshold: float, bits: float) -> float:
    """Probability that a block of `bits` with the error rate `qber` shows more than `threshold`: a binomial tail."""
    return float(stats.binom.sf(math.floor(threshold * bits), round(bits), qber))


def release_tail(qber: float, boundary: float, bits: float) -> float:
    """Probability that a block of `bits` with the error rate `qber` shows no more than `boundary`."""
    return float(stats.binom.cdf(math.floor(boundary * bits), round(bits), qber))


def refusal_power(
    point: OperatingPoint, theory: Theory, settings: DecoySettings, security: Security, block_bits: float
) -> float:
    """Probability that the bound leaves no key of a block that closes at `block_bits` detections which give key.

    Detections that give key are multinomial; the others are Poisson, over a duration whose relative variance is
    1/block_bits; both by their normal limit. The key length is read at a quasi-random sample of such counts, without
    any draw.
    """
    cells, is_key = _mean_cells(point, block_bits, both_bases=theory.both_bases)
    uniform = qmc.Sobol(len(cells) + 1, scramble=False).random_base2(SAMPLE_BITS) + 0.5 / 2**SAMPLE_BITS
    duration = 1.0 + stats.norm.ppf(uniform[:, -1:]) / math.sqrt(block_bits)
    drawn = cells + np.sqrt(cells) * stats.norm.ppf(uniform[:, :-1])
    beyond = drawn[:, is_key].sum(axis=1, keepdims=True) - block_bits
    drawn[:, is_key] -= beyond * cells[is_key] / block_bits
    drawn[:, ~is_key] += cells[~is_key] * (duration - 1.0)
    kept = secret_key(_as_counts(np.maximum(drawn, 0.0)), theory, settings, security)
    return float(np.mean(kept.secret_bits < 1.0))


def _mean_cells(point: OperatingPoint, block_bits: float, *, both_bases: bool) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Expected detections, shape (4 K,): basis, right or wrong, intensity; and which of them give key."""
    joint = point.clicks.table.setting_probability[..., None] * point.clicks.table.bit_probability()
    means = Counts(np.zeros(joint.shape[:-1]), joint, np.zeros(()))
    parts = [
        part
        for basis in (KEY_BASIS, TEST_BASIS)
        for part in (means.detected(basis) - means.errors(basis), means.errors(basis))
    ]
    cells = np.concatenate(parts)
    is_key = np.full(len(cells), True) if both_bases else np.arange(len(cells)) < len(cells) // 2
    return cells * (block_bits / float(cells[is_key].sum())), is_key


def _as_counts(cells: FloatArray) -> Counts:
    """Counts of blocks with those detections in equal bases, shape (blocks, 4 K), and nothing else."""
    key_right, key_wrong, test_right, test_wrong = np.moveaxis(cells.reshape(len(cells), 4, -1), 1, 0)
    bits = np.zeros((*key_right.shape, 2, 2, 2, 2))
    for basis, right, wrong in ((KEY_BASIS, key_right, key_wrong), (TEST_BASIS, test_right, test_wrong)):
        for bit in range(2):
            bits[..., basis, bit, basis, bit] = right / 2.0
            bits[..., basis, bit, basis, 1 - bit] = wrong / 2.0
    return Counts(np.ones(bits.shape[:-1]), bits, np.zeros(len(cells)))
