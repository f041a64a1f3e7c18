"""Hybrid keys by experiment and attack: HY-01, HY-02, HY-04 and HY-06."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from qkdsim import rng
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of

if TYPE_CHECKING:
    from qkdsim.evaluation.specimen.key_bench import HybridBench, Mix

SECRET_BYTES = 32
DRAWS = 500
HANDSHAKES = 10  # of each attempt
AND_MODE = "QkdAndPqcRequired"
HOURS = 24.0


def combiner(device: Device, seed: int) -> Evidence:
    """HY-01: with either secret known, the key depends on every bit of the other one.

    For 500 known secrets the other is drawn twice: the keys must differ. Then every bit of each secret is flipped: the
    key must change each time. And the key is never one of the secrets nor a part of one, which would be known to
    whoever knows that secret.
    """
    generator, bench = rng.stream(seed, "certify", "HY-01"), _hybrid(device)
    faults = []
    for known, other in (("qkd", "pqc"), ("pqc", "qkd")):
        same = sum(_key_ignores(bench, other, generator) for _ in range(DRAWS))
        blind = _ignored_bits(bench, other, generator)
        if same or blind:
            faults.append(f"with {known} known: {same} of {DRAWS} keys alike, {blind} bits of {other} without effect")
    copied = _copies(bench, generator)
    if copied:
        faults.append(f"{copied} of {DRAWS} keys show a secret")
    trials = 2 * (DRAWS + 8 * SECRET_BYTES) + DRAWS
    return Evidence(
        "HY-01",
        "experiment",
        "specimen",
        not faults,
        confidence=1.0,
        sample_size=trials,
        planned_size=trials,
        seed=seed,
        note="; ".join(faults) or "the key depends on every bit of both secrets",
    )


def context_binding(device: Device, seed: int) -> Evidence:
    """HY-02: another key_ID, ciphertext, identity or algorithm gives another key from the same secrets."""
    generator, bench = rng.stream(seed, "certify", "HY-02"), _hybrid(device)
    mix = _drawn(generator)
    changes = {
        "key-id": replace(mix, key_id="key-2"),
        "kem-ciphertext": replace(mix, ciphertext=mix.ciphertext + b"!"),
        "identities": replace(mix, identities=(mix.identities[0], "c")),
        "algorithms": replace(mix, algorithms="another suite"),
    }
    key = bench.combined(mix)
    unbound = [name for name, changed in changes.items() if bench.combined(changed) == key]
    return Evidence(
        "HY-02",
        "experiment",
        "specimen",
        not unbound,
        confidence=1.0,
        sample_size=len(changes),
        planned_size=len(changes),
        seed=seed,
        note=f"not bound: {', '.join(unbound)}" if unbound else "bound to all four parts of the context",
    )


def downgrade(device: Device, seed: int) -> Evidence:
    """HY-04: sessions set up in AND mode without QKD or without a post-quantum secret, under every attempt."""
    from qkdsim.evaluation.specimen.hybrid_attempts import ATTEMPTS

    modes = device.profile.pqc.modes
    if AND_MODE not in modes:
        note = f"the profile declares no mode {AND_MODE}" if modes else "the profile does not state pqc.modes"
        return Evidence("HY-04", "attack", "none", None, applicable=not modes, note=note)
    generator, bench = rng.stream(seed, "certify", "HY-04"), _hybrid(device)
    accepted: dict[str, int] = {}
    for attempt in ATTEMPTS:
        for _ in range(HANDSHAKES):
            mixed = bench.handshake(attempt, generator)
            if mixed is not None and not _has_both(mixed):
                accepted[attempt] = accepted.get(attempt, 0) + 1
    events, trials = sum(accepted.values()), HANDSHAKES * len(ATTEMPTS)
    return Evidence(
        "HY-04",
        "attack",
        "specimen",
        float(events),
        sample_size=trials,
        planned_size=trials,
        events=events,
        seed=seed,
        note="; ".join(f"{name}: {number}" for name, number in accepted.items()) or f"none of {trials} handshakes",
    )


def rekeying(device: Device, seed: int) -> Evidence:
    """HY-06: longest time between fresh QKD keys in a day."""
    moments = _hybrid(device).rekeyings_s(3600.0 * HOURS, rng.stream(seed, "certify", "HY-06"))
    longest = float(np.diff(moments, prepend=0.0, append=3600.0 * HOURS).max())
    return Evidence(
        "HY-06",
        "experiment",
        "specimen",
        longest,
        interval=(longest, longest),
        sample_size=moments.size,
        seed=seed,
        note=f"longest of {moments.size} intervals in a day",
    )


def _key_ignores(bench: HybridBench, other: str, generator: np.random.Generator) -> bool:
    mix = _drawn(generator)
    return bench.combined(mix) == bench.combined(_with(mix, other, generator.bytes(SECRET_BYTES)))


def _ignored_bits(bench: HybridBench, other: str, generator: np.random.Generator) -> int:
    mix = _drawn(generator)
    key, secret = bench.combined(mix), mix.qkd if other == "qkd" else mix.pqc
    flipped = (int.from_bytes(secret, "big") ^ (1 << place) for place in range(8 * SECRET_BYTES))
    return sum(bench.combined(_with(mix, other, one.to_bytes(SECRET_BYTES, "big"))) == key for one in flipped)


def _copies(bench: HybridBench, generator: np.random.Generator) -> int:
    """Keys of which eight bytes in a row stand in one of the secrets."""
    found = 0
    for _ in range(DRAWS):
        mix = _drawn(generator)
        key = bench.combined(mix)
        found += any(key[place : place + 8] in secret for secret in (mix.qkd, mix.pqc) for place in range(len(key) - 7))
    return found


def _drawn(generator: np.random.Generator) -> Mix:
    from qkdsim.evaluation.specimen.key_bench import Mix

    return Mix(generator.bytes(SECRET_BYTES), generator.bytes(SECRET_BYTES))


def _with(mix: Mix, name: str, secret: bytes) -> Mix:
    return replace(mix, qkd=secret) if name == "qkd" else replace(mix, pqc=secret)


def _has_both(mixed: tuple[str, ...]) -> bool:
    return "qkd" in mixed and any(one.startswith(("ml-kem", "hqc", "frodo", "x-wing")) for one in mixed)


def _hybrid(device: Device) -> HybridBench:
    return bench_of(device).hybrid_module


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("HY-01", "experiment", combiner, needs="bench"),
    Procedure("HY-02", "experiment", context_binding, needs="bench"),
    Procedure("HY-04", "attack", downgrade, needs="bench"),
    Procedure("HY-06", "experiment", rekeying, needs="bench"),
)
