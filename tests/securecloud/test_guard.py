from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from qkdsim.crypto import multiply
from qkdsim.rng import stream
from qkdsim.securecloud import GUARD_BYTES, undetected_bound
from qkdsim.securecloud.guard import guarded, unguarded

DATA = st.binary(max_size=100)


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@given(DATA, st.integers(0, 2**32))
def test_the_check_is_the_published_polynomial(data: bytes, seed: int) -> None:
    """x^e + sum of s_i x^i with e odd, and powers e - 2 and below for the data and for the length."""
    text = guarded(data, stream(seed, "guard"))
    point, check = text[-GUARD_BYTES:-16], text[-16:]
    padded = data + bytes(-len(data) % 32)
    length = (8 * (32 + len(padded))).to_bytes(16, "big")
    blocks = [padded[start : start + 16] for start in range(0, len(padded), 16)]
    exponent = len(blocks) + 3
    powers = [point]
    while len(powers) < exponent:
        powers.append(multiply(powers[-1], point))
    terms = [multiply(block, powers[exponent - 3 - i]) for i, block in enumerate([*blocks, length])]
    assert exponent % 2 == 1
    assert check == reduce(xor, terms, powers[exponent - 1])
    assert unguarded(text) == data
    assert undetected_bound(len(data)) == (exponent - 1) / 2**128


@given(DATA, st.integers(0, 2**32), st.data())
def test_whatever_is_added_is_noticed(data: bytes, seed: int, draw: st.DataObject) -> None:
    text = guarded(data, stream(seed, "guard"))
    added = draw.draw(st.binary(min_size=len(text), max_size=len(text)).filter(any))
    assert unguarded(xor(text, added)) is None


def test_a_change_of_one_bit_is_noticed_everywhere() -> None:
    text = guarded(b"a genome", stream(1, "guard"))
    for bit in range(8 * len(text)):
        added = (1 << bit).to_bytes(len(text), "little")
        assert unguarded(xor(text, added)) is None
    assert all(unguarded(text[:end]) is None for end in range(len(text)))
