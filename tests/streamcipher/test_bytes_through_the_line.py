from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.rng import stream
from qkdsim.streamcipher import (
    AmplifiedLine,
    Arrival,
    Receiver,
    StreamCipher,
    bit_error,
    decrypt,
    encrypt,
    running_key,
    sent_levels,
)
from tests import references
from tests.streamcipher.ciphers import SEED, agrees, intensity, phase

CIPHERS = [phase(), phase(bits_per_symbol=2), phase(overlap_selection=False), phase(levels=2**20), intensity()]


def wrong_bits(sent: bytes, received: bytes) -> int:
    return int(np.unpackbits(np.frombuffer(sent, np.uint8) ^ np.frombuffer(received, np.uint8)).sum())


def reader(cipher: StreamCipher, **noise: float) -> Receiver:
    return Receiver("direct" if cipher.keying == "intensity" else "heterodyne", **noise)


@pytest.mark.parametrize("cipher", CIPHERS)
@given(data=st.binary(max_size=200), first_symbol=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_bright_light_brings_back_every_byte(cipher: StreamCipher, data: bytes, first_symbol: int) -> None:
    levels = encrypt(cipher, SEED, data, first_symbol)
    assert len(levels) == 8 * len(data) // cipher.bits_per_symbol
    assert decrypt(cipher, SEED, levels, reader(cipher), Arrival(), stream(1, "noise"), first_symbol) == data


def test_a_megabyte_crosses_a_thousand_kilometres_of_amplified_fibre() -> None:
    data = stream(3, "data").bytes(2**20)
    cipher = phase(levels=2**17, mean_photons=4e4)
    arrival = AmplifiedLine(spans=13, span_loss_db=16.0).arrival
    assert decrypt(cipher, SEED, encrypt(cipher, SEED, data), Receiver("heterodyne"), arrival, stream(3, "n")) == data


@pytest.mark.parametrize("cipher", CIPHERS)
def test_another_seed_reads_coin_tosses(cipher: StreamCipher) -> None:
    data = stream(4, "data").bytes(40_000)
    guess = bytes(31) + b"\x01"
    out = decrypt(cipher, guess, encrypt(cipher, SEED, data), reader(cipher), Arrival(), stream(4, "noise"))
    assert agrees(wrong_bits(data, out), 8 * len(data), 0.5)


@pytest.mark.parametrize(
    ("cipher", "receiver", "line"),
    [
        (phase(mean_photons=300.0), Receiver("heterodyne"), AmplifiedLine(3, 16.0)),
        (phase(mean_photons=300.0, bits_per_symbol=2), Receiver("heterodyne", efficiency=0.6), AmplifiedLine(1, 16.0)),
        (phase(mean_photons=300.0), Receiver("homodyne", electronic_noise=0.2), AmplifiedLine(0, 0.0, 5.0, 22.0)),
        (phase(mean_photons=300.0), Receiver("heterodyne", penalty_db=3.0), AmplifiedLine(1, 20.0)),
        (intensity(mean_photons=2e4), Receiver("direct"), AmplifiedLine(2, 16.0)),
        (intensity(mean_photons=2e4), Receiver("direct", thermal_electrons=80.0), AmplifiedLine(0, 0.0, 5.0, 16.0)),
    ],
)
def test_simulated_bit_errors_are_those_of_the_closed_form(
    cipher: StreamCipher, receiver: Receiver, line: AmplifiedLine
) -> None:
    data = stream(5, "data").bytes(100_000)
    out = decrypt(cipher, SEED, encrypt(cipher, SEED, data), receiver, line.arrival, stream(5, "noise"))
    expected = bit_error(cipher, receiver, line.arrival)
    assert 1e-4 < expected < 0.3
    assert agrees(wrong_bits(data, out), 8 * len(data), expected)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_neighbouring_levels_carry_different_data(cipher: StreamCipher) -> None:
    bases = np.arange(cipher.bases, dtype=np.uint32)
    key = running_key(cipher, SEED, cipher.bases)
    table = np.full(cipher.levels, 99)
    for data in range(cipher.states_per_basis):
        levels = sent_levels(cipher, np.full_like(bases, data), type(key)(bases, np.zeros_like(bases)))
        table[levels] = data
    assert set(table) == set(range(cipher.states_per_basis))
    same = np.flatnonzero(table[1:] == table[:-1]) + 1
    assert set(same) <= {cipher.bases * turn for turn in range(cipher.states_per_basis)}


def test_the_running_key_is_aes_in_counter_mode() -> None:
    cipher = phase(levels=2**20)
    words = np.frombuffer(bytes.fromhex(references.load("y00")["results"]["aes"]["zero_block_hex"]), dtype="<u4")
    key = running_key(cipher, bytes(32), 4)
    assert list(key.basis) == [int(word) % cipher.bases for word in words]
    assert list(key.mask) == [int(word) >> 30 & 1 for word in words]


@given(start=st.integers(0, 1000), symbols=st.integers(0, 100))
def test_the_running_key_can_be_entered_anywhere(start: int, symbols: int) -> None:
    whole, part = running_key(phase(), SEED, start + symbols), running_key(phase(), SEED, symbols, start)
    assert np.array_equal(whole.basis[start:], part.basis)
    assert np.array_equal(whole.mask[start:], part.mask)


def test_bases_are_used_evenly_and_key_is_not_shown() -> None:
    key = running_key(phase(levels=128), SEED, 64_000)
    counts = np.bincount(key.basis, minlength=64)
    assert 20.0 < np.sum((counts - 1000.0) ** 2 / 1000.0) < 120.0  # chi-squared of 63 degrees, 5 standard deviations
    assert "array" not in repr(key)
    assert phase(levels=128).running_key_bits_per_symbol == 7
    assert phase(levels=128, overlap_selection=False).running_key_bits_per_symbol == 6


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"levels": 1000}, "levels"),
        ({"levels": 2**21}, "levels"),
        ({"levels": 2, "bits_per_symbol": 2}, "levels"),
        ({"bits_per_symbol": 3}, "bits_per_symbol"),
        ({"keying": "intensity", "bits_per_symbol": 2}, "bits_per_symbol"),
        ({"keying": "colour"}, "keying"),
        ({"mean_photons": 0.0}, "mean_photons"),
        ({"mean_photons": float("nan")}, "mean_photons"),
        ({"seed_bits": 100}, "seed_bits"),
    ],
)
def test_impossible_transmitters_are_refused(change: dict[str, object], key: str) -> None:
    with pytest.raises(InputError, match=f"stream cipher: {key}"):
        phase(**change)


def test_a_seed_of_wrong_length_is_refused_without_showing_it() -> None:
    with pytest.raises(InputError) as error:
        encrypt(phase(), b"secret", b"data")
    assert "48 bits" in str(error.value)
    assert "secret" not in str(error.value)


def test_receivers_that_cannot_read_the_keying_are_refused() -> None:
    for cipher, kind in ((phase(), "direct"), (intensity(), "heterodyne"), (phase(bits_per_symbol=2), "homodyne")):
        with pytest.raises(InputError, match="receiver"):
            decrypt(cipher, SEED, encrypt(cipher, SEED, b"data"), Receiver(kind), Arrival(), stream(1, "n"))
