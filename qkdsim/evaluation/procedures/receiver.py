"""Experiments on the detectors: a calibrated laser at the port, and darkness."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qkdsim import units
from qkdsim.channels.dispersion import arrival_sigma_ps, gate_shares
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, normal, several, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.gates import gate_width_ps
from qkdsim.evaluation.procedures.observed import bench_of, detector_of, found, nature, nothing
from qkdsim.evaluation.specimen.observations import Light, ReceiverCounts

LASER_PULSE_FWHM_PS = 20.0
LASER_MEAN = 0.2
LASER_GATES = 1e9
DARK_COUNTS = 2000.0  # expected of each detector at the declared probability
DOUBLE_GATES = 1e5
BASIS_GATES = 1e8


def fired(counts: ReceiverCounts) -> np.ndarray:
    """Gates in which each detector fired, (2,)."""
    patterns = counts.patterns.sum(axis=0)
    return np.array([patterns[1] + patterns[3], patterns[2] + patterns[3]])


def efficiencies(device: Device, seed: int, criterion: str, confidence: float) -> list[Estimate]:
    """Efficiency of each detector, with declared optics and gate taken off: laser light against darkness.

    The uncertainty of the laser's calibration adds to that of the counts.
    """
    bench = bench_of(device)
    lit = bench.receiver_counts(Light(LASER_MEAN), LASER_GATES, nature(seed, criterion, "light"))
    dark = bench.receiver_counts(Light(0.0), LASER_GATES, nature(seed, criterion, "dark"))
    found_each = []
    for clicks, noise in zip(fired(lit), fired(dark), strict=True):
        detected = math.log1p(-noise / dark.gates) - math.log1p(-clicks / lit.gates)
        counting = math.sqrt(clicks) / (lit.gates - clicks)
        value = detected / (LASER_MEAN / 2.0 * _optics(device))
        spread = math.hypot(counting / detected, bench.light_relative_uncertainty())
        found_each.append(normal(value, value * spread, confidence))
    return found_each


def _optics(device: Device) -> float:
    """From the port to the detectors, and into the gate, as declared."""
    profile, detector = device.profile, detector_of(device.profile)
    captured = 1.0
    if detector.gate_width_ps is not None:
        sigma_ps = arrival_sigma_ps(
            pulse_sigma_ps=units.sigma_from_fwhm(LASER_PULSE_FWHM_PS),
            dispersion_ps_per_nm=0.0,
            spectral_width_sigma_nm=0.0,
            jitter_sigma_ps=units.sigma_from_fwhm(detector.jitter_fwhm_ps or 0.0),
        )
        captured = gate_shares(sigma_ps, float(detector.gate_width_ps), math.inf).captured
    return units.transmittance(profile.receiver.insertion_loss_db) * captured


def efficiency_accuracy(device: Device, seed: int) -> Evidence:
    """RX-01: efficiency of each detector against the declared one, with a calibrated laser."""
    each, detector = efficiencies(device, seed, "RX-01", several(2)), detector_of(device.profile)
    parts = []
    for unit, one in enumerate(each):
        declared = float(detector.of_unit(unit, "efficiency") or 0.0)
        parts.append(magnitude(Estimate(*(end / declared - 1.0 for end in (one.value, one.low, one.high)))))
    facts = tuple((f"efficiency of detector {unit}", one.value) for unit, one in enumerate(each))
    size = 2.0 * LASER_GATES
    return found(
        "RX-01",
        "experiment",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        facts=facts,
        note="a calibrated laser at the receiver's port, against darkness",
    )


def _mismatch(device: Device, light: Light, seed: int, names: tuple[str | int, ...], confidence: float) -> Estimate:
    """1 - least / greatest of the two detectors' responses to one light; the calibration cancels."""
    bench = bench_of(device)
    criterion = str(names[0])
    lit = fired(bench.receiver_counts(light, LASER_GATES, nature(seed, criterion, *names[1:], "light")))
    dark = fired(bench.receiver_counts(Light(0.0), LASER_GATES, nature(seed, criterion, *names[1:], "dark")))
    response = np.log1p(-dark / LASER_GATES) - np.log1p(-lit / LASER_GATES)
    low, high = float(response.min()), float(response.max())
    ratio = low / high
    error = ratio * math.sqrt(float((1.0 / np.maximum(lit, 1.0)).sum()))
    one = normal(1.0 - ratio, error, confidence)
    return Estimate(one.value, max(one.low, 0.0), one.high)


