"""Sampled clicks against the dense oracle: cells, gaps and neighbours, bright and faint, fast and slow receivers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from protocols.setups import setup
from scipy import stats

from detections.dense_oracle import DenseDetectors, dense
from qkdsim.detections import DetectorMemory
from qkdsim.detections.sampled import ClickSampler
from qkdsim.protocols import Bb84Setup, click_table
from qkdsim.rng import stream

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
IntArray = np.ndarray[Any, np.dtype[np.int64]]

RULES = ("blank-all", "independent", "accept-all-live")
WINDOW = 10_000  # gates: long beside every memory but that of the slowest receiver
FAINT = {"transmittance": [0.02, 0.02]}
METRO = {"transmittance": [0.1, 0.08], "noise_probability": [1e-5, 3e-5]}
BRIGHT = {"transmittance": [0.6, 0.5], "mean_photon_number": [2.0, 0.5, 0.01], "noise_probability": [1e-3, 2e-3]}
UNEQUAL = {
    "transmittance": [0.2, 0.05],
    "noise_probability": [1e-5, 5e-3],
    "error_probability": [0.03, 0.1],
    "sent_basis_probability": [0.9, 0.1],
    "measured_basis_probability": [0.8, 0.2],
    "symbol_probability": [[0.5, 0.5], [1.0, 0.0]],
}
ALL_NOISE = {"transmittance": [0.0, 0.0], "noise_probability": [0.3, 0.6]}


@dataclass(frozen=True, slots=True)
class Receiver:
    """A setup with its detectors' memory."""

    light: dict[str, Any] = field(repr=False)
    afterpulse: tuple[float, float]
    dead_gates: tuple[int, int]
    lifetime_gates: tuple[float, float]
    rule: str = "blank-all"

    @property
    def setup(self) -> Bb84Setup:
        return setup(**self.light)

    def dense_detectors(self) -> DenseDetectors:
        return DenseDetectors(self.afterpulse, self.dead_gates, self.lifetime_gates, self.rule)

    def sampler(self) -> ClickSampler:
        dead = np.array(self.dead_gates, dtype=np.float64)
        return ClickSampler(DetectorMemory(np.array(self.afterpulse), dead, self.rule, np.array(self.lifetime_gates)))


FORGETFUL = [Receiver(light, (0.0, 0.0), (0, 0), (0.0, 0.0)) for light in (FAINT, METRO, BRIGHT, UNEQUAL, ALL_NOISE)]
REMEMBERING = [
    Receiver(light, afterpulse, dead, lifetime, rule)
    for (light, afterpulse, dead, lifetime), rule in itertools.product(
        [
            (METRO, (0.02, 0.02), (100, 100), (10.0, 10.0)),  # an ordinary receiver
            (BRIGHT, (0.1, 0.05), (3, 3), (0.0, 2.0)),  # bright, short dead time
            (BRIGHT, (0.03, 0.03), (150, 150), (30.0, 30.0)),  # bright, dead most of the time
            (METRO, (0.6, 0.4), (20, 20), (40.0, 5.0)),  # afterpulses that breed
            (UNEQUAL, (0.2, 0.01), (5, 60), (100.0, 3.0)),  # long-lived traps, detectors that differ in all
            (METRO, (0.3, 0.3), (0, 0), (20.0, 20.0)),  # afterpulses alone
            (ALL_NOISE, (0.5, 0.1), (1, 4), (3.0, 3.0)),
        ],
        RULES,
    )
]


def features(slot: IntArray, cell: IntArray, windows: int) -> IntArray:
    """Clicks by window and by cell (96), size of the gap before in factors of 1.4 (40), patterns of neighbours (16)."""
    window = slot // WINDOW
    gap = np.minimum((np.log(np.diff(slot, prepend=-1)) / np.log(1.4)).astype(np.int64), 39)
    pattern = cell % 4
    neighbours = 4 * np.concatenate([[0], pattern[:-1]]) + pattern
    parts = []
    for index, size in ((cell, 96), (gap, 40), (neighbours, 16)):
        parts.append(np.bincount(window * size + index, minlength=windows * size).reshape(windows, size))
    return np.concatenate(parts, axis=1)


def z_scores(receiver: Receiver, windows: int, seed: int) -> tuple[FloatArray, float]:
    """How far dense and sampled clicks lie apart in standard errors, of every feature seen often enough.

    And the variance of dense clicks per window over that of sampled ones, as standard deviations from 1.
    """
    light = receiver.setup
    slow = dense(light, receiver.dense_detectors(), windows * WINDOW, stream(seed, "dense"))
    observed = features(slow.slot, slow.cell, windows)
    many = 5 * windows
    end = many * WINDOW
    stretch = receiver.sampler().stretch(click_table(light), end, stream(seed, "sampled"), most_clicks=end)
    drawn = features(stretch.clicks.slot, stretch.clicks.cell, many)
    often = observed.sum(axis=0) + drawn.sum(axis=0) > 300  # so that the dense run alone has about 50
    # clicks are correlated: the variance is that of windows, from the longer run
    error = np.sqrt(drawn.var(axis=0, ddof=1) * (1 / windows + 1 / many))
    z = (observed.mean(axis=0) - drawn.mean(axis=0))[often] / error[often]
    totals = [part[:, :96].sum(axis=1).var(ddof=1) for part in (observed, drawn)]
    return z, float((totals[0] / totals[1] - 1.0) / np.sqrt(2.4 / windows))


@pytest.mark.parametrize("receiver", [REMEMBERING[index] for index in (0, 4, 14, 19)], ids=str)
def test_a_few_receivers(receiver: Receiver) -> None:
    z, variance_z = z_scores(receiver, 50, 20)
    assert len(z) > 15
    assert np.abs(z).max() < 4.5
    assert abs(variance_z) < 4.5


def test_a_spread_of_receivers() -> None:
    results = [z_scores(receiver, 60, 30 + index) for index, receiver in enumerate(FORGETFUL + REMEMBERING)]
    z = np.concatenate([scores for scores, _ in results])
    assert len(z) > 1000
    assert np.abs(z).max() < 4.8  # one in 600 such sets has a larger one
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert z.var() == pytest.approx(1.0, abs=0.2)
    variance_z = np.array([score for _, score in results])
    assert np.abs(variance_z).max() < 4.5
