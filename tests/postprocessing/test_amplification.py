from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qkdsim.errors import RunError
from qkdsim.postprocessing.amplification import ToeplitzSeed, seed_length_bits, toeplitz_hash

Bits = NDArray[np.uint8]


def direct(bits: Bits, seed: Bits, secret_bits: int, rows: range | None = None) -> Bits:
    """y[i] = parity of seed[i - j + n - 1] AND x[j] over j, row by row on packed words: no transform, no tile.

    Row i reads the seed from bit i on against the reversed string; eight copies, shifted by a bit each, make
    every row start on a whole byte.
    """
    n = len(bits)
    reversed_string = np.packbits(bits[::-1])
    shifted = [np.packbits(np.append(seed[shift:], np.zeros(8, dtype=np.uint8))) for shift in range(8)]
    parities = []
    for i in rows or range(secret_bits):
        row = shifted[i % 8][i // 8 : i // 8 + len(reversed_string)]
        parities.append(int(np.bitwise_count(row & reversed_string[: len(row)]).sum()) & 1 if n else 0)
    return np.array(parities, dtype=np.uint8)


def drawn(n: int, secret_bits: int, seed: int = 1) -> tuple[Bits, Bits]:
    rng = np.random.default_rng([n, secret_bits, seed])
    return (
        rng.integers(0, 2, size=n, dtype=np.uint8),
        rng.integers(0, 2, size=seed_length_bits(n, secret_bits), dtype=np.uint8),
    )


def test_the_oracle_against_the_definition() -> None:
    bits, seed = drawn(13, 6)
    matrix = np.array([[seed[i - j + 13 - 1] for j in range(13)] for i in range(6)])
    assert direct(bits, seed, 6).tolist() == (matrix @ bits % 2).tolist()


# one tile; one row of tiles; squares, exact and with a rest; as many rows as columns, and more; a single output
SIZES = [(1, 1), (2, 1), (1, 2), (17, 5), (1000, 500), (1000, 1000), (300, 4000), (200_000, 1), (200_000, 2500)]
LARGE = [(131_072, 65_536), (131_073, 65_537), (150_001, 75_000), (100_000, 140_000)]


@pytest.mark.parametrize(("n", "secret_bits"), SIZES + LARGE)
def test_bit_exact_against_the_direct_product(n: int, secret_bits: int) -> None:
    bits, seed = drawn(n, secret_bits)
    assert np.array_equal(toeplitz_hash(bits, seed, secret_bits), direct(bits, seed, secret_bits))


@pytest.mark.parametrize("n", [1000, 150_001])
@pytest.mark.parametrize("which", ["both", "string", "seed"])
def test_bit_exact_with_all_ones(n: int, which: str) -> None:
    """The largest sums."""
    bits, seed = drawn(n, n // 2)
    bits = np.ones_like(bits) if which != "seed" else bits
    seed = np.ones_like(seed) if which != "string" else seed
    assert np.array_equal(toeplitz_hash(bits, seed, n // 2), direct(bits, seed, n // 2))


@given(st.data(), st.integers(0, 40), st.integers(0, 40))
def test_small_sizes_and_linearity(data: st.DataObject, n: int, secret_bits: int) -> None:
    def draw(size: int) -> Bits:
        return np.array(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)), dtype=np.uint8)

    one, other, seed = draw(n), draw(n), draw(seed_length_bits(n, secret_bits))
    kept = ToeplitzSeed(seed, n, secret_bits)
    assert np.array_equal(kept.hash(one), direct(one, seed, secret_bits))
    assert np.array_equal(kept.hash(one ^ other), kept.hash(one) ^ kept.hash(other))


@pytest.mark.parametrize(("n", "secret_bits"), [(200, 90), (150_000, 70_000)])
def test_a_kept_seed_hashes_as_a_fresh_one(n: int, secret_bits: int) -> None:
    _, seed = drawn(n, secret_bits)
    kept = ToeplitzSeed(seed, n, secret_bits)
    for which in range(3):
        bits, _ = drawn(n, secret_bits, which)
        before = bits.copy()
        assert np.array_equal(kept.hash(bits), toeplitz_hash(bits, seed, secret_bits))
        assert np.array_equal(bits, before)


def test_universality_by_counting() -> None:
    """Every non-zero string of 4 bits goes to each value of 2 bits for exactly 2^-2 of the 2^5 seeds."""
    n, secret_bits = 4, 2
    seeds = [np.array(seed, dtype=np.uint8) for seed in product((0, 1), repeat=seed_length_bits(n, secret_bits))]
    for string in list(product((0, 1), repeat=n))[1:]:
        values = [tuple(toeplitz_hash(np.array(string, dtype=np.uint8), seed, secret_bits)) for seed in seeds]
        assert {value: values.count(value) for value in set(values)} == dict.fromkeys(product((0, 1), repeat=2), 8)


@pytest.mark.parametrize(("n", "secret_bits"), [(0, 0), (0, 5), (5, 0), (1, 0)])
def test_nothing_in_or_nothing_out(n: int, secret_bits: int) -> None:
    bits, seed = drawn(n, secret_bits)
    assert toeplitz_hash(bits, seed, secret_bits).tolist() == [0] * secret_bits


def test_rounding_near_a_wrong_bit_gives_no_key() -> None:
    bits, seed = drawn(1000, 500)
    kept = ToeplitzSeed(seed, 1000, 500)
    assert kept._spectra is not None
    kept._spectra[0, 0] += 1.0  # as if precision had been lost
    with pytest.raises(RunError, match="from an integer"):
        kept.hash(bits)


def test_bad_arguments_are_refused() -> None:
    bits, seed = drawn(20, 10)
    with pytest.raises(ValueError, match="Toeplitz seed holds uint8 of shape"):
        ToeplitzSeed(seed[:-1], 20, 10)
    with pytest.raises(ValueError, match="string to hash holds uint8 of shape"):
        ToeplitzSeed(seed, 20, 10).hash(bits[:-1])
    with pytest.raises(ValueError, match="not float64"):
        ToeplitzSeed(seed, 20, 10).hash(bits.astype(np.float64))
    with pytest.raises(ValueError, match="something else than 0 and 1"):
        ToeplitzSeed(seed, 20, 10).hash(bits * 2)
    with pytest.raises(ValueError, match="-1 rows"):
        ToeplitzSeed(seed, 20, -1)


def test_repr_shows_sizes_only() -> None:
    _, seed = drawn(20, 10)
    assert repr(ToeplitzSeed(seed, 20, 10)) == "ToeplitzSeed(20 -> 10 bits)"


@pytest.mark.slow
def test_ten_million_bits_in_spot_checked_rows() -> None:
    n, secret_bits = 10**7, 5 * 10**6
    bits, seed = drawn(n, secret_bits)
    secret = toeplitz_hash(bits, seed, secret_bits)
    for i in (0, 1, 7, 208_333, 208_334, 2_500_000, secret_bits - 1):
        assert secret[i] == direct(bits, seed, secret_bits, range(i, i + 1))[0]
