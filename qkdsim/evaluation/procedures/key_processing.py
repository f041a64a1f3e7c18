"""Experiments on key processing: what reconciliation tells and whether it is counted, and whether keys are equal."""

from __future__ import annotations

import math
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
from qkdsim.postprocessing.verification import VERIFICATION_KEY_BYTES, collision_bound
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, binary_entropy

HASH_BLOCKS, HASH_DETECTIONS = 24, 5_000  # a bit of a hash is the same in all of them once in 2^23
SIZED_BLOCKS = 10
SEED_BLOCKS = 5
LEAK_BLOCKS = 24  # whose inefficiencies spread by some 0.04: the mean is then known to 0.02
LEAK_DETECTIONS = 400_000
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
        released = max(len(block.alice_key), len(block.bob_key))
        if released == 0:
            continue
        leak_bits = float(told_bits(block))
        longer += released - float(processing.key_length(block.counts, leak_bits).secret_bits[0])
        told += leak_bits
    return longer / told if told > 0.0 else None


def verification_hash(device: Device, seed: int) -> Evidence:
    """PP-06: how long the hash is by which keys are compared, as it passed, and what it bounds.

    Bits that are the same in all blocks are padding. Unequal keys have equal hashes with no more than the probability
    that the bound of the hash family gives for so many bits and the declared size of a block.
    """
    blocks = bench_of(device).fed_blocks(HASH_BLOCKS, HASH_DETECTIONS, 0.02, nature(seed, "PP-06"))
    told = [
        one.body[VERIFICATION_KEY_BYTES:] for block in blocks for one in block.transcript if one.kind == "verification"
    ]
    if len(told) < HASH_BLOCKS or len({len(one) for one in told}) != 1:
        return nothing(
            "PP-06", "statistical-test", seed, "blocks without a hash of their keys, or with hashes of any length"
        )
    bits = np.unpackbits(np.frombuffer(b"".join(told), np.uint8).reshape(len(told), -1), axis=1)
    length = min(int((bits.min(axis=0) != bits.max(axis=0)).sum()), 128)
    size = math.ceil(processing_of(device.profile).block_size_bits)
    bound = 1.0 if length == 0 else collision_bound(size, length)
    return Evidence(
        "PP-06",
        "statistical-test",
        "specimen",
        bound,
        (bound, bound),
        confidence=1.0,
        sample_size=float(len(told)),
        seed=seed,
        note="bound of the hash family for the length of the hash by which keys are compared",
        facts=(("bits of the hash", float(length)),),
    )


def block_size(device: Device, seed: int) -> Evidence:
    """PP-08: the smallest block that gave key at 10 dB, by the log."""
    record = steady_operation(device, NOMINAL_LOSS_DB, seed, "PP-08", blocks=SIZED_BLOCKS)
    with_key = record.sifted_bits[record.released_bits > 0.0]
    if not len(with_key):
        return nothing("PP-08", "inspection", seed, "no block gave key")
    least = float(with_key.min())
    return Evidence(
        "PP-08",
        "inspection",
        "specimen",
        least,
        (least, least),
        confidence=1.0,
        sample_size=float(len(with_key)),
        seed=seed,
        note=f"the smallest of {len(with_key)} blocks that gave key",
    )


def seeds(device: Device, seed: int) -> Evidence:
    """PP-11: seeds of privacy amplification as they passed: none begins like another, none is shorter than its block.

    That the function is of a two-universal family, no seed tells: that is left to inspection.
    """
    blocks = bench_of(device).fed_blocks(SEED_BLOCKS, EQUAL_KEYS_DETECTIONS, 0.01, nature(seed, "PP-11"))
    told = [
        (one.ledger.sifted_bits, message.body) for one in blocks for message in one.transcript if message.kind == "seed"
    ]
    if len(told) < 2:
        return nothing("PP-11", "experiment", seed, "fewer than two blocks with a seed of privacy amplification")
    shortest = min(len(body) for _, body in told)
    repeated = len(told) - len({body[:shortest] for _, body in told})
    short = sum(8 * len(body) < sifted - 1 for sifted, body in told)
    return Evidence(
        "PP-11",
        "experiment",
        "specimen",
        repeated == 0 and short == 0,
        confidence=1.0,
        sample_size=float(len(told)),
        seed=seed,
        note=f"{len(told)} seeds: {repeated} used before, {short} shorter than the block",
    )


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
    Procedure("PP-06", "statistical-test", verification_hash, needs="link"),
    Procedure("PP-09", "experiment", leakage, needs="link"),
    Procedure("PP-08", "inspection", block_size, needs="link"),
    Procedure("PP-11", "experiment", seeds, needs="link"),
    Procedure("PP-10", "experiment", equal_keys, needs="bench"),
)
