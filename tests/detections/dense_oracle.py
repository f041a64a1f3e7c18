"""A dense simulator, pulse by pulse: the oracle for sampled clicks. It shares no formula with the code under test.

Every pulse draws its intensity, bases, bit and photon number; every photon goes to a detector, perhaps the wrong one,
and is detected there or lost; every gate may hold a dark count. Then all gates are walked through, one after the
other, with a flag for every gate in which a trap lets its carrier go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols import Bb84Setup

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DenseDetectors:
    """Two detectors: afterpulse probability (after the dead time), dead gates, trap lifetime in gates; and the rule."""

    afterpulse_probability: tuple[float, float]
    dead_gates: tuple[int, int]
    lifetime_gates: tuple[float, float]
    rule: str


@dataclass(frozen=True, slots=True)
class DenseRun:
    """sent (settings,) pulses; registered clicks in time order: slot (n,) and cell (n,), 4 * setting + pattern."""

    sent: IntArray
    slot: IntArray
    cell: IntArray


def dense(setup: Bb84Setup, detectors: DenseDetectors, gates: int, generator: np.random.Generator) -> DenseRun:
    """A run of `gates` pulses with detectors rested at its start."""
    setting, fires = _light(setup, gates, generator)
    slot, pattern = _registered(
        fires,
        detectors.afterpulse_probability,
        detectors.dead_gates,
        detectors.lifetime_gates,
        detectors.rule == "blank-all",
        detectors.rule == "accept-all-live",
        generator,
    )
    cell = setting[slot] * 4 + pattern
    return DenseRun(np.bincount(setting, minlength=8 * len(setup.mean_photon_number)), slot, cell)


def _light(setup: Bb84Setup, gates: int, generator: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Of every gate: the setting, and which detectors light or noise would fire."""
    level = generator.choice(len(setup.intensity_probability), size=gates, p=setup.intensity_probability)
    sent = generator.choice(2, size=gates, p=setup.sent_basis_probability)
    measured = generator.choice(2, size=gates, p=setup.measured_basis_probability)
    bit = (generator.random(gates) < setup.symbol_probability[sent, 1]).astype(np.int64)
    photons = generator.poisson(setup.mean_photon_number[level])
    # a photon in the right basis goes to the detector of its bit but for an error; in the other basis anywhere
    to_one = np.where(bit == 1, 1.0 - setup.error_probability[sent], setup.error_probability[sent])
    to_one = np.where(sent == measured, to_one, 0.5)
    ones = generator.binomial(photons, to_one)
    fires = np.zeros(gates, dtype=np.int64)
    for detector, arrived in ((0, photons - ones), (1, ones)):
        detected = generator.binomial(arrived, setup.transmittance[detector])
        dark = generator.random(gates) < setup.noise_probability[detector]
        fires |= ((detected > 0) | dark).astype(np.int64) << detector
    return ((level * 2 + sent) * 2 + bit) * 2 + measured, fires


@numba.njit(cache=True)
def _registered(
    fires: IntArray,
    afterpulse_probability: tuple[float, float],
    dead_gates: tuple[int, int],
    lifetime_gates: tuple[float, float],
    blank_all: bool,
    accept_all_live: bool,
    generator: np.random.Generator,
) -> tuple[IntArray, IntArray]:
    """Registered clicks of gates in which light or noise would fire detectors: slots and patterns."""
    gates = len(fires)
    releases = np.zeros((2, gates), dtype=np.bool_)
    dead_left = np.zeros(2, dtype=np.int64)
    slots, patterns = np.empty(gates, dtype=np.int64), np.empty(gates, dtype=np.int64)
    registered = 0
    for gate in range(gates):
        all_live = dead_left[0] == 0 and dead_left[1] == 0
        pattern = 0
        for j in range(2):
            if dead_left[j] > 0:
                dead_left[j] -= 1
            elif fires[gate] >> j & 1 or releases[j, gate]:
                pattern |= 1 << j
        if not pattern:
            continue
        for j in range(2):
            dead = max(dead_gates[0], dead_gates[1]) if blank_all else dead_gates[j]
            if pattern >> j & 1 and generator.random() < afterpulse_probability[j]:
                # the carrier leaves its trap an exponential time after the dead time, and is seen at the next gate
                when = gate + dead + max(math.ceil(generator.exponential(lifetime_gates[j])), 1)
                if when < gates:
                    releases[j, when] = True
            if pattern >> j & 1 or blank_all:
                dead_left[j] = dead
        if all_live or not accept_all_live:
            slots[registered], patterns[registered] = gate, pattern
            registered += 1
    return slots[:registered], patterns[:registered]
