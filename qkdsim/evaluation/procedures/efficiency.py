"""Experiments on the response of the detectors: a calibrated laser at the port, against darkness."""

from __future__ import annotations

import math

import numpy as np

from qkdsim import units
from qkdsim.channels.dispersion import arrival_sigma_ps, gate_shares
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, normal, several
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.gates import gate_width_ps
from qkdsim.evaluation.procedures.observed import bench_of, detector_of, found, nature
from qkdsim.evaluation.specimen.observations import Light

LASER_PULSE_FWHM_PS = 20.0
LASER_MEAN = 0.2
LASER_GATES = 1e9


def efficiencies(device: Device, seed: int, criterion: str, confidence: float) -> list[Estimate]:
    """Efficiency of each detector, with declared optics and gate taken off: laser light against darkness.

    The uncertainty of the laser's calibration adds to that of the counts.
    """
    bench = bench_of(device)
    lit = bench.receiver_counts(Light(LASER_MEAN), LASER_GATES, nature(seed, criterion, "light"))
    dark = bench.receiver_counts(Light(0.0), LASER_GATES, nature(seed, criterion, "dark"))
    found_each = []
    for clicks, noise in zip(lit.fired, dark.fired, strict=True):
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
    lit = bench.receiver_counts(light, LASER_GATES, nature(seed, criterion, *names[1:], "light")).fired
    dark = bench.receiver_counts(Light(0.0), LASER_GATES, nature(seed, criterion, *names[1:], "dark")).fired
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


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RX-01", "experiment", efficiency_accuracy, needs="bench"),
    Procedure("RX-02", "experiment", mismatch, needs="bench"),
    Procedure("RX-03", "attack", worst_mismatch, needs="bench"),
)
