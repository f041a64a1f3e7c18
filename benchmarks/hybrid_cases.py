"""Hybrid handshakes, both ends in one process: with real cryptography, and with lengths only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from figure import Figure

if TYPE_CHECKING:
    from qkdsim.hybrid import End, Message, QkdKey

REAL_HANDSHAKES = 500
SIMULATED_HANDSHAKES = 20_000


def hybrid(_peer_python: Path | None) -> list[Figure]:
    """Handshakes per processor time of suite `hybrid` (X25519, ML-KEM-768, a QKD key, ML-DSA-65)."""
    from qkdsim.hybrid import RealCryptography, SimulatedCryptography, encode

    note = "X25519, ML-KEM-768, QKD key, ML-DSA-65; both ends"
    real = _per_s(_ends(RealCryptography()), encode, REAL_HANDSHAKES)
    simulated = _per_s(_ends(SimulatedCryptography()), lambda message: message, SIMULATED_HANDSHAKES)
    return [
        Figure("hybrid handshake", 60 * real, "handshakes/CPU min", note=f"{note}; asked for: at least 10,000"),
        Figure(
            "hybrid handshake, simulated",
            simulated,
            "handshakes/CPU s",
            note=f"{note}; sizes and order of messages only, no cryptography; asked for: at least 20,000",
        ),
    ]


def _ends(cryptography: object) -> tuple[End, End]:
    from qkdsim.crypto.signature import find_signature
    from qkdsim.hybrid import Credentials, Setup, find_policy, find_suite, new_end

    suite, policy, scheme = find_suite("hybrid"), find_policy("QkdAndPqcRequired"), "ml-dsa-65"
    one, other = find_signature(scheme).generate(), find_signature(scheme).generate()
    mine = Credentials(None, {scheme: one}, {scheme: other.public_key})
    theirs = Credentials(None, {scheme: other}, {scheme: one.public_key})
    return (
        new_end(Setup("initiator", "tokyo", "osaka", suite, policy, mine, cryptography)),  # type: ignore[arg-type]
        new_end(Setup("responder", "osaka", "tokyo", suite, policy, theirs, cryptography)),  # type: ignore[arg-type]
    )


def _per_s(ends: tuple[End, End], wire: Callable[[Message], Message | bytes], count: int) -> float:
    from qkdsim.hybrid import QkdKey

    key = QkdKey("benchmark", os.urandom(32))
    _handshake(ends, key, wire)
    start_s = time.process_time()
    for _ in range(count):
        _handshake(ends, key, wire)
    return count / (time.process_time() - start_s)


def _handshake(ends: tuple[End, End], key: QkdKey, wire: Callable[[Message], Message | bytes]) -> None:
    from qkdsim.hybrid import KeyAnswer, Received, Start, step

    one = step(ends[0], Start(os.urandom, (key,)), 0.0)
    other = step(ends[1], Received(wire(one.requests[0].message)), 0.0)  # type: ignore[union-attr]
    other = step(other.end, KeyAnswer(os.urandom, key), 0.0)
    one = step(one.end, Received(wire(other.requests[0].message)), 0.0)  # type: ignore[union-attr]
    other = step(other.end, Received(wire(one.requests[0].message)), 0.0)  # type: ignore[union-attr]
    one = step(one.end, Received(wire(other.requests[0].message)), 0.0)  # type: ignore[union-attr]
    if one.end.session is None or other.end.session is None:
        raise AssertionError("a handshake failed")
