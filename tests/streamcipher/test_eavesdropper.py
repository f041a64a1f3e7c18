from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.rng import stream
from qkdsim.streamcipher import (
    StreamCipher,
    data_error_limit,
    eavesdrop,
    eavesdropper_level_error,
    encrypt,
    holevo_bits_per_symbol,
    level_error_limit,
    level_masking_number,
    masking_number,
    neighbour_error_limit,
    unicity_symbols,
)
from tests.streamcipher.ciphers import SEED, agrees, intensity, phase

PHOTONS = st.floats(0.05, 1e5)
DOUBLINGS = st.integers(1, 16)


def helstrom(photons: float) -> float:
    return 0.5 * (1.0 - math.sqrt(-math.expm1(-4.0 * photons)))


@pytest.mark.parametrize(
    ("cipher", "tapped"),
    [
        (phase(levels=4, mean_photons=2.0), 1.0),
        (phase(levels=64, mean_photons=100.0), 1.0),
        (phase(levels=4096, mean_photons=1e4), 0.1),
        (phase(levels=256, mean_photons=0.3), 1.0),
        (intensity(levels=16, mean_photons=1e3), 1.0),
        (intensity(levels=4096, mean_photons=1e6), 0.5),
    ],
)
def test_simulated_level_errors_are_those_of_the_closed_form(cipher: StreamCipher, tapped: float) -> None:
    levels = encrypt(cipher, SEED, stream(7, "data").bytes(50_000))
    read = eavesdrop(cipher, levels, stream(7, "eve"), tapped)
    assert agrees(int(np.sum(read != levels)), len(levels), eavesdropper_level_error(cipher, tapped))


@given(PHOTONS, DOUBLINGS)
@settings(deadline=None)
def test_no_receiver_beats_the_quantum_limit(photons: float, doublings: int) -> None:
    cipher = phase(levels=2**doublings, mean_photons=photons)
    limit = level_error_limit(cipher)
    assert -1e-12 <= limit <= eavesdropper_level_error(cipher) + 1e-9
    assert limit <= 1.0 - 1.0 / cipher.levels + 1e-12


@given(PHOTONS, st.floats(1.05, 10.0), DOUBLINGS)
@settings(deadline=None)
def test_more_levels_hide_more_and_more_light_shows_more(photons: float, more: float, doublings: int) -> None:
    cipher = phase(levels=2**doublings, mean_photons=photons)
    denser = phase(levels=2 ** (doublings + 1), mean_photons=photons)
    brighter = phase(levels=2**doublings, mean_photons=photons * more)
    for error in (eavesdropper_level_error, level_error_limit, masking_number, neighbour_error_limit):
        assert error(cipher) <= error(denser) + 1e-9
        assert error(brighter) <= error(cipher) + 1e-9
    assert holevo_bits_per_symbol(brighter) >= holevo_bits_per_symbol(cipher) - 1e-9


@given(st.floats(100.0, 1e6), st.floats(1.05, 10.0), st.integers(2, 14))
def test_the_same_holds_for_intensities(photons: float, more: float, doublings: int) -> None:
    cipher = intensity(levels=2**doublings, mean_photons=photons)
    denser, brighter = (
        intensity(levels=2 ** (doublings + 1), mean_photons=photons),
        intensity(levels=2**doublings, mean_photons=photons * more),
    )
    for error in (eavesdropper_level_error, masking_number, neighbour_error_limit):
        assert error(denser) >= error(cipher) - 1e-12
        assert error(brighter) <= error(cipher) + 1e-12


@given(PHOTONS, DOUBLINGS, st.floats(0.01, 1.0))
@settings(deadline=None)
def test_a_tap_is_a_dimmer_transmitter(photons: float, doublings: int, tapped: float) -> None:
    cipher, dim = (phase(levels=2**doublings, mean_photons=light) for light in (photons, tapped * photons))
    for error in (eavesdropper_level_error, level_error_limit, masking_number, neighbour_error_limit):
        assert error(cipher, tapped) == pytest.approx(error(dim), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("levels", "photons"), [(2, 0.4), (4, 1.0), (8, 3.0), (32, 10.0), (128, 40.0)])
