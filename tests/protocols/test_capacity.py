"""The repeaterless bound, binary entropy, and the error rates at which BB84 dies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from references import load
from scipy.optimize import brentq

from qkdsim.protocols import binary_entropy, plob_bound_bits_per_use
from qkdsim.protocols.keylength import InfiniteData, infinite_decoy_rate

REFERENCE = load("capacity")
REL = REFERENCE["tolerance"]["relative"]
ENTROPY = load("worked-values")["results"]["entropy"]


@pytest.mark.parametrize("row", REFERENCE["results"]["bounds"], ids=lambda row: f"{row['loss_db']}dB")
def test_repeaterless_bound(row: dict[str, Any]) -> None:
    assert plob_bound_bits_per_use(row["transmittance"]) == pytest.approx(row["bits_per_use"], rel=REL)


def test_repeaterless_bound_keeps_its_precision_at_high_loss() -> None:
    assert float(plob_bound_bits_per_use(1e-30)) == pytest.approx(1e-30 / math.log(2), rel=1e-14)


def test_a_lossless_channel_has_no_bound() -> None:
    assert math.isinf(float(plob_bound_bits_per_use(1.0)))


@pytest.mark.parametrize("row", REFERENCE["results"]["thresholds"], ids=lambda row: f"f={row['ec_efficiency']}")
def test_error_rate_threshold(row: dict[str, Any]) -> None:
    f = row["ec_efficiency"]
    root = brentq(lambda q: 1 - (1 + f) * float(binary_entropy(q)), 0.01, 0.3, xtol=1e-14)
    assert root == pytest.approx(row["qber"], rel=REL)
    for side, has_key in ((-1e-6, True), (1e-6, False)):
        q = row["qber"] + side
        assert (infinite_decoy_rate(InfiniteData(1.0, q, 1.0, q), f) > 0.0) == has_key


@pytest.mark.parametrize("error_rate", ENTROPY)
def test_binary_entropy(error_rate: str) -> None:
    assert float(binary_entropy(float(error_rate))) == pytest.approx(ENTROPY[error_rate], abs=5e-9)


@given(st.floats(0.0, 1.0))
def test_binary_entropy_is_symmetric_and_within_0_and_1(x: float) -> None:
    value = float(binary_entropy(x))
    assert -1e-15 <= value <= 1.0 + 1e-15
    assert value == pytest.approx(float(binary_entropy(1.0 - x)), abs=1e-9)


def test_binary_entropy_at_its_ends() -> None:
    assert binary_entropy(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 1.0, 0.0]
