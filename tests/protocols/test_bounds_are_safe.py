"""Decoy bounds against the truth: photon numbers drawn, so that the true counts of each class are known.

Counts of every class (intensity, photon number, error) are independent Poisson numbers; the theory sees only sums over
photon numbers. A bound fails when the truth lies on its other side; it may do so in a fraction epsilon of runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import pytest
from numpy.typing import NDArray

from qkdsim.protocols.keylength import DecoySettings, Statistics, lim2014, rusca2018
from qkdsim.protocols.keylength.lim2014 import TERMS as LIM_TERMS
from qkdsim.protocols.keylength.rusca2018 import TERMS as RUSCA_TERMS
from qkdsim.protocols.tailbounds import TAIL_BOUNDS

FloatArray = NDArray[np.float64]
RUNS, EPSILON, MOST_PHOTONS = 4000, 1e-2, 12
NOISE, MISALIGNMENT = 1e-4, 0.02


@dataclass(frozen=True)
class Truth:
    """Counts by run and intensity, and what nobody sees: those of empty pulses, single photons and their errors."""

    detected: FloatArray
    errors: FloatArray
    vacuum: FloatArray
    single: FloatArray
    single_errors: FloatArray


def draw(settings: DecoySettings, pulses: float, transmittance: float, generator: np.random.Generator) -> Truth:
    photons = np.arange(MOST_PHOTONS)
    light = 1.0 - (1.0 - transmittance) ** photons
    clicks = 1.0 - (1.0 - NOISE) * (1.0 - light)
    wrong = (clicks - light) / 2.0 + light * MISALIGNMENT
    mu = settings.mean_photon_number[:, None]
    number = np.exp(-mu) * mu**photons / np.array([float(factorial(n)) for n in photons])
    sent = pulses * settings.probability[:, None] * number
    right_counts = generator.poisson(sent * (clicks - wrong), size=(RUNS, *number.shape)).astype(float)
    wrong_counts = generator.poisson(sent * wrong, size=(RUNS, *number.shape)).astype(float)
    both = right_counts + wrong_counts
    return Truth(
        both.sum(axis=-1),
        wrong_counts.sum(axis=-1),
        both[..., 0].sum(axis=-1),
        both[..., 1].sum(axis=-1),
        wrong_counts[..., 1].sum(axis=-1),
    )  # fmt: skip  (one class of counts after the other)


SETTINGS = {
    "lim-2014": DecoySettings(np.array([0.5, 0.1, 0.001]), np.array([0.6, 0.3, 0.1]), 1e-15),
    "rusca-2018": DecoySettings(np.array([0.5, 0.2]), np.array([0.7, 0.3]), 1e-15),
}


def failures(theory: str, bound: str, pulses: float, transmittance: float) -> dict[str, float]:
    """Fractions of runs in which each bound is on the wrong side; key and test basis drawn independently."""
    settings, generator = SETTINGS[theory], np.random.default_rng(20261120)
    key, test = draw(settings, pulses, transmittance, generator), draw(settings, pulses, transmittance, generator)
    statistics = Statistics(key.detected, key.errors, test.detected, test.errors)
    of, terms = (lim2014, LIM_TERMS) if theory == "lim-2014" else (rusca2018, RUSCA_TERMS)
    # every single bound is formed at EPSILON
    found = of(statistics, settings, np.full(RUNS, EPSILON * terms), np.zeros(RUNS), tail_bound=bound)
    return {
        "vacuum": float((found.vacuum_bits > key.vacuum).mean()),
        "single photons": float((found.single_photon_bits > key.single).mean()),
        "phase errors": float((found.phase_error_rate < test.single_errors / test.single).mean()),
    }


@pytest.mark.parametrize("theory", SETTINGS)
@pytest.mark.parametrize("bound", [name for name in TAIL_BOUNDS if name != "none"])
@pytest.mark.parametrize(("pulses", "transmittance"), [(3e6, 0.05), (3e7, 1e-3)])
def test_bounds_are_on_the_safe_side(theory: str, bound: str, pulses: float, transmittance: float) -> None:
    # a bound combines up to three one-sided ones; 4 standard errors of a fraction of 3 epsilon on top
    allowed = 3 * EPSILON + 4 * np.sqrt(3 * EPSILON / RUNS)
    assert max(failures(theory, bound, pulses, transmittance).values()) <= allowed


def test_taking_counts_at_face_value_is_not_safe() -> None:
    """The test can fail. (With one decoy the estimate of empty pulses is so cautious that even this one is safe.)"""
    assert max(failures("lim-2014", "none", 3e7, 1e-3).values()) > 0.2
