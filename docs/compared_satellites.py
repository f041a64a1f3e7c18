"""Passes of satellites against a program and an experiment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from comparison import Row, Section, absolute, points, reference, relative, within_factor
from numpy.typing import NDArray
from scipy.optimize import brentq

from qkdsim import library, units
from qkdsim.channels.freespace import (
    ZenithTransmission,
    airmass,
    far_field_transmittance,
    slant_range_km,
    zenith_preset,
)
from qkdsim.channels.orbit import Satellite, Station, mean_elements
from qkdsim.detections import Expected
from qkdsim.devices import DeviceProfile, NamedProfile, load_named_profile
from qkdsim.links.operating_point import decoy_settings
from qkdsim.links.satellites import OpticalStation, Spacecraft
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.links.satellites.slices import PassSlices
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Security, secret_key, theory_of

FloatArray = NDArray[np.float64]
SUN_DEG = -30.0  # night
SETTINGS = ("clock_hz", "half_window_s", "qber_intrinsic", "excess_loss_db", "p_extraneous_per_gate")
OUR_BOUND = {"Chernoff": "chernoff", "Hoeffding": "hoeffding", "Asymptotic": "none"}


def sections() -> list[Section]:
    """One section per program or experiment."""
    return [_diffraction(), _satquma(), _micius()]


def _diffraction() -> Section:
    outside = reference("satquma-optics")
    optics, along = outside["inputs"], outside["results"]["zenith_pass"]
    rows = []
    for range_km, loss_db in zip(along["range_km"][::6], along["diffraction_loss_db"][::6], strict=True):
        share = far_field_transmittance(
            range_km=range_km,
            wavelength_nm=optics["wavelength_nm"],
            transmitter_radius_m=optics["transmitter_aperture_radius_m"],
            receiver_radius_m=optics["receiver_aperture_radius_m"],
            truncation_ratio=optics["transmitter_aperture_radius_m"] / optics["beam_waist_m"],
        )
        rows.append(
            absolute(
                f"diffraction at {range_km:.0f} km",
                loss_db,
                units.loss_db(float(share)),
                outside["tolerance"]["diffraction_loss_db_abs"],
                "dB",
            )
        )
    remarks = "Figures of a program, not of a paper: the exact integral over a truncated Gaussian beam, without jitter."
    return Section("Diffraction along a zenith pass (SatQuMA)", outside["citation"], "none", tuple(rows), remarks)


def _satquma() -> Section:
    outside = reference("satquma-passes")
    inputs, rows = outside["inputs"], []
    rows_of_counts: dict[tuple[float, ...], list[dict[str, Any]]] = {}  # the program's bounds share their counts
    for section in outside["results"].values():
        for point in section["points"]:
            whole = {**section, **point}
            rows_of_counts.setdefault(tuple(whole[key] for key in SETTINGS), []).append(whole)
    for alike in rows_of_counts.values():
        link = _downlink(*_satquma_modules(inputs, alike[0]))
        counts = link.counts(_satquma_pass(inputs, alike[0]), Expected())
        security = Security.of(link.post_processing)
        settings = decoy_settings(link.any_point(), security)
        for point in alike:
            theory = replace(theory_of(link.sending), tail_bound=OUR_BOUND[point["tail_bounds"]])
            found = float(secret_key(counts, theory, settings, security).secret_bits[0])
            rows.append(_satquma_row(point, found, outside["tolerance"]["key_bits_rel"]))
    remarks = (
        "Figures of a program. Counts, leakage and single photons agree within 0.03 % in every row; what differs is "
        "the bound on errors. The program shares errors among intensities in proportion to counts (which understates "
        "those of decoy and vacuum, and moves its keys either way), lets a Chernoff bound fall below zero and takes "
        "the number of errors as a further bound, which is sound. With these habits in place of Eq. (4) of Lim 2014 "
        "every row is met within 2 %, as a test shows. Bounds by name: Chernoff (Yin 2020), Hoeffding (Lim 2014), "
        "none (asymptotic)."
    )
    return Section("Finite key of a zenith pass (SatQuMA)", outside["citation"], "none", tuple(rows), remarks)


def _satquma_row(point: dict[str, Any], found: float, asked: float) -> Row:
    what = (
        f"key, {point['tail_bounds']}, {2 * point['half_window_s']} s, {point['clock_hz'] / 1e6:g} MHz, "
        f"{100 * point['qber_intrinsic']:g} % error, {point['excess_loss_db']:g} dB more, "
        f"noise {point['p_extraneous_per_gate']:g}"
    )
    if point["key_bits"] == 0:
        return Row(what, "no key", "no key" if found == 0 else f"{found:.4g} bit", "–", "no key", found == 0)
    return relative(what, point["key_bits"], found, asked, "bit")


def _satquma_pass(inputs: dict[str, Any], point: dict[str, Any]) -> PassSlices:
    seconds = np.abs(np.arange(-point["half_window_s"], point["half_window_s"] + 1))
    transmittance = np.array(inputs["loss_profile"]["transmittance"])[seconds]
    return _seconds(-10.0 * np.log10(transmittance) + point["excess_loss_db"])


def _satquma_modules(inputs: dict[str, Any], point: dict[str, Any]) -> tuple[NamedProfile, NamedProfile]:
    """All losses are in the profile of the pass; the program's click model is the linear one of the literature."""
    common = {
        "identity": {"vendor": "v", "model": "m", "summary": "s", "source": "s"},
        "protocol": {"name": "bb84-decoy", "key_basis_probability": inputs["key_basis_probability_both_ends"]},
        "telescope": {"aperture_diameter_m": 0.3, "field_of_view_full_urad": 10.0},
    }
    light = zip(
        ("signal", "decoy", "vacuum"), inputs["mean_photon_number"], inputs["intensity_probability"], strict=True
    )
    keys = ("name", "mean_photon_number", "probability")
    source = {
        "pulse_rate_hz": point["clock_hz"],
        "wavelength_nm": 785,
        "intensity": [dict(zip(keys, one, strict=True)) for one in light],
    }
    detector = {
        "efficiency": 1,
        "dark_count_probability": point["p_extraneous_per_gate"],
        "afterpulse_probability": inputs["afterpulse_probability"],
        "click_model": "linear",
    }
    processing = {key: inputs[key] for key in ("epsilon_secrecy", "epsilon_correctness", "ec_efficiency")}
    sending = {"source": source}
    receiving = {
        "receiver": {"misalignment_error": point["qber_intrinsic"], "filter_width_nm": 1},
        "detector": detector,
        "post_processing": {**processing, "verification_bits": 0},
    }
    return _named(common | sending), _named(common | receiving)


