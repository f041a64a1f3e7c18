"""Key-length theory against the figures of its papers."""

from __future__ import annotations

from typing import Any

import numpy as np
from comparison import Row, Section, absolute, reference, relative

from qkdsim import key_rate
from qkdsim.protocols import binary_entropy
from qkdsim.protocols.keylength import DecoySettings, Statistics, planned_leak_ec_bits, rusca2018, tomamichel2012
from qkdsim.protocols.linear_model import linear_error, linear_gain


def sections() -> list[Section]:
    """One section per theory."""
    return [_gys(), _lim(), _rusca(), _tomamichel()]


def _gys() -> Section:
    outside = reference("gys-2005")
    results, tolerance = outside["results"], outside["tolerance"]
    rows = []
    for point in results["points"]:
        rate = key_rate("gys-2004", length_km=point["length_km"], asymptotic=True)
        expected = point["bits_per_pulse"]["infinite_decoys"]
        what = f"bits per pulse, infinitely many decoys, {point['length_km']} km"
        found = rate.secret_key_bits_per_pulse or 0.0
        rows.append(relative(what, expected, found, tolerance["rate_exact_yields_relative"], label="calculated"))
    reach = key_rate("gys-2004", length_km=0.0, asymptotic=True).max_length_km or 0.0
    published = results["published"]["max_length_km_infinite_decoys"]
    rows.append(absolute("reach, infinitely many decoys", published, reach, tolerance["max_length_published_km"], "km"))
    remarks = (
        "The published reach lies between the value for a signal of 0.48 photons (142.01 km, used here) and "
        "that for the best signal at that length (142.21 km). Other decoy variants of the paper are tested in "
        "`tests/protocols`."
    )
    return Section("Decoy theory for infinite data (Ma 2005)", outside["citation"], "none", tuple(rows), remarks)


def _lim_rate(settings: dict[str, Any], length_km: float, block_bits: float, more: dict[str, float]) -> float:
    """Bits per pulse of the study's receiver at given settings."""
    first, second = settings["probability"][:2]
    changes = {"protocol.key_basis_probability": settings["key_basis_probability"], **more}
    for index, (mean, share) in enumerate(zip(settings["mean_photon_number"][:2], (first, second), strict=True)):
        changes[f"source.intensity[{index}].mean_photon_number"] = mean
        changes[f"source.intensity[{index}].probability"] = share
    changes["source.intensity[2].probability"] = 1.0 - first - second
    rate = key_rate("lim-2014", length_km=length_km, block_bits=block_bits, overrides=changes)
    return rate.secret_key_bits_per_pulse or 0.0


def _lim() -> Section:
    outside = reference("lim-2014")
    results, tolerance = outside["results"], outside["tolerance"]
    rows: list[Row] = []
    at_100_km: dict[float, float] = {}
    for curve in results["curves"]:
        block_bits = curve["block_bits"]
        allowed = tolerance["digitised_relative_to_100km"][f"{block_bits:.0f}"]
        for point in curve["points"]:
            km = point["length_km"]
            ours = _lim_rate(point["best_settings"], km, block_bits, {})
            what = f"bits per pulse, block {block_bits:.0e}, {km} km"
            rows.append(
                relative(f"{what}, best settings", point["best"], ours, tolerance["best_relative"], label="calculated")
            )
            rows.append(relative(f"{what}, read from Fig. 1", point["digitised"], ours, allowed if km <= 100 else None))
            if km == 100:
                at_100_km[block_bits] = ours
    ratio = at_100_km[1e9] / at_100_km[1e7]
    rows.append(
        relative("rate ratio of blocks 1e9 and 1e7 at 100 km", results["ratio_block_1e9_to_1e7_100km"], ratio, 0.05)
    )
    remarks = (
        "For blocks of 1e5 bits Fig. 1 lies 17 to 19 % above the best that the printed formulas give up to "
        "100 km, and further above it at 140 km. The cause is not known. Intermediate counts and bounds at "
        "fixed settings are met to 1e-6 (`tests/protocols`)."
    )
    return Section("Two decoys, finite data (Lim 2014)", outside["citation"], "none", tuple(rows), remarks)


