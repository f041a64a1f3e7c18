"""Finite key of a zenith pass against SatQuMA: same losses, same parameters, bounds by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from references import load

from links.satellites.fixed_passes import downlink, seconds_of
from qkdsim.detections import Expected
from qkdsim.devices import load_named_profile
from qkdsim.links.block import KeyBlocks
from qkdsim.protocols import Counts
from qkdsim.protocols.keylength import DecoySettings, Statistics
from qkdsim.protocols.keylength.distillation import Estimates, gamma, key_length
from qkdsim.protocols.keylength.lim2014 import yields
from qkdsim.protocols.tailbounds import TAIL_BOUNDS

REFERENCE = load("satquma-passes")
INPUTS, WITHIN = REFERENCE["inputs"], REFERENCE["tolerance"]
OUR_BOUND = {"Chernoff": "chernoff", "Hoeffding": "hoeffding", "Asymptotic": "none"}
POINTS: list[dict[str, Any]] = [
    {key: value for key, value in section.items() if key != "points"} | point
    for section in REFERENCE["results"].values()
    for point in section["points"]
]
IDENTITY = """format = "profile/1"
[identity]
vendor = "v"
model = "m"
summary = "s"
source = "s"
[protocol]
name = "bb84-decoy"
key_basis_probability = {key_basis_probability}
[telescope]
aperture_diameter_m = 0.3
field_of_view_full_urad = 10
"""
TRANSMITTER = """[source]
pulse_rate_hz = {clock_hz}
wavelength_nm = 785
intensity = [
  {{ name = "signal", mean_photon_number = {mu[0]}, probability = {p[0]} }},
  {{ name = "decoy", mean_photon_number = {mu[1]}, probability = {p[1]} }},
  {{ name = "vacuum", mean_photon_number = {mu[2]}, probability = {p[2]} }},
]
[security_model]
tail_bound = "{bound}"
"""
# all losses are in the profile of the pass; the program's click model is the linear one of the literature
RECEIVER = """[receiver]
misalignment_error = {qber_intrinsic}
filter_width_nm = 1
[detector]
efficiency = 1
dark_count_probability = {p_extraneous_per_gate}
afterpulse_probability = {afterpulse_probability}
click_model = "linear"
[post_processing]
epsilon_secrecy = {epsilon_secrecy}
epsilon_correctness = {epsilon_correctness}
ec_efficiency = {ec_efficiency}
verification_bits = 0
"""


def title(point: dict[str, Any]) -> str:
    keys = ("half_window_s", "qber_intrinsic", "excess_loss_db", "p_extraneous_per_gate")
    return " ".join([point["tail_bounds"], *(f"{point[key]:g}" for key in keys)])


@cache
def of_pass(row: int) -> tuple[Counts, KeyBlocks]:
    """Counts and key of the whole window of a row, one slice a second."""
    point = POINTS[row]
    numbers = {
        **{key: value for key, value in (INPUTS | point).items() if isinstance(value, int | float)},
        "key_basis_probability": INPUTS["key_basis_probability_both_ends"],
        "mu": INPUTS["mean_photon_number"],
        "p": INPUTS["intensity_probability"],
        "bound": OUR_BOUND[point["tail_bounds"]],
    }
    modules = []
    with TemporaryDirectory() as folder:
        for text in (TRANSMITTER, RECEIVER):
            path = Path(folder) / "module.toml"
            path.write_text((IDENTITY + text).format(**numbers), encoding="utf-8")
            modules.append(load_named_profile(str(path)))
    link = downlink(*modules)
    seconds = np.abs(np.arange(-point["half_window_s"], point["half_window_s"] + 1))
    transmittance = np.array(INPUTS["loss_profile"]["transmittance"])[seconds]
    slices = seconds_of(-10 * np.log10(transmittance) + point["excess_loss_db"])
    return link.counts(slices, Expected()), link.block(slices, Expected(), 0.0, 1.0)


# Known deviations: rows where the key differs by more than 2 %, and by how much. Counts and single photons agree
# everywhere; the reason is how the program bounds errors, as `test_error_habits_of_the_program_explain_...` shows.
DEVIATIONS = {
    "Chernoff 200 0.005 6 1e-06": -0.039,
    "Chernoff 200 0.03 6 1e-06": -0.414,  # a key near 0: a phase error 4 % larger takes two fifths of it
    "Hoeffding 200 0.005 0 1e-08": -0.027,
    "Hoeffding 200 0.005 6 1e-08": -0.121,
    "Hoeffding 200 0.005 6 1e-06": -0.118,
    "Hoeffding 200 0.03 0 1e-06": +0.161,
    "Asymptotic 200 0.005 6 1e-06": +0.040,
    "Asymptotic 200 0.03 0 1e-06": +0.024,
    "Asymptotic 200 0.03 6 1e-06": +0.159,
}


@pytest.mark.parametrize("row", range(len(POINTS)), ids=lambda row: title(POINTS[row]))
def test_counts_and_key(row: int) -> None:
    point = POINTS[row]
    counts, block = of_pass(row)
    counted, rel = Statistics.of(counts), WITHIN["counts_rel"]
    assert counted.sifted_bits.item() == pytest.approx(point["n_x"], rel=rel)
    assert counted.qber.item() == pytest.approx(point["qber_x"], rel=rel)
    assert block.leak_ec_bits.item() == pytest.approx(point["lambda_ec_bits"], rel=rel)
    if point["key_bits"] == 0:
        assert block.secret_bits.item() == 0
    elif title(point) in DEVIATIONS:
        assert block.secret_bits.item() / point["key_bits"] - 1 == pytest.approx(DEVIATIONS[title(point)], abs=2e-3)
    else:
        assert block.secret_bits.item() == pytest.approx(point["key_bits"], rel=WITHIN["key_bits_rel"])


def test_deviations_are_rows_of_the_reference() -> None:
    assert set(DEVIATIONS) <= {title(point) for point in POINTS}


def program_errors(tested: Statistics, settings: DecoySettings, bound: str, epsilon: float) -> float:
    """Single-photon errors of the test basis as the program bounds them.

    Errors are shared among intensities in proportion to counts; Chernoff's lower bound may be negative; there are no
    more single-photon errors than errors (which is sound, and tighter than Lim 2014).
    """
    counts, all_errors = tested.test.ravel(), float(tested.test_errors.sum())
    shared = counts * all_errors / counts.sum()
    b = np.log(1 / epsilon)
    above, below = shared[1], shared[2]
    if bound == "chernoff":
        above = shared[1] + b + np.sqrt(2 * b * shared[1] + b**2)
        below = shared[2] - b / 2 - np.sqrt(2 * b * shared[2] + b**2 / 4)
    elif bound == "hoeffding":
        above, below = shared[1] + np.sqrt(all_errors / 2 * b), shared[2] - np.sqrt(all_errors / 2 * b)
    mu, weight = settings.mean_photon_number, settings.weight
    single = settings.photon_number_probability(1) * (weight[1] * above - weight[2] * below) / (mu[1] - mu[2])
    return min(float(single), all_errors)


@pytest.mark.parametrize("row", range(len(POINTS)), ids=lambda row: title(POINTS[row]))
def test_error_habits_of_the_program_explain_every_difference(row: int) -> None:
    """With them in place of Eq. (4) of Lim 2014 every row is met: 2 % is asked, most rows come within 0.02 %."""
    point, tested = POINTS[row], Statistics.of(of_pass(row)[0])
    mu, p = np.array(INPUTS["mean_photon_number"]), np.array(INPUTS["intensity_probability"])
    settings = DecoySettings(mu, p, INPUTS["epsilon_correctness"])
    bound, epsilon = OUR_BOUND[point["tail_bounds"]], np.asarray(INPUTS["epsilon_secrecy"] / 21)
    vacuum, single = yields(tested.key, settings, epsilon, TAIL_BOUNDS[bound])
    _, test_single = yields(tested.test, settings, epsilon, TAIL_BOUNDS[bound])
    assert single.item() == pytest.approx(point["s_x1"], rel=1e-6)
    errors = np.full_like(single, program_errors(tested, settings, bound, float(epsilon)))
    estimates = Estimates(vacuum, single, test_single, errors)
    leak = np.full_like(single, point["lambda_ec_bits"])
    key = key_length(estimates, settings, epsilon, leak, None if bound == "none" else gamma)
    assert key.phase_error_rate.item() == pytest.approx(point["phase_error_phi_x"], rel=0.01)
    assert key.secret_bits.item() == pytest.approx(point["key_bits"], rel=WITHIN["key_bits_rel"])
