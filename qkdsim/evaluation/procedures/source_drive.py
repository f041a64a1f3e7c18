"""Experiments on how a transmitter is driven: choices of settings, what they leave on the next pulse, its clock."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, normal, several, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, source_of

CHOICE_PULSES = 1e10  # 3 standard deviations of a share of 1/2 are then 1.5e-5
PATTERN_PULSES = 1e12
TIMING_PULSES = 20_000
LEAST_SHARE = 1e-3  # of the signal: what is darker drowns in the laboratory's own dark counts


def intensity_pattern(device: Device, seed: int) -> Evidence:
    """TX-12: brightness of each class after each class, over its mean."""
    declared = source_of(device.profile).emitted_mean_photon_numbers
    clicks, gates = bench_of(device).pattern_counts(PATTERN_PULSES, nature(seed, "TX-12"))
    bright = [place for place, mean in enumerate(declared) if mean > LEAST_SHARE * declared[0]]
    level = -np.log1p(-clicks / np.maximum(gates, 1.0))
    error = np.sqrt(clicks) / np.maximum(gates, 1.0)
    parts = []
    for present in bright:
        usual = float(level[:, present] @ gates[:, present] / gates[:, present].sum())
        for before in range(len(declared)):
            change = float(level[before, present]) / usual - 1.0
            parts.append(
                magnitude(normal(change, float(error[before, present]) / usual, several(len(bright) * len(declared))))
            )
    return found(
        "TX-12",
        "statistical-test",
        greatest(parts),
        seed,
        sample_size=PATTERN_PULSES,
        planned_size=PATTERN_PULSES,
        note="clicks of each class by the class before it",
    )


def choices(device: Device, seed: int) -> Evidence:
    """TX-19: shares of basis, bits and intensities against those declared, from the drive signals."""
    protocol, source = device.profile.protocol, source_of(device.profile)
    settings = bench_of(device).choice_counts(CHOICE_PULSES, nature(seed, "TX-19"))
    counts = settings.sum(axis=0)
    expected = [(counts[0].sum(), counts.sum(), float(protocol.key_basis_probability))]
    expected += [(counts[basis, 0], counts[basis].sum(), 0.5) for basis in range(2 if protocol.states == 4 else 1)]
    if len(source.intensity) > 1:
        expected += [
            (settings[place].sum(), settings.sum(), float(one.probability))
            for place, one in enumerate(source.intensity)
        ]
    # three standard deviations, all together
    confidence = several(len(expected), 0.9973)
    parts = []
    for events, trials, wanted in expected:
        one = share(float(events), float(trials), confidence)
        parts.append(magnitude(Estimate(one.value - wanted, one.low - wanted, one.high - wanted)))
    return found(
        "TX-19",
        "statistical-test",
        greatest(parts),
        seed,
        confidence=0.9973,
        sample_size=CHOICE_PULSES,
        planned_size=CHOICE_PULSES,
        note="settings counted at the drive signals; interval of 3 standard deviations",
    )


def source_parameters(device: Device, seed: int) -> Evidence:
    """TX-20: wavelength, linewidth and pulse rate within tolerance (2 declared standard uncertainties; else 1e-4)."""
    source, bench = source_of(device.profile), bench_of(device)
    readings = [
        ("wavelength (nm)", bench.wavelength_nm(nature(seed, "TX-20", "wavelength")), source.wavelength_nm),
        ("pulse rate (Hz)", bench.pulse_rate_hz(nature(seed, "TX-20", "rate")), source.pulse_rate_hz),
    ]
    if source.linewidth_hz is not None:
        width = bench.linewidth_hz(nature(seed, "TX-20", "linewidth"))
        readings.append(("linewidth (Hz)", width, source.linewidth_hz))
    inside, facts = True, []
    for name, reading, declared in readings:
        tolerance = 2.0 * declared.uncertainty if declared.uncertainty else 1e-4 * float(declared)
        reached = abs(reading.value - float(declared)) - 3.0 * reading.standard_uncertainty
        inside = inside and reached <= tolerance
        facts.append((name, reading.value))
    return Evidence(
        "TX-20",
        "inspection",
        "specimen",
        bool(inside),
        seed=seed,
        facts=tuple(facts),
        note="wavemeter, spectrometer and frequency counter",
    )


def timing_jitter(device: Device, seed: int) -> Evidence:
    """TX-21: rms time of pulses against the clock over the width of gate or slot, the instrument's jitter taken off."""
    source, detector = source_of(device.profile), device.profile.detector
    slot_ps = 1e12 / source.pulse_rate_hz
    width_ps = slot_ps if detector is None or detector.gate_width_ps is None else float(detector.gate_width_ps)
    times_ps, own_ps = bench_of(device).pulse_times_ps(TIMING_PULSES, nature(seed, "TX-21"))
    variance = float(times_ps.var(ddof=1))
    free = TIMING_PULSES - 1
    ends = [
        variance,
        variance * free / float(stats.chi2.isf(0.025, free)),
        variance * free / float(stats.chi2.ppf(0.025, free)),
    ]
    jitter = Estimate(*(math.sqrt(max(one - own_ps**2, 0.0)) / width_ps for one in ends))
    return found(
        "TX-21",
        "experiment",
        jitter,
        seed,
        sample_size=float(TIMING_PULSES),
        planned_size=float(TIMING_PULSES),
        note="pulse times against the clock, the instrument's own jitter taken off",
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("TX-12", "statistical-test", intensity_pattern, needs="bench"),
    Procedure("TX-19", "statistical-test", choices, needs="bench"),
    Procedure("TX-20", "inspection", source_parameters, needs="bench"),
    Procedure("TX-21", "experiment", timing_jitter, needs="bench"),
)
