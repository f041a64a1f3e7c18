"""Experiments on what detectors remember, from lists of single clicks: afterpulses and dead time."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, several, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.intervals import zero_event_trials
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, detector_of, found, nature
from qkdsim.evaluation.specimen.observations import ClickList, IntArray, Light

CLICKS = 1_000_000
BRIGHT_CLICKS = 200_000
TRAP_TIME_S = 10e-6  # beyond four lives of the longest-lived traps published
LONG_TRAP_TIME_S = 100e-6  # traps that live longer than published hide in the tail of a shorter window
LIVE_CLICKS = 400_000


def weak_clicks(device: Device, seed: int, criterion: str) -> ClickList:
    """Clicks so rare that few of them follow another by chance while traps live."""
    bench = bench_of(device)
    # the rate is set by trying: a laboratory turns the laser down until clicks are rare enough
    first = bench.receiver_clicks(Light(1e-3), 1000, nature(seed, criterion, "search"))
    wanted = 0.05 / (TRAP_TIME_S * first.gate_rate_hz)
    mean = 1e-3 * wanted / (1000.0 / first.gates)
    return bench.receiver_clicks(Light(mean), CLICKS, nature(seed, criterion))


def afterpulses(device: Device, seed: int) -> Evidence:
    """RX-05: clicks that follow another within the life of traps, over those that chance brings.

    Within 10 us, and within 100 us, which chance blurs more; the greater counts.
    """
    clicks = weak_clicks(device, seed, "RX-05")
    gap = np.diff(clicks.slot)
    times_s = (TRAP_TIME_S, LONG_TRAP_TIME_S)
    parts = [_following(gap, round(time_s * clicks.gate_rate_hz), several(len(times_s))) for time_s in times_s]
    size = float(len(gap))
    return found(
        "RX-05",
        "experiment",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=float(CLICKS - 1),
        note="clicks within 10 us or 100 us of another beyond those that chance brings; the greater",
    )


def _following(gap: IntArray, gates: int, confidence: float) -> Estimate:
    """Share of clicks that another follows within so many live gates, beyond those that chance brings."""
    dead = int(gap.min()) - 1
    window = dead + gates
    late = gap[gap > window]
    chance = len(late) / float((late - window).sum())  # per gate: the tail of the gaps is geometric
    none = float((1.0 - chance) ** gates)
    early = share(float((gap <= window).sum()), float(len(gap)), confidence)
    ends = [1.0 - (1.0 - end) / none for end in (early.value, early.low, early.high)]
    # the rate of chance itself is known to 1/sqrt(clicks)
    blur = float(stats.norm.isf((1.0 - confidence) / 2.0)) * (1.0 - ends[0]) * chance * gates / math.sqrt(len(late))
    low = ends[0] - math.hypot(ends[0] - ends[1], blur)
    high = ends[0] + math.hypot(ends[2] - ends[0], blur)
    return Estimate(max(ends[0], 0.0), max(low, 0.0), max(high, 0.0))


def dead_gates(clicks: ClickList) -> list[int]:
    """Gates after a click of each detector in which it did not fire again."""
    slots = [clicks.slot[(clicks.pattern & (1 << unit)) > 0] for unit in range(2)]
    return [int(np.diff(one).min()) - 1 if len(one) > 1 else 0 for one in slots]


def dead_time(device: Device, seed: int) -> Evidence:
    """RX-06: shortest time between clicks of each detector in bright light, to one gate."""
    detector = detector_of(device.profile)
    clicks = bench_of(device).receiver_clicks(Light(100.0), BRIGHT_CLICKS, nature(seed, "RX-06"))
    parts, facts = [], []
    for unit, gates in enumerate(dead_gates(clicks)):
        declared = float(detector.of_unit(unit, "dead_time_s") or 0.0) * clicks.gate_rate_hz
        facts.append((f"dead time of detector {unit} (s)", (gates + 0.5) / clicks.gate_rate_hz))
        if declared <= 0.0 and gates > 0:
            parts.append(Estimate(1.0, 1.0, 1.0))  # none is declared: all of it is beyond the declaration
        if declared <= 0.0:
            continue
        # a gate is dead if it opens no later than the dead time ends
        parts.append(
            magnitude(Estimate((gates + 0.5) / declared - 1.0, gates / declared - 1.0, (gates + 1.0) / declared - 1.0))
        )
    if not parts:
        return Evidence("RX-06", "experiment", "none", None, applicable=False, note="no dead time, and none declared")
    size = float(BRIGHT_CLICKS)
    return found(
        "RX-06",
        "experiment",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        facts=tuple(facts),
        note="shortest gap between clicks of one detector in bright light",
    )


def bits_in_dead_time(device: Device, seed: int) -> Evidence:
    """RX-07: clicks registered while the other detector was dead, in bright light."""
    bench = bench_of(device)
    longest = max(dead_gates(bench.receiver_clicks(Light(100.0), BRIGHT_CLICKS, nature(seed, "RX-07", "dead time"))))
    clicks = bench.receiver_clicks(Light(10.0), LIVE_CLICKS, nature(seed, "RX-07"))
    inside = int((np.diff(clicks.slot) <= longest).sum())
    trials = float(len(clicks.slot) - 1)
    return found(
        "RX-07",
        "experiment",
        share(float(inside), trials),
        seed,
        sample_size=trials,
        planned_size=float(zero_event_trials(1e-5)),
        events=inside,
        note="clicks while another detector was dead, in bright light",
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RX-05", "experiment", afterpulses, needs="bench"),
    Procedure("RX-06", "experiment", dead_time, needs="bench"),
    Procedure("RX-07", "experiment", bits_in_dead_time, needs="bench"),
)
