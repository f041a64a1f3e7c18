"""The simulated random number generator of a specimen, and the keys that it releases."""

from __future__ import annotations

import math

import numpy as np

from qkdsim.devices.key_behaviour import GeneratorTruth
from qkdsim.evaluation.specimen.key_bench import Bits, NoiseFault
from qkdsim.randomness.sources import chain

FAULT_SAMPLES = 1 << 17
SAMPLE_S = 1e-8  # of the noise source: 100 Mbit/s
AMPLIFIED_BITS = 1_000_000  # of each key, from twice as many


def _faulty(fault: NoiseFault, generator: np.random.Generator) -> Bits:
    """Noise with a forced fault, shape (FAULT_SAMPLES,)."""
    if fault != "patterned":
        return chain(FAULT_SAMPLES, 1.0 if fault == "stuck" else 0.9, 0.0, generator)
    groups = np.ones((FAULT_SAMPLES // 4, 4), dtype=np.uint8)
    groups[np.arange(len(groups)), generator.integers(0, 4, len(groups))] = 0
    return groups.ravel()


class SimulatedGenerator:
    """Implements `key_bench.GeneratorBench`."""

    def __init__(self, truth: GeneratorTruth, true_min_entropy: float, declared_min_entropy: float) -> None:
        """The health tests are configured for the declared min-entropy; the noise has the true one."""
        self._truth = truth
        self._likely = 2.0**-true_min_entropy
        self._declared = declared_min_entropy

    def output(self, bits: int, generator: np.random.Generator) -> Bits:
        """Bits that it puts out, shape (bits,)."""
        return chain(bits, 0.5 + self._truth.output_bias, self._truth.output_correlation, generator)

    def raw_noise(self, bits: int, generator: np.random.Generator) -> Bits:
        """Bits of its noise before any conditioning, shape (bits,)."""
        return chain(bits, self._likely, self._truth.noise_correlation, generator)

    def released_keys(self, bits: int, generator: np.random.Generator) -> Bits:
        """Released keys, one after the other, shape (bits,): raw bits after privacy amplification."""
        from qkdsim.postprocessing.amplification import seed_length_bits, toeplitz_hash

        likely = 0.5 + self._truth.key_bias
        if not self._truth.amplifies:
            return chain(bits, likely, 0.0, generator)
        keys = []
        for _ in range(-(-bits // AMPLIFIED_BITS)):
            raw = chain(2 * AMPLIFIED_BITS, likely, 0.0, generator)
            seed = chain(seed_length_bits(2 * AMPLIFIED_BITS, AMPLIFIED_BITS), 0.5, 0.0, generator)
            keys.append(toeplitz_hash(raw, seed, AMPLIFIED_BITS))
        return np.concatenate(keys)[:bits]

    def alarm_after(self, fault: NoiseFault, generator: np.random.Generator) -> int | None:
        """Samples until an alarm after a forced fault; None within 2^17."""
        alarms = self._alarms(_faulty(fault, generator))
        return alarms[0] if alarms else None

    def false_alarms(self, samples: int, generator: np.random.Generator) -> int:
        """Alarms over so many samples of undisturbed noise."""
        found, part = 0, 1 << 22
        for start in range(0, samples, part):
            found += len(self._alarms(self.raw_noise(min(part, samples - start), generator)))
        return found

    def stop_s(self, generator: np.random.Generator) -> float | None:
        """Time from total failure of the noise to the end of key generation; None if it goes on for a minute."""
        samples = self.alarm_after("stuck", generator)
        if samples is None or not self._truth.stops_on_alarm:
            return None
        delay = samples * SAMPLE_S + self._truth.stop_delay_s * generator.uniform(0.5, 1.0)
        return delay if delay <= 60.0 else None

    def _alarms(self, noise: Bits) -> list[int]:
        from qkdsim.randomness.health import WINDOW, proportion_alarms, proportion_cutoff, repetition_alarms
        from qkdsim.randomness.health import repetition_cutoff as run_cutoff

        factor, found = self._truth.cutoff_factor, []
        if "repetition-count" in self._truth.health_tests:
            found += repetition_alarms(noise, max(math.ceil(factor * run_cutoff(self._declared)), 2)).tolist()
        if "adaptive-proportion" in self._truth.health_tests:
            cutoff = math.ceil(factor * proportion_cutoff(self._declared))
            found += proportion_alarms(noise, cutoff, WINDOW).tolist()
        return sorted(found)
