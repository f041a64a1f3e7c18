"""Experiments on key processing: what reconciliation tells and whether it is counted, and whether keys are equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, ratio_of_sums, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.intervals import zero_event_trials
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, nothing, processing_of
from qkdsim.evaluation.procedures.performance import NOMINAL_LOSS_DB, error_rate, steady_operation
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.links.operating_point import point_on
from qkdsim.links.reference_fibre import span_of
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, binary_entropy

LEAK_BLOCKS = 6
LEAK_DETECTIONS = 1_000_000
EQUAL_KEYS_BOUND = 0.05  # share of unequal keys that no event is to exclude
EQUAL_KEYS_DETECTIONS = 80_000
COUNTED_WITHIN = 0.01  # of what was told: rounding and the terms of a few bits


def told_bits(block: SessionBlock) -> int:
    """Parities and syndrome bits of the transcript, by the head of each answer."""
    return sum(int.from_bytes(one.body[:4], "little") for one in block.transcript if one.kind == "answer")


def leakage(device: Device, seed: int) -> Evidence:
    """PP-09: bits told over n h(QBER), counted on the transcript; and whether the key length takes them all off.

    The key length is computed anew from the device's log of detections and all that was told. Told bits that it was not
    shortened by count once more, since they would have to be told of a key that is already spent.
    """
    usual = steady_operation(device, NOMINAL_LOSS_DB, seed, "PP-09", "error rate", blocks=10)
    wanted = max(error_rate(usual).value, 0.002)
    blocks = bench_of(device).fed_blocks(LEAK_BLOCKS, LEAK_DETECTIONS, wanted, nature(seed, "PP-09"))
    told = np.array([float(told_bits(one)) for one in blocks])
    least = np.array([_least_bits(one) for one in blocks])
    if told.sum() <= 0.0 or least.sum() <= 0.0:
        return nothing("PP-09", "experiment", seed, "reconciliation told nothing")
    measured = ratio_of_sums(told, least)
    missing = _uncounted_share(device, blocks)
    penalty = 0.0 if missing is None or missing < COUNTED_WITHIN else missing * measured.value
    estimate = Estimate(measured.value + penalty, measured.low + penalty, measured.high + penalty)
    facts: tuple[tuple[str, float | str], ...] = (("told over n h(QBER)", measured.value), ("QBER", wanted))
    facts += (("share of told bits not taken off", "not known" if missing is None else max(missing, 0.0)),)
    size = float(LEAK_BLOCKS * LEAK_DETECTIONS)
    return found(
        "PP-09",
        "experiment",
        estimate,
        seed,
        sample_size=size,
        planned_size=size,
        facts=facts,
        note="parities on the transcript; key lengths computed anew from all that was told",
    )


def _least_bits(block: SessionBlock) -> float:
    counts = block.counts
    wrong, whole = float(counts.errors(KEY_BASIS).sum()), float(counts.detected(KEY_BASIS).sum())
    return whole * float(binary_entropy(np.array(min(wrong / whole, 0.5)))) if whole > 0.0 else 0.0


def _uncounted_share(device: Device, blocks: Sequence[SessionBlock]) -> float | None:
    """How much longer keys are than the declared theory allows, over what was told; None where no key came about."""
    from qkdsim.links.sampled import key_processing  # compiled code: only where it is needed

    profile = device.profile
    span = span_of(profile, None, NOMINAL_LOSS_DB)
    processing = key_processing(profile, processing_of(profile), point_on(profile, profile, span))
    if processing.theory.both_bases:
        return None  # part of the key is published, and no transcript tells how much without its seed
    longer = told = 0.0
    for block in blocks:
        if block.ledger.secret_bits == 0:
            continue
        leak_bits = float(told_bits(block))
        longer += block.ledger.secret_bits - float(processing.key_length(block.counts, leak_bits).secret_bits[0])
        told += leak_bits
    return longer / told if told > 0.0 else None


def equal_keys(device: Device, seed: int) -> Evidence:
    """PP-10: released keys of both ends, compared; the error rate of the test basis at the operating point."""
    planned = zero_event_trials(EQUAL_KEYS_BOUND)
    blocks = bench_of(device).fed_blocks(planned, EQUAL_KEYS_DETECTIONS, 0.02, nature(seed, "PP-10"))
    released = [one for one in blocks if len(one.alice_key) or len(one.bob_key)]
    if not released:
        return nothing("PP-10", "experiment", seed, "no key was released")
    unequal = sum(not np.array_equal(one.alice_key, one.bob_key) for one in released)
    return found(
        "PP-10",
        "experiment",
        share(float(unequal), float(len(released))),
        seed,
        sample_size=float(len(released)),
        planned_size=float(planned),
        events=unequal,
        note=f"{unequal} of {len(released)} released keys differed",
        facts=(("published errors", float(sum(one.counts.errors(TEST_BASIS).sum() for one in blocks))),),
    )


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-09", "experiment", leakage, needs="bench"),
    Procedure("PP-10", "experiment", equal_keys, needs="bench"),
)
