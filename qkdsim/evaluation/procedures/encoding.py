"""Experiments on what the light carries: states, phases, and other modes that tell settings apart."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from scipy import stats

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, normal, several
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, source_of
from qkdsim.protocols import KEY_BASIS, TEST_BASIS

STATE_GATES = 1e8
BACK_TO_BACK_PULSES = 1e9
FRINGE_GATES = 1e8
PHASES = 100_000
PHASE_RECORDS = 3
INTERFERENCE_GATES = 1e10
NOMINAL_DEG = np.array([[0.0, 180.0], [90.0, 270.0]])
RAYLEIGH_95 = math.sqrt(-2.0 * math.log(0.05))  # radius that holds 95 % of a plane normal law


def state_preparation(device: Device, seed: int) -> Evidence:
    """TX-06: direction of each state on the Bloch sphere, the analyser aligned with the first one."""
    counts = bench_of(device).state_counts(STATE_GATES, nature(seed, "TX-06"))
    along, across = counts[..., 0] - counts[..., 1], counts[..., 2] - counts[..., 3]
    angle_deg = np.degrees(np.arctan2(across, along))
    error_deg = np.degrees(np.sqrt(counts.sum(axis=-1)) / np.maximum(np.hypot(along, across), 1.0))
    states = [one for one in ((0, 1), (1, 0), (1, 1)) if counts[one].sum() > 0.0]
    parts = []
    for one in states:
        off = float((angle_deg[one] - angle_deg[0, 0] - NOMINAL_DEG[one] + 180.0) % 360.0 - 180.0)
        spread = math.hypot(float(error_deg[one]), float(error_deg[0, 0]))
        parts.append(magnitude(normal(off, spread, several(len(states)))))
    worst = greatest(parts)
    facts = (("its share of the QBER", math.sin(math.radians(worst.value) / 2.0) ** 2),)
    size = 4.0 * STATE_GATES * (len(states) + 1)
    return found(
        "TX-06",
        "experiment",
        worst,
        seed,
        sample_size=size,
        planned_size=size,
        facts=facts,
        note="each state on an analyser at four angles, aligned with the first state",
    )


def optical_error(device: Device, basis: int, seed: int, criterion: str, confidence: float) -> Estimate:
    """Probability that a photon meets the wrong detector, transmitter straight into receiver.

    Each detector's -ln(1 - p) is its mean number of photons and dark counts, so that double clicks bias nothing; the
    darkest class is taken off as dark counts, and both bits are averaged, so that unequal detectors cancel.
    """
    counts = bench_of(device).back_to_back(BACK_TO_BACK_PULSES, nature(seed, criterion, basis))
    cells = counts[:, basis, :, basis, :]  # (K, bit, pattern)
    trials = cells.sum(axis=-1)
    fired = np.stack([cells[..., 1] + cells[..., 3], cells[..., 2] + cells[..., 3]], axis=-1)  # (K, bit, detector)
    trials = np.maximum(trials, 1.0)[..., None]
    mean = -np.log1p(-fired / trials)
    means = source_of(device.profile).emitted_mean_photon_numbers
    bits = [bit for bit in range(2) if trials[0, bit, 0] > 1.0]
    dark = np.zeros((2, 2))
    if len(means) >= 3:
        # what the darkest class adds is light in proportion to its brightness, and dark counts
        share = means[-1] / means[0]
        dark = np.maximum(mean[-1] - share * mean[0], 0.0) / (1.0 - share)
    wrong = np.mean([mean[0, bit, 1 - bit] - dark[bit, 1 - bit] for bit in bits])
    right = np.mean([mean[0, bit, bit] - dark[bit, bit] for bit in bits])
    events = sum(fired[0, bit, 1 - bit] for bit in bits)
    error = float(wrong / (wrong + right))
    return normal(error, error / math.sqrt(max(float(events), 1.0)), confidence)


def intrinsic_error(device: Device, seed: int) -> Evidence:
    """TX-07: optical error back to back, of the worse basis."""
    worst = greatest([optical_error(device, basis, seed, "TX-07", several(2)) for basis in (KEY_BASIS, TEST_BASIS)])
    size = 2.0 * BACK_TO_BACK_PULSES
    return found(
        "TX-07",
        "experiment",
        worst,
        seed,
        sample_size=size,
        planned_size=size,
        note="transmitter straight into the receiver, pulses far apart; the worse basis",
    )


def visibility(device: Device, seed: int) -> Evidence:
    """PF-05: 1 - 2 e of the basis that interferes, back to back."""
    error = optical_error(device, TEST_BASIS, seed, "PF-05", 0.95)
    fringe = Estimate(1.0 - 2.0 * error.value, 1.0 - 2.0 * error.high, 1.0 - 2.0 * error.low)
    size = BACK_TO_BACK_PULSES
    return found(
        "PF-05",
        "experiment",
        fringe,
        seed,
        sample_size=size,
        planned_size=size,
        note="transmitter straight into the receiver; 1 - 2 e of the test basis",
    )


def phase_randomisation(device: Device, seed: int) -> Evidence:
    """TX-08: fringe of neighbouring pulses at four phases; of both quadratures, whatever the phase between pulses."""
    phases = np.radians([0.0, 180.0, 90.0, 270.0])
    counts = bench_of(device).neighbour_fringe(phases, FRINGE_GATES, nature(seed, "TX-08"))
    first, second = counts[:2].sum(), counts[2:].sum()
    along, across = (counts[0] - counts[1]) / first, (counts[2] - counts[3]) / second
    fringe = math.hypot(along, across)
    radius = RAYLEIGH_95 / math.sqrt(float(min(first, second)))
    estimate = Estimate(fringe, max(fringe - radius, 0.0), min(fringe + radius, 1.0))
    size = 4.0 * FRINGE_GATES
    return found(
        "TX-08",
        "statistical-test",
        estimate,
        seed,
        sample_size=size,
        planned_size=size,
        note="interference of neighbouring pulses at four phases",
    )


def phase_distribution(device: Device, seed: int) -> Evidence:
    """TX-09: Kolmogorov and Smirnov's test of uniform phases, the median of three independent records.

    A single test at 1 % would refuse every hundredth sound device; the median of three falls below 1 % once in 3,300.
    """
    bench, values = bench_of(device), []
    for record in range(PHASE_RECORDS):
        phase = bench.phase_samples(PHASES, nature(seed, "TX-09", record))
        values.append(float(stats.kstest(phase / (2.0 * np.pi), "uniform", method="asymp").pvalue))
    size = float(PHASES * PHASE_RECORDS)
    median = float(np.median(values))
    return Evidence(
        "TX-09",
        "statistical-test",
        "specimen",
        median,
        (median, median),
        sample_size=size,
        planned_size=size,
        seed=seed,
        note="median p-value of a Kolmogorov-Smirnov test of three phase records against the uniform distribution.",
        facts=tuple((f"p-value of record {number}", value) for number, value in enumerate(values)),
    )


def distance(
    device: Device,
    pair: tuple[tuple[int, int, int], tuple[int, int, int]],
    seed: int,
    criterion: str,
    confidence: float,
) -> Estimate:
    """1 - overlap of two settings: twice the coincidences over the distant ones, less one."""
    first, second = pair
    names = [str(one) for one in (*first, *second)]
    reading = bench_of(device).two_photon_interference(
        first, second, INTERFERENCE_GATES, nature(seed, criterion, *names)
    )
    ratio = reading.coincidences / reading.distant
    error = 2.0 * ratio * math.sqrt(1.0 / max(reading.coincidences, 1.0) + 1.0 / reading.distant)
    one = normal(2.0 * ratio - 1.0, error, confidence)
    return Estimate(max(one.value, 0.0), max(one.low, 0.0), max(one.high, 0.0))


def state_side_channel(device: Device, seed: int) -> Evidence:
    """TX-10: two-photon interference of every pair of states."""
    states = [(0, basis, bit) for basis in range(2) for bit in range(2)]
    states = states if device.profile.protocol.states == 4 else states[:3]
    pairs = list(combinations(states, 2))
    worst = greatest([distance(device, pair, seed, "TX-10", several(len(pairs))) for pair in pairs])
    size = INTERFERENCE_GATES * len(pairs)
    return found(
        "TX-10",
        "experiment",
        worst,
        seed,
        sample_size=size,
        planned_size=size,
        note="two-photon interference of every pair of states",
    )


def decoy_side_channel(device: Device, seed: int) -> Evidence:
    """TX-11: two-photon interference of every pair of intensity classes, turned to one brightness."""
    classes = range(len(source_of(device.profile).intensity))
    pairs = [((one, 0, 0), (other, 0, 0)) for one, other in combinations(classes, 2)]
    worst = greatest([distance(device, pair, seed, "TX-11", several(len(pairs))) for pair in pairs])
    size = INTERFERENCE_GATES * len(pairs)
    return found(
        "TX-11",
        "experiment",
        worst,
        seed,
        sample_size=size,
        planned_size=size,
        note="two-photon interference of every pair of intensity classes",
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("TX-06", "experiment", state_preparation, needs="bench"),
    Procedure("TX-07", "experiment", intrinsic_error, needs="link"),
    Procedure("TX-08", "statistical-test", phase_randomisation, needs="bench"),
    Procedure("TX-09", "statistical-test", phase_distribution, needs="bench"),
    Procedure("TX-10", "experiment", state_side_channel, needs="bench"),
    Procedure("TX-11", "experiment", decoy_side_channel, needs="bench"),
    Procedure("PF-05", "experiment", visibility, needs="bench"),
)
