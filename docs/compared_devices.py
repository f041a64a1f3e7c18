"""Device profiles against what was measured with the devices."""

from __future__ import annotations

from typing import Any

import numpy as np
from comparison import Row, Section, points, reference, relative, within_factor

from qkdsim import key_rate, load_profile
from qkdsim.channels import FibreSpan
from qkdsim.detections import Expected
from qkdsim.links.operating_point import operating_point
from qkdsim.protocols import KEY_BASIS, TEST_BASIS


def sections() -> list[Section]:
    """One section per experiment."""
    return [_gys(), _boaron(), _t12(), _tokyo(), _cambridge()]


def _gys() -> Section:
    outside = reference("gys-2004")
    results, tolerance = outside["results"], outside["tolerance"]
    dim = {"source.intensity[0].mean_photon_number": outside["inputs"]["mean_photon_number"]}
    near, far = (key_rate("gys-2004", length_km=km, asymptotic=True, overrides=dim) for km in (101.0, 122.0))
    ratio = (near.sifted_rate_bps or 0.0) / (far.sifted_rate_bps or 1.0)
    rows = (
        points("QBER at 122 km", results["qber_122km"], far.qber or 0.5, tolerance["qber"]),
        relative(
            "sifted rate at 101 km over that at 122 km",
            results["sifted_ratio_101km_to_122km"],
            ratio,
            tolerance["ratio_relative"],
        ),
    )
    remarks = "The signal is set to 0.1 photons, as in the experiment; everything else is `gys-2004`."
    return Section("122 km experiment (GYS 2004)", outside["citation"], "none", rows, remarks)


def _boaron() -> Section:
    outside = reference("boaron-2018")
    rows: list[Row] = []
    for row in outside["results"]["rows"]:
        first, second = row["mean_photon_number"]
        changes = {
            "source.intensity[0].mean_photon_number": first,
            "source.intensity[1].mean_photon_number": second,
        }
        ours = key_rate("boaron-2018", loss_db=row["loss_db"], block_bits=row["block_bits"], overrides=changes)
        where = f"{row['length_km']} km, {row['loss_db']} dB"
        rate = within_factor(
            f"secret key rate, {where}", row["secret_key_rate_bps"], ours.secret_key_rate_bps, row["factor"], "bit/s"
        )
        rows += [rate, points(f"QBER, {where}", row["qber"], ours.qber or 0.5, outside["tolerance"]["qber"])]
    remarks = (
        "At 421 km the profile leaves no key. Probabilities of bases and intensities are not in the figures "
        "at hand; the profile assumes 80 % key basis and 70 % signal at all lengths. With so small a block "
        "too little is then tested: at 60 % key basis, all else equal, the rate is 1.3 bit/s. Three states "
        "are sent, so all rates carry the label *not covered by proof*. The losses are those of the fibre; "
        "the QBER tolerance of one point is our choice."
    )
    fitted = "one, the misalignment of the key basis, from the published QBER at 252 and 302 km"
    return Section("Three states over 252 to 421 km (Boaron 2018)", outside["citation"], fitted, tuple(rows), remarks)


def _t12() -> Section:
    outside = reference("t12-2013")
    results, tolerance = outside["results"], outside["tolerance"]
    rows: list[Row] = []
    for row in results["rows"]:
        where = f"{row['length_km']} km, {row['loss_db']} dB"
        biased = key_rate("t12-2013", loss_db=row["loss_db"]).secret_key_rate_bps
        rows.append(
            relative(
                f"secret key rate, {where}", row["secret_key_rate_bps"], biased, tolerance["rate_relative"], "bit/s"
            )
        )
        equal = {"protocol.key_basis_probability": 0.5, "protocol.key_bases": "both"}
        plain = key_rate("t12-2013", loss_db=row["loss_db"], overrides=equal).secret_key_rate_bps
        what = f"the same with equal bases, {where}"
        rows.append(relative(what, row["equal_bases_secret_key_rate_bps"], plain, tolerance["rate_relative"], "bit/s"))
    rows += _t12_counts(outside)
    for bound in ("hoeffding", "chernoff", "clopper-pearson"):
        changes = {"security_model.proof": "lim-2014", "security_model.tail_bound": bound}
        ours = key_rate("t12-2013", loss_db=10.0, overrides=changes).secret_key_rate_bps
        rows.append(
            Row(f"50 km with the Lim 2014 theory, {bound}", "1.09e+06 bit/s", f"{ours:.4g} bit/s", "–", "–", None)
        )
    remarks = (
        "The paper's own finite-key theory is not implemented. The profile uses asymptotic decoy formulas on "
        "finite counts, without statistical terms, and says so; finite statistics cost most where counts are "
        "few, hence, we think, the excess at 80 km. The published vacuum count of the test basis has a "
        "statistical error of 1.3 %; the rest of its 4.3 % is not explained. Under the two-decoy theory of "
        "Lim 2014 the decoys of this system, 1.2 % of all pulses, are too few: with the bound as printed "
        "(Hoeffding) there is no key at all at 50 km, with tighter bounds a part of it."
    )
    fitted = "three, receiver loss and the misalignment of each basis, from counts and QBER at 50 km; no rate was used"
    return Section("Biased bases at 1 GHz (T12, Lucamarini 2013)", outside["citation"], fitted, tuple(rows), remarks)


