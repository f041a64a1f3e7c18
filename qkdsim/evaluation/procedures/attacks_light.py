"""Attacks on the light: intercept-resend and photon-number splitting, and whether too many errors stop the key.

Judged by the device's log alone: errors and bits of each block, whether it was refused, what it released.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qkdsim.evaluation.detection_power import (
    abort_power,
    fraction_for,
    intercepted_qber,
    refusal_power,
    release_tail,
)
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.intervals import clopper_pearson, zero_event_trials
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import Design, excess_bits, power_series, theory_series
from qkdsim.evaluation.procedures.observed import bench_of, nature, processing_of
from qkdsim.evaluation.specimen.observations import OperationRecord, SessionRecord
from qkdsim.postprocessing.ledger import ABORTED, KEY
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    Attack,
    InterceptResend,
    PhotonNumberSplitting,
    photon_number_tables,
    unnoticed_splitting,
)

BLOCKS_EACH = 100  # of a point of a curve
TRIALS = zero_event_trials(0.01)  # no key in so many blocks bounds its probability by 1 %
NARROW_SIGMA = 0.05  # width to which the boundary of release is searched, in spreads of a block's error rate
DEVIATIONS = (-3.0, -1.5, -0.5, 0.5, 1.5, 3.0)
PARTIAL = (0.02, 0.05, 0.1, 0.2)
SHORT_BITS, BASES_FRACTION = 1e5, 0.5  # of a session bit by bit, in which both bases are seen
STRENGTH = "share of pulses attacked"


def false_release(device: Device, seed: int) -> Evidence:
    """PP-02: the error rate up to which a block gives key, searched; then the tail of a block that should be refused.

    Counting bounds the probability by 3/n only. So the release is taken as a step in the error rate that a block shows:
    the search finds the highest that was released and the lowest that was refused, and the tail is taken between them.
    """
    design, bits, threshold = Design.of(device), Design.of(device).block_bits, _threshold(device)
    excessive = threshold + 3.0 * math.sqrt(threshold * (1.0 - threshold) / bits)
    base = _qber(_attacked(device, design, 0.0, BLOCKS_EACH, nature(seed, "PP-02", "base")))
    trials = _attacked(device, design, fraction_for(base, excessive), TRIALS, nature(seed, "PP-02", "trials"))
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
    base = _qber(_attacked(device, design, 0.0, BLOCKS_EACH, nature(seed, "PP-01", "base")))
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
        record = _attacked(device, design, fraction_for(base, middle), BLOCKS_EACH if is_last else 3, generator)
        rate, has_key = record.errors / np.maximum(record.sifted_bits, 1.0), record.released_bits > 0.0
        released = max(released, float(rate[has_key].max(initial=0.0)))
        refused = min(refused, float(rate[~has_key].min(initial=0.5)))
        if is_last:
            return released, refused
        low, high = (middle, high) if has_key.any() else (low, middle)


def intercept_resend(device: Device, seed: int) -> Evidence:
    """PP-03: no key under full interception, none too many under partial one; power of the abort rule."""
    design, threshold = Design.of(device), _threshold(device)
    honest = _attacked(device, design, 0.0, BLOCKS_EACH, nature(seed, "PP-03", "honest"))
    base, bits = _qber(honest), design.block_bits
    full = _attacked(device, design, 1.0, TRIALS, nature(seed, "PP-03", "full"))
    worst = 0.0
    for fraction in PARTIAL:
        record = _attacked(device, design, fraction, 5, nature(seed, "PP-03", "partial", str(fraction)))
        worst = max(worst, _most(excess_bits(device, design, record, InterceptResend(fraction))))
    partly = bench_of(device).session(
        design.loss_db, 1, nature(seed, "PP-03", "bases"), block_bits=SHORT_BITS, attack=InterceptResend(BASES_FRACTION)
    )
    sigma = math.sqrt(threshold * (1.0 - threshold) / bits)
    strengths = [min(fraction_for(base, threshold + one * sigma), 1.0) for one in DEVIATIONS]
    measured = []
    for strength in strengths:
        record = _attacked(device, design, strength, BLOCKS_EACH, nature(seed, "PP-03", "power", str(strength)))
        measured.append((strength, _aborted(record), len(record.outcome)))
    released = int(np.count_nonzero(full.released_bits))
    return Evidence(
        "PP-03",
        "attack",
        "specimen",
        released == 0 and worst == 0.0,
        sample_size=float(len(full.outcome)),
        planned_size=float(TRIALS),
        events=released,
        seed=seed,
        note=f"blocks with key under full interception: {released}; greatest excess under partial: {worst:.0f} bits",
        facts=(
            ("QBER without attack", base),
            ("QBER under full interception", _qber(full)),
            ("as the law e0 + (1 - 2 e0)/4 has it", intercepted_qber(base, 1.0)),
            (f"QBER with {BASES_FRACTION:.0%} intercepted, key basis", _basis_qber(partly, KEY_BASIS)),
            (f"QBER with {BASES_FRACTION:.0%} intercepted, test basis", _basis_qber(partly, TEST_BASIS)),
            ("as the law has it", intercepted_qber(base, BASES_FRACTION)),
            ("false alarms", float(_aborted(honest)) / max(len(honest.outcome), 1)),
            ("false alarms by the binomial tail", abort_power(base, threshold, bits)),
        ),
        series=(
            power_series("simulated", STRENGTH, measured),
            theory_series(
                "binomial tail of the abort rule",
                STRENGTH,
                _fine(strengths, 61),
                lambda share: abort_power(intercepted_qber(base, share), threshold, bits),
            ),
        ),
    )


def photon_number_splitting(device: Device, seed: int, *, has_figure: bool = True) -> Evidence:
    """PP-04: splitting that leaves the signal's gain as it is, on all pulses and on a share of them.

    Without its figure, which decides nothing and takes most of the time, where `has_figure` is false.
    """
    design = Design.of(device)
    splitting = strongest_splitting(design)
    honest = _operated(device, design, None, BLOCKS_EACH, nature(seed, "PP-04", "honest"))
    worst, blocks, refused = 0.0, 0, 0
    for strength in (*PARTIAL, 1.0):
        attack = replace(splitting, fraction=strength)
        record = _operated(device, design, attack, BLOCKS_EACH, nature(seed, "PP-04", str(strength)))
        worst = max(worst, _most(excess_bits(device, design, record, attack)))
        blocks += len(record.outcome)
        refused = int(np.count_nonzero(record.outcome != KEY))
    return Evidence(
        "PP-04",
        "attack",
        "specimen",
        worst == 0.0,
        sample_size=float(blocks),
        planned_size=float(TRIALS),
        seed=seed,
        note=f"greatest excess over the secure length from the truth: {worst:.0f} bits",
        facts=(
            ("single photons blocked", splitting.blocked_single),
            ("blocks refused under full splitting", float(refused)),
            ("false alarms", float(np.count_nonzero(honest.outcome != KEY)) / max(len(honest.outcome), 1)),
        ),
        series=_splitting_power(device, design, splitting, seed) if has_figure else (),
    )


def _splitting_power(device: Device, design: Design, splitting: PhotonNumberSplitting, seed: int) -> tuple[Series, ...]:
    """How often the device refuses a block, about the strength at which it refuses every other one; and the theory."""

    def refused(strength: float, blocks: int) -> tuple[int, int]:
        attack = replace(splitting, fraction=strength)
        record = _operated(device, design, attack, blocks, nature(seed, "PP-04", "power", str(strength)))
        return int(np.count_nonzero(record.outcome != KEY)), len(record.outcome)

    middle, spread = splitting_transition(design, splitting)
    if not spread > 0.0:
        return ()
    low, high = 0.0, 1.0
    while high - low > spread / 10.0:
        half = (low + high) / 2.0
        noticed, tried = refused(half, 3)
        low, high = (low, half) if 2 * noticed > tried else (half, high)
    strengths = [low + one * spread for one in DEVIATIONS if 0.0 < low + one * spread < 1.0]
    curve = [min(max(middle + one * spread, 0.0), 1.0) for one in (-3.0, 3.0)]
    return (
        power_series("simulated", STRENGTH, [(one, *refused(one, BLOCKS_EACH)) for one in strengths]),
        theory_series(
            "law of the key length, by declared values",
            STRENGTH,
            _fine([*strengths, *curve], 21),
            lambda share: splitting_power(design, replace(splitting, fraction=share)),
        ),
    )


def strongest_splitting(design: Design) -> PhotonNumberSplitting:
    """Photon-number splitting over a lossless channel that leaves the gain of the signal as it is."""
    return unnoticed_splitting(photon_number_tables(design.honest.setup), design.loss_db)


def splitting_power(design: Design, attack: PhotonNumberSplitting) -> float:
    """Probability that a block under splitting leaves no key, by declared values."""
    return refusal_power(design.attacked(attack), design.theory, design.settings, design.security, design.block_bits)


def splitting_transition(design: Design, splitting: PhotonNumberSplitting) -> tuple[float, float]:
    """Share of pulses at which the theory has every other block refused, and the spread about it; zeros where none is.

    The spread is half the way from 16 % to 84 %.
    """

    def power(share: float) -> float:
        return splitting_power(design, replace(splitting, fraction=share))

    if power(0.0) > 0.0 or power(1.0) < 1.0:
        return 0.0, 0.0
    low, middle, high = (_crossing(power, wanted) for wanted in (0.16, 0.5, 0.84))
    return middle, (high - low) / 2.0


def _crossing(power: Callable[[float], float], wanted: float) -> float:
    low, high = 0.0, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2.0
        low, high = (low, middle) if power(middle) > wanted else (middle, high)
    return (low + high) / 2.0


def _attacked(
    device: Device, design: Design, fraction: float, blocks: int, generator: np.random.Generator
) -> OperationRecord:
    """The device's log while a share of the pulses is intercepted and sent on."""
    attack = InterceptResend(fraction) if fraction > 0.0 else None
    return _operated(device, design, attack, blocks, generator)