def test_the_square_root_measurement_by_the_gram_matrix(levels: int, photons: float) -> None:
    points = math.sqrt(photons) * np.exp(2j * np.pi * np.arange(levels) / levels)
    gram = np.exp(-photons + np.conj(points)[:, None] * points[None, :])
    values, vectors = np.linalg.eigh(gram)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ np.conj(vectors.T)
    expected = 1.0 - float(np.mean(np.abs(np.diag(root)) ** 2))
    assert level_error_limit(phase(levels=levels, mean_photons=photons)) == pytest.approx(expected, abs=1e-6)


@given(st.floats(0.01, 4.0))
def test_two_levels_are_helstroms_problem(photons: float) -> None:
    cipher = phase(levels=2, mean_photons=photons)
    for limit in (level_error_limit, data_error_limit, neighbour_error_limit):
        assert limit(cipher) == pytest.approx(helstrom(photons), abs=1e-9)


def test_a_data_bit_is_lost_in_the_noise_once_levels_are_dense() -> None:
    errors = [data_error_limit(phase(levels=2**count, mean_photons=25.0)) for count in range(1, 9)]
    assert errors == sorted(errors)
    assert errors[0] < 1e-9
    assert errors[-1] == pytest.approx(0.5 - 1.0 / 256, rel=1e-3)  # the two breaks of polarity, no more
    assert masking_number(phase(levels=256, mean_photons=25.0)) > 8.0


def test_dense_levels_meet_the_asymptotic_forms() -> None:
    cipher = phase(levels=2**17, mean_photons=2e4)
    gamma = masking_number(cipher)
    assert 1.0 - level_error_limit(cipher) == pytest.approx(math.sqrt(2.0 / math.pi) / gamma, rel=1e-3)
    assert 1.0 - eavesdropper_level_error(cipher) == pytest.approx(1.0 / (gamma * math.sqrt(math.pi)), rel=1e-3)
    assert holevo_bits_per_symbol(cipher) == pytest.approx(0.5 * math.log2(2.0 * math.pi * math.e * 2e4), rel=1e-4)
    assert 20.0 < unicity_symbols(cipher) < 40.0


@given(st.floats(1.0, 1e5), DOUBLINGS)
def test_no_symbol_tells_more_than_its_level(photons: float, doublings: int) -> None:
    cipher = phase(levels=2**doublings, mean_photons=photons)
    assert 0.0 < holevo_bits_per_symbol(cipher) <= doublings + 1e-9
    assert unicity_symbols(cipher) >= cipher.seed_bits / doublings - 1e-6


def test_definitions_of_the_masking_number_differ_by_known_factors() -> None:
    cipher = phase()
    gamma = masking_number(cipher)
    assert masking_number(cipher, heterodyne=True) == pytest.approx(math.sqrt(2.0) * gamma)
    assert masking_number(cipher, sigmas=1.0) == pytest.approx(gamma / 2.0)
    assert set(level_masking_number(cipher)) == {gamma}
    dark, *_, bright = level_masking_number(intensity(level_range_db=6.0))
    assert bright / dark == pytest.approx(10.0**0.3)


def test_masked_intensities_are_counted_in_steps_of_the_range() -> None:
    cipher = intensity(levels=1024, mean_photons=1e6, level_range_db=10.0 * math.log10(3.0))
    step = 1e6 / 1023  # from half of the mean to one and a half
    assert masking_number(cipher) == pytest.approx(2.0 * 1e3 / step)


def test_what_is_not_known_is_refused() -> None:
    for call in (level_error_limit, holevo_bits_per_symbol, data_error_limit):
        with pytest.raises(InputError, match="keying"):
            call(intensity())
    with pytest.raises(InputError, match="mean_photons"):
        data_error_limit(phase(mean_photons=1e3))
    with pytest.raises(InputError, match="bits_per_symbol"):
        data_error_limit(phase(mean_photons=10.0, bits_per_symbol=2))
    with pytest.raises(InputError, match="heterodyne"):
        masking_number(intensity(), heterodyne=True)
    for tapped in (0.0, 1.5, float("nan")):
        with pytest.raises(InputError, match="tapped"):
            eavesdropper_level_error(phase(), tapped)


def test_the_cipher_always_names_its_assumptions() -> None:
    assert phase().assumptions == ("y-00", "aes-256")
    assert intensity(seed_bits=128).assumptions == ("y-00", "aes-128")
