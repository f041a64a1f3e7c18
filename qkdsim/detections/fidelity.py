"""Two ways to read a tally table: the means, or a draw. Both answer the same questions about a block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.tally import TallyTable
from qkdsim.protocols.counts import Counts

FloatArray = NDArray[np.float64]
MAX_EXACT_PULSES = 1e15  # whole numbers beyond have no room in the generator's integers


class Tally(Protocol):
    """How many pulses a block needs, and what it then holds. Arrays run over blocks."""

    def pulses_to_fill(self, table: TallyTable, key_bits: float, blocks: int) -> FloatArray:
        """Pulses until `key_bits` key detections have been made, shape (blocks,)."""

    def key_detections(self, table: TallyTable, pulses: FloatArray, below: float) -> FloatArray:
        """Key detections in a number of pulses that is known not to reach `below` of them, shape of `pulses`."""

    def counts(self, table: TallyTable, pulses: FloatArray, key_detections: FloatArray) -> Counts:
        """Everything those pulses left, given the number of key detections among them.

        Drawn block by block: the first blocks are the same however many follow.
        """


@dataclass(frozen=True, slots=True)
class Expected:
    """Mean values, without randomness: for design and plots."""

    def pulses_to_fill(self, table: TallyTable, key_bits: float, blocks: int) -> FloatArray:
        """The mean: key_bits / P(key detection)."""
        probability = table.key_probability
        return np.full(blocks, key_bits / probability if probability > 0.0 else np.inf)

    def key_detections(self, table: TallyTable, pulses: FloatArray, below: float) -> FloatArray:
        """The mean, at most `below`."""
        return np.minimum(pulses * table.key_probability, below)

    def counts(self, table: TallyTable, pulses: FloatArray, key_detections: FloatArray) -> Counts:
        """Means, with the key cells scaled to the given number of key detections."""
        probability = table.key_probability
        scale = np.divide(key_detections, probability, out=np.zeros_like(pulses), where=probability > 0.0)
        others = (pulses - key_detections) / max(1.0 - probability, 1e-300)
        return table.counts(scale[..., None] * table.key, others[..., None] * table.other)


@dataclass(frozen=True, slots=True)
class Tallied:
    """Draws from the distribution of the tallies; one multinomial per block, whatever the number of pulses.

    Exact without dead time and afterpulses. With them the number of detections has the mean of the registered table and
    the variance of its Fano factor; how detections share among cells stays multinomial.
    """

    generator: np.random.Generator

    def pulses_to_fill(self, table: TallyTable, key_bits: float, blocks: int) -> FloatArray:
        """Negative binomial; with memory a gamma law of the corrected variance, key_bits F / p²."""
        probability = table.key_probability
        if probability <= 0.0:
            return np.full(blocks, np.inf)
        if key_bits / probability > MAX_EXACT_PULSES:  # a nearly dead link: the gamma limit of rare events
            return np.asarray(self.generator.gamma(key_bits, 1.0 / probability, size=blocks))
        if not table.has_memory:
            misses = self.generator.negative_binomial(key_bits, probability, size=blocks)
            return np.asarray(misses + key_bits, dtype=np.float64)
        fano = max(table.key_fano_factor, 1e-9)
        drawn = self.generator.gamma(key_bits / fano, fano / probability, size=blocks)
        return np.asarray(np.maximum(np.rint(drawn), np.ceil(key_bits)))

    def key_detections(self, table: TallyTable, pulses: FloatArray, below: float) -> FloatArray:
        """Rejection sampling of the unconditional law, which is exact; it seldom needs a second try."""
        result = np.full(pulses.shape, np.inf)
        for _ in range(1000):
            again = result >= below
            if not again.any():
                return result
            result[again] = self._unconditional(table, pulses[again])
        # the event was improbable to begin with: its bulk lies at the edge
        return np.asarray(np.minimum(result, max(below - 1.0, 0.0)))

    def _unconditional(self, table: TallyTable, pulses: FloatArray) -> FloatArray:
        if not table.has_memory:
            return np.asarray(self.generator.binomial(pulses.astype(np.int64), table.key_probability), dtype=np.float64)
        drawn = draw_count(self.generator, pulses * table.key_probability, table.key_fano_factor)
        return np.minimum(drawn, pulses)

    def counts(self, table: TallyTable, pulses: FloatArray, key_detections: FloatArray) -> Counts:
        """Key detections share among key cells, all other pulses among the other cells."""
        keys, others = len(table.key), len(table.other)
        # both laws side by side, so that a block is drawn before the next; the last cell takes what is left, so cells
        # that are not there stand in front
        cells = np.zeros((2, max(keys, others)))
        cells[0, -keys:], cells[1, -others:] = _normalised(table.key), _normalised(table.other)
        trials = np.stack([key_detections, np.maximum(pulses - key_detections, 0.0)], axis=-1).astype(np.int64)
        drawn = self.generator.multinomial(trials, cells).astype(np.float64)
        return table.counts(drawn[..., 0, -keys:], drawn[..., 1, -others:])


def _normalised(probability: FloatArray) -> FloatArray:
    total = probability.sum()
    if total <= 0.0:
        return np.full_like(probability, 1.0 / len(probability))
    return np.asarray(probability / total)


def draw_count(generator: np.random.Generator, mean: FloatArray, fano_factor: float) -> FloatArray:
    """Whole numbers of given mean and variance/mean ratio: binomial below 1, Poisson at 1, negative binomial above."""
    if abs(fano_factor - 1.0) < 1e-9:
        return generator.poisson(mean).astype(np.float64)
    if fano_factor < 1.0:
        trials = np.maximum(np.rint(mean / (1.0 - fano_factor)), np.ceil(mean))
        probability = np.divide(mean, trials, out=np.zeros_like(mean), where=trials > 0.0)
        return generator.binomial(trials.astype(np.int64), probability).astype(np.float64)
    shape = mean / (fano_factor - 1.0)
    drawn = generator.negative_binomial(np.maximum(shape, 1e-300), 1.0 / fano_factor)
    return np.asarray(np.where(mean > 0.0, drawn, 0), dtype=np.float64)