def mismatch(device: Device, seed: int) -> Evidence:
    """RX-02: responses of the two detectors to the same light in the middle of the gate."""
    estimate = _mismatch(device, Light(LASER_MEAN), seed, ("RX-02",), 0.95)
    size = LASER_GATES
    return found(
        "RX-02",
        "experiment",
        estimate,
        seed,
        sample_size=size,
        planned_size=size,
        note="the same laser light on both detectors",
    )


def worst_mismatch(device: Device, seed: int) -> Evidence:
    """RX-03: the same over arrival times in the gate, wavelengths in the filter, and modes."""
    lights = _lights_let_in(device, seed)
    parts = [
        _mismatch(device, light, seed, ("RX-03", number), several(len(lights))) for number, light in enumerate(lights)
    ]
    worst = max(range(len(lights)), key=lambda place: parts[place].value)
    facts = (
        ("worst arrival time (ps)", lights[worst].offset_ps),
        ("worst detuning (nm)", lights[worst].detuning_nm),
        ("worst mode", lights[worst].mode),
    )
    size = LASER_GATES * len(lights)
    return found(
        "RX-03",
        "attack",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        facts=facts,
        note="laser light over arrival times, wavelengths and modes that are let in",
    )


def _lights_let_in(device: Device, seed: int) -> list[Light]:
    """Over the gate, the filter and two modes; what gate or filter keep out is no way in."""
    gate_ps = gate_width_ps(device, seed, "RX-03") or 0.0
    width_nm = float(device.profile.receiver.filter_width_nm or 0.0)
    return [
        Light(LASER_MEAN, offset_ps=place * gate_ps, detuning_nm=detuning * width_nm, mode=mode)
        for place in (-0.45, -0.3, -0.15, 0.0, 0.15, 0.3, 0.45)
        for detuning in (-0.45, 0.0, 0.45)
        for mode in (0, 1)
    ]


def dark_counts(device: Device, seed: int, confidence: float) -> list[Estimate]:
    """Dark counts per gate of each detector."""
    detector, source = detector_of(device.profile), device.profile.source
    rate_hz = 1e9 if source is None else float(source.pulse_rate_hz)
    width_s = 1.0 / rate_hz if detector.gate_width_ps is None else float(detector.gate_width_ps) * 1e-12
    declared = detector.dark_count_probability
    expected = float(declared) if declared is not None else float(detector.dark_count_rate_hz or 0.0) * width_s
    gates = min(DARK_COUNTS / max(expected, 1e-12), 1e15)
    counts = bench_of(device).receiver_counts(Light(0.0), gates, nature(seed, "RX-04"))
    return [share(float(clicks), counts.gates, confidence) for clicks in fired(counts)]


def dark_count_probability(device: Device, seed: int) -> Evidence:
    """RX-04: gates opened in the dark; of the worse detector."""
    each = dark_counts(device, seed, several(2))
    facts = tuple((f"per gate of detector {unit}", one.value) for unit, one in enumerate(each))
    return found(
        "RX-04",
        "experiment",
        greatest(each),
        seed,
        sample_size=DARK_COUNTS,
        planned_size=DARK_COUNTS,
        facts=facts,
        note="gates opened in the dark; the worse detector",
    )


