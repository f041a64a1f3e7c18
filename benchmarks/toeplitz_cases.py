"""Privacy amplification in this process, in processor seconds: 1e6 bits to 5e5."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from figure import BenchmarkError, Figure

LENGTH_BITS, SECRET_BITS = 1_000_000, 500_000
REPETITIONS = 9
CHECKED_ROWS = range(0, SECRET_BITS, 5003)


def toeplitz(_peer_python: Path | None) -> list[Figure]:
    """Input bits per processor second, best of several: with a new seed each time, and with one seed's spectra kept."""
    import numpy as np

    from qkdsim.postprocessing.amplification import ToeplitzSeed, toeplitz_hash
    from qkdsim.rng import stream

    random = stream(1, "benchmark", "toeplitz")
    bits = random.integers(0, 2, size=LENGTH_BITS, dtype=np.uint8)
    seed = random.integers(0, 2, size=LENGTH_BITS + SECRET_BITS - 1, dtype=np.uint8)
    kept = ToeplitzSeed(seed, LENGTH_BITS, SECRET_BITS)
    secret = kept.hash(bits)
    for i in CHECKED_ROWS:  # T[i, j] = seed[i - j + n - 1]
        if np.count_nonzero(seed[i : i + LENGTH_BITS][::-1] & bits) % 2 != secret[i]:
            raise BenchmarkError(f"row {i} of the Toeplitz product is wrong")
    note = f"input bits, 1e6 to 5e5; {len(CHECKED_ROWS)} rows equal to the direct product"
    fresh_s = _best_s(lambda: toeplitz_hash(bits, seed, SECRET_BITS))
    kept_s = _best_s(lambda: kept.hash(bits))
    return [
        Figure("toeplitz, fresh seed", LENGTH_BITS / fresh_s, "bit/CPU s", note=f"{note}; goal >= 1.5e7"),
        Figure("toeplitz, kept seed", LENGTH_BITS / kept_s, "bit/CPU s", note=f"{note}; goal >= 3.5e7"),
    ]


def _best_s(work: Callable[[], object]) -> float:
    times_s = []
    for _ in range(REPETITIONS):
        start_s = time.process_time()
        work()
        times_s.append(time.process_time() - start_s)
    return min(times_s)
