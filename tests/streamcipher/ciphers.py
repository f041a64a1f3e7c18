from __future__ import annotations

from typing import Any

from qkdsim.streamcipher import StreamCipher

SEED = bytes(range(32))


def phase(**changes: Any) -> StreamCipher:
    return StreamCipher(**{"keying": "phase", "levels": 4096, "mean_photons": 1e4, "symbol_rate_hz": 1e10} | changes)


def intensity(**changes: Any) -> StreamCipher:
    return StreamCipher(**{"keying": "intensity", "levels": 4096, "mean_photons": 1e5, "symbol_rate_hz": 1e9} | changes)


def agrees(wrong: int, trials: int, probability: float, standard_errors: float = 4.0) -> bool:
    spread = (trials * probability * (1.0 - probability)) ** 0.5
    return bool(abs(wrong - trials * probability) <= standard_errors * spread)