def _operated(
    device: Device, design: Design, attack: Attack | None, blocks: int, generator: np.random.Generator
) -> OperationRecord:
    return bench_of(device).operation(design.loss_db, design.duration_s(blocks), generator, attack=attack, is_warm=True)


def _threshold(device: Device) -> float:
    return float(processing_of(device.profile).qber_abort)


def _qber(record: OperationRecord) -> float:
    return float(record.errors.sum() / max(record.sifted_bits.sum(), 1.0))


def _basis_qber(record: SessionRecord, basis: int) -> float:
    """Of a session's blocks, from the log of both ends."""
    wrong = sum(float(one.counts.errors(basis).sum()) for one in record.blocks)
    return wrong / max(sum(float(one.counts.detected(basis).sum()) for one in record.blocks), 1.0)


def _aborted(record: OperationRecord) -> int:
    return int(np.count_nonzero(record.outcome == ABORTED))


def _most(excess: np.ndarray) -> float:
    return float(excess.max(initial=0.0))


def _fine(strengths: list[float], points: int) -> list[float]:
    """The same range, finely."""
    return [float(one) for one in np.linspace(min(strengths), max(strengths), points)]


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-01", "experiment", abort_rate, needs="link"),
    Procedure("PP-02", "attack", false_release, needs="photons"),
    Procedure("PP-03", "attack", intercept_resend, needs="bench"),
    Procedure("PP-04", "attack", photon_number_splitting, needs="bench"),
)
