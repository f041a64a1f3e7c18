from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.crypto.galois import inverse, lagrange_weights, multiply, scaled
from qkdsim.crypto.secret_sharing import Share, interpolated, join_threshold, join_xor, split_threshold, split_xor
from qkdsim.rng import stream
from tests.references import load

REFERENCE = load("shamir-gf256")
SECRETS = st.binary(max_size=40)
COUNTS = st.integers(1, 8).flatmap(lambda shares: st.tuples(st.integers(1, shares), st.just(shares)))


def bitwise_product(a: int, b: int) -> int:
    """School multiplication of polynomials over GF(2), then the remainder by 0x11B."""
    value = 0
    for bit in range(8):
        value ^= (a << bit) * (b >> bit & 1)
    for bit in range(15, 7, -1):
        value ^= (0x11B << (bit - 8)) * (value >> bit & 1)
    return value


def test_the_field_is_that_of_the_standard() -> None:
    for case in REFERENCE["results"]["products"]:
        assert multiply(int(case["a"], 16), int(case["b"], 16)) == int(case["product"], 16)
    assert all(multiply(a, b) == bitwise_product(a, b) for a in range(256) for b in range(256))
    assert all(multiply(a, inverse(a)) == 1 for a in range(1, 256))
    assert all(scaled(bytes(range(256)), a) == bytes(multiply(a, b) for b in range(256)) for a in range(256))
    with pytest.raises(ZeroDivisionError):
        inverse(0)
    with pytest.raises(ZeroDivisionError):
        lagrange_weights(0, (3, 3))


def test_the_published_shares_give_the_published_secret() -> None:
    shares = [Share(one["index"], bytes.fromhex(one["data"])) for one in REFERENCE["results"]["shares"]]
    secret = bytes.fromhex(REFERENCE["inputs"]["secret"])
    assert join_threshold(shares, 2) == secret
    coefficient = bytes(a ^ b for a, b in zip(shares[0].data, secret, strict=True))  # f(1) = secret + coefficient
    assert split_threshold(secret, 2, 2, coefficient) == tuple(shares)
    assert Share.from_bytes(bytes.fromhex("01b9fa07e185")) == shares[0]


@given(SECRETS, COUNTS, st.integers(0, 2**32))
def test_any_k_shares_rebuild(secret: bytes, counts: tuple[int, int], seed: int) -> None:
    threshold, number = counts
    shares = split_threshold(secret, threshold, number, stream(seed, "shares"))
    assert [share.index for share in shares] == list(range(1, number + 1))
    for some in combinations(shares, threshold):
        assert join_threshold(some[::-1], threshold) == secret
        assert all(interpolated(some, share.index) == share.data for share in shares)


@given(SECRETS, st.integers(1, 8), st.integers(0, 2**32))
def test_all_xor_shares_rebuild(secret: bytes, number: int, seed: int) -> None:
    shares = split_xor(secret, number, stream(seed, "shares"))
    assert join_xor(shares[::-1], number) == secret
    assert [share.index for share in shares] == list(range(1, number + 1))


def test_k_minus_1_shares_say_nothing() -> None:
    """Exhaustive: for each secret byte, over all coefficients, every value of each share comes equally often."""
    for secret in range(256):
        values = [Counter[int]() for _ in range(3)]
        for coefficient in range(256):
            for share in split_threshold(bytes([secret]), 2, 3, bytes([coefficient])):
                values[share.index - 1][share.data[0]] += 1
        assert all(set(counts.values()) == {1} and len(counts) == 256 for counts in values)


def assert_every_pair_of_bytes_once(one: Share, other: Share) -> None:
    seen = np.frombuffer(one.data, np.uint8).astype(int) * 256 + np.frombuffer(other.data, np.uint8)
    assert np.unique(seen).size == len(seen) == 65_536


def test_two_of_three_shares_are_jointly_uniform() -> None:
    """(3, 3) at one byte: all 65,536 coefficient pairs at once, as one long secret of equal bytes."""
    pairs = np.array(list(product(range(256), repeat=2)), dtype=np.uint8)
    randomness = pairs[:, 0].tobytes() + pairs[:, 1].tobytes()
    for secret in (0, 1, 0x80, 0xFF):
        shares = split_threshold(bytes([secret]) * 65_536, 3, 3, randomness)
        for one, other in combinations(shares, 2):
            assert_every_pair_of_bytes_once(one, other)


def test_all_but_one_xor_shares_are_jointly_uniform() -> None:
    pairs = np.array(list(product(range(256), repeat=2)), dtype=np.uint8)
    shares = split_xor(b"\x5a" * 65_536, 3, pairs[:, 0].tobytes() + pairs[:, 1].tobytes())
    for one, other in combinations(shares, 2):
        assert_every_pair_of_bytes_once(one, other)


def test_chunks_join_without_a_seam() -> None:
    secret = stream(1, "secret").bytes((1 << 17) * 2 + 5)
    shares = split_threshold(secret, 3, 5, stream(1, "shares"))
    assert join_threshold(shares[2:], 3) == secret
    halves = split_threshold(secret[: 1 << 17], 3, 5, stream(2, "shares"))
    assert join_threshold([halves[0], halves[2], halves[4]], 3) == secret[: 1 << 17]


def test_what_is_refused() -> None:
    secret = b"\x01\x02"
    with pytest.raises(ValueError, match="4 random bytes"):
        split_threshold(secret, 3, 5, b"\0" * 3)
    with pytest.raises(ValueError, match="threshold <= shares"):
        split_threshold(secret, 6, 5, b"")
    with pytest.raises(ValueError, match="threshold <= shares"):
        split_xor(secret, 256, b"")
    shares = split_threshold(secret, 2, 3, b"\x07\x08")
    with pytest.raises(ValueError, match="2 shares are needed, 1"):
        join_threshold(shares[:1], 2)
    with pytest.raises(ValueError, match="twice"):
        join_threshold([shares[0], shares[0]], 2)
    with pytest.raises(ValueError, match="lengths"):
        join_threshold([shares[0], Share(2, b"\0")], 2)
    with pytest.raises(ValueError, match="all shares 1 to 3"):
        join_xor(split_xor(secret, 3, b"\0" * 4)[:2], 3)
    with pytest.raises(ValueError, match="number of a share"):
        Share(0, b"")
    with pytest.raises(ValueError, match="no share"):
        Share.from_bytes(b"")


def test_no_bytes_are_shown() -> None:
    assert repr(Share(3, b"topsecret")) == "Share(index=3)"
