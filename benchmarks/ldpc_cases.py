"""Reconciliation by LDPC codes in this process, in processor seconds: both ends, frames of 1e5 bits."""

from __future__ import annotations

import time
from pathlib import Path

from figure import BenchmarkError, Figure

QBERS = (0.01, 0.02, 0.03, 0.05)
FRAMES, REPETITIONS = 50, 3


def ldpc(_peer_python: Path | None) -> list[Figure]:
    """Frame bits per processor second, best of several, with the efficiency and failures of the same frames."""
    from qkdsim.postprocessing.ldpc.layout import FRAME_BITS, LdpcPlan
    from qkdsim.postprocessing.ldpc.measure import reconciled, strings
    from qkdsim.protocols.entropy import binary_entropy

    reconciled(*strings(0.02, 1, "benchmark"), LdpcPlan(FRAME_BITS, 0.02, 1))  # compilation does not count
    figures = []
    for qber in QBERS:
        alice, bob = strings(qber, FRAMES, "benchmark")
        times_s = []
        for _ in range(REPETITIONS):
            start_s = time.process_time()
            outcome = reconciled(alice, bob, LdpcPlan(len(alice), qber, 1))
            times_s.append(time.process_time() - start_s)
        if outcome.undetected:
            raise BenchmarkError(f"{outcome.undetected} frames at QBER {qber} are wrong and were not seen to be")
        efficiency = outcome.leaked_bits / (len(alice) * float(binary_entropy(qber)))
        note = (
            f"f {efficiency:.3f}, {FRAMES} frames of 1e5 bits: {outcome.first_failures} failed at first, "
            f"{outcome.final_failures} at last; goal >= 1e6 at f <= 1.20 and failures <= 5 %"
        )
        figures.append(Figure(f"ldpc, QBER {qber:.0%}", len(alice) / min(times_s), "bit/CPU s", note=note))
    return figures
