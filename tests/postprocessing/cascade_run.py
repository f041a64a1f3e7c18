"""A Cascade reconciliation with a tap on the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qkdsim.postprocessing.cascade import CascadeCorrector, CascadeReference
from qkdsim.postprocessing.cascade_plan import CascadePlan, in_frames
from qkdsim.postprocessing.reconciler import Bits, unpacked


@dataclass(frozen=True)
class Disclosed:
    """One parity as the tap reads it: positions [begin, end) of a pass of a frame."""

    frame: int
    in_pass: int
    begin: int
    end: int
    parity: int


@dataclass(frozen=True)
class Run:
    plan: CascadePlan
    alice: Bits
    bob: Bits
    corrector: CascadeCorrector
    transcript: list[tuple[bytes, bytes]]

    @property
    def parities(self) -> int:
        return sum(int.from_bytes(answer[:4], "little") for _, answer in self.transcript)

    @property
    def wrong_frames(self) -> int:
        wrong = self.corrector.corrected ^ self.alice
        return int(in_frames(wrong, self.plan).any(axis=1).sum())


def strings(plan: CascadePlan, qber: float, seed: int) -> tuple[Bits, Bits]:
    """Alice's and Bob's bits with independent errors."""
    rng = np.random.default_rng(seed)
    alice = rng.integers(0, 2, plan.length_bits, dtype=np.uint8)
    return alice, alice ^ (rng.random(plan.length_bits) < qber).astype(np.uint8)


def reconcile(plan: CascadePlan, alice: Bits, bob: Bits) -> Run:
    reference, corrector = CascadeReference(alice, plan), CascadeCorrector(bob, plan)
    transcript = []
    while (question := corrector.question()) is not None:
        answer = reference.answer(question)
        corrector.learn(answer)
        transcript.append((question, answer))
    return Run(plan, alice, bob, corrector, transcript)


def disclosed(run: Run) -> list[Disclosed]:
    """Every parity of a transcript, read with nothing but the description of the messages."""
    length, passes = run.plan.frame_length_bits, run.plan.passes
    begun = [0] * run.plan.frames
    found = []
    for question, answer in run.transcript:
        words = [int(word) for word in np.frombuffer(question, dtype="<u4")]
        frames, nodes = words[1 : 1 + words[0]], words[1 + words[0] :]
        ranges = []
        for frame in frames:
            size = run.plan.block_sizes_bits[begun[frame]]
            ranges += [(frame, begun[frame], a, min(a + size, length)) for a in range(0, length, size)]
            begun[frame] += 1
        for node in nodes:
            frame, in_pass, m = node // (passes * length), node // length % passes, node % length
            begin = _begin(m, run.plan.block_sizes_bits[in_pass], length)
            ranges.append((frame, in_pass, begin, m))
        bits = unpacked(answer, len(ranges))
        found += [Disclosed(*where, int(bit)) for where, bit in zip(ranges, bits, strict=True)]
    return found


def _begin(m: int, size: int, length: int) -> int:
    """Where the node that is halved at m begins."""
    begin, end = m // size * size, min(m // size * size + size, length)
    while (middle := (begin + end) // 2) != m:
        begin, end = (begin, middle) if m < middle else (middle, end)
    return begin