def superlinearity(device: Device, seed: int) -> Evidence:
    """RX-11: clicks of bright pulses at the falling edge over what dim ones let expect by Poisson's law."""
    bench, gate_ps = bench_of(device), gate_width_ps(device, seed, "RX-11")
    if gate_ps is None:
        return Evidence("RX-11", "attack", "none", None, applicable=False, note="no gate, hence no edge of one")
    edge_ps = 0.5 * gate_ps
    parts = []
    # further out fewer photons count, so that more of them may come together before everything clicks anyway
    trials = [(over * edge_ps, photons) for over, photons in ((1.0, 50.0), (1.1, 50.0), (1.2, 50.0), (1.5, 200.0))]
    for offset_ps, photons in trials:
        dim, bright = Light(0.05, offset_ps=offset_ps), Light(photons, offset_ps=offset_ps)
        dark = bench.receiver_counts(Light(0.0), LASER_GATES, nature(seed, "RX-11", "dark", str(offset_ps)))
        few = bench.receiver_counts(dim, LASER_GATES, nature(seed, "RX-11", "dim", str(offset_ps)))
        many = bench.receiver_counts(bright, LASER_GATES, nature(seed, "RX-11", "bright", str(offset_ps)))
        for unit in range(2):
            noise, clicks, flooded = (float(fired(one)[unit]) / LASER_GATES for one in (dark, few, many))
            each = math.log1p(-noise) - math.log1p(-clicks)
            scale = bright.mean_photon_number / dim.mean_photon_number
            expected = noise + (1.0 - noise) * -math.expm1(-each * scale)
            if each <= 0.0 or clicks * LASER_GATES < 100.0 or expected > 0.9:
                continue  # too dark to tell, or so bright that it clicks anyway
            slope = scale * each * (1.0 - expected) / expected  # of the expectation in the dim response, relative
            error = math.hypot(1.0 / math.sqrt(flooded * LASER_GATES), slope / math.sqrt(clicks * LASER_GATES))
            ratio = flooded / expected
            parts.append(normal(ratio, ratio * error, several(2 * len(trials))))
    if not parts:
        return Evidence("RX-11", "attack", "specimen", None, seed=seed, note="no edge at which the response is small")
    size = 3.0 * LASER_GATES * len(trials)
    return found(
        "RX-11",
        "attack",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        note="bright over dim laser pulses at the edge of the gate",
    )


def backflash(device: Device, seed: int) -> Evidence:
    """RX-12: photons that come out of the port after a detection, by gated counting."""
    detections = 1e8
    reading = bench_of(device).backflash_counts(detections, nature(seed, "RX-12"))
    clicks = share(reading.clicks, reading.gates)
    ends = [max(end - reading.dark_probability, 0.0) / reading.efficiency for end in (clicks.value, *clicks.interval)]
    spread = 1.96 * reading.efficiency_relative_uncertainty * ends[0]
    estimate = Estimate(
        ends[0],
        max(ends[0] - math.hypot(ends[0] - ends[1], spread), 0.0),
        ends[0] + math.hypot(ends[2] - ends[0], spread),
    )
    return found(
        "RX-12",
        "attack",
        estimate,
        seed,
        sample_size=detections,
        planned_size=detections,
        note="gated counting at the receiver's port after detections",
    )


def double_clicks(device: Device, seed: int) -> Evidence:
    """RX-13: bits recorded of double clicks in bright light: their number, and an exact test of a fair coin.

    The test refuses at 1e-4; what it does not refuse counts as all random, the interval says how far that reaches.
    """
    light = Light(1000.0)
    counts = bench_of(device).receiver_counts(light, DOUBLE_GATES, nature(seed, "RX-13"))
    doubles, recorded = int(counts.patterns[:, 3].sum()), counts.double_bits
    told = int(recorded.sum())
    if doubles == 0:
        return Evidence("RX-13", "experiment", "specimen", None, seed=seed, note="no double click in bright light")
    if told < doubles:
        note = f"{doubles - told} of {doubles} double clicks got no bit"
        return Evidence("RX-13", "experiment", "specimen", told / doubles, seed=seed, events=doubles - told, note=note)
    fewer = int(recorded.min())
    fair = float(stats.binomtest(fewer, told).pvalue) >= 1e-4
    interval = share(float(fewer), float(told))
    value = 1.0 if fair else 2.0 * fewer / told
    return Evidence(
        "RX-13",
        "experiment",
        "specimen",
        value,
        (min(2.0 * interval.low, 1.0), min(2.0 * interval.high, 1.0)),
        seed=seed,
        sample_size=float(told),
        planned_size=DOUBLE_GATES / 2.0,
        events=0 if fair else told - 2 * fewer,
        note="bits recorded of double clicks in bright light, and an exact test of a fair coin",
        facts=(("share of double clicks", doubles / counts.gates),),
    )


