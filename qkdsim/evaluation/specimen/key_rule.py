"""How a device under test decides how much key a block gives: as its theory says, or with a maker's mistake."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections import Expected
from qkdsim.devices.attack_surface import KeyRule
from qkdsim.links.distil import Distiller
from qkdsim.links.operating_point import OperatingPoint
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.protocols import Counts, Security, Theory, binary_entropy, secret_key
from qkdsim.protocols.keylength import DecoySettings, KeyLength, Statistics, planned_leak_ec_bits

FloatArray = NDArray[np.float64]
NEVER = 0.5  # an error rate that no block exceeds


@dataclass(frozen=True, slots=True)
class FaultyLength:
    """A key length computed with the mistakes of `rule`; `planned_share` is the share of the sifted bits by design."""

    rule: KeyRule
    theory: Theory
    settings: DecoySettings
    security: Security
    planned_share: float

    def of(self, counts: Counts, leak_bits: FloatArray | None = None) -> KeyLength:
        """The key length of each block of `counts`; the leakage planned, or as it was."""
        if not self.rule.uses_own_estimate:
            return self._as_planned(counts)
        if not self.rule.uses_decoys:
            return self._all_single(counts, leak_bits)
        return secret_key(counts, self.theory, self.settings, self.security, leak_ec_bits=leak_bits)

    def _as_planned(self, counts: Counts) -> KeyLength:
        sifted = Statistics.of(counts).sifted_bits
        nothing = np.zeros_like(sifted)
        return KeyLength(np.floor(self.planned_share * sifted), nothing, sifted, nothing, nothing)

    def _all_single(self, counts: Counts, leak_bits: FloatArray | None) -> KeyLength:
        own = Statistics.of(counts)
        sifted, security = own.sifted_bits, self.security
        if leak_bits is None:
            leak_bits = planned_leak_ec_bits(sifted, own.qber, security.ec_efficiency, security.epsilon_correctness)
        tested = np.maximum(own.test.sum(axis=-1), 1.0)
        phase_error = np.minimum(own.test_errors.sum(axis=-1) / tested, 0.5)
        length = np.floor(sifted * (1.0 - binary_entropy(phase_error)) - leak_bits)
        return KeyLength(np.maximum(length, 0.0), np.zeros_like(sifted), sifted, phase_error, leak_bits)


def faulty_length(rule: KeyRule, distiller: Distiller, believed: OperatingPoint) -> FaultyLength:
    """The key length of a device with those mistakes that is otherwise set up as `distiller`."""
    theory = distiller.theory
    if not rule.counts_finite_size:
        theory = replace(theory, proof="asymptotic-decoy")
    bits = np.array([float(distiller.post_processing.block_size_bits)])
    planned = Expected().counts(believed.tally, bits / believed.tally.key_probability, bits)
    share = float(distiller.key_length(planned).secret_bits[0] / bits[0])
    return FaultyLength(rule, theory, distiller.settings, distiller.security, share)


@dataclass(frozen=True, slots=True)
class FaultyDistiller(Distiller):
    """Blocks of counts -> key, with a mistake."""

    length: FaultyLength | None = None

    def key_length(self, counts: Counts) -> KeyLength:
        """What the device takes for the key length."""
        return Distiller.key_length(self, counts) if self.length is None else self.length.of(counts)


@dataclass(frozen=True, slots=True)
class FaultyProcessing(KeyProcessing):
    """Key processing bit by bit, with a mistake."""

    length: FaultyLength | None = None

    def key_length(self, counts: Counts, leak_bits: float) -> KeyLength:
        """What the device takes for the key length."""
        if self.length is None:
            return KeyProcessing.key_length(self, counts, leak_bits)
        return self.length.of(counts, np.array([leak_bits]))


def as_it_distils(rule: KeyRule, distiller: Distiller, believed: OperatingPoint) -> Distiller:
    """The distiller of a device with those mistakes; the same one where it has none."""
    if rule == KeyRule():
        return distiller
    faulty = FaultyDistiller(**_values(distiller), length=faulty_length(rule, distiller, believed))
    if rule.uses_own_estimate:
        return faulty
    post = faulty.post_processing.model_copy(update={"qber_abort": NEVER})
    return replace(faulty, post_processing=post)


def as_it_processes(
    rule: KeyRule, processing: KeyProcessing, distiller: Distiller, believed: OperatingPoint
) -> KeyProcessing:
    """The key processing of a device with those mistakes; the same one where it has none."""
    if rule == KeyRule():
        return processing
    faulty = FaultyProcessing(**_values(processing), length=faulty_length(rule, distiller, believed))
    return faulty if rule.uses_own_estimate else replace(faulty, qber_abort=NEVER)


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
