from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erfc

from qkdsim.errors import InputError
from qkdsim.rng import stream
from qkdsim.streamcipher import AmplifiedLine, Arrival, Receiver, bit_error, q_factors, symbol_error, thermal_electrons
from tests.streamcipher.ciphers import intensity, phase

PHOTONS = st.floats(0.01, 50.0)
BRIGHT = st.floats(10.0, 1e4)


@given(PHOTONS)
def test_two_states_meet_the_textbook_forms_and_never_beat_helstrom(photons: float) -> None:
    cipher = phase(mean_photons=photons)
    homodyne = bit_error(cipher, Receiver("homodyne"), Arrival())
    heterodyne = bit_error(cipher, Receiver("heterodyne"), Arrival())
    assert homodyne == pytest.approx(0.5 * erfc(math.sqrt(2.0 * photons)), rel=1e-9)
    assert heterodyne == pytest.approx(0.5 * erfc(math.sqrt(photons)), rel=1e-9)
    overlap = math.exp(-4.0 * photons)
    least = 0.5 * overlap / (1.0 + math.sqrt(1.0 - overlap))  # Helstrom, without cancellation
    assert least <= homodyne * (1.0 + 1e-9) <= heterodyne * (1.0 + 1e-6)


@given(st.floats(1.0, 50.0), st.integers(3, 20))
def test_with_phase_keying_the_receiver_does_not_feel_the_number_of_levels(photons: float, doublings: int) -> None:
    many, few = phase(mean_photons=photons, levels=2**doublings), phase(mean_photons=photons, levels=2)
    receiver = Receiver("heterodyne")
    assert bit_error(many, receiver, Arrival()) == bit_error(few, receiver, Arrival())


@given(BRIGHT, st.floats(1.01, 10.0), st.integers(1, 50), st.floats(1.0, 25.0))
def test_errors_fall_with_light_and_rise_with_spans(photons: float, more: float, spans: int, loss_db: float) -> None:
    for cipher, receiver in ((phase, Receiver("heterodyne")), (intensity, Receiver("direct"))):
        dim, bright = cipher(mean_photons=photons, levels=64), cipher(mean_photons=photons * more, levels=64)
        near, far = AmplifiedLine(spans, loss_db).arrival, AmplifiedLine(spans + 1, loss_db).arrival
        assert np.all(q_factors(bright, receiver, near) > q_factors(dim, receiver, near))
        assert np.all(q_factors(dim, receiver, far) < q_factors(dim, receiver, near))


@given(BRIGHT, st.integers(1, 10))
def test_for_intensity_a_wider_range_helps_and_more_levels_hardly_matter(photons: float, doublings: int) -> None:
    receiver = Receiver("direct")
    narrow, wide = (intensity(mean_photons=photons, level_range_db=level_range) for level_range in (2.0, 4.0))
    assert bit_error(wide, receiver, Arrival()) <= bit_error(narrow, receiver, Arrival())
    few, many = (intensity(mean_photons=photons, levels=2**count) for count in (8 + doublings, 9 + doublings))
    assert bit_error(few, receiver, Arrival()) == pytest.approx(bit_error(many, receiver, Arrival()), rel=0.2, abs=1e-9)


def test_two_bits_per_symbol_err_in_either_bit() -> None:
    cipher, receiver = phase(mean_photons=6.0, bits_per_symbol=2), Receiver("heterodyne")
    error = bit_error(cipher, receiver, Arrival())
    assert error == pytest.approx(0.5 * erfc(math.sqrt(3.0)), rel=1e-12)
    assert symbol_error(cipher, receiver, Arrival()) == pytest.approx(1.0 - (1.0 - error) ** 2, rel=1e-12)


def test_counting_photons_one_by_one_errs_as_the_gaussian_form_says() -> None:
    cipher = intensity(mean_photons=60.0, levels=2, level_range_db=2.0)
    low, high = cipher.level_photons
    expected = bit_error(cipher, Receiver("direct"), Arrival())
    threshold = math.sqrt(low * high)
    rng, trials = stream(1, "counts"), 400_000
    dither = rng.uniform(-0.5, 0.5, (2, trials))  # whole numbers against a threshold between them
    wrong = np.sum(rng.poisson(low, trials) + dither[0] > threshold)
    wrong += np.sum(rng.poisson(high, trials) + dither[1] < threshold)
    assert wrong / (2 * trials) == pytest.approx(expected, rel=0.03)


def test_the_noise_of_amplified_light_is_that_of_displaced_thermal_light() -> None:
    receiver, arrival = Receiver("direct", efficiency=0.7, noise_modes=3.0), Arrival(0.5, 4.0)
    mean, sigma = receiver.counts(np.array([2000.0]), arrival)
    rng, trials = stream(2, "thermal"), 400_000
    noise = rng.standard_normal((3, 2, trials)) * math.sqrt(0.7 * 4.0 / 2.0)
    noise[0, 0] += math.sqrt(0.7 * 0.5 * 2000.0)
    counts = rng.poisson(np.sum(noise**2, axis=(0, 1)))
    assert np.mean(counts) - 3 * 0.7 * 4.0 == pytest.approx(mean[0], abs=4.0 * sigma[0] / math.sqrt(trials))
    assert np.var(counts) == pytest.approx(sigma[0] ** 2, rel=4.0 * math.sqrt(2.0 / trials))


def vacuum(rng: np.random.Generator, trials: int) -> np.ndarray:
    return 0.5 * (rng.standard_normal(trials) + 1j * rng.standard_normal(trials))


@pytest.mark.parametrize("kind", ["heterodyne", "homodyne"])
def test_noise_is_that_of_fields_through_beam_splitters_and_ideal_amplifiers(kind: str) -> None:
    rng, trials, share, efficiency = stream(3, "field"), 400_000, 0.1, 0.8
    line = AmplifiedLine(3, 10.0, 10.0 * math.log10(2.0 - share), last_loss_db=10.0 * math.log10(2.0))
    receiver = Receiver(kind, efficiency=efficiency)
    field = vacuum(rng, trials)  # around the signal, in the Wigner picture
    for _ in range(3):
        field = math.sqrt(share) * field + math.sqrt(1.0 - share) * vacuum(rng, trials)
        field = math.sqrt(1.0 / share) * field + math.sqrt(1.0 / share - 1.0) * np.conj(vacuum(rng, trials))
    field = math.sqrt(0.5) * (field + vacuum(rng, trials))
    field = math.sqrt(efficiency) * field + math.sqrt(1.0 - efficiency) * vacuum(rng, trials)
    if kind == "heterodyne":  # half of the light to each quadrature, scaled back to the whole
        field = field + vacuum(rng, trials)
    expected = receiver.quadrature_sigma(line.arrival) ** 2
    assert np.var(field.real) == pytest.approx(expected, rel=4.0 * math.sqrt(2.0 / trials))


def test_thermal_noise_of_fifty_ohms() -> None:
    assert thermal_electrons(300.0, 50.0, 1e9) == pytest.approx(2540.0, rel=1e-2)  # sqrt(2 k T t / R) / e by hand


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("camera", {}),
        ("direct", {"efficiency": 0.0}),
        ("direct", {"efficiency": 1.1}),
        ("homodyne", {"penalty_db": -1.0}),
    ],
)
def test_impossible_receivers_are_refused(kind: str, change: dict[str, float]) -> None:
    with pytest.raises(InputError, match="stream cipher"):
        Receiver(kind, **change)
