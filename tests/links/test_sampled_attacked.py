"""Intercept-resend on sampled links: what the two ends observe, and that they notice."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from links.profiles import device
from qkdsim.links import ABORTED
from qkdsim.links.distillation import distill, laboratory_link
from qkdsim.links.sampled import SampledBlock
from qkdsim.postprocessing.ledger import KEY
from qkdsim.protocols import KEY_BASIS, TEST_BASIS

SIZE_BITS = 2e5
FRACTIONS = [0.2, 0.5, 1.0]


@functools.cache
def block(fraction: float, reconciliation: str = "cascade") -> SampledBlock:
    post = {"block_size_bits": SIZE_BITS, "authentication_pool_bits": 60_000, "error_correction": reconciliation}
    made = device(post_processing=post, receiver={"misalignment_error": 0.02}).profile
    return next(distill(laboratory_link(made, loss_db=10.0, intercept_fraction=fraction), seed=int(100 * fraction) + 1))


def observed(of: SampledBlock, basis: int) -> tuple[int, int]:
    """Errors and detections with both ends in a basis, by a look at both records."""
    place = np.searchsorted(of.alice.slot, of.bob.slot)
    inside = (of.alice.basis[place] == basis) & (of.bob.basis == basis)
    return int((of.alice.bit[place] != of.bob.bit)[inside].sum()), int(inside.sum())


@pytest.mark.parametrize("basis", [KEY_BASIS, TEST_BASIS])
@pytest.mark.parametrize("fraction", FRACTIONS)
def test_the_error_rate_of_each_basis_rises_as_it_must(fraction: float, basis: int) -> None:
    quiet_errors, quiet = observed(block(0.0), basis)
    errors, total = observed(block(fraction), basis)
    e0 = quiet_errors / quiet
    expected = e0 + fraction * (1.0 - 2.0 * e0) / 4.0
    slope = 1.0 - fraction / 2.0
    error = math.sqrt(expected * (1.0 - expected) / total + slope**2 * e0 * (1.0 - e0) / quiet)
    assert abs(errors / total - expected) < 4.0 * error
    # the test must be able to tell the law from p/4 added on
    if fraction == 1.0:
        assert e0 / 2.0 > 4.0 * error


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_gains_stay_what_they_were(fraction: float) -> None:
    # she sends on as many photons as she finds: clicks of each intensity come as often as without her
    quiet, loud = block(0.0), block(fraction)
    for intensity in range(3):
        rates = [
            (int((one.alice.intensity == intensity).sum()), int(one.raw.sent[intensity].sum())) for one in (quiet, loud)
        ]
        (a, n), (b, m) = rates
        error = math.sqrt(a / n**2 + b / m**2)
        assert abs(a / n - b / m) < 4.0 * error
    mismatched = [
        float((one.alice.basis[np.searchsorted(one.alice.slot, one.bob.slot)] != one.bob.basis).mean())
        for one in (quiet, loud)
    ]
    assert mismatched[0] == pytest.approx(mismatched[1], abs=4.0 * math.sqrt(0.5 / SIZE_BITS))


@pytest.mark.parametrize("reconciliation", ["cascade", "ldpc"])
@pytest.mark.parametrize("fraction", [0.5, 1.0])
def test_the_block_aborts_where_it_must(fraction: float, reconciliation: str) -> None:
    # 2 % + p/4 (1 - 4 %) is 14 % and 26 %, above the threshold of 11 %
    distilled = block(fraction, reconciliation).distilled
    assert distilled.ledger.outcome == ABORTED
    assert distilled.ledger.reason == "qber above the abort threshold"
    assert distilled.ledger.secret_bits == len(distilled.alice_key) == len(distilled.bob_key) == 0
    assert distilled.ledger.leak_ec_bits == 0
    assert distilled.ledger.authentication_bits == 600


def test_a_faint_attack_costs_more_key_than_she_can_know() -> None:
    # below the threshold the bound must take what she has: she knows at least p/2 of the single-photon bits
    quiet, faint = block(0.0).distilled.ledger, block(0.2).distilled.ledger
    assert quiet.outcome == KEY
    assert faint.qber == pytest.approx(0.068, abs=0.005)
    assert faint.secret_bits < (1.0 - 0.2 / 2.0) * quiet.secret_bits
    assert faint.phase_error_rate is not None
    assert faint.phase_error_rate > faint.qber
    assert np.array_equal(block(0.2).distilled.alice_key, block(0.2).distilled.bob_key)
