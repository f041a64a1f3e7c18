"""The authentication pool: every block pays, key refills it first, a dry pool stops the link."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from links.profiles import link
from links.test_blocks import run
from qkdsim.errors import InputError
from qkdsim.links import Disruption, KeyBlocks
from qkdsim.links.distil import AuthenticationPool
from qkdsim.postprocessing.ledger import ABORTED, KEY, POOL_EMPTY


def blocks_with(secret: list[int]) -> KeyBlocks:
    n, zeros = len(secret), np.zeros(len(secret))
    whole = np.zeros(n, dtype=np.int64)
    return KeyBlocks(
        start_s=np.arange(n, dtype=float),
        end_s=np.arange(n) + 1.0,
        available_s=np.arange(n) + 1.0,
        pulses=zeros,
        sifted_bits=zeros,
        qber=zeros,
        phase_error_rate=zeros,
        leak_ec_bits=zeros,
        secret_bits=np.array(secret, dtype=np.int64),
        authentication_bits=whole,
        pool_refill_bits=whole,
        epsilon=np.full(n, 1e-10),
        outcome=np.where(np.array(secret) > 0, 0, 1).astype(np.int64),
    )


def test_worked_example() -> None:
    # a pool of 1000, tags of 300: 1000 -> 700 -> refill 100 -> 800 -> 500 (failed block) -> 200 -> refill 800
    pool = AuthenticationPool(1000, 300, 1000)
    charged = pool.charge(blocks_with([100, 0, 5000]))
    assert charged.authentication_bits.tolist() == [300, 300, 300]
    assert charged.pool_refill_bits.tolist() == [100, 0, 800]
    assert charged.stored_bits.tolist() == [0, 0, 4200]
    assert (pool.held_bits, pool.is_dry) == (1000, False)


def test_a_dry_pool_stops_the_link() -> None:
    pool = AuthenticationPool(1000, 300, 1000)
    charged = pool.charge(blocks_with([0, 0, 0, 5000, 5000]))
    # three failed blocks leave 100 bits; the fourth cannot be authenticated, the fifth never happens
    assert len(charged) == 4
    assert charged.outcome[3] == POOL_EMPTY
    assert charged.secret_bits.tolist() == [0, 0, 0, 0]
    assert charged.authentication_bits.tolist() == [300, 300, 300, 0]
    assert charged.epsilon[3] == 0.0
    assert (pool.held_bits, pool.is_dry) == (100, True)


@given(st.lists(st.integers(0, 2000), max_size=40), st.integers(0, 3000), st.integers(0, 900))
def test_the_pool_is_conserved(secret: list[int], capacity: int, cost: int) -> None:
    pool = AuthenticationPool(capacity, cost, capacity)
    charged = pool.charge(blocks_with(secret))
    spent, refilled = int(charged.authentication_bits.sum()), int(charged.pool_refill_bits.sum())
    assert pool.held_bits == capacity - spent + refilled
    assert 0 <= pool.held_bits <= capacity
    assert np.all(charged.stored_bits >= 0)
    # key reaches the store only from a pool that is full again
    held = capacity - np.cumsum(charged.authentication_bits) + np.cumsum(charged.pool_refill_bits)
    assert np.all((charged.stored_bits == 0) | (held == capacity))
    assert len(charged) == len(secret) or pool.is_dry


@given(st.lists(st.integers(0, 2000), min_size=2, max_size=20), st.integers(1, 19))
def test_batches_do_not_matter(secret: list[int], cut: int) -> None:
    cut = min(cut, len(secret) - 1)
    whole, parts = AuthenticationPool(2000, 300, 2000), AuthenticationPool(2000, 300, 2000)
    at_once = whole.charge(blocks_with(secret)).pool_refill_bits.tolist()
    first = parts.charge(blocks_with(secret[:cut]))
    in_turns = first.pool_refill_bits.tolist()
    if not parts.is_dry:
        in_turns += parts.charge(blocks_with(secret[cut:])).pool_refill_bits.tolist()
    assert in_turns == at_once
    assert whole.held_bits == parts.held_bits


def test_a_link_pays_for_each_block_and_refills_first() -> None:
    blocks = run(link(), 120.0)
    assert np.all(blocks.authentication_bits == 600)
    assert np.all(blocks.pool_refill_bits == 600)
    assert np.all(blocks.stored_bits == blocks.secret_bits - 600)


@pytest.mark.parametrize("fidelity", ["expected", "tallied"])
def test_blocks_that_fail_drain_the_pool_and_stop_the_link(fidelity: str) -> None:
    loud = [Disruption("disturbance", 100.0, 1000.0, noise_photon_rate_hz=5e7)]
    blocks = run(link(fidelity), 2000.0, loud)
    assert blocks.outcome[-1] == POOL_EMPTY
    assert blocks.end_s[-1] < 1000.0
    failed = blocks.outcome[blocks.outcome != KEY]
    assert failed.tolist() == [ABORTED] * 10 + [POOL_EMPTY]  # 6000 bits, 600 for each block


def test_a_pool_too_small_for_one_block_is_refused() -> None:
    with pytest.raises(InputError, match="authentication_pool_bits: got 599, expected at least 600"):
        link(post_processing={"authentication_pool_bits": 599})
