"""Raman light of classical channels in the same fibre."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from references import load

from qkdsim import units
from qkdsim.channels import (
    CoexistingChannel,
    FibreSpan,
    backward_raman_power_w,
    crosstalk_photon_rate_hz,
    forward_raman_power_w,
)

WORKED = load("worked-values")
INPUTS, RESULTS = WORKED["inputs"]["raman"], WORKED["results"]
DIRECTIONS = {"forward": forward_raman_power_w, "backward": backward_raman_power_w}


def rate_hz(direction: str, launch_dbm: float, length_km: float, classical_db_per_km: float = 0.2) -> float:
    power_w = DIRECTIONS[direction](
        launch_power_w=units.watts(launch_dbm),
        raman_coefficient_per_km_nm=INPUTS["raman_coefficient_per_km_nm"],
        filter_width_nm=INPUTS["filter_width_nm"],
        length_km=length_km,
        quantum_attenuation_db_per_km=INPUTS["attenuation_db_per_km"],
        classical_attenuation_db_per_km=classical_db_per_km,
    )
    return units.photon_rate_hz(power_w, INPUTS["wavelength_nm"])


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("row", RESULTS["raman"], ids=lambda row: f"{row['launch_dbm']}dBm-{row['length_km']}km")
def test_worked_values(row: dict[str, Any], direction: str) -> None:
    rate = rate_hz(direction, row["launch_dbm"], row["length_km"])
    assert rate == pytest.approx(row[f"{direction}_hz"], rel=WORKED["tolerance"]["raman_relative"])
    assert rate == pytest.approx(row[f"{direction}_hz"], rel=1e-3)  # four digits were written down


@pytest.mark.parametrize("row", RESULTS["raman"], ids=lambda row: f"{row['launch_dbm']}dBm-{row['length_km']}km")
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_fibre_span_brings_it_to_the_receiver(row: dict[str, Any], direction: Any) -> None:
    span = FibreSpan(length_km=row["length_km"], classical_channels=(CoexistingChannel(direction, row["launch_dbm"]),))
    state = span.state(wavelength_nm=1550.0, filter_width_nm=0.1)
    assert state.noise_photon_rate_hz == pytest.approx(row[f"{direction}_hz"], rel=1e-3)
    assert span.state(wavelength_nm=1550.0, filter_width_nm=0.2).noise_photon_rate_hz == pytest.approx(
        2 * state.noise_photon_rate_hz
    )


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_no_fibre_no_raman_light(direction: str) -> None:
    assert rate_hz(direction, 0.0, 0.0) == 0.0


def test_forward_light_peaks_at_one_absorption_length() -> None:
    peak_km = RESULTS["raman_forward_peak_km"]
    lengths = [peak_km + step / 100 for step in range(-500, 501)]
    best = max(lengths, key=lambda length_km: rate_hz("forward", 0.0, length_km))
    assert best == pytest.approx(peak_km, abs=0.02)
    assert peak_km == pytest.approx(10 / math.log(10) / 0.2, abs=0.01)


def test_backward_light_saturates() -> None:
    assert rate_hz("backward", 0.0, 1000.0) == pytest.approx(RESULTS["raman_backward_limit_hz"], rel=1e-3)


@given(st.sampled_from(sorted(DIRECTIONS)), st.floats(0.1, 200.0), st.floats(0.15, 0.4))
def test_unequal_attenuation_joins_the_equal_case(direction: str, length_km: float, classical: float) -> None:
    near = rate_hz(direction, 0.0, length_km, 0.2 + 1e-9)
    assert near == pytest.approx(rate_hz(direction, 0.0, length_km), rel=1e-6)
    # more loss of the pump never makes more Raman light
    assert rate_hz(direction, 0.0, length_km, classical + 0.01) <= rate_hz(direction, 0.0, length_km, classical)


@given(st.floats(1.0, 150.0), st.floats(0.15, 0.45))
def test_forward_light_against_the_integral(length_km: float, classical: float) -> None:
    # light made at z by what is left of the pump, then carried to the end: summed over 2000 pieces
    quantum = 0.2 / (10 / math.log(10))
    pump = classical / (10 / math.log(10))
    dz = length_km / 2000
    total = sum(math.exp(-pump * z - quantum * (length_km - z)) * dz for z in (dz * (i + 0.5) for i in range(2000)))
    expected = units.photon_rate_hz(1e-3 * 3e-9 * 0.1 * total, 1550.0)
    assert rate_hz("forward", 0.0, length_km, classical) == pytest.approx(expected, rel=1e-5)


def test_isolation_that_brings_0_dbm_down_to_a_thousand_photons_per_second() -> None:
    isolation_db = RESULTS["crosstalk_isolation_db_to_1e3_hz"]
    assert crosstalk_photon_rate_hz(1e-3, 1550.0, isolation_db) == pytest.approx(1e3, rel=0.012)


def test_crosstalk_is_loss_and_isolation_together() -> None:
    channel = CoexistingChannel("forward", 0.0, raman_coefficient_per_km_nm=0.0)
    state = FibreSpan(length_km=50.0, classical_channels=(channel,)).state(
        wavelength_nm=1550.0, filter_width_nm=0.1, isolation_db=100.0
    )
    assert state.noise_photon_rate_hz == pytest.approx(units.photon_rate_hz(1e-3, 1550.0) * 1e-11, rel=1e-9)
