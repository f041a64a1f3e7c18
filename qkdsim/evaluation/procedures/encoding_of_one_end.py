"""The share of one module in the wrong clicks of a link: a transmitter's states, a receiver's analyser."""

from __future__ import annotations

import math

import numpy as np

from qkdsim import units
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import greatest, normal, several
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature
from qkdsim.evaluation.specimen.observations import Light

GATES = 1e8
LASER_MEAN = 0.2
STATES = ((0, 0), (0, 1), (1, 0), (1, 1))  # basis, bit


def own_error(device: Device, seed: int) -> Evidence:
    """TX-07 of a module, on the laboratory's optics."""
    is_transmitter = device.profile.identity.role == "transmitter"
    return error_of_states(device, seed) if is_transmitter else error_of_analyser(device, seed)


def error_of_states(device: Device, seed: int) -> Evidence:
    """TX-07 of a transmitter: light of each state that the laboratory's analyser finds in the opposite one.

    The leak of the analyser itself is taken off.
    """
    bench, parts = bench_of(device), []
    counts = bench.state_counts(GATES, nature(seed, "TX-07", "states"))
    leak = units.transmittance(bench.analyser_extinction_db())
    for basis, bit in [one for one in STATES if counts[one].sum() > 0.0]:
        wrong = float(counts[basis, bit, 2 * basis + 1 - bit])  # angles come as key basis 0 and 1, test basis 0 and 1
        right, opposite = (-math.log1p(-one / GATES) for one in (float(counts[basis, bit, 2 * basis + bit]), wrong))
        error = opposite / (opposite + right)
        own = max(error - leak / (1.0 + leak), 0.0)
        parts.append(normal(own, error / math.sqrt(max(wrong, 1.0)), several(len(STATES))))
    size = 4.0 * GATES * len(parts)
    note = "light of each state that the laboratory's analyser finds in the opposite one"
    return found("TX-07", "experiment", greatest(parts), seed, sample_size=size, planned_size=size, note=note)


def error_of_analyser(device: Device, seed: int) -> Evidence:
    """TX-07 of a receiver: wrong clicks in the laboratory's light of each state, dark counts taken off."""
    bench, parts = bench_of(device), []
    dark = bench.receiver_counts(Light(0.0), GATES, nature(seed, "TX-07", "dark")).patterns
    for basis, bit in STATES:
        light = Light(LASER_MEAN, state=(basis, bit))
        lit = bench.receiver_counts(light, GATES, nature(seed, "TX-07", basis, bit)).patterns
        mean = [_photons(lit[basis], unit) - _photons(dark[basis], unit) for unit in range(2)]
        error = max(mean[1 - bit], 0.0) / max(mean[0] + mean[1], 1e-300)
        wrong = float(lit[basis, 2 >> bit] + lit[basis, 3])
        parts.append(normal(error, error / math.sqrt(max(wrong, 1.0)), several(len(STATES))))
    size = GATES * len(STATES)
    note = "wrong clicks in the laboratory's light of each state, dark counts taken off"
    return found("TX-07", "experiment", greatest(parts), seed, sample_size=size, planned_size=size, note=note)


def _photons(patterns: np.ndarray, unit: int) -> float:
    """-ln(1 - p) of a detector: its mean number of photons and dark counts, so that double clicks bias nothing."""
    fired = float(patterns[1 << unit] + patterns[3])
    return -math.log1p(-fired / max(float(patterns.sum()), 1.0))


PROCEDURES: tuple[Procedure, ...] = (Procedure("TX-07", "experiment", own_error, needs="module"),)
