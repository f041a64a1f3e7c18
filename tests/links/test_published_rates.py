"""Modelled devices against published and computed rates: `key_rate` from profile to bits per second."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from references import load

from qkdsim.channels import ChannelState
from qkdsim.detections import Expected
from qkdsim.devices import load_profile
from qkdsim.links.operating_point import operating_point
from qkdsim.links.rate import key_rate
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, click_table, matched_gain_and_error, photon_number_table
from qkdsim.protocols.keylength import DecoySettings, Statistics, lim2014, planned_leak_ec_bits

GYS, LIM, BOARON = load("gys-2005"), load("lim-2014"), load("boaron-2018")
T12, TOKYO, CAMBRIDGE = load("t12-2013"), load("tokyo-2010"), load("cambridge-2019")


def within_factor(ratio: float, factor: float) -> bool:
    return 1 / factor <= ratio <= factor


# --- gys-2004: nothing fitted


@pytest.mark.parametrize("row", GYS["results"]["points"], ids=lambda row: f"{row['length_km']}km")
def test_gys_with_exact_yields(row: dict[str, Any]) -> None:
    rate = key_rate("gys-2004", length_km=row["length_km"], asymptotic=True)
    tolerance = GYS["tolerance"]["rate_exact_yields_relative"]
    assert rate.secret_key_bits_per_pulse == pytest.approx(row["bits_per_pulse"]["infinite_decoys"], rel=tolerance)
    assert rate.gain == pytest.approx(row["gain"], rel=1e-4)
    assert rate.qber == pytest.approx(row["qber"], rel=1e-4)


def test_gys_at_no_distance_and_its_reach() -> None:
    rate = key_rate("gys-2004", length_km=0, asymptotic=True)
    assert rate.secret_key_bits_per_pulse == pytest.approx(2.5546e-3, rel=1e-3)
    published = GYS["results"]["published"]["max_length_km_infinite_decoys"]
    assert rate.max_length_km == pytest.approx(published, abs=GYS["tolerance"]["max_length_published_km"])


def test_what_the_122_km_experiment_observed() -> None:
    reference = load("gys-2004")
    signal = {"source.intensity[0].mean_photon_number": reference["inputs"]["mean_photon_number"]}
    near, far = (key_rate("gys-2004", length_km=km, asymptotic=True, overrides=signal) for km in (101, 122))
    assert far.qber == pytest.approx(reference["results"]["qber_122km"], abs=reference["tolerance"]["qber"])
    assert near.gain is not None
    assert far.gain is not None
    expected = reference["results"]["sifted_ratio_101km_to_122km"]
    assert near.gain / far.gain == pytest.approx(expected, rel=reference["tolerance"]["ratio_relative"])


# --- lim-2014: nothing fitted

CURVES = [
    pytest.param(curve["block_bits"], point, id=f"{curve['block_bits']:g}-{point['length_km']}km")
    for curve in LIM["results"]["curves"]
    for point in curve["points"]
]
# digitised value over ours where the stated tolerance ends (100 km): (measured, reason)
BEYOND_100_KM = {
    (100_000, 140): (1.730, "the digitised curve lies above the optimum for small blocks; cause unknown"),
    (10_000_000, 140): (0.988, ""),
    (1_000_000_000, 140): (0.945, ""),
}


@pytest.mark.parametrize(("block_bits", "point"), [curve for curve in CURVES if curve.id.endswith(("-0km", "-140km"))])
def test_lim_optimum(block_bits: int, point: dict[str, Any]) -> None:
    """The search finds the reference's optimum at the ends of every curve; the test below stands for all points."""
    rate = key_rate("lim-2014", length_km=point["length_km"], block_bits=block_bits, optimise=True)
    assert rate.secret_key_bits_per_pulse == pytest.approx(point["best"], rel=LIM["tolerance"]["best_relative"])


@pytest.mark.parametrize(("block_bits", "point"), CURVES)
def test_lim_rate_at_the_best_settings_of_the_reference(block_bits: int, point: dict[str, Any]) -> None:
    best = point["best_settings"]
    means, shares = best["mean_photon_number"], best["probability"]
    overrides: dict[str, Any] = {"protocol.key_basis_probability": best["key_basis_probability"]}
    for index, share in enumerate([*shares, 1 - sum(shares)]):
        overrides[f"source.intensity[{index}].probability"] = share
    for index, mean in enumerate(means):
        overrides[f"source.intensity[{index}].mean_photon_number"] = mean
    rate = key_rate("lim-2014", length_km=point["length_km"], block_bits=block_bits, overrides=overrides)
    found = rate.secret_key_bits_per_pulse
    assert found == pytest.approx(point["best"], rel=2e-4)  # whole bits, leakage floor
    assert found is not None
    if point["length_km"] <= 100:
        tolerance = LIM["tolerance"]["digitised_relative_to_100km"][str(block_bits)]
        assert found == pytest.approx(point["digitised"], rel=tolerance)
    else:
        documented, _ = BEYOND_100_KM[block_bits, point["length_km"]]
        assert point["digitised"] / found == pytest.approx(documented, rel=0.01)


