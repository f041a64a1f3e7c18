"""Make the failure table: `python -m qkdsim.postprocessing.ldpc.measure`, about ten minutes.

At each QBER, bisection finds the shortest first syndrome with which no more than one frame in twenty fails to decode:
plans follow it. Then more frames, not those of the search, are counted at that length, with all later rounds.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from qkdsim.postprocessing.ldpc.corrector import LdpcCorrector
from qkdsim.postprocessing.ldpc.failures import FAILURES_FILE, FailureRow
from qkdsim.postprocessing.ldpc.layout import FRAME_BITS, LdpcPlan
from qkdsim.postprocessing.ldpc.reference import LdpcReference
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.protocols.entropy import binary_entropy
from qkdsim.rng import stream

QBERS = (
    *(0.0025, 0.0035, 0.005, 0.0065, 0.008, 0.01, 0.0125, 0.015, 0.0175, 0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05),
    *(0.06, 0.07, 0.08, 0.09, 0.10, 0.11, 0.15),
)
SEED = 11
SEARCH_FRAMES, FRAMES = 40, 200
EFFICIENCIES = np.round(np.arange(1.04, 1.605, 0.01), 2)
FAILURE_SHARE = 0.05  # of first decodings


@dataclass(frozen=True, slots=True)
class Outcome:
    """One block reconciled: what it cost, and which frames failed at first, at last, and unseen."""

    leaked_bits: int
    rounds: int
    decodings: int
    first_failures: int
    final_failures: int
    undetected: int


def reconciled(alice: Bits, bob: Bits, plan: LdpcPlan) -> Outcome:
    """Run both ends to the end."""
    reference, corrector = LdpcReference(alice, plan), LdpcCorrector(bob, plan)
    leaked_bits, rounds, first_failures = 0, 0, 0
    while (question := corrector.question()) is not None:
        answer = reference.answer(question)
        corrector.learn(answer)
        leaked_bits += int.from_bytes(answer[:4], "little")
        rounds += 1
        if rounds == 1:
            first_failures = corrector.failed_frames
    frames = -(-len(alice) // FRAME_BITS)
    wrong = sum(part.any() for part in np.array_split(alice != corrector.corrected, frames))
    undetected = int(wrong) - corrector.failed_frames
    return Outcome(leaked_bits, rounds, corrector.disclosed_bits, first_failures, corrector.failed_frames, undetected)


def strings(qber: float, frames: int, name: str) -> tuple[Bits, Bits]:
    """Alice's and Bob's bits, with independent errors."""
    random = stream(SEED, "ldpc", "failures", name, str(qber))
    alice = random.integers(0, 2, frames * FRAME_BITS, dtype=np.uint8)
    return alice, alice ^ (random.random(len(alice)) < qber)


def shortest_efficiency(qber: float) -> float:
    """The least of EFFICIENCIES at which few enough first decodings fail, or the greatest of all."""
    alice, bob = strings(qber, SEARCH_FRAMES, "search")
    low, high = -1, len(EFFICIENCIES) - 1
    while high - low > 1:
        middle = (low + high) // 2
        plan = LdpcPlan(len(alice), qber, SEED, float(EFFICIENCIES[middle]))
        if reconciled(alice, bob, plan).first_failures > FAILURE_SHARE * SEARCH_FRAMES:
            low = middle
        else:
            high = middle
    return float(EFFICIENCIES[high])


def row(qber: float) -> FailureRow:
    """One row of the table."""
    efficiency = shortest_efficiency(qber)
    alice, bob = strings(qber, FRAMES, "count")
    outcome = reconciled(alice, bob, LdpcPlan(len(alice), qber, SEED, efficiency))
    return FailureRow(
        qber,
        efficiency,
        FRAMES,
        outcome.first_failures,
        outcome.final_failures,
        outcome.undetected,
        round(outcome.leaked_bits / (len(alice) * float(binary_entropy(qber))), 4),
        round(outcome.decodings / FRAMES, 3),
    )


def main() -> None:
    """Write the table."""
    rows = []
    for qber in QBERS:
        rows.append(asdict(row(qber)))
        sys.stdout.write(f"{rows[-1]}\n")
    text = json.dumps({"frame_bits": FRAME_BITS, "rows": rows}, indent=1)
    Path(__file__).with_name(FAILURES_FILE).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
