"""Attacks on the light: intercept-resend and photon-number splitting, PP-03 and PP-04.

Judged by the device's log alone: errors and bits of each block, whether it was refused, what it released.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qkdsim.evaluation.detection_power import abort_power, fraction_for, intercepted_qber, refusal_power
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import (
    BLOCKS_EACH,
    TRIALS,
    Design,
    excess_bits,
    intercepted,
    operated,
    power_series,
    qber,
    stated_threshold,
    theory_series,
)
from qkdsim.evaluation.procedures.observed import bench_of, nature
from qkdsim.evaluation.specimen.observations import OperationRecord, SessionRecord
from qkdsim.postprocessing.ledger import ABORTED, KEY
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    InterceptResend,
    PhotonNumberSplitting,
    photon_number_tables,
    unnoticed_splitting,
)

DEVIATIONS = (-3.0, -1.5, -0.5, 0.5, 1.5, 3.0)
PARTIAL = (0.02, 0.05, 0.1, 0.2)
SHORT_BITS, BASES_FRACTION = 1e5, 0.5  # of a session bit by bit, in which both bases are seen
STRENGTH = "share of pulses attacked"


def intercept_resend(device: Device, seed: int) -> Evidence:
    """PP-03: no key under full interception, none too many under partial one; power of the abort rule."""
    design, threshold = Design.of(device), stated_threshold(device)
    honest = intercepted(device, design, 0.0, BLOCKS_EACH, nature(seed, "PP-03", "honest"))
    base, bits = qber(honest), design.block_bits
    full = intercepted(device, design, 1.0, TRIALS, nature(seed, "PP-03", "full"))
    worst = 0.0
    for fraction in PARTIAL:
        record = intercepted(device, design, fraction, 5, nature(seed, "PP-03", "partial", str(fraction)))
        worst = max(worst, _most(excess_bits(device, design, record, InterceptResend(fraction))))
    partly = bench_of(device).session(
        design.loss_db, 1, nature(seed, "PP-03", "bases"), block_bits=SHORT_BITS, attack=InterceptResend(BASES_FRACTION)
    )
    sigma = math.sqrt(threshold * (1.0 - threshold) / bits)
    strengths = [min(fraction_for(base, threshold + one * sigma), 1.0) for one in DEVIATIONS]
    measured = []
    for strength in strengths:
        record = intercepted(device, design, strength, BLOCKS_EACH, nature(seed, "PP-03", "power", str(strength)))
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
            ("QBER under full interception", qber(full)),
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
    honest = operated(device, design, None, BLOCKS_EACH, nature(seed, "PP-04", "honest"))
    worst, blocks, refused = 0.0, 0, 0
    for strength in (*PARTIAL, 1.0):
        attack = replace(splitting, fraction=strength)
        record = operated(device, design, attack, BLOCKS_EACH, nature(seed, "PP-04", str(strength)))
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
        record = operated(device, design, attack, blocks, nature(seed, "PP-04", "power", str(strength)))
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
    Procedure("PP-03", "attack", intercept_resend, needs="bench"),
    Procedure("PP-04", "attack", photon_number_splitting, needs="bench"),
)
