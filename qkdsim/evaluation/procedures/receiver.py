"""Experiments on the detectors: darkness, bright light at the edge of a gate, light that comes back out."""

from __future__ import annotations

import math

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, normal, several, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.gates import gate_width_ps
from qkdsim.evaluation.procedures.observed import bench_of, detector_of, found, nature
from qkdsim.evaluation.specimen.observations import Light

DARK_COUNTS = 2000.0  # expected of each detector at the declared probability
EDGE_GATES = 1e9


def dark_counts(device: Device, seed: int, confidence: float) -> list[Estimate]:
    """Dark counts per gate of each detector."""
    detector, source = detector_of(device.profile), device.profile.source
    rate_hz = 1e9 if source is None else float(source.pulse_rate_hz)
    width_s = 1.0 / rate_hz if detector.gate_width_ps is None else float(detector.gate_width_ps) * 1e-12
    declared = detector.dark_count_probability
    expected = float(declared) if declared is not None else float(detector.dark_count_rate_hz or 0.0) * width_s
    gates = min(DARK_COUNTS / max(expected, 1e-12), 1e15)
    counts = bench_of(device).receiver_counts(Light(0.0), gates, nature(seed, "RX-04"))
    return [share(float(clicks), counts.gates, confidence) for clicks in counts.fired]


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
        dark = bench.receiver_counts(Light(0.0), EDGE_GATES, nature(seed, "RX-11", "dark", str(offset_ps)))
        few = bench.receiver_counts(dim, EDGE_GATES, nature(seed, "RX-11", "dim", str(offset_ps)))
        many = bench.receiver_counts(bright, EDGE_GATES, nature(seed, "RX-11", "bright", str(offset_ps)))
        for unit in range(2):
            noise, clicks, flooded = (float(one.fired[unit]) / EDGE_GATES for one in (dark, few, many))
            each = math.log1p(-noise) - math.log1p(-clicks)
            scale = bright.mean_photon_number / dim.mean_photon_number
            expected = noise + (1.0 - noise) * -math.expm1(-each * scale)
            if each <= 0.0 or clicks * EDGE_GATES < 100.0 or expected > 0.9:
                continue  # too dark to tell, or so bright that it clicks anyway
            slope = scale * each * (1.0 - expected) / expected  # of the expectation in the dim response, relative
            error = math.hypot(1.0 / math.sqrt(flooded * EDGE_GATES), slope / math.sqrt(clicks * EDGE_GATES))
            ratio = flooded / expected
            parts.append(normal(ratio, ratio * error, several(2 * len(trials))))
    if not parts:
        return Evidence("RX-11", "attack", "specimen", None, seed=seed, note="no edge at which the response is small")
    size = 3.0 * EDGE_GATES * len(trials)
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


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RX-04", "experiment", dark_count_probability, needs="bench"),
    Procedure("RX-11", "attack", superlinearity, needs="bench"),
    Procedure("RX-12", "attack", backflash, needs="bench"),
)
