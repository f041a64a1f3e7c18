"""Is more key released than there is? Against the declared theory, recomputed from the log, and against the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.attacked import Design, excess_bits, require_pair
from qkdsim.evaluation.procedures.key_processing import told_bits
from qkdsim.evaluation.procedures.observed import bench_of, nature
from qkdsim.evaluation.specimen.fed_processing import clean_feed
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.protocols import secret_key

# detections fed in and their error rate: too few for key, barely enough, plenty
FEEDS = ((5_000, 0.01), (30_000, 0.001), (30_000, 0.02), (100_000, 0.01), (100_000, 0.04), (200_000, 0.02))
OPERATION_BLOCKS = 60
TRANSCRIPT_BLOCKS, TRANSCRIPT_DETECTIONS = 6, 300_000
LAGS, LEAST_PAIRS = 8, 1e5
PairTables = dict[tuple[str, int], NDArray[np.int64]]  # by kind of message and lag, each (2, 2)


def finite_key_excess(device: Device, seed: int) -> Evidence:
    """PP-07: released length less the bound recomputed from the log, and less the secure length from the truth."""
    bench, design = bench_of(device), Design.of(device)
    settings = bench.attacker.fed_settings()
    by_log = []
    for number, (detections, error_rate) in enumerate(FEEDS):
        draw = nature(seed, "PP-07", number)
        block = bench.attacker.fed_processing(clean_feed(settings, detections, error_rate, draw), draw)
        by_log.append(_excess(design, block))
    short = bench.session(design.loss_db, 1, nature(seed, "PP-07", "short"), block_bits=1e5)
    by_log += [_excess(design, block) for block in short.blocks]
    duration_s = design.duration_s(OPERATION_BLOCKS)
    record = bench.operation(design.loss_db, duration_s, nature(seed, "PP-07", "operation"), is_warm=True)
    by_truth = excess_bits(device, design, record)
    value = max(*by_log, float(by_truth.max(initial=0.0)))
    blocks = float(len(by_log) + len(by_truth))
    planned = len(FEEDS) + 1.0 + 0.9 * OPERATION_BLOCKS  # a device that makes blocks more slowly than it says
    return Evidence(
        "PP-07",
        "experiment",
        "specimen",
        value,
        sample_size=blocks,
        planned_size=planned,
        events=int(sum(one > 0.0 for one in by_log) + np.count_nonzero(by_truth)),
        seed=seed,
        note="bits released beyond the declared bound recomputed from the log, or beyond the truth",
        facts=(
            ("beyond the declared bound", max(by_log)),
            ("beyond the secure length from the truth", float(by_truth.max(initial=0.0))),
        ),
    )


def _excess(design: Design, block: SessionBlock) -> float:
    """Released bits less the declared bound on the counts of the log and the leakage that passed on the wire."""
    told = float(max(block.ledger.leak_ec_bits, told_bits(block)))  # a ledger may leave out what was told
    bound = secret_key(block.counts, design.theory, design.settings, design.security, leak_ec_bits=np.array([told]))
    released = max(len(block.alice_key), len(block.bob_key))
    return max(released - float(bound.secret_bits[0]), 0.0)


def transcript_information(device: Device, seed: int) -> Evidence:
    """PP-16: mutual information between single bits of the released key and of the transcript, side by side.

    For each kind of message and each lag a table of four cells over all blocks; the estimate of n pairs is too high by
    1/(2 n ln 2) where there is nothing to find, and 2 n ln 2 times it follows a chi-squared law of one degree: the
    square root of that law gives the interval, widened for the number of tables. Only such pairs are looked at: what a
    function of many bits tells would not be found.
    """
    require_pair(device.profile)
    bench = bench_of(device).attacker
    settings = bench.fed_settings()
    by_block = []
    for number in range(TRANSCRIPT_BLOCKS):
        draw = nature(seed, "PP-16", number)
        block = bench.fed_processing(clean_feed(settings, TRANSCRIPT_DETECTIONS, 0.01, draw), draw)
        by_block.append(tables_of(block))
    return information_evidence(by_block, seed)


def tables_of(block: SessionBlock) -> PairTables:
    """How often each pair of a key bit and a transcript bit stands side by side, by kind of message and lag."""
    tables: PairTables = {}
    for kind in {one.kind for one in block.transcript}:
        told = np.concatenate([np.frombuffer(one.body, np.uint8) for one in block.transcript if one.kind == kind])
        bits = np.unpackbits(told)
        for lag in range(LAGS):
            tables[kind, lag] = _pairs(block.alice_key, bits[lag:])
    return tables


def information_evidence(by_block: Sequence[PairTables], seed: int) -> Evidence:
    """PP-16 from the tables of all blocks."""
    tables: PairTables = {}
    for block in by_block:
        for place, pairs in block.items():
            tables[place] = tables.get(place, np.zeros_like(pairs)) + pairs
    found = {place: table for place, table in tables.items() if table.sum() >= LEAST_PAIRS}
    if not found:
        note = f"fewer than {LEAST_PAIRS:g} pairs of bits of key and transcript"
        return Evidence("PP-16", "statistical-test", "specimen", None, seed=seed, note=note)
    z = float(stats.norm.isf(0.025 / len(found)))
    worst, ends = max(((place, _information(table, z)) for place, table in found.items()), key=lambda one: one[1][2])
    return Evidence(
        "PP-16",
        "statistical-test",
        "specimen",
        ends[0],
        (ends[1], ends[2]),
        sample_size=float(found[worst].sum()),
        planned_size=LEAST_PAIRS,
        seed=seed,
        note=f"single bits of {len(found)} pairs of key and transcript; the worst: {worst[0]}, lag {worst[1]}",
        facts=(("bias of the estimate", 1.0 / (2.0 * float(found[worst].sum()) * math.log(2.0))),),
    )


def _pairs(key: NDArray[np.uint8], told: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each pair of bits stands side by side, shape (2, 2)."""
    length = min(len(key), len(told))
    return np.bincount(2 * key[:length].astype(np.int64) + told[:length], minlength=4).reshape(2, 2)


def _information(table: NDArray[np.int64], z: float) -> tuple[float, float, float]:
    """Mutual information in bits per bit, less its bias, and the ends of its interval."""
    total = float(table.sum())
    shares = table / total
    alone = shares.sum(axis=1, keepdims=True) * shares.sum(axis=0, keepdims=True)
    seen = max(float(special.rel_entr(shares, alone).sum()) / math.log(2.0), 0.0)
    scale = 2.0 * total * math.log(2.0)
    root = math.sqrt(scale * seen)
    return max(seen - 1.0 / scale, 0.0), max(root - z, 0.0) ** 2 / scale, (root + z) ** 2 / scale


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("PP-07", "experiment", finite_key_excess, needs="photons"),
    Procedure("PP-16", "statistical-test", transcript_information, needs="bench"),
)