def test_lim_ratio_of_block_sizes() -> None:
    best = {
        curve["block_bits"]: next(p["best"] for p in curve["points"] if p["length_km"] == 100)
        for curve in LIM["results"]["curves"]
    }
    ratio = best[1_000_000_000] / best[10_000_000]
    assert ratio == pytest.approx(1.79, abs=0.005)  # the text says 1.75
    assert ratio == pytest.approx(LIM["results"]["ratio_block_1e9_to_1e7_100km"], rel=0.03)


# --- boaron-2018: one parameter fitted (misalignment, to the QBER at 252 and 302 km)

# length: (measured rate over published, reason). These rows are not met
BOARON_DEVIATIONS = {
    404.9: (0.4788, "within its factor of 4: dark counts assumed in the middle of the published range"),
    421.1: (0.0, "no key: the Hoeffding bound with the gamma term leaves none from 2e5 bits"),
}


@pytest.mark.parametrize("row", BOARON["results"]["rows"], ids=lambda row: f"{row['length_km']}km")
def test_boaron(row: dict[str, Any]) -> None:
    means = {f"source.intensity[{i}].mean_photon_number": mu for i, mu in enumerate(row["mean_photon_number"])}
    rate = key_rate("boaron-2018", loss_db=row["loss_db"], block_bits=row["block_bits"], overrides=means)
    assert rate.qber == pytest.approx(row["qber"], abs=BOARON["tolerance"]["qber"])
    assert not rate.covered_by_proof  # three states
    ratio = rate.secret_key_rate_bps / row["secret_key_rate_bps"]
    if row["length_km"] in BOARON_DEVIATIONS:
        assert ratio == pytest.approx(BOARON_DEVIATIONS[row["length_km"]][0], rel=0.01, abs=1e-12)
    if row["length_km"] != 421.1:
        assert within_factor(ratio, row["factor"])


def test_boaron_says_what_was_fitted() -> None:
    assert "One parameter is fitted" in load_profile("boaron-2018").identity.summary


# --- t12-2013: three parameters fitted (receiver loss to the counts, misalignment of both bases to the QBER, 50 km)

T12_DEVIATIONS = {
    # loss: (measured rate over published, reason)
    16: (1.451, "the paper's own finite-key theory takes more where counts are few; ours is asymptotic"),
}
T12_EQUAL_DEVIATIONS = {16: (1.699, T12_DEVIATIONS[16][1])}


@pytest.mark.parametrize("row", T12["results"]["rows"], ids=lambda row: f"{row['length_km']}km")
def test_t12_rate_in_asymptotic_decoy_theory(row: dict[str, Any]) -> None:
    rate = key_rate("t12-2013", loss_db=row["loss_db"], asymptotic=True)
    equal = {"protocol.key_basis_probability": 0.5, "protocol.key_bases": "both"}
    other = key_rate("t12-2013", loss_db=row["loss_db"], asymptotic=True, overrides=equal)
    for found, key, known in (
        (rate, "secret_key_rate_bps", T12_DEVIATIONS),
        (other, "equal_bases_secret_key_rate_bps", T12_EQUAL_DEVIATIONS),
    ):
        ratio = found.secret_key_rate_bps / row[key]
        if row["loss_db"] in known:
            assert ratio == pytest.approx(known[row["loss_db"]][0], rel=0.01)
        else:
            assert ratio == pytest.approx(1.0, rel=T12["tolerance"]["rate_relative"])


def _t12_counts_at_50_km() -> tuple[Statistics, np.ndarray, np.ndarray]:
    profile = load_profile("t12-2013")
    point = operating_point(profile, profile, ChannelState(0.1))
    pulses = np.array([T12["inputs"]["pulse_rate_hz"] * T12["inputs"]["duration_s"]])
    counts = Expected().counts(point.tally, pulses, pulses * point.tally.key_probability)
    one = Statistics.of(counts)
    return one, one.key_errors[0] / one.key[0], one.test_errors[0] / one.test[0]


