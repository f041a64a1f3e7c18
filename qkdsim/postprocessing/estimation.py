"""Parameter estimation: what Bob knows of the error rate, and the counts on which the key length rests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.sifting import Mask, Sifting
from qkdsim.protocols import Counts, binary_entropy


def published_errors(sifting: Sifting, bob_bit: Bits) -> tuple[int, int]:
    """Errors and number of published detections in equal bases."""
    # as if the key had no errors: what is left are those of published bits
    tally = _tallied(sifting, bob_bit, bob_bit[sifting.is_key])
    wrong = sum(int(tally[:, basis, bit, basis, 1 - bit].sum()) for basis in (0, 1) for bit in (0, 1))
    return wrong, int(np.count_nonzero(sifting.is_test))


def planned_qber(errors: int, tested: int) -> float:
    """Error rate for which reconciliation is planned: Laplace's rule, for a short test may just have seen none."""
    return min((errors + 1.0) / (tested + 2.0), 0.5)


def block_counts(
    sifting: Sifting,
    bob_bit: Bits,
    alice_key: Bits,
    measured_basis_probability: NDArray[np.float64],
    doubles: int,
) -> Counts:
    """Counts of one block (leading axis 1) as Bob has them after reconciliation.

    `alice_key` is the corrected key, the published bits are known; so every detection has its sent bit. Of the pulses
    that did not click the measured basis is nowhere recorded: Bob's probabilities stand for it. Nor does he know how
    many of them were sent with which bit: half of them stand for each, and no theory looks closer.
    """
    bits = _tallied(sifting, bob_bit, alice_key).astype(np.float64)
    sent = np.broadcast_to(sifting.sent[..., None, None] / 2.0 * measured_basis_probability, bits.shape[:-1])
    return Counts(sent[None], bits[None], np.array([float(doubles)]))


def efficiency(leak_bits: int, length_bits: int, qber: float) -> float | None:
    """Disclosed bits / (n h(qber)), None without errors or bits."""
    least = length_bits * float(binary_entropy(np.array(min(qber, 0.5))))
    return leak_bits / least if least > 0.0 else None


def _tallied(sifting: Sifting, bob_bit: Bits, alice_key: Bits) -> NDArray[np.int64]:
    """Detections by intensity, sent basis and bit, measured basis and bit: int64 (K, 2, 2, 2, 2)."""
    tally = np.zeros((*sifting.sent.shape, 2, 2, 2), dtype=np.int64)
    _tally(
        sifting.intensity,
        sifting.alice_basis,
        sifting.bob_basis,
        bob_bit,
        sifting.is_key,
        alice_key,
        sifting.public_bit,
        tally.ravel(),
    )
    return tally


@kernel
def _tally(
    intensity: Bits,
    alice_basis: Bits,
    bob_basis: Bits,
    bob_bit: Bits,
    is_key: Mask,
    key_bit: Bits,
    public_bit: Bits,
    tally: NDArray[np.int64],
) -> None:
    """Count cells in one pass; Alice's bits stand in two strings, those of the key and the published ones."""
    key, public = 0, 0
    for place in range(len(bob_bit)):
        if is_key[place]:
            alice_bit = key_bit[key]
            key += 1
        else:
            alice_bit = public_bit[public]
            public += 1
        cell = (intensity[place] << 4) + (alice_basis[place] << 3) + (alice_bit << 2)
        tally[cell + (bob_basis[place] << 1) + bob_bit[place]] += 1