def _micius() -> Section:
    track, given = reference("micius-2017-pass"), reference("micius-2017-loss")
    published, losses = track["results"], given["results"]["loss_digitised"]
    middle_s = np.arange(track["inputs"]["key_duration_s"]) + 0.5
    digitised = track["inputs"]["track_digitised"]
    ranges_km = np.interp(middle_s, digitised["time_s"], digitised["range_km"])
    modules = [load_named_profile(name) for name in ("micius-2017-transmitter", "micius-2017-receiver")]
    per_airmass_db = given["inputs"]["atmosphere_db_at_1200km"] / float(airmass(_elevation_deg(1200.0)))
    hazy = _downlink(*modules, 10 ** (-per_airmass_db / 10))
    clear = _downlink(*modules, zenith_preset(given["inputs"]["wavelength_nm"]).zenith_transmission)
    optics_db = float(modules[1].profile.receiver.insertion_loss_db)
    detector_db = units.loss_db(given["inputs"]["detector_efficiency"])

    rows, at_km, seen_db = [], np.array(losses["range_km"], dtype=np.float64), np.array(losses["loss_db"])
    for name, link, more_db in (
        ("8 dB of air at 1200 km, detector inside", hazy, detector_db),
        ("8 dB of air at 1200 km, detector not inside", hazy, 0.0),
        ("clear air, detector inside", clear, detector_db),
    ):
        ours_db = _loss_db(link, at_km) + optics_db + more_db
        worst = int(np.abs(ours_db - seen_db).argmax())
        what = f"loss where it differs most ({at_km[worst]:.0f} km), {name}"
        rows.append(
            absolute(what, float(seen_db[worst]), float(ours_db[worst]), given["tolerance"]["loss_db_abs"], "dB")
        )
    inside_db = np.interp(ranges_km, at_km, seen_db) - optics_db
    readings = {
        "digitised losses, detector not inside": inside_db,
        "digitised losses, detector inside": inside_db - detector_db,
        "published hardware, 8 dB of air at 1200 km": _loss_db(hazy, ranges_km),
    }
    for name, loss_db in readings.items():
        sifted, qber, secret = _outcome(hazy, loss_db)
        rows.append(within_factor(f"sifted bits, {name}", published["sifted_bits"], sifted, 2.0, "bit"))
        rows.append(within_factor(f"secret bits, {name}", published["final_key_bits"], secret, 2.0, "bit"))
        rows.append(points(f"QBER, {name}", published["qber"], qber, track["tolerance"]["qber_abs"]))
    remarks = (
        "It is not known whether the digitised losses hold the detector, so both readings stand here; the published "
        "bits speak for losses without it. The published hardware (telescopes, 1.2 µrad of tracking, receiver optics "
        "of 0.16) with 8 dB of air at 1200 km, the worse end of the published 3 to 8 dB, meets the losses with the "
        "detector inside, and then gives too many bits: the pass lost 1 to 3 dB more than this hardware explains, and "
        "what its optics lost that night is not known. Clear air explains far less still: **scenarios with clear air "
        "and these profiles are at least 3 to 7 dB better than that night**."
    )
    return Section("Micius pass of 19 December 2016 (Liao 2017)", track["citation"], "none", tuple(rows), remarks)


