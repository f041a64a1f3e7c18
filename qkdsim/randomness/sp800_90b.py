"""Min-entropy of raw noise bits by the ten estimators of NIST SP 800-90B, 6.3 (the track without the i.i.d. claim).

All are lower bounds of 99 % on what they look at, so that even ideal noise stays below 1: of a million ideal bits the
compression estimate gives about 0.83, the collision estimate 0.90, the t-tuple estimate 0.92. Restart tests (3.1.4)
need a source that can be restarted and are not here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from qkdsim.randomness.collisions import collision_times, log_distances
from qkdsim.randomness.counting import Bits
from qkdsim.randomness.predictors import lag, lempel_ziv, markov_with_counting, most_common_in_window
from qkdsim.randomness.repeats import repeats

SAMPLES = 1_000_000  # 3.1.1
Z = 2.5758293035489  # two-sided 99 %
BLOCK, LEARNED = 6, 1000  # of the compression estimate


@dataclass(frozen=True, slots=True)
class Estimates:
    """Min-entropy per bit by each estimator, in the order of the standard."""

    by_name: tuple[tuple[str, float], ...]

    @property
    def least(self) -> float:
        """The assessed min-entropy per bit: the smallest of all."""
        return min(value for _, value in self.by_name)


def estimate(bits: Bits) -> Estimates:
    """All ten estimates of raw noise bits (uint8, 0 and 1). Raises ValueError for fewer than 10,000 bits."""
    if bits.size < 10_000:
        raise ValueError(f"the estimators take at least 10,000 bits, not {bits.size}")
    bits = np.ascontiguousarray(bits)
    most, pairs = repeats(bits)
    return Estimates(
        (
            ("most common value", most_common_value(bits)),
            ("collision", collision(bits)),
            ("Markov", markov(bits)),
            ("compression", compression(bits)),
            ("t-tuple", t_tuple(most)),
            ("longest repeated substring", longest_repeated(most, pairs)),
            ("MultiMCW prediction", predicted(*most_common_in_window(bits))),
            ("lag prediction", predicted(*lag(bits))),
            ("MultiMMC prediction", predicted(*markov_with_counting(bits))),
            ("LZ78Y prediction", predicted(*lempel_ziv(bits))),
        )
    )


def most_common_value(bits: Bits) -> float:
    """6.3.1."""
    ones = int(np.count_nonzero(bits))
    return _entropy(upper_bound(max(ones, bits.size - ones) / bits.size, bits.size))


def collision(bits: Bits) -> float:
    """6.3.2: how soon one of the values comes again: after two bits or after three."""
    # A pair of equal bits is a collision after two; else the third bit collides with one of them.
    two, three = collision_times(bits)
    number = two + three
    mean = (2 * two + 3 * three) / number
    deviation = math.sqrt(two * three / number / (number - 1))
    return _entropy(collision_probability(mean - Z * deviation / math.sqrt(number)))


def collision_probability(mean: float) -> float:
    """The probability p of the likelier value for which a collision is expected after `mean` bits: 2 + 2p(1 - p)."""
    return 0.5 + math.sqrt(max(1.25 - mean / 2.0, 0.0)) if mean > 2.0 else 1.0


def markov(bits: Bits) -> float:
    """6.3.3: the likeliest 128 bits of a chain with the observed transitions."""
    ones = np.count_nonzero(bits) / bits.size
    pairs = np.bincount(2 * bits[:-1].astype(np.int64) + bits[1:], minlength=4).reshape(2, 2)
    followers = pairs.sum(axis=1, keepdims=True)
    chain = np.divide(pairs, followers, out=np.zeros((2, 2)), where=followers > 0)
    return markov_entropy((1.0 - ones, ones), chain)


def markov_entropy(first: tuple[float, float], chain: np.ndarray) -> float:
    """Min-entropy per bit of 128 bits of a chain: `first` for the first bit, `chain[a, b]` for b after a."""
    with np.errstate(divide="ignore"):
        best, steps = np.log2(np.array(first)), np.log2(chain)
    for _ in range(127):
        best = (best[:, None] + steps).max(axis=0)
    return min(-float(best.max()) / 128.0, 1.0)


def compression(bits: Bits) -> float:
    """6.3.4: how far back equal blocks of six bits are (after Maurer)."""
    blocks = bits.size // BLOCK
    total, squares, number = log_distances(bits, BLOCK, LEARNED)
    mean = total / number
    deviation = 0.5907 * math.sqrt(squares / (number - 1) - mean**2)
    probability = compression_probability(mean - Z * deviation / math.sqrt(number), blocks)
    return 1.0 if probability is None else -math.log2(probability) / BLOCK


def compression_probability(mean: float, blocks: int) -> float | None:
    """Probability of the likeliest block if log2 of the distance has this mean; None where equal ones have less."""
    distance = np.arange(1, blocks + 1, dtype=float)
    logs = np.log2(distance)
    later = np.minimum(blocks - distance, blocks - LEARNED)  # blocks that are tested and lie farther than u

    def expected(z: float) -> float:
        decay = np.exp((distance - 1.0) * math.log1p(-z)) if z < 1.0 else (distance == 1.0).astype(float)
        inside = (later * logs * decay).sum() * z**2
        never = (logs * decay)[LEARNED:].sum() * z
        return float(inside + never) / (blocks - LEARNED)

    def excess(p: float) -> float:
        others = 2**BLOCK - 1
        return float(expected(p) + others * expected((1.0 - p) / others) - mean)

    least = 2.0**-BLOCK
    if excess(least) <= 0.0:
        return None
    if excess(1.0 - 1e-12) >= 0.0:
        return 1.0
    return float(optimize.brentq(excess, least, 1.0 - 1e-12, xtol=1e-15))


def t_tuple(most: np.ndarray) -> float:
    """6.3.5: the commonest string of each length that occurs 35 times or more."""
    size = int(most[0])
    lengths = np.flatnonzero(most >= 35)[1:]
    shares = (most[lengths] / (size - lengths + 1)) ** (1.0 / lengths)
    return _entropy(upper_bound(float(shares.max()), size))


def longest_repeated(most: np.ndarray, pairs: np.ndarray) -> float:
    """6.3.6: equal pairs of strings too rare for the t-tuple estimate; 1 if there are none."""
    size = int(most[0])
    lengths = np.arange(np.flatnonzero(most >= 35)[-1] + 1, most.size)
    if not lengths.size:
        return 1.0
    places = (size - lengths + 1).astype(float)
    shares = (pairs[lengths] / (places * (places - 1.0) / 2.0)) ** (1.0 / lengths)
    return _entropy(upper_bound(float(shares.max()), size))


def predicted(predictions: int, right: int, longest: int) -> float:
    """6.3.7 to 6.3.10: from the right predictions, in all and in a row."""
    share = right / predictions
    everywhere = 1.0 - 0.01 ** (1.0 / predictions) if right == 0 else upper_bound(share, predictions)
    return _entropy(max(everywhere, local_probability(longest + 1, predictions), 0.5))


def local_probability(run: int, trials: int) -> float:
    """The p for which no run of `run` right predictions in `trials` has probability 0.99 (Feller, as in 6.3.7)."""

    def excess(p: float) -> float:
        q, root = 1.0 - p, 1.0
        for _ in range(10):
            root = 1.0 + q * p**run * root ** (run + 1)
            if root > 2.0:
                return -math.inf
        shortage = (run + 1 - run * root) * q
        if shortage <= 0.0 or p * root >= 1.0:
            return -math.inf
        return math.log(1.0 - p * root) - math.log(shortage) - (trials + 1) * math.log(root) - math.log(0.99)

    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if excess(middle) > 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def upper_bound(share: float, trials: int) -> float:
    """Upper end of the 99 % interval of a probability, as the standard takes it (normal, trials - 1)."""
    return min(1.0, share + Z * math.sqrt(share * (1.0 - share) / (trials - 1)))


def _entropy(probability: float) -> float:
    return -math.log2(probability) + 0.0