def basis_choice(device: Device, seed: int) -> Evidence:
    """RX-14: share of clicks in the key basis, in light that favours neither, against the declared probability.

    Where the choice is declared to be active, light at the edges of the filter must not change it either: a hidden
    splitter would show. What a declared splitter may do there is for RX-15.
    """
    protocol, width_nm = device.profile.protocol, float(device.profile.receiver.filter_width_nm or 0.0)
    declared = float(protocol.receiver_key_basis_probability or protocol.key_basis_probability)
    places = (0.0,) if protocol.basis_choice == "passive" else (0.0, -0.45, 0.45)
    parts, size = [], 0.0
    for place in places:
        light, names = Light(1.0, detuning_nm=place * width_nm), ("RX-14", str(place)) if place else ("RX-14",)
        clicks = bench_of(device).receiver_counts(light, BASIS_GATES, nature(seed, *names)).patterns[:, 1:].sum(axis=1)
        one = share(float(clicks[0]), float(clicks.sum()), several(len(places)))
        parts.append(magnitude(Estimate(one.value - declared, one.low - declared, one.high - declared)))
        size += float(clicks.sum())
    return found(
        "RX-14",
        "statistical-test",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        note="share of clicks in the key basis, in light that favours neither",
    )


def splitting(device: Device, seed: int) -> Evidence:
    """RX-15: share of the key basis over the band of the filter, relative to that at the nominal wavelength."""
    bench, width_nm = bench_of(device), device.profile.receiver.filter_width_nm
    if not width_nm:
        note = "no filter declared: any wavelength comes in, and a band to look at is not known"
        return nothing("RX-15", "attack", seed, note)
    shares = []
    detunings = (0.0, -0.5, -0.25, 0.25, 0.5)
    for place in detunings:
        light = Light(1.0, detuning_nm=place * float(width_nm))
        clicks = (
            bench.receiver_counts(light, BASIS_GATES, nature(seed, "RX-15", str(place))).patterns[:, 1:].sum(axis=1)
        )
        shares.append((float(clicks[0] / clicks.sum()), float(clicks.sum())))
    usual, usual_size = shares[0]
    parts = []
    for value, size in shares[1:]:
        error = math.sqrt(usual * (1.0 - usual) * (1.0 / size + 1.0 / usual_size)) / usual
        parts.append(magnitude(normal(value / usual - 1.0, error, several(len(detunings) - 1))))
    total = BASIS_GATES * len(detunings)
    return found(
        "RX-15",
        "attack",
        greatest(parts),
        seed,
        sample_size=total,
        planned_size=total,
        note="share of clicks in the key basis over the band of the filter",
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RX-01", "experiment", efficiency_accuracy, needs="bench"),
    Procedure("RX-02", "experiment", mismatch, needs="bench"),
    Procedure("RX-03", "attack", worst_mismatch, needs="bench"),
    Procedure("RX-04", "experiment", dark_count_probability, needs="bench"),
    Procedure("RX-11", "attack", superlinearity, needs="bench"),
    Procedure("RX-12", "attack", backflash, needs="bench"),
    Procedure("RX-13", "experiment", double_clicks, needs="bench"),
    Procedure("RX-14", "statistical-test", basis_choice, needs="bench"),
    Procedure("RX-15", "attack", splitting, needs="bench"),
)
