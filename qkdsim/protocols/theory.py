"""Which key-length theory a device uses, and the key it allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qkdsim.devices import DeviceProfile, PostProcessing
from qkdsim.protocols.counts import Counts
from qkdsim.protocols.keylength import (
    DecoySettings,
    KeyLength,
    Statistics,
    asymptotic_decoy,
    lim2014,
    planned_leak_ec_bits,
    rusca2018,
    tomamichel2012,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Theory:
    """A key-length theory by name, with its tail bound and sampling term."""

    proof: str
    tail_bound: str
    sampling_bound: str
    both_bases: bool = False

    @property
    def bounds(self) -> str:
        """Theory and bounds in one line, to stand beside every rate."""
        match self.proof:
            case "asymptotic-decoy":
                return "asymptotic-decoy, no statistical bound"
            case "tomamichel-2012":
                return "tomamichel-2012, serfling"
            case "rusca-2018":
                return f"rusca-2018, {self.tail_bound}, {self.sampling_bound}"
            case _:
                return f"{self.proof}, {self.tail_bound}, gamma"


@dataclass(frozen=True, slots=True)
class Security:
    """Security parameters of one block; epsilon_secrecy is either fixed or a given amount per bit of key."""

    epsilon_secrecy: float | None
    epsilon_secrecy_per_bit: float | None
    epsilon_correctness: float
    verification_bits: float
    ec_efficiency: float
    epsilon_authentication: float = 0.0

    def block_epsilon(self, secret_bits: FloatArray, *, both_bases: bool = False) -> FloatArray:
        """Failure probability that a block claims: secrecy, correctness, authentication; shape of `secret_bits`.

        A block without key still had its tags, which could have been forged. Key from both bases is two keys.
        """
        keys = 2.0 if both_bases else 1.0
        keyed = self.key_epsilon_secrecy(secret_bits, both_bases=both_bases) + keys * self.epsilon_correctness
        return np.where(secret_bits > 0.0, keyed, 0.0) + self.epsilon_authentication

    def key_epsilon_secrecy(self, secret_bits: FloatArray, *, both_bases: bool = False) -> FloatArray:
        """Secrecy parameter of keys of the given lengths, 0 without key; shape of `secret_bits`."""
        fixed = self.epsilon_secrecy
        if fixed is None:
            return np.asarray(secret_bits * (self.epsilon_secrecy_per_bit or 0.0))
        return np.where(secret_bits > 0.0, 2.0 * fixed if both_bases else fixed, 0.0)

    @classmethod
    def of(cls, post_processing: PostProcessing) -> Security:
        """Read the security parameters of a profile."""
        own = post_processing
        tag = own.verification_bits
        return cls(
            epsilon_secrecy=None if own.epsilon_secrecy is None else float(own.epsilon_secrecy),
            epsilon_secrecy_per_bit=None if own.epsilon_secrecy_per_bit is None else float(own.epsilon_secrecy_per_bit),
            epsilon_correctness=float(own.epsilon_correctness),
            verification_bits=math.ceil(math.log2(1.0 / own.epsilon_correctness)) if tag is None else float(tag),
            ec_efficiency=float(own.ec_efficiency),
            epsilon_authentication=float(own.epsilon_authentication),
        )


def theory_of(profile: DeviceProfile) -> Theory:
    """The theory that a profile names; the one that fits its number of intensities where it names none."""
    security = profile.security_model
    proof = security.proof or _natural_proof(profile)
    return Theory(proof, security.tail_bound, security.sampling_bound, profile.protocol.key_bases == "both")


def _natural_proof(profile: DeviceProfile) -> str:
    if profile.protocol.name == "bb84-single-photon":
        return "tomamichel-2012"
    count = len(profile.source.intensity) if profile.source else 0
    return {1: "asymptotic-decoy", 2: "rusca-2018"}.get(count, "lim-2014")


def secret_key(
    counts: Counts,
    theory: Theory,
    settings: DecoySettings,
    security: Security,
    *,
    leak_ec_bits: FloatArray | None = None,
) -> KeyLength:
    """The key length of each block of `counts`; leakage planned from its own error rate, or as it was (shape (...)).

    With `both_bases` key is drawn from either basis, each tested by the other. Planned, they are two keys, whose
    lengths add up. With a leakage that is given they are one string, corrected and hashed as a whole: the bounds of
    both add up, and the leakage comes off the sum.
    """
    statistics = Statistics.of(counts)
    if not theory.both_bases:
        return _one_basis(statistics, theory, settings, security, leak_ec_bits)
    parts = (statistics, statistics.swapped)
    if leak_ec_bits is None:
        return _joined(*(_one_basis(part, theory, settings, security, None) for part in parts))
    return _one_string(parts, theory, settings, security, leak_ec_bits)


def _one_basis(
    statistics: Statistics, theory: Theory, settings: DecoySettings, security: Security, leak: FloatArray | None
) -> KeyLength:
    if leak is None:
        leak = planned_leak_ec_bits(
            statistics.sifted_bits, statistics.qber, security.ec_efficiency, security.epsilon_correctness
        )

    def length(epsilon: FloatArray) -> KeyLength:
        return _length(statistics, theory, settings, epsilon, leak)

    if security.epsilon_secrecy is not None:
        return length(np.full(leak.shape, security.epsilon_secrecy))
    return _per_bit(length, security.epsilon_secrecy_per_bit or 1.0, statistics.sifted_bits)


def _one_string(
    parts: tuple[Statistics, Statistics],
    theory: Theory,
    settings: DecoySettings,
    security: Security,
    leak: FloatArray,
) -> KeyLength:
    """Key from the bits of both bases as one string.

    A basis whose own bound leaves nothing adds nothing, and takes nothing: more bits beside a string do not make it
    known. What both leaked comes off what either of them gives.
    """
    nothing = np.zeros_like(leak)

    def length(epsilon: FloatArray) -> KeyLength:
        joined = _joined(*(_length(part, theory, settings, epsilon, nothing) for part in parts))
        left = np.maximum(np.floor(joined.secret_bits - leak), 0.0)
        return replace(joined, secret_bits=left, leak_ec_bits=leak)

    if security.epsilon_secrecy is not None:
        return length(np.full(leak.shape, security.epsilon_secrecy))
    # the bounds of both bases may fail: each has half of what the key may claim
    per_bit = (security.epsilon_secrecy_per_bit or 1.0) / len(parts)
    return _per_bit(length, per_bit, parts[0].sifted_bits + parts[1].sifted_bits)


def _joined(one: KeyLength, other: KeyLength) -> KeyLength:
    """Key lengths of two bases as one."""
    return KeyLength(
        one.secret_bits + other.secret_bits,
        one.vacuum_bits + other.vacuum_bits,
        one.single_photon_bits + other.single_photon_bits,
        np.maximum(one.phase_error_rate, other.phase_error_rate),
        one.leak_ec_bits + other.leak_ec_bits,
    )


def _per_bit(length_of: Callable[[FloatArray], KeyLength], per_bit: float, sifted_bits: FloatArray) -> KeyLength:
    """Solve epsilon = per_bit * length: more key loosens its own epsilon, so iterate to the fixed point."""
    length = np.maximum(sifted_bits, 1.0)
    for _ in range(30):
        result = length_of(np.minimum(per_bit * np.maximum(length, 1.0), 0.5))
        if np.array_equal(result.secret_bits, length):
            break
        length = result.secret_bits
    return result


def _length(
    statistics: Statistics, theory: Theory, settings: DecoySettings, epsilon: FloatArray, leak: FloatArray
) -> KeyLength:
    match theory.proof:
        case "lim-2014":
            return lim2014(statistics, settings, epsilon, leak, tail_bound=theory.tail_bound)
        case "rusca-2018":
            return rusca2018(
                statistics,
                settings,
                epsilon,
                leak,
                tail_bound=theory.tail_bound,
                sampling_bound=theory.sampling_bound,
            )
        case "tomamichel-2012":
            return tomamichel2012(statistics, settings, epsilon, leak)
        case _:
            return asymptotic_decoy(statistics, settings, leak)
