"""The error rate up to which a device gives key, searched by raising it: PP-01 and PP-02.

Judged by the device's log alone: errors and bits of each block, whether it was refused, what it released.
"""

from __future__ import annotations

import math

import numpy as np

from qkdsim.evaluation.detection_power import fraction_for, intercepted_qber, release_tail
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.intervals import clopper_pearson
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import BLOCKS_EACH, TRIALS, Design, intercepted, qber, stated_threshold
from qkdsim.evaluation.procedures.observed import nature

NARROW_SIGMA = 0.05  # width to which the boundary of release is searched, in spreads of a block's error rate


def false_release(device: Device, seed: int) -> Evidence:
    """PP-02: the error rate up to which a block gives key, searched; then the tail of a block that should be refused.

    Counting bounds the probability by 3/n only. So the release is taken as a step in the error rate that a block shows:
    the search finds the highest that was released and the lowest that was refused, and the tail is taken between them.
    """
    design, bits, threshold = Design.of(device), Design.of(device).block_bits, stated_threshold(device)
    excessive = threshold + 3.0 * math.sqrt(threshold * (1.0 - threshold) / bits)
    base = qber(intercepted(device, design, 0.0, BLOCKS_EACH, nature(seed, "PP-02", "base")))
    trials = intercepted(device, design, fraction_for(base, excessive), TRIALS, nature(seed, "PP-02", "trials"))
    events = int(np.count_nonzero(trials.released_bits))
    released, refused = _boundary(device, design, base, nature(seed, "PP-02", "search"))
    ends = sorted(release_tail(excessive, rate, bits) for rate in (released, refused))
    if events:
        counted = clopper_pearson(events, len(trials.outcome))
        ends = [max(ends[0], counted[0]), max(ends[1], counted[1])]
    return Evidence(
        "PP-02",
        "attack",
        "specimen",
        (ends[0] + ends[1]) / 2.0,
        (ends[0], ends[1]),
        sample_size=float(len(trials.outcome)),
        planned_size=float(TRIALS),
        seed=seed,
        note="binomial tail at the searched boundary of release, taken as a step in the error rate of a block",
        facts=(
            ("stated abort threshold", threshold),
            ("error rate tried", excessive),
            ("highest rate released", released),
            ("lowest rate refused", refused),
            ("blocks released above the threshold", float(events)),
        ),
    )


def abort_rate(device: Device, seed: int) -> Evidence:
    """PP-01: error rates up to which a block gives key, raised by intercept-resend; whatever stops it counts."""
    design = Design.of(device)
    base = qber(intercepted(device, design, 0.0, BLOCKS_EACH, nature(seed, "PP-01", "base")))
    released, refused = _boundary(device, design, base, nature(seed, "PP-01", "search"))
    ends = min(released, refused), max(released, refused)
    return Evidence(
        "PP-01",
        "experiment",
        "specimen",
        (ends[0] + ends[1]) / 2.0,
        ends,
        seed=seed,
        note="between the highest error rate of a block that gave key and the lowest of one that gave none",
        facts=(("highest rate released", released), ("lowest rate refused", refused)),
    )


def _boundary(device: Device, design: Design, base: float, generator: np.random.Generator) -> tuple[float, float]:
    """Highest error rate of a block that gave key, lowest of one that gave none; 1/2 where all gave key."""
    low, high, released, refused = base, intercepted_qber(base, 1.0), base, 0.5
    sigma = math.sqrt(base * (1.0 - base) / design.block_bits)
    while True:
        middle = (low + high) / 2.0
        is_last = high - low <= NARROW_SIGMA * sigma
        record = intercepted(device, design, fraction_for(base, middle), BLOCKS_EACH if is_last else 3, generator)
        rate, has_key = record.errors / np.maximum(record.sifted_bits, 1.0), record.released_bits > 0.0
        released = max(released, float(rate[has_key].max(initial=0.0)))
        refused = min(refused, float(rate[~has_key].min(initial=0.5)))
        if is_last:
            return released, refused
        low, high = (middle, high) if has_key.any() else (low, middle)


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-01", "experiment", abort_rate, needs="link"),
    Procedure("PP-02", "attack", false_release, needs="photons"),
)
