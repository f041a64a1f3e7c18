"""Samples of bits: RN-01, RN-02, PP-15. Evidence of basis `measured`; plans and levels are those of `randomness`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qkdsim.errors import InputError
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.measured import on_records
from qkdsim.evaluation.procedures.randomness import (
    KEY_SEQUENCES,
    NOISE_BITS,
    NOISE_SHORTFALL,
    OUTPUT_SEQUENCES,
    SEQUENCE_BITS,
    battery_evidence,
)
from qkdsim.evaluation.records import BitSample, Records
from qkdsim.evaluation.records.reading import wrong


def _sample(records: Records, kind: str) -> BitSample:
    sample = records.sample_of(kind)
    if sample is None:
        raise wrong(kind, "", "nothing", "a record")
    if sample.problems:
        raise InputError(*sample.problems)
    return sample


def _battery(criterion: str, records: Records, kind: str, planned: int) -> Evidence:
    sample = _sample(records, kind)
    whole = min(8 * len(sample.raw) // SEQUENCE_BITS, planned)
    octets = np.frombuffer(sample.raw, dtype=np.uint8)

    def sequences() -> Iterator[np.ndarray]:
        for place in range(whole):
            yield np.unpackbits(octets[place * SEQUENCE_BITS // 8 : (place + 1) * SEQUENCE_BITS // 8])

    evidence = battery_evidence(criterion, 0, sequences())
    facts = (("record", sample.entry.file), ("instrument", sample.entry.instrument), *evidence.facts)
    return replace(evidence, basis="measured", seed=None, planned_size=float(planned), facts=facts)


def output_battery(device: Device, records: Records) -> Evidence:
    """RN-01: SP 800-22 on sequences of a million output bits, 100 by plan."""
    return _battery("RN-01", records, "rng", OUTPUT_SEQUENCES)


def key_battery(device: Device, records: Records) -> Evidence:
    """PP-15: SP 800-22 on sequences of a million bits of key, 60 by plan."""
    return _battery("PP-15", records, "key", KEY_SEQUENCES)


def noise_entropy(device: Device, records: Records) -> Evidence:
    """RN-02: the least of the SP 800-90B estimates on raw noise; of a sample smaller than planned only a bound."""
    from qkdsim.randomness.sp800_90b import estimate

    sample = _sample(records, "raw_noise")
    bits = np.unpackbits(np.frombuffer(sample.raw[: NOISE_BITS // 8], dtype=np.uint8))
    found = estimate(bits)
    high = min(1.0, found.least + NOISE_SHORTFALL) if len(bits) == NOISE_BITS else 1.0
    return Evidence(
        "RN-02",
        "statistical-test",
        "measured",
        found.least,
        interval=(found.least, high),
        confidence=0.99,
        sample_size=float(len(bits)),
        planned_size=float(NOISE_BITS),
        note="least of ten estimates, each a 99 % lower bound",
        facts=(("record", sample.entry.file), ("instrument", sample.entry.instrument), *found.by_name),
    )


PROCEDURES: tuple[Procedure, ...] = (
    on_records("RN-01", "statistical-test", "rng", output_battery, is_slow=True),
    on_records("RN-02", "statistical-test", "raw_noise", noise_entropy, is_slow=True),
    on_records("PP-15", "statistical-test", "key", key_battery, is_slow=True),
)