def test_t12_counts_and_qber() -> None:
    counts, key_qber, test_qber = _t12_counts_at_50_km()
    published, tolerance = T12["results"]["at_50km"], T12["tolerance"]
    assert counts.key[0] == pytest.approx(published["key"], rel=tolerance["counts_relative"])
    assert counts.test[0, :2] == pytest.approx(published["test"][:2], rel=tolerance["counts_relative"])
    # not met: 4.3 % low. The published vacuum counts of the two bases stand 217 to 1, the bases themselves 225 to 1
    assert counts.test[0, 2] / published["test"][2] == pytest.approx(0.957, abs=0.002)
    assert key_qber[0] == pytest.approx(published["key_qber_signal"], abs=tolerance["qber"])
    assert test_qber[0] == pytest.approx(published["test_qber_signal"], abs=tolerance["qber"])


# bit/s on the published counts: what the reference says "about", and what we find. Errors of the weaker intensities are
# not published, the phase error hangs on their difference, and each side takes them from its own click model
T12_BOUNDS = {"hoeffding": 0.0, "chernoff": 0.175e6, "none": 1.226e6}


@pytest.mark.parametrize("tail_bound", T12_BOUNDS)
def test_t12_published_counts_under_three_tail_bounds(tail_bound: str) -> None:
    # the bound decides whether there is key at all
    published, inputs = T12["results"]["at_50km"], T12["inputs"]
    _, key_qber, test_qber = _t12_counts_at_50_km()
    key_counts, test_counts = (np.array(published[name], dtype=float) for name in ("key", "test"))
    key_qber[0], test_qber[0] = published["key_qber_signal"], published["test_qber_signal"]
    counts = Statistics(key_counts, key_counts * key_qber, test_counts, test_counts * test_qber)
    settings = DecoySettings(np.array(inputs["mean_photon_number"]), np.array(inputs["probability"]), 1e-15)
    leak = planned_leak_ec_bits(counts.sifted_bits, counts.qber, 1.16, 1e-15)
    length = lim2014(counts, settings, inputs["epsilon"], leak, tail_bound=tail_bound)
    rate_bps = float(length.secret_bits) / inputs["duration_s"]
    reference = T12["results"]["bounds_on_published_counts"][f"{tail_bound}_bps"]
    assert rate_bps == pytest.approx(T12_BOUNDS[tail_bound], rel=0.005)
    assert rate_bps == pytest.approx(reference, rel=T12["tolerance"]["bounds_relative"])


def test_t12_profile_under_the_lim_bound_gives_no_key_at_50_km() -> None:
    theory = {"security_model.proof": "lim-2014", "security_model.tail_bound": "hoeffding"}
    rate = key_rate("t12-2013", length_km=50, overrides=theory)
    assert rate.secret_key_rate_bps == 0.0
    assert rate.bounds == "lim-2014, hoeffding, gamma"
    chernoff = key_rate("t12-2013", length_km=50, overrides=theory | {"security_model.tail_bound": "chernoff"})
    assert 0.0 < chernoff.secret_key_rate_bps < 1.09e6


# --- networks

TOKYO_FITTED = {"tokyo-2010-nec": 1, "tokyo-2010-mitsubishi": 2, "tokyo-2010-toshiba": 0}


@pytest.mark.parametrize("row", TOKYO["results"]["rows"], ids=lambda row: row["profile"])
def test_tokyo_links(row: dict[str, Any]) -> None:
    rate = key_rate(row["profile"], loss_db=row["loss_db"])
    assert within_factor(rate.secret_key_rate_bps / row["secret_key_rate_bps"], 2.0)
    assert rate.qber == pytest.approx(row["qber"], abs=TOKYO["tolerance"]["qber"])


CAMBRIDGE_DEVIATIONS = {
    "engi--cape": (2.863, "the published rate falls with falling loss: a limit other than light, not modelled")
}


@pytest.mark.parametrize("row", CAMBRIDGE["results"]["rows"], ids=lambda row: row["link"])
def test_cambridge_links(row: dict[str, Any]) -> None:
    ratio = key_rate(row["profile"], loss_db=row["loss_db"]).secret_key_rate_bps / row["secret_key_rate_bps"]
    if row["link"] in CAMBRIDGE_DEVIATIONS:
        assert ratio == pytest.approx(CAMBRIDGE_DEVIATIONS[row["link"]][0], rel=0.01)
    else:
        assert within_factor(ratio, 2.0)


# --- exact yields agree with decoy estimates


def test_single_photon_yields_are_those_of_the_photon_number_table() -> None:
    profile = load_profile("gys-2004")
    point = operating_point(profile, profile, ChannelState(10**-1.05))
    gains = [
        matched_gain_and_error(table.bit_probability(), point.setup.symbol_probability)[0]
        for table in (click_table(point.setup), photon_number_table(point.setup, 1))
    ]
    assert np.all(gains[1][0, [KEY_BASIS, TEST_BASIS]] > gains[0][0, [KEY_BASIS, TEST_BASIS]])
