"""Fibre spans: loss, dispersion into the gate, drift, amplifiers, and how errors combine."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from references import load

from qkdsim.channels import (
    ChannelState,
    FibreSpan,
    arrival_sigma_ps,
    combined_error,
    gate_shares,
    mean_drift_error,
    mean_phase_drift_error,
    require_no_amplifier,
    spontaneous_photons_per_mode,
)
from qkdsim.errors import InputError

RESULTS = load("worked-values")["results"]
errors = st.floats(0.0, 0.5)


def test_loss_adds_up() -> None:
    span = FibreSpan(length_km=50.0, connectors=2, splices=10, multiplexer_loss_db=1.5)
    assert span.total_loss_db == pytest.approx(50 * 0.2 + 2 * 0.3 + 10 * 0.05 + 1.5)
    assert span.state(wavelength_nm=1550.0).transmittance == pytest.approx(10 ** (-1.26))


def test_a_measured_loss_beats_the_length() -> None:
    assert FibreSpan(length_km=45.0, loss_db=14.5, connectors=4).total_loss_db == 14.5
    unknown = FibreSpan(loss_db=14.5).state(wavelength_nm=1550.0)
    assert unknown.dispersion_ps_per_nm == 0.0


def test_dispersion() -> None:
    row = RESULTS["dispersion"]
    state = FibreSpan(length_km=row["length_km"], dispersion_ps_per_nm_km=row["dispersion_ps_per_nm_km"]).state(
        wavelength_nm=1550.0
    )
    broadening = arrival_sigma_ps(
        pulse_sigma_ps=0.0,
        dispersion_ps_per_nm=state.dispersion_ps_per_nm,
        spectral_width_sigma_nm=row["spectral_width_sigma_nm"],
        jitter_sigma_ps=0.0,
    )
    assert broadening == pytest.approx(row["broadening_ps"])
    for sigmas in (2, 4):
        captured = gate_shares(broadening, sigmas * broadening, 1e6).captured
        assert captured == pytest.approx(row[f"captured_{sigmas}_sigma"], abs=5e-5)


def test_widths_add_in_quadrature() -> None:
    sigma = arrival_sigma_ps(
        pulse_sigma_ps=3.0, dispersion_ps_per_nm=-40.0, spectral_width_sigma_nm=0.1, jitter_sigma_ps=12.0
    )
    assert sigma == pytest.approx(13.0)


@given(st.floats(0.0, 1e4), st.floats(1.0, 2e3), st.floats(100.0, 1e4))
def test_gate_shares_are_shares(sigma_ps: float, gate_ps: float, slot_ps: float) -> None:
    shares = gate_shares(sigma_ps, gate_ps, slot_ps)
    assert 0.0 <= shares.captured <= 1.0
    assert 0.0 <= shares.neighbours <= 1.0
    assert shares.captured + shares.neighbours <= 1.0 + 1e-12


def test_gates_without_gaps_catch_everything() -> None:
    # gate = slot: own slot and the two neighbours hold all but the tails beyond 1.5 slots, erfc(1.5 slot/(sqrt2 sigma))
    shares = gate_shares(300.0, 1000.0, 1000.0)
    assert shares.captured + shares.neighbours == pytest.approx(1 - math.erfc(1500 / (math.sqrt(2) * 300)), rel=1e-12)
    assert gate_shares(0.0, 100.0, 1000.0) == gate_shares(0.0, 1.0, 1.0)


@given(st.floats(1e-9, 1e3))
def test_drift_error_against_its_definition(ratio: float) -> None:
    # mean over the period of (1 - exp(-t/tau))/2, summed over 400 pieces
    pieces = 400
    expected = sum((1 - math.exp(-ratio * (i + 0.5) / pieces)) / 2 for i in range(pieces)) / pieces
    assert mean_drift_error(1.0, ratio) == pytest.approx(expected, rel=1e-3 if ratio > 10 else 1e-5)


@given(st.floats(0.5e-4, 2e-4))
def test_drift_series_meets_the_closed_form(ratio: float) -> None:
    assert mean_drift_error(1.0, ratio) == pytest.approx(0.5 + math.expm1(-ratio) / (2 * ratio), abs=1e-11)


def test_drift_ends_at_a_coin_toss() -> None:
    assert mean_drift_error(1.0, 1e9) == pytest.approx(0.5)
    # a Wiener phase of Var = t/tau loses its contrast half as fast
    assert mean_phase_drift_error(3600.0, 600.0) == mean_drift_error(7200.0, 600.0)


def test_drift_of_a_span_counts_between_alignments_only() -> None:
    span = FibreSpan(length_km=10.0, polarisation_drift_time_s=3600.0, phase_drift_time_s=7200.0)
    assert span.state(wavelength_nm=1550.0).misalignment_error == 0.0
    drifted = span.state(wavelength_nm=1550.0, stabilisation_period_s=60.0).misalignment_error
    one, other = mean_drift_error(3600.0, 60.0), mean_phase_drift_error(7200.0, 60.0)
    assert drifted == pytest.approx(one * (1 - other) + other * (1 - one), rel=1e-9)


@given(errors, errors, errors)
def test_independent_errors_combine(a: float, b: float, c: float) -> None:
    assert combined_error(a, b) == pytest.approx(a * (1 - b) + b * (1 - a), abs=1e-15)
    assert combined_error(a, b, c) == pytest.approx(combined_error(combined_error(a, b), c), abs=1e-15)
    assert max(a, b) - 1e-15 <= combined_error(a, b) <= 0.5
    assert combined_error(a) == pytest.approx(a, abs=1e-16)
    assert combined_error() == 0.0
    assert combined_error(a, 0.5) == 0.5


@given(errors, errors, st.floats(0.0, 1e9))
def test_a_disturbance_adds_noise_and_error(base: float, more: float, noise_hz: float) -> None:
    state = ChannelState(0.1, misalignment_error=base, noise_photon_rate_hz=5.0).disturbed(noise_hz, more)
    assert state.noise_photon_rate_hz == 5.0 + noise_hz
    assert state.misalignment_error == combined_error(base, more)
    assert state.transmittance == 0.1


def test_amplifier_noise() -> None:
    assert spontaneous_photons_per_mode(20.0, 1.6) == pytest.approx(RESULTS["amplifier_noise_photons"], rel=0.005)


def test_no_quantum_signal_passes_an_amplifier() -> None:
    with pytest.raises(InputError) as caught:
        require_no_amplifier(2, False, "net.toml", "link[3].amplifiers")
    message = str(caught.value)
    assert message.startswith("net.toml: link[3].amplifiers: got 2, expected 0")
    assert "\n" not in message
    require_no_amplifier(2, True, "net.toml", "link[3].amplifiers")
    require_no_amplifier(0, False, "net.toml", "link[3].amplifiers")
