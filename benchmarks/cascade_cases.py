"""Cascade, both ends in this process: sifted bits per processor second, messages written and read included."""

from __future__ import annotations

import time
from pathlib import Path

from figure import Figure

BLOCK_BITS, FRAME_BITS, QBER, BLOCKS = 1_000_000, 100_000, 0.02, 5
# cascade-cpp, one frame at a time, both ends in memory, on one Zen 5 core; 9 frames
PEER = "cascade-cpp 8240cab, recorded on another machine"
PEER_BPS = {"original": 21.7e6, "option7": 8.4e6}


def cascade(_peer_python: Path | None) -> list[Figure]:
    """The fast schedule of block sizes and an efficient one."""
    return [_figure(variant) for variant in PEER_BPS]


def _figure(variant: str) -> Figure:
    """The best of several blocks, each with its own strings and shuffles; f, errors and messages of all of them."""
    import numpy as np

    from qkdsim.postprocessing.cascade import CascadeCorrector, CascadeReference
    from qkdsim.postprocessing.cascade_plan import CascadePlan, in_frames
    from qkdsim.protocols.entropy import binary_entropy

    rng = np.random.default_rng(1)
    least_s, parities, shannon_bits, wrong_frames, messages = float("inf"), 0, 0.0, 0, 0
    for block in range(BLOCKS + 1):
        plan = CascadePlan(BLOCK_BITS, QBER, block, variant, FRAME_BITS)
        alice = rng.integers(0, 2, BLOCK_BITS, dtype=np.uint8)
        errors = (rng.random(BLOCK_BITS) < QBER).astype(np.uint8)
        start_s = time.process_time()
        reference, corrector = CascadeReference(alice, plan), CascadeCorrector(alice ^ errors, plan)
        rounds = 0
        while (question := corrector.question()) is not None:
            corrector.learn(reference.answer(question))
            rounds += 1
        corrected = corrector.corrected
        spent_s = time.process_time() - start_s
        if block == 0:  # compiled code is loaded by the first
            continue
        least_s = min(least_s, spent_s)
        parities += corrector.disclosed_bits
        shannon_bits += BLOCK_BITS * float(binary_entropy(errors.mean()))
        wrong_frames += int(in_frames(corrected ^ alice, plan).any(axis=1).sum())
        messages = max(messages, rounds)
    frames = BLOCKS * plan.frames
    note = (
        f"QBER 2 %, blocks of {plan.frames} frames of 1e5 bits; f = {parities / shannon_bits:.3f}, {wrong_frames} of "
        f"{frames} frames wrong, at most {messages} questions a block"
    )
    return Figure(
        f"cascade, {variant}", BLOCK_BITS / least_s, "bit/CPU s", peer=PEER, peer_figure=PEER_BPS[variant], note=note
    )
