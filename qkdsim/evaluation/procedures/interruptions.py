"""Experiments on start-up and recovery of the whole link."""

from __future__ import annotations

import math

import numpy as np

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.intervals import student
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, nothing
from qkdsim.evaluation.procedures.performance import DAY_S, NOMINAL_LOSS_DB
from qkdsim.links.timeline import Disruption

CUT_S = 60.0
REPEATS = 20


def start_up(device: Device, seed: int) -> Evidence:
    """PF-07: from power-on to the first key, at 10 dB."""
    return _times_to_key(device, "PF-07", seed)


def recovery(device: Device, seed: int) -> Evidence:
    """PF-08: from the end of a cut of 60 s to the first key that was not there before, at 10 dB."""
    return _times_to_key(device, "PF-08", seed)


def _times_to_key(device: Device, criterion: str, seed: int) -> Evidence:
    times_s = [_time_to_key_s(device, criterion, seed, number) for number in range(REPEATS)]
    if any(math.isinf(one) for one in times_s):
        return nothing(criterion, "experiment", seed, "no key within a day")
    low, high = student(times_s)
    mean = float(np.mean(times_s))
    facts = (("longest (s)", max(times_s)),)
    size = float(REPEATS)
    return found(
        criterion,
        "experiment",
        Estimate(mean, max(low, 0.0), high),
        seed,
        sample_size=size,
        planned_size=size,
        facts=facts,
        note=f"mean of {REPEATS} tries",
    )


def _time_to_key_s(device: Device, criterion: str, seed: int, number: int) -> float:
    bench, generator = bench_of(device), nature(seed, criterion, number)
    is_warm = criterion == "PF-08"
    begin_s = 0.0
    faults: list[Disruption] = []
    if is_warm:
        start_s = float(generator.uniform(60.0, 600.0))
        begin_s = start_s + CUT_S
        faults = [Disruption("cut", start_s, begin_s)]
    duration_s = 1800.0
    while duration_s <= DAY_S:
        again = nature(seed, criterion, number, "link")
        record = bench.operation(NOMINAL_LOSS_DB, duration_s, again, faults=faults, is_warm=is_warm)
        # key of blocks that were through before the cut is not what the cut delayed
        fresh = record.available_s[(record.end_s > begin_s) & (record.released_bits > 0.0)]
        if len(fresh):
            return float(fresh.min()) - begin_s
        duration_s *= 2.0
    return math.inf


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PF-07", "experiment", start_up, needs="link"),
    Procedure("PF-08", "experiment", recovery, needs="bench"),
)
