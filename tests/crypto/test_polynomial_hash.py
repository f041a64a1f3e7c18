from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.crypto.polynomial_hash import PolynomialHash, multiply
from tests.references import load

VECTORS = load("ghash")["results"]
ONE = bytes([0x80]) + bytes(15)
ELEMENTS = st.binary(min_size=16, max_size=16)


def bitwise_product(a: bytes, b: bytes) -> bytes:
    """Algorithm 1 of SP 800-38D, one bit at a time, on integers: no table."""
    z, v = 0, int.from_bytes(b, "big")
    for bit in f"{int.from_bytes(a, 'big'):0128b}":
        z ^= v * int(bit)
        v = (v >> 1) ^ (0xE1 << 120) * (v & 1)
    return z.to_bytes(16, "big")


def bitwise_ghash(key: bytes, data: bytes) -> bytes:
    padded = data + bytes(-len(data) % 16) + (8 * len(data)).to_bytes(16, "big")
    state = bytes(16)
    for start in range(0, len(padded), 16):
        state = bitwise_product(xor(state, padded[start : start + 16]), key)
    return state


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def hashed(key: bytes, *parts: bytes) -> bytes:
    polynomial = PolynomialHash(key)
    for part in parts:
        polynomial.update(part)
    return polynomial.digest()


@pytest.mark.parametrize("vector", VECTORS["without_additional_data"], ids=lambda vector: f"case {vector['case']}")
def test_published_hashes(vector: dict[str, str]) -> None:
    assert hashed(bytes.fromhex(vector["h"]), bytes.fromhex(vector["c"])).hex() == vector["ghash"]


@pytest.mark.parametrize("chain", VECTORS["chains"] + VECTORS["chains_rfc_8452"], ids=lambda chain: chain["case"])
def test_published_chains_of_products(chain: dict[str, list[str]]) -> None:
    key, state, states = bytes.fromhex(str(chain["h"])), bytes(16), []
    for block in chain["blocks"]:
        state = multiply(xor(state, bytes.fromhex(block)), key)
        states.append(state.hex())
    assert states[-len(chain["states"]) :] == chain["states"]


@given(ELEMENTS, ELEMENTS, ELEMENTS)
def test_the_field(a: bytes, b: bytes, c: bytes) -> None:
    assert multiply(a, b) == bitwise_product(a, b)
    assert multiply(a, b) == multiply(b, a)
    assert multiply(multiply(a, b), c) == multiply(a, multiply(b, c))
    assert multiply(a, xor(b, c)) == xor(multiply(a, b), multiply(a, c))
    assert multiply(a, ONE) == a
    assert multiply(a, bytes(16)) == bytes(16)


@given(ELEMENTS, st.lists(st.binary(max_size=70), max_size=6))
def test_a_message_fed_in_parts(key: bytes, parts: list[bytes]) -> None:
    assert hashed(key, *parts) == bitwise_ghash(key, b"".join(parts))


@given(ELEMENTS, st.binary(max_size=50), st.binary(max_size=50))
def test_digest_and_copy_leave_the_hash_running(key: bytes, first: bytes, second: bytes) -> None:
    running = PolynomialHash(key)
    running.update(first)
    branch = running.copy()
    assert running.digest() == running.digest() == bitwise_ghash(key, first)
    running.update(second)
    assert running.digest() == bitwise_ghash(key, first + second)
    assert branch.digest() == bitwise_ghash(key, first)
    assert (running.length_bytes, branch.length_bytes) == (len(first + second), len(first))


def test_a_message_longer_than_one_chunk_and_other_kinds_of_bytes() -> None:
    data = np.random.default_rng(1).integers(0, 256, size=(1 << 20) + 4321, dtype=np.uint8)
    key = bytes(range(16))
    whole = hashed(key, data.tobytes())
    by_parts = PolynomialHash(key)
    by_parts.update(data[:100_003])
    by_parts.update(memoryview(data.tobytes())[100_003:])
    by_parts.update(np.zeros(0, dtype=np.uint8))
    assert by_parts.digest() == whole
    # Horner's rule by the field product alone, over the last blocks: the chunk edge is inside
    state, padded = hash_state(key, data[: 1 << 20].tobytes()), data[1 << 20 :].tobytes() + bytes(-4321 % 16)
    for start in range(0, len(padded), 16):
        state = bitwise_product(xor(state, padded[start : start + 16]), key)
    assert bitwise_product(xor(state, (8 * len(data)).to_bytes(16, "big")), key) == whole


def hash_state(key: bytes, data: bytes) -> bytes:
    """The state before the length block, by undoing the last product: key^(2^128 - 2) is the inverse."""
    inverse = ONE
    for bit in f"{2**128 - 2:b}":
        inverse = multiply(inverse, inverse)
        inverse = multiply(inverse, key) if bit == "1" else inverse
    return xor(multiply(hashed(key, data), inverse), (8 * len(data)).to_bytes(16, "big"))


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        PolynomialHash(bytes(size))
    with pytest.raises(ValueError, match="16 bytes"):
        multiply(bytes(16), bytes(size))


def test_repr_shows_no_key() -> None:
    polynomial = PolynomialHash(b"secret secret !!")
    polynomial.update(b"abc")
    assert repr(polynomial) == "PolynomialHash(3 bytes)"