def _rusca() -> Section:
    outside = reference("rusca-2018")
    rows = []
    for point in outside["results"]["points"]:
        for sampling, expected in point["secret_key_rate_bps"].items():
            what = f"{point['length_km']} km, {point['size']:.0e} {point['fixed']}, {sampling}"
            ours = _rusca_rate_bps(outside["inputs"], point, sampling)
            label = "output of a public program" if sampling == "serfling" else "calculated"
            rows.append(relative(what, expected, ours, outside["tolerance"]["rate_relative"], "bit/s", label))
    remarks = "The two sampling terms differ by 1 to 17 % in key, so every result names the one it used."
    return Section("One decoy, finite data (Rusca 2018)", outside["citation"], "none", tuple(rows), remarks)


def _rusca_rate_bps(inputs: dict[str, Any], point: dict[str, Any], sampling: str) -> float:
    mu, share = np.array(inputs["mean_photon_number"]), np.array(inputs["probability"])
    eta = inputs["receiver_efficiency"] * 10 ** (-inputs["attenuation_db_per_km"] * point["length_km"] / 10)
    noise = inputs["dark_count_rate_hz"] / inputs["pulse_rate_hz"] / 2  # per detector
    gain = share * linear_gain(mu, eta, noise, 0.0)
    error = share * linear_error(mu, eta, noise, 0.0, inputs["misalignment_error"])
    bias = inputs["key_basis_probability"]
    matched = bias**2 + (1 - bias) ** 2
    pulses = point["size"] if point["fixed"] == "pulses" else point["size"] / (matched * gain.sum())
    key, test = pulses * bias**2, pulses * (1 - bias) ** 2
    counts = Statistics(key * gain, key * error, test * gain, test * error)
    epsilon = inputs["epsilon_correctness"]
    leak = planned_leak_ec_bits(counts.sifted_bits, counts.qber, inputs["ec_efficiency"], epsilon)
    settings = DecoySettings(mu, share, epsilon)
    length = rusca2018(counts, settings, inputs["epsilon_secrecy"], leak, sampling_bound=sampling)
    return float(length.secret_bits) / float(pulses) * float(inputs["pulse_rate_hz"])


def _tomamichel() -> Section:
    outside = reference("tomamichel-2012")
    rows = [
        relative(
            f"bits per qubit, {row['key_bits']:.0e} key bits",
            row["bits_per_qubit"],
            _tomamichel_rate(outside["inputs"], row),
            row["relative_tolerance"],
        )
        for row in outside["results"]["rows"]
    ]
    remarks = (
        "Small blocks come out high: 3 % at 1e5 bits and 18 % at 1e4. The cause is not known; the exponent of "
        "the secrecy parameter was not checked against the paper."
    )
    return Section("Single photons, finite data (Tomamichel 2012)", outside["citation"], "none", tuple(rows), remarks)


def _tomamichel_rate(inputs: dict[str, Any], row: dict[str, Any]) -> float:
    n, share = float(row["key_bits"]), row["test_basis_probability"]
    qubits = n / (1 - share) ** 2
    tested = qubits * share**2
    counts = Statistics(*(np.array([one]) for one in (n, n * inputs["qber"], tested, tested * row["tolerated_qber"])))
    leak = inputs["ec_efficiency"] * n * binary_entropy(inputs["qber"])
    bits = n / 2
    for _ in range(50):  # epsilon is stated per key bit: a fixed point
        epsilon = inputs["epsilon_per_bit"] * bits
        settings = DecoySettings(np.array([1.0]), np.array([1.0]), epsilon)
        bits = float(tomamichel2012(counts, settings, epsilon, leak).secret_bits)
    return (1 - float(row["epsilon_robustness"])) * bits / qubits
