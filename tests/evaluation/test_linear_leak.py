"""What shares tell of keys: ranks against a slow elimination, and against what the schemes are known to tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import rng
from qkdsim.crypto import split_threshold, split_xor
from qkdsim.evaluation.linear_leak import leaked_bits, rank, samples_needed
from qkdsim.evaluation.procedures.key_sharing import KEY_BYTES, SPLIT_KEYS, leaking_paths

SIZE = 4
SAMPLES = samples_needed(SIZE, 3)


def slow_rank(rows: np.ndarray) -> int:
    """Elimination by the highest bit, with whole numbers of any length."""
    basis: dict[int, int] = {}
    for row in rows:
        value = int.from_bytes(row.tobytes(), "big")
        while value and value.bit_length() in basis:
            value ^= basis[value.bit_length()]
        if value:
            basis[value.bit_length()] = value
    return len(basis)


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 19), st.sampled_from([1, 3, 255]))
def test_ranks_agree_with_a_slow_elimination(seed: int, rows: int, width: int, mask: int) -> None:
    matrix = rng.stream(seed, "rank").integers(0, 256, (rows, width), dtype=np.uint8) & np.uint8(mask)
    assert rank(matrix) == slow_rank(matrix)


def stacked(parts: list[bytes] | tuple[bytes, ...], keys: np.ndarray) -> np.ndarray:
    return np.stack([np.frombuffer(one, dtype=np.uint8).reshape(keys.shape) for one in parts])


def keys_and_draws(samples: int = SAMPLES, size: int = SIZE) -> tuple[np.ndarray, np.random.Generator]:
    draws = rng.stream(1, "shares", samples, size)
    return draws.integers(0, 256, (samples, size), dtype=np.uint8), draws


@pytest.mark.parametrize("paths", [1, 2, 3])
def test_all_xor_shares_but_one_tell_nothing(paths: int) -> None:
    keys, draws = keys_and_draws()
    shares = stacked([one.data for one in split_xor(keys.tobytes(), paths, draws)], keys)
    assert leaked_bits(keys, shares) == 8 * SIZE
    for left in range(paths):
        assert leaked_bits(keys, np.delete(shares, left, axis=0)) == 0


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_fewer_shamir_shares_than_the_threshold_tell_nothing(threshold: int) -> None:
    keys, draws = keys_and_draws()
    shares = stacked([one.data for one in split_threshold(keys.tobytes(), threshold, 3, draws)], keys)
    for count in range(4):
        assert leaked_bits(keys, shares[:count]) == (8 * SIZE if count >= threshold else 0)


def test_a_coefficient_for_all_bytes_tells_all_but_one_byte() -> None:
    """Share i of byte j is k_j + a i: sums of two bytes of a share are those of the key, and a hides eight bits."""
    keys, draws = keys_and_draws()
    drawn = np.repeat(draws.integers(0, 256, (SAMPLES, 1), dtype=np.uint8), SIZE, axis=1)
    shares = stacked([one.data for one in split_threshold(keys.tobytes(), 2, 3, drawn.tobytes())], keys)
    assert leaked_bits(keys, shares[:1]) == 8 * (SIZE - 1)


def test_a_share_that_is_the_key_but_for_a_constant_tells_the_key() -> None:
    keys, _ = keys_and_draws()
    assert leaked_bits(keys, (keys ^ np.uint8(0x5A))[None]) == 8 * SIZE


def test_too_few_samples_are_refused() -> None:
    keys, _ = keys_and_draws()
    with pytest.raises(ValueError, match=f"{samples_needed(SIZE, 2)} samples are needed, 100 are here"):
        leaked_bits(keys[:100], np.stack([keys[:100]] * 2))


def test_sets_of_paths_that_tell_something() -> None:
    keys, draws = keys_and_draws(SPLIT_KEYS, KEY_BYTES)
    two_of_three = stacked([one.data for one in split_threshold(keys.tobytes(), 2, 3, draws)], keys)
    assert list(leaking_paths(keys, two_of_three)) == [(0, 1), (0, 2), (1, 2)]
    mixed = np.stack([keys, draws.integers(0, 256, keys.shape, dtype=np.uint8), two_of_three[0]])
    assert list(leaking_paths(keys, mixed)) == [(0,)]  # the rest has nothing to do with the key, or too little


def test_coefficients_used_for_the_next_key_as_well_are_found() -> None:
    keys, draws = keys_and_draws(SPLIT_KEYS, KEY_BYTES)
    drawn = np.repeat(draws.integers(0, 256, (SPLIT_KEYS // 2, KEY_BYTES), dtype=np.uint8), 2, axis=0)
    shares = stacked([one.data for one in split_threshold(keys.tobytes(), 2, 2, drawn.tobytes())], keys)
    samples = samples_needed(KEY_BYTES, 1)
    assert leaked_bits(keys[:samples], shares[:1, :samples]) == 0  # key by key nothing shows
    assert list(leaking_paths(keys, shares)) == [(0,), (1,)]
