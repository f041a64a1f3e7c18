"""Attacks pulse by pulse: the oracle for `protocols.attacks`.

Photons are drawn, counted, measured, kept and sent on one pulse after the other; it shares no formula with the code
under test and knows no table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols import Bb84Setup

IntArray = NDArray[np.int64]
Eavesdropper = Callable[["Light", np.random.Generator], "Light"]


@dataclass(frozen=True)
class Light:
    """Pulses on their way: photons, the state they are in, and by how much their channel is better, each (pulses,)."""

    photons: IntArray
    basis: IntArray
    bit: IntArray
    gain: NDArray[np.float64]


def intercepting(fraction: float, key_basis_probability: float, resent_mean: float | None) -> Eavesdropper:
    def act(light: Light, generator: np.random.Generator) -> Light:
        pulses = len(light.photons)
        met = (generator.random(pulses) < fraction) & (light.photons > 0)
        basis = (generator.random(pulses) >= key_basis_probability).astype(np.int64)
        # in the other basis every photon shows a fair bit; where both appear she draws one of them
        ones = generator.binomial(light.photons, 0.5)
        drawn = generator.integers(0, 2, pulses)
        other = np.where(ones == 0, 0, np.where(ones == light.photons, 1, drawn))
        bit = np.where(basis == light.basis, light.bit, other)
        photons = light.photons if resent_mean is None else generator.poisson(resent_mean, pulses)
        return Light(
            np.where(met, photons, light.photons),
            np.where(met, basis, light.basis),
            np.where(met, bit, light.bit),
            light.gain,
        )

    return act


def splitting(fraction: float, blocked_single: float, blocked_multi: float, gain: float) -> Eavesdropper:
    def act(light: Light, generator: np.random.Generator) -> Light:
        met = generator.random(len(light.photons)) < fraction
        several = met & (light.photons > 1)
        photons = np.where(several, light.photons - 1, light.photons)
        blocked = np.where(several, blocked_multi, np.where(met & (light.photons == 1), blocked_single, 0.0))
        photons[generator.random(len(photons)) < blocked] = 0
        return Light(photons, light.basis, light.bit, np.where(several, gain, light.gain))

    return act


def click_patterns(
    setup: Bb84Setup, eavesdroppers: list[Eavesdropper], pulses: int, generator: np.random.Generator
) -> IntArray:
    """Numbers of pulses by intensity, sent basis, sent bit, measured basis and pattern, shape (K, 2, 2, 2, 4).

    The first eavesdropper stands nearest to the transmitter.
    """
    intensity = generator.choice(len(setup.mean_photon_number), pulses, p=setup.intensity_probability)
    basis = (generator.random(pulses) >= setup.sent_basis_probability[0]).astype(np.int64)
    bit = (generator.random(pulses) >= setup.symbol_probability[basis, 0]).astype(np.int64)
    measured = (generator.random(pulses) >= setup.measured_basis_probability[0]).astype(np.int64)
    light = Light(generator.poisson(setup.mean_photon_number[intensity]), basis, bit, np.ones(pulses))
    for eavesdropper in eavesdroppers:
        light = eavesdropper(light, generator)
    wrong = np.where(light.basis == measured, setup.error_probability[measured], 0.5)
    to_one = np.where(light.bit == 1, 1.0 - wrong, wrong)
    at_one = generator.binomial(light.photons, to_one)
    pattern = np.zeros(pulses, dtype=np.int64)
    for detector, arriving in enumerate((light.photons - at_one, at_one)):
        efficiency = np.minimum(setup.transmittance[detector] * light.gain, 1.0)
        fires = (generator.binomial(arriving, efficiency) > 0) | (
            generator.random(pulses) < setup.noise_probability[detector]
        )
        pattern |= fires.astype(np.int64) << detector
    cells = ((((intensity * 2 + basis) * 2 + bit) * 2 + measured) * 4) + pattern
    shape = (len(setup.mean_photon_number), 2, 2, 2, 4)
    return np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
