"""What key-length theories read and return."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols.clicktable import KEY_BASIS, TEST_BASIS
from qkdsim.protocols.counts import Counts
from qkdsim.protocols.tailbounds import TailBound

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Detections and errors of matched bases, by intensity: arrays (..., K). X in the papers is our key basis.

    Pulses sent with matched bases are needed only where no decoys are sent.
    """

    key: FloatArray
    key_errors: FloatArray
    test: FloatArray
    test_errors: FloatArray
    key_sent: FloatArray | None = None
    test_sent: FloatArray | None = None

    @classmethod
    def of(cls, counts: Counts) -> Statistics:
        """Read the matched-basis tallies of counts."""
        return cls(
            key=counts.detected(KEY_BASIS),
            key_errors=counts.errors(KEY_BASIS),
            test=counts.detected(TEST_BASIS),
            test_errors=counts.errors(TEST_BASIS),
            key_sent=counts.matched_sent(KEY_BASIS),
            test_sent=counts.matched_sent(TEST_BASIS),
        )

    @property
    def swapped(self) -> Statistics:
        """The same with the roles of the bases exchanged, for protocols that draw key from both."""
        return Statistics(self.test, self.test_errors, self.key, self.key_errors, self.test_sent, self.key_sent)

    @property
    def sifted_bits(self) -> FloatArray:
        """Detections in the key basis, all intensities, shape (...)."""
        return np.asarray(self.key.sum(axis=-1))

    @property
    def qber(self) -> FloatArray:
        """Error rate of the key basis, shape (...); nan without detections."""
        total = self.sifted_bits
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.key_errors.sum(axis=-1) / total)


@dataclass(frozen=True)  # no slots: weight and tau are asked for thousands of times, and computed once
class DecoySettings:
    """What both ends know beforehand: intensities (K,), their probabilities (K,), and the security parameters.

    `verification_bits` is the length of the verification tag; the term log2(2/epsilon_correctness) pays for it, and
    only an excess over that is subtracted.
    """

    mean_photon_number: FloatArray
    probability: FloatArray
    epsilon_correctness: float
    verification_bits: float = 0.0

    def photon_number_probability(self, photons: int) -> float:
        """tau_n: probability that a pulse of unknown intensity holds n photons."""
        mu = self.mean_photon_number
        return float((self.probability * np.exp(-mu) * mu**photons).sum() / math.factorial(photons))

    @cached_property
    def tau(self) -> tuple[float, float]:
        """tau_0 and tau_1: probabilities of an empty pulse and of a single photon."""
        return self.photon_number_probability(0), self.photon_number_probability(1)

    @cached_property
    def weight(self) -> FloatArray:
        """exp(mu_k)/p_k, shape (K,): turns a count of one intensity into the scale of all pulses."""
        return np.asarray(np.exp(self.mean_photon_number) / self.probability)

    @property
    def correctness_cost_bits(self) -> float:
        """log2(2/epsilon_correctness), plus what the verification tag discloses beyond it."""
        paid = math.log2(2.0 / self.epsilon_correctness)
        return paid + max(0.0, self.verification_bits - paid)


@dataclass(frozen=True, slots=True)
class KeyLength:
    """The extractable key of each block, arrays of shape (...), with what it rests on.

    secret_bits        whole bits, 0 where the bound leaves none
    vacuum_bits        lower bound s_0 on sifted detections of empty pulses that count as secret
    single_photon_bits lower bound s_1 on sifted detections of single photons
    phase_error_rate   upper bound for them, at most 1/2
    leak_ec_bits       reconciliation disclosure that was subtracted
    """

    secret_bits: FloatArray
    vacuum_bits: FloatArray
    single_photon_bits: FloatArray
    phase_error_rate: FloatArray
    leak_ec_bits: FloatArray


def scaled_bounds(
    counts: FloatArray, settings: DecoySettings, epsilon: FloatArray, tail: TailBound
) -> tuple[FloatArray, FloatArray]:
    """The papers' n^-_k and n^+_k: bounds on the expected counts times exp(mu_k)/p_k, shape (..., K)."""
    low, high = tail(counts, counts.sum(axis=-1, keepdims=True), np.asarray(epsilon)[..., None])
    return low * settings.weight, high * settings.weight


def whole_bits(length: FloatArray, usable: NDArray[np.bool_]) -> FloatArray:
    """Round down to whole bits; 0 where negative or where a bound could not be formed."""
    return np.where(usable, np.fmax(np.floor(length), 0.0), 0.0)
