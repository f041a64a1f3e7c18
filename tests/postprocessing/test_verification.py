from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from qkdsim.postprocessing.verification import VERIFICATION_KEY_BYTES, collision_bound, verification_tag
from tests.crypto.test_polynomial_hash import bitwise_ghash, bitwise_product

RNG = np.random.default_rng(11)
STRING = RNG.integers(0, 2, size=1003, dtype=np.uint8)
KEY = RNG.bytes(VERIFICATION_KEY_BYTES)


def test_tag_against_products_bit_by_bit() -> None:
    text = np.packbits(STRING).tobytes() + (1003).to_bytes(8, "big")
    product = bitwise_product(bitwise_ghash(KEY[:16], text), KEY[16:])
    expected = [int(bit) for bit in f"{int.from_bytes(product, 'big'):0128b}"]
    for tag_bits in (1, 50, 128):
        assert verification_tag(STRING, KEY, tag_bits).tolist() == expected[:tag_bits]


def test_each_single_error_is_seen() -> None:
    right = verification_tag(STRING, KEY, 64)
    for position in range(len(STRING)):
        wrong = STRING.copy()
        wrong[position] ^= 1
        assert not np.array_equal(verification_tag(wrong, KEY, 64), right)


@pytest.mark.parametrize("length_bits", [0, 7, 8, 127, 128, 129])
def test_zeros_at_the_end_count(length_bits: int) -> None:
    zeros = np.zeros(length_bits + 1, dtype=np.uint8)
    assert not np.array_equal(verification_tag(zeros, KEY, 64), verification_tag(zeros[:-1], KEY, 64))


@pytest.mark.parametrize("tag_bits", [4, 6])
def test_share_of_collisions_over_random_keys(tag_bits: int) -> None:
    rng = np.random.default_rng(tag_bits)
    wrong = STRING.copy()
    wrong[[3, 700]] ^= 1
    draws = 20_000
    collisions = 0
    for _ in range(draws):
        key = rng.bytes(VERIFICATION_KEY_BYTES)
        collisions += np.array_equal(verification_tag(wrong, key, tag_bits), verification_tag(STRING, key, tag_bits))
    bound = collision_bound(len(STRING), tag_bits)
    low, high = binom.interval(1 - 1e-4, draws, bound)  # the bound is met with equality but for 1e-37
    assert low <= collisions <= high


def test_collision_bound_against_the_closed_form() -> None:
    # 1e6 bits and 8 bytes of length fill 7813 blocks
    assert collision_bound(10**6, 128) == pytest.approx((1 + 7814) * 2.0**-128, rel=1e-15)
    assert collision_bound(10**6, 50) <= 1e-15  # 50 bits for 1e-15


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        verification_tag(STRING, KEY[:-1], 50)
    for tag_bits in (0, 129):
        with pytest.raises(ValueError, match="1 to 128 bits"):
            verification_tag(STRING, KEY, tag_bits)
        with pytest.raises(ValueError, match="1 to 128 bits"):
            collision_bound(1000, tag_bits)