def _loss_db(link: OpticalLink, range_km: FloatArray) -> FloatArray:
    """Loss between the telescopes."""
    return link.path.loss(range_km, [_elevation_deg(float(one)) for one in range_km]).total_db


def _outcome(link: OpticalLink, loss_db: FloatArray) -> tuple[float, float, float]:
    """Sifted bits of both bases, QBER, secret bits, for losses between the telescopes."""
    radiance, width_nm = link.station.radiance_w_per_m2_sr_um(SUN_DEG), link.receiver.profile.receiver.filter_width_nm
    slices = _seconds(loss_db, float(link.path.noise_photon_rate_hz(radiance, float(width_nm or 0.0))))
    counts = link.counts(slices, Expected())
    sifted, wrong = (
        sum(float(count(basis).sum()) for basis in (KEY_BASIS, TEST_BASIS))
        for count in (counts.detected, counts.errors)
    )
    return sifted, wrong / sifted, float(link.block(slices, Expected(), 0.0, 1.0).secret_bits[0])


def _downlink(transmitter: NamedProfile, receiver: NamedProfile, zenith_transmission: float = 1.0) -> OpticalLink:
    """A satellite at 500 km; passes whose losses are given do not look at its orbit."""
    orbit = mean_elements(datetime(2016, 12, 19, tzinfo=UTC), altitude_km=500, inclination_deg=97.4)
    craft = Spacecraft(Satellite("satellite", orbit), transmitter, 10**9)
    place = Station("xinglong", 40.396, 117.578, 890.0)
    station = OpticalStation(place, receiver, ZenithTransmission(zenith_transmission), 21.0, -12.0)
    return OpticalLink(craft, station, slice_db=0.1)


def _seconds(loss_db: FloatArray, noise_photon_rate_hz: float = 0.0) -> PassSlices:
    """One slice for each second of a pass."""
    start_s = np.arange(len(loss_db), dtype=np.float64)
    return PassSlices(start_s, start_s + 1.0, loss_db, np.full(len(loss_db), noise_photon_rate_hz))


def _elevation_deg(range_km: float) -> float:
    return float(brentq(lambda one: float(slant_range_km(one, 500.0)) - range_km, 0.0, 90.0))


def _named(table: dict[str, Any]) -> NamedProfile:
    return NamedProfile("satquma", library.validated(DeviceProfile, table, "satquma"), "")
