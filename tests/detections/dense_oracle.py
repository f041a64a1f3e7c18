"""A dense simulator, pulse by pulse: the oracle for sampled clicks. It shares no formula with the code under test.

Every pulse draws its intensity, bases, bit and photon number; every photon goes to a detector, perhaps the wrong one,
and is detected there or lost; every gate may hold a dark count. Then all gates are walked through, one after the
other, with a flag for every gate in which a trap lets its carrier go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    slots, patterns = _registered(fires, detectors, generator)
    slot = np.array(slots, dtype=np.int64)
    cell = setting[slot] * 4 + np.array(patterns, dtype=np.int64)
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


def _registered(
    fires: IntArray, detectors: DenseDetectors, generator: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Registered clicks of gates in which light or noise would fire detectors: slots and patterns."""
    gates = len(fires)
    releases = [bytearray(gates), bytearray(gates)]
    dead_left = [0, 0]
    slots, patterns = [], []
    coins = iter(generator.random(2 * gates + 2).tolist())
    for gate, by_light in enumerate(fires.tolist()):
        live = [left == 0 for left in dead_left]
        fired = [live[j] and bool(by_light >> j & 1 or releases[j][gate]) for j in (0, 1)]
        dead_left = [max(left - 1, 0) for left in dead_left]
        if not any(fired):
            continue
        blind_all = detectors.rule == "blank-all"
        longest = max(detectors.dead_gates)
        for j in (0, 1):
            dead = longest if blind_all else detectors.dead_gates[j]
            if fired[j] and next(coins) < detectors.afterpulse_probability[j]:
                # the carrier leaves its trap an exponential time after the dead time, and is seen at the next gate
                when = gate + dead + max(math.ceil(generator.exponential(detectors.lifetime_gates[j])), 1)
                if when < gates:
                    releases[j][when] = 1
            if fired[j] or blind_all:
                dead_left[j] = dead
        if detectors.rule != "accept-all-live" or all(live):
            slots.append(gate)
            patterns.append(fired[0] + 2 * fired[1])
    return slots, patterns
