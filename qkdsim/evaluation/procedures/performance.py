"""Experiments on the whole link: key rate, error rate, reach, stability, coexistence."""

from __future__ import annotations

import numpy as np

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, least, magnitude, ratio_of_sums, relative_spread, several
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, nothing, processing_of
from qkdsim.evaluation.specimen.observations import OperationRecord

NOMINAL_LOSS_DB = 10.0
BLOCKS = 120  # of which the mean key rate is known to well below 1 %
DAY_S = 86400.0
STABILITY_BIN_S = 900.0
LOSS_STEP_DB = 0.5
HIGHEST_LOSS_DB = 70.0
REACH_BLOCKS = 3
FIRST_LOOK_S = 60.0


def steady_operation(
    device: Device, loss_db: float, seed: int, *names: str | int, blocks: int = BLOCKS
) -> OperationRecord:
    """The log of a running device, long enough for so many blocks, or as many as their time limit allows."""
    bench, limit_s = bench_of(device), float(processing_of(device.profile).block_time_limit_s)
    duration_s, record = FIRST_LOOK_S, None
    for look in range(40):
        record = bench.operation(loss_db, duration_s, nature(seed, *(str(name) for name in names), look), is_warm=True)
        if len(record.start_s) >= blocks or duration_s >= blocks * limit_s:
            return record
        so_far = max(len(record.start_s), 1)
        duration_s = min(max(2.0 * duration_s, 1.2 * duration_s * blocks / so_far), 1.01 * blocks * limit_s)
    raise ValueError("a device whose blocks never close")


def key_rate(record: OperationRecord, confidence: float = 0.95) -> Estimate:
    """Released bits per second over whole blocks, from when the first one opened."""
    one = ratio_of_sums(record.released_bits, record.end_s - record.start_s, confidence)
    return Estimate(one.value, max(one.low, 0.0), one.high)


def error_rate(record: OperationRecord, confidence: float = 0.95) -> Estimate:
    """Errors of the sifted bits, over whole blocks."""
    return ratio_of_sums(record.errors, record.sifted_bits, confidence)


def nominal_key_rate(device: Device, seed: int) -> Evidence:
    """PF-01: released key per second at 10 dB."""
    record = steady_operation(device, NOMINAL_LOSS_DB, seed, "PF-01")
    blocks = float(len(record.start_s))
    return found(
        "PF-01",
        "experiment",
        key_rate(record),
        seed,
        sample_size=blocks,
        planned_size=float(BLOCKS),
        note="log of a running device, in 30 batches of blocks",
    )


def key_rate_as_declared(device: Device, seed: int) -> Evidence:
    """PF-02: released over declared key per second, the least of all declared losses."""
    table = device.profile.performance.rate_table
    if not table:
        return nothing("PF-02", "experiment", seed, "no performance.rate_table declared")
    parts, size = [], 0.0
    for point in table:
        if point.secret_key_rate_bps <= 0.0:
            continue
        record = steady_operation(device, float(point.loss_db), seed, "PF-02", str(float(point.loss_db)))
        size += len(record.start_s)
        parts.append(key_rate(record, several(len(table))).scaled(1.0 / float(point.secret_key_rate_bps)))
    figure = Series(
        "released over declared key rate",
        "loss (dB)",
        tuple(float(point.loss_db) for point in table if point.secret_key_rate_bps > 0.0),
        "ratio",
        tuple(one.value for one in parts),
        tuple(one.low for one in parts),
        tuple(one.high for one in parts),
    )
    planned = float(BLOCKS * len(parts))
    return found(
        "PF-02",
        "experiment",
        least(parts),
        seed,
        sample_size=size,
        planned_size=planned,
        series=(figure,),
        note="logs of a running device at every declared loss; the least ratio",
    )