def _t12_counts(outside: dict[str, Any]) -> list[Row]:
    """Counts of 20 minutes at 50 km, by basis and intensity."""
    measured, tolerance = outside["results"]["at_50km"], outside["tolerance"]
    profile = load_profile("t12-2013")
    point = operating_point(profile, profile, FibreSpan(loss_db=10.0).state(wavelength_nm=1550.0))
    pulses = np.array([point.pulse_rate_hz * outside["inputs"]["duration_s"]])
    counts = Expected().counts(point.tally, pulses, pulses * point.tally.key_probability)
    rows = []
    for name, basis in (("key", KEY_BASIS), ("test", TEST_BASIS)):
        ours, errors = counts.detected(basis)[0], counts.errors(basis)[0]
        for intensity, seen, found in zip(("signal", "decoy", "vacuum"), measured[name], ours, strict=True):
            what = f"counts at 50 km, {name} basis, {intensity}"
            rows.append(relative(what, seen, float(found), tolerance["counts_relative"]))
        what = f"QBER of the signal at 50 km, {name} basis"
        rows.append(points(what, measured[f"{name}_qber_signal"], float(errors[0] / ours[0]), tolerance["qber"]))
    return rows


def _tokyo() -> Section:
    outside = reference("tokyo-2010")
    rows: list[Row] = []
    for row in outside["results"]["rows"]:
        ours = key_rate(row["profile"], loss_db=row["loss_db"])
        where = f"{row['link']} (`{row['profile']}`)"
        rows.append(
            within_factor(f"secret key rate, {where}", row["secret_key_rate_bps"], ours.secret_key_rate_bps, 2, "bit/s")
        )
        rows.append(points(f"QBER, {where}", row["qber"], ours.qber or 0.5, outside["tolerance"]["qber"]))
    remarks = (
        "Most parameters of these systems are not published and are assumed, see the profiles. All three use "
        "asymptotic formulas on finite counts, as the published analyses are not implemented. The published "
        "QBER of koganei-2--otemachi-2 is from general knowledge. The other three links of the network are "
        "not simulated: they deliver their published rate."
    )
    fitted = (
        "one for `tokyo-2010-nec` (receiver loss), two for `tokyo-2010-mitsubishi` (dead time, misalignment), none else"
    )
    return Section("Tokyo QKD Network 2010", outside["citation"], fitted, tuple(rows), remarks)


def _cambridge() -> Section:
    outside = reference("cambridge-2019")
    rows = tuple(
        within_factor(
            f"secret key rate, {row['link']}",
            row["secret_key_rate_bps"],
            key_rate(row["profile"], loss_db=row["loss_db"]).secret_key_rate_bps,
            2,
            "bit/s",
        )
        for row in outside["results"]["rows"]
    )
    remarks = (
        "The profile `t12-2013`, an older system of the same laboratory, stands in for the devices. The link "
        "with the least loss has the lowest published rate, so something other than light limits it, probably "
        "key processing; qkdsim has no such limit, and makes it the fastest. Published rates are means over "
        "580 days, outages included."
    )
    return Section("Cambridge quantum network", outside["citation"], "none beyond `t12-2013`", rows, remarks)
