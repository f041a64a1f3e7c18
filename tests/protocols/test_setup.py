"""From devices and channel to the numbers of a click table, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from references import load

from qkdsim import library
from qkdsim.channels import ChannelState
from qkdsim.devices import DeviceProfile
from qkdsim.protocols import Bb84Setup, bb84_setup

EXTINCTION = load("worked-values")["results"]["extinction_error"]
STATE = ChannelState(0.1)


def profile(**tables: dict[str, Any]) -> DeviceProfile:
    table: dict[str, Any] = {
        "identity": {"vendor": "v", "model": "m", "summary": "s", "source": "s"},
        "protocol": {"name": "bb84-decoy"},
        "source": {
            "pulse_rate_hz": 1e9,
            "intensity": [
                {"name": "signal", "mean_photon_number": 0.5, "probability": 0.6},
                {"name": "decoy", "mean_photon_number": 0.1, "probability": 0.3},
                {"name": "vacuum", "mean_photon_number": 0.0, "probability": 0.1},
            ],
        },
        "receiver": {},
        "detector": {"efficiency": 0.2, "dark_count_probability": 1e-6},
        "post_processing": {"epsilon_secrecy": 1e-10},
    }
    for name, changes in tables.items():
        table[name] = {**table.get(name, {}), **changes}
    return library.validated(DeviceProfile, table, "made-up")


def made(state: ChannelState = STATE, **tables: dict[str, Any]) -> Bb84Setup:
    one = profile(**tables)
    return bb84_setup(one, one, state)


def test_transmittance_is_channel_optics_and_detector() -> None:
    assert made(receiver={"insertion_loss_db": 3.0}).transmittance == pytest.approx([0.1 * 10**-0.3 * 0.2] * 2)
    unequal = {"unit": [{"efficiency": 0.3}, {"dark_count_probability": 5e-6}]}
    assert made(detector=unequal).transmittance == pytest.approx([0.03, 0.02])
    assert made(detector=unequal).noise_probability == pytest.approx([1e-6, 5e-6])


def test_dark_counts_as_a_rate_fill_the_gate() -> None:
    rate = {"dark_count_probability": None, "dark_count_rate_hz": 1000.0, "gate_width_ps": 400.0}
    assert made(detector=rate).noise_probability == pytest.approx([1 - math.exp(-1000 * 400e-12)] * 2)
    # a gate is never wider than the clock's slot of 1 ns
    assert made(detector=rate | {"gate_width_ps": 5000.0}).noise_probability == pytest.approx([1e-6] * 2, rel=1e-5)
    own = {**rate, "unit": [{"dark_count_rate_hz": 2000.0}, {}]}
    assert made(detector=own).noise_probability == pytest.approx([8e-7, 4e-7], rel=1e-5)


def test_noise_light_is_shared_by_the_two_detectors() -> None:
    state = ChannelState(0.1, noise_photon_rate_hz=1e6)
    found = made(state, receiver={"insertion_loss_db": 3.0}, detector={"gate_width_ps": 500.0}).noise_probability
    # photons per gate behind 3 dB of optics, half to each detector of efficiency 0.2, and the dark counts
    light = 1e6 * 10**-0.3 * 500e-12 / 2 * 0.2
    assert found == pytest.approx([1 - (1 - 1e-6) * math.exp(-light)] * 2)


def test_light_of_neighbouring_pulses_is_noise() -> None:
    wide = {"pulse_width_fwhm_ps": 800.0, "spectral_width_sigma_nm": 0.1}
    state = ChannelState(0.1, dispersion_ps_per_nm=1700.0)
    found = made(state, source=wide, detector={"gate_width_ps": 300.0, "jitter_fwhm_ps": 100.0})
    sigma = math.sqrt((800 / 2.35482) ** 2 + 170.0**2 + (100 / 2.35482) ** 2)
    captured = math.erf(150 / (math.sqrt(2) * sigma))
    neighbours = math.erf(1150 / (math.sqrt(2) * sigma)) - math.erf(850 / (math.sqrt(2) * sigma))
    assert found.transmittance == pytest.approx([0.1 * 0.2 * captured] * 2, rel=1e-5)
    mean = 0.6 * 0.5 + 0.3 * 0.1
    light = mean * 0.1 * 0.2 * neighbours / 2
    assert found.noise_probability == pytest.approx([1 - (1 - 1e-6) * math.exp(-light)] * 2, rel=1e-4)


@pytest.mark.parametrize("extinction_db", EXTINCTION)
def test_state_extinction(extinction_db: str) -> None:
    found = made(source={"state_extinction_db": float(extinction_db)}).error_probability
    assert found == pytest.approx([EXTINCTION[extinction_db]] * 2, rel=2e-3)


@pytest.mark.parametrize("extinction_db", [3001.0, 1e300])
def test_beyond_any_extinction_nothing_is_wrong(extinction_db: float) -> None:
    assert made(source={"state_extinction_db": extinction_db}).error_probability == pytest.approx([0.0] * 2, abs=1e-299)


def test_errors_combine_as_independent_flips() -> None:
    found = made(
        ChannelState(0.1, misalignment_error=0.02),
        receiver={"misalignment_error": 0.01, "test_basis_misalignment_error": 0.03},
    ).error_probability
    assert found == pytest.approx([0.01 * 0.98 + 0.99 * 0.02, 0.03 * 0.98 + 0.97 * 0.02])


def test_a_modulator_leaks_into_the_weaker_intensities() -> None:
    # mu_k + (mu_max - mu_k) 10^(-ER/10) with 20 dB
    found = made(source={"intensity_extinction_db": 20.0}).mean_photon_number
    assert found == pytest.approx([0.5, 0.104, 0.005])


def test_bases_and_symbols() -> None:
    biased = {"key_basis_probability": 0.9, "receiver_key_basis_probability": 0.6, "states": 3}
    found = made(protocol=biased)
    assert found.sent_basis_probability == pytest.approx([0.9, 0.1])
    assert found.measured_basis_probability == pytest.approx([0.6, 0.4])
    assert found.symbol_probability.tolist() == [[0.5, 0.5], [1.0, 0.0]]
    assert made(protocol={"key_basis_probability": 0.9}).measured_basis_probability == pytest.approx([0.9, 0.1])
    assert found.setting_probability.sum() == pytest.approx(1.0)
    assert found.setting_probability[0, 0, 1, 1] == pytest.approx(0.6 * 0.9 * 0.5 * 0.4)


def test_each_end_is_read_from_its_own_profile() -> None:
    sender = profile(protocol={"key_basis_probability": 0.9}, detector={"efficiency": 0.9})
    receiver = profile(protocol={"key_basis_probability": 0.7})
    found = bb84_setup(sender, receiver, STATE)
    assert found.transmittance == pytest.approx([0.02, 0.02])
    assert (found.sent_basis_probability[0], found.measured_basis_probability[0]) == pytest.approx((0.9, 0.7))


def test_halves_of_devices_make_no_setup() -> None:
    whole = profile()
    bare = whole.model_copy(update={"source": None})
    with pytest.raises(ValueError, match="expected a transmitter with a source"):
        bb84_setup(bare, whole, STATE)


@pytest.mark.parametrize("extreme", [0.0, 1.0])
def test_the_ends_of_what_a_profile_may_say(extreme: float) -> None:
    dark = min(extreme, 0.999)  # a detector that always fires is no detector: refused
    found = made(ChannelState(extreme), detector={"efficiency": extreme, "dark_count_probability": dark})
    assert np.all(np.isfinite(found.noise_probability))
    assert found.noise_probability == pytest.approx([dark] * 2)
    assert found.transmittance == pytest.approx([extreme] * 2)