def reach(device: Device, seed: int) -> Evidence:
    """PF-03: greatest loss at which every one of a few blocks gives key, by bisection on a grid of 0.5 dB."""

    def gives_key(step: int) -> bool:
        limit_s = float(processing_of(device.profile).block_time_limit_s)
        generator = nature(seed, "PF-03", step)
        record = bench_of(device).operation(
            step * LOSS_STEP_DB, (REACH_BLOCKS + 0.5) * limit_s, generator, is_warm=True
        )
        return len(record.start_s) >= REACH_BLOCKS and bool((record.released_bits[:REACH_BLOCKS] > 0.0).all())

    low, high = -1, round(HIGHEST_LOSS_DB / LOSS_STEP_DB)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if gives_key(middle) else (low, middle)
    with_key_db, without_db = max(low, 0) * LOSS_STEP_DB, high * LOSS_STEP_DB
    return found(
        "PF-03",
        "experiment",
        Estimate(with_key_db, max(with_key_db - LOSS_STEP_DB, 0.0), without_db),
        seed,
        sample_size=float(REACH_BLOCKS),
        planned_size=float(REACH_BLOCKS),
        note=f"key in {REACH_BLOCKS} blocks of {REACH_BLOCKS}; the ends are the neighbours on the grid of losses",
    )


def operating_error_rate(device: Device, seed: int) -> Evidence:
    """PF-04: errors of the sifted bits at 10 dB."""
    record = steady_operation(device, NOMINAL_LOSS_DB, seed, "PF-04")
    blocks = float(len(record.start_s))
    return found(
        "PF-04",
        "experiment",
        error_rate(record),
        seed,
        sample_size=blocks,
        planned_size=float(BLOCKS),
        note="errors that key processing corrected, in 30 batches of blocks",
    )


def stability(device: Device, seed: int) -> Evidence:
    """PF-06: standard deviation over mean of the key rate of quarters of an hour, over a day at 10 dB."""
    record = bench_of(device).operation(NOMINAL_LOSS_DB, DAY_S, nature(seed, "PF-06"), is_warm=True)
    edges_s = np.arange(0.0, DAY_S + STABILITY_BIN_S, STABILITY_BIN_S)
    # a block counts evenly over the time in which it was open
    released = np.interp(edges_s, np.append(0.0, record.end_s), np.append(0.0, np.cumsum(record.released_bits)))
    rate_bps = np.diff(released)[:-1] / STABILITY_BIN_S  # the last one may hold a block that was cut off
    if rate_bps.mean() <= 0.0:
        return nothing("PF-06", "experiment", seed, "no key in a day")
    figure = Series(
        "key rate over a day",
        "time (h)",
        tuple(((edges_s[:-2] + STABILITY_BIN_S / 2.0) / 3600.0).tolist()),
        "key rate (bit/s)",
        tuple(rate_bps.tolist()),
    )
    size = float(len(rate_bps))
    estimate = relative_spread(rate_bps)
    return found(
        "PF-06",
        "experiment",
        estimate,
        seed,
        sample_size=size,
        planned_size=95.0,
        series=(figure,),
        note="log of a day, in quarters of an hour",
    )


def coexistence(device: Device, seed: int) -> Evidence:
    """PF-09: key rate beside the declared classical light over that without it, the least of what is declared."""
    declared = device.profile.performance.coexistence
    parts, size = [], 0.0
    for number, one in enumerate(declared):
        rates = []
        for light in (None, float(one.launch_power_dbm)):
            record = bench_of(device).operation_on_fibre(
                float(one.length_km),
                3600.0,
                nature(seed, "PF-09", number, str(light)),
                launch_power_dbm=light,
                launch_wavelength_nm=float(one.wavelength_nm),
            )
            if len(record.start_s) < 2:
                return nothing("PF-09", "experiment", seed, "fewer than two blocks in an hour")
            size += len(record.start_s)
            rates.append(key_rate(record, several(2 * len(declared))))
        alone, beside = rates
        if alone.low <= 0.0:
            return nothing("PF-09", "experiment", seed, "no key without classical light either")
        parts.append(Estimate(beside.value / alone.value, beside.low / alone.high, beside.high / alone.low))
    return found(
        "PF-09",
        "experiment",
        magnitude(least(parts)),
        seed,
        sample_size=size,
        planned_size=size,
        note="logs on the declared fibre with and without the classical light",
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PF-01", "experiment", nominal_key_rate, needs="bench"),
    Procedure("PF-02", "experiment", key_rate_as_declared, needs="bench"),
    Procedure("PF-03", "experiment", reach, needs="bench"),
    Procedure("PF-04", "experiment", operating_error_rate, needs="bench"),
    Procedure("PF-06", "experiment", stability, needs="bench"),
    Procedure("PF-09", "experiment", coexistence, needs="bench"),
)
