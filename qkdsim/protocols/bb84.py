"""Prepare-and-measure BB84: device and channel numbers -> ClickTable.

Any number of intensities, biased bases, three or four states, unequal detectors, misalignment, extinction, dark
counts, background, neighbouring slots. Detector memory (afterpulses, dead time) follows in `detections`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim import units
from qkdsim.channels import ChannelState, GateShares, arrival_sigma_ps, combined_error, gate_shares
from qkdsim.devices import Detector, DeviceProfile, Receiver, Source
from qkdsim.protocols.clicktable import BOTH, DETECTORS, NO_CLICK, ONLY_0, ONLY_1, ClickTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bb84Setup:
    """The numbers that decide what clicks, one link at one channel state.

    mean_photon_number     (K,) leaving the transmitter, brightest first, modulator extinction included
    intensity_probability  (K,)
    symbol_probability     (2, 2) basis, bit
    sent_basis_probability, measured_basis_probability  (2,)
    transmittance          (2,) from the transmitter's output to an electric pulse of each detector
    noise_probability      (2,) per gate: dark counts, background light, neighbouring slots
    error_probability      (2,) per basis: a photon meets the wrong detector
    single_photons         exactly one photon per pulse in place of Poisson light
    """

    mean_photon_number: FloatArray
    intensity_probability: FloatArray
    symbol_probability: FloatArray
    sent_basis_probability: FloatArray
    measured_basis_probability: FloatArray
    transmittance: FloatArray
    noise_probability: FloatArray
    error_probability: FloatArray
    single_photons: bool = False

    @property
    def setting_probability(self) -> FloatArray:
        """P(intensity, sent basis, sent bit, measured basis), shape (K, 2, 2, 2)."""
        return np.asarray(
            np.einsum(
                "k,a,as,b->kasb",
                self.intensity_probability,
                self.sent_basis_probability,
                self.symbol_probability,
                self.measured_basis_probability,
            )
        )

    def arrival_share(self) -> FloatArray:
        """Share of light heading for each detector, shape (2, 2, 2, 2): sent basis, bit, measured basis, detector."""
        share = np.full((2, 2, 2, 2), 0.5)
        for basis in range(2):
            error = self.error_probability[basis]
            for bit in range(2):
                share[basis, bit, basis, bit] = 1.0 - error
                share[basis, bit, basis, 1 - bit] = error
        return share


def click_table(setup: Bb84Setup) -> ClickTable:
    """The click table of a setup.

    A Poisson pulse splits into independent Poisson beams, so the detectors of a setting fire independently, each with
    1 - (1-p) exp(-eta mu share): N. Lütkenhaus, Phys. Rev. A 61, 052304 (2000) and the decoy literature after it.
    """
    if setup.single_photons:
        return photon_number_table(setup, 1)
    means = setup.mean_photon_number[:, None, None, None, None] * setup.arrival_share() * setup.transmittance
    noise = setup.noise_probability
    fire = noise + (1.0 - noise) * -np.expm1(-means)
    silent = (1.0 - noise) * np.exp(-means)
    patterns = np.empty((*fire.shape[:-1], 4))
    patterns[..., NO_CLICK] = silent[..., 0] * silent[..., 1]
    patterns[..., ONLY_0] = fire[..., 0] * silent[..., 1]
    patterns[..., ONLY_1] = silent[..., 0] * fire[..., 1]
    patterns[..., BOTH] = fire[..., 0] * fire[..., 1]
    return ClickTable(setup.setting_probability, patterns)


def photon_number_table(setup: Bb84Setup, photons: int) -> ClickTable:
    """The click table given that every pulse holds exactly so many photons: the yields that decoy states estimate.

    Raises ValueError for a negative number.
    """
    patterns = photon_number_patterns(setup, photons)[-1]
    count = len(setup.mean_photon_number)
    return ClickTable(setup.setting_probability, np.broadcast_to(patterns, (count, *patterns.shape)).copy())


def photon_number_patterns(setup: Bb84Setup, most_photons: int) -> FloatArray:
    """P(pattern | photons, sent basis, sent bit, measured basis) for 0 to `most_photons`, (most + 1, 2, 2, 2, 4).

    Every photon goes its own way: to detector 0, to detector 1, or lost. An empty pulse leaves noise clicks alone, and
    each photon more makes its detector fire if it had not; so the multinomial law is summed up without a difference of
    small numbers. Raises ValueError for a negative number.
    """
    if most_photons < 0:
        raise ValueError(f"photons: got {most_photons}, expected 0 or more")
    to_detector = setup.arrival_share() * setup.transmittance
    lost = np.maximum(1.0 - to_detector.sum(axis=-1), 0.0)  # a rounding error below 0 for perfect detectors
    noise_0, noise_1 = setup.noise_probability
    patterns = np.empty((most_photons + 1, *lost.shape, 4))
    patterns[0, ..., NO_CLICK] = (1.0 - noise_0) * (1.0 - noise_1)
    patterns[0, ..., ONLY_0] = noise_0 * (1.0 - noise_1)
    patterns[0, ..., ONLY_1] = (1.0 - noise_0) * noise_1
    patterns[0, ..., BOTH] = noise_0 * noise_1
    for photons in range(1, most_photons + 1):
        before, after = patterns[photons - 1], patterns[photons]
        after[...] = before * lost[..., None]
        for detector in range(DETECTORS):
            for pattern in range(4):
                after[..., pattern | 1 << detector] += before[..., pattern] * to_detector[..., detector]
    return patterns


def bb84_setup(transmitter: DeviceProfile, receiver: DeviceProfile, state: ChannelState) -> Bb84Setup:
    """Collect the numbers of a modelled pair of devices and a channel state.

    Raises ValueError if the transmitter has no source or the receiver no detector; `links` checks that first.
    """
    source, detector, optics = transmitter.source, receiver.detector, receiver.receiver
    if source is None or detector is None:
        raise ValueError("expected a transmitter with a source and a receiver with a detector")
    sent_bias = float(transmitter.protocol.key_basis_probability)
    measured_bias = float(receiver.protocol.receiver_key_basis_probability or receiver.protocol.key_basis_probability)
    mean = np.array(source.emitted_mean_photon_numbers)
    probability = np.array([float(one.probability) for one in source.intensity])
    shares = _gate_shares(source, detector, state)
    optics_transmittance = state.transmittance * units.transmittance(optics.insertion_loss_db)
    efficiency = np.array([detector.of_unit(unit, "efficiency") for unit in range(2)], dtype=np.float64)
    neighbours = (mean @ probability) * optics_transmittance * efficiency * shares.neighbours / 2.0
    return Bb84Setup(
        mean_photon_number=mean,
        intensity_probability=probability / probability.sum(),
        symbol_probability=np.array([[0.5, 0.5], [0.5, 0.5] if transmitter.protocol.states == 4 else [1.0, 0.0]]),
        sent_basis_probability=np.array([sent_bias, 1.0 - sent_bias]),
        measured_basis_probability=np.array([measured_bias, 1.0 - measured_bias]),
        transmittance=optics_transmittance * efficiency * shares.captured,
        noise_probability=_noise(source, detector, optics, state, efficiency, neighbours),
        error_probability=_errors(source, optics, state),
        single_photons=source.photon_statistics == "single-photon",
    )


def _errors(source: Source, optics: Receiver, state: ChannelState) -> FloatArray:
    extinction = 0.0
    if source.state_extinction_db is not None:
        # beyond 3,000 dB nothing is left of the wrong state, and a power of ten would overflow
        extinction = 1.0 / (1.0 + 10.0 ** min(source.state_extinction_db / 10.0, 300.0))
    key = float(optics.misalignment_error)
    test = key if optics.test_basis_misalignment_error is None else float(optics.test_basis_misalignment_error)
    return np.array([combined_error(error, extinction, state.misalignment_error) for error in (key, test)])


def _gate_shares(source: Source, detector: Detector, state: ChannelState) -> GateShares:
    if detector.gate_width_ps is None:
        return GateShares(1.0, 0.0)
    sigma_ps = arrival_sigma_ps(
        pulse_sigma_ps=units.sigma_from_fwhm(source.pulse_width_fwhm_ps or 0.0),
        dispersion_ps_per_nm=state.dispersion_ps_per_nm,
        spectral_width_sigma_nm=source.spectral_width_sigma_nm or 0.0,
        jitter_sigma_ps=math.hypot(
            units.sigma_from_fwhm(detector.jitter_fwhm_ps or 0.0),
            units.sigma_from_fwhm(source.pulse_jitter_fwhm_ps or 0.0),
        ),
    )
    return gate_shares(sigma_ps, detector.gate_width_ps, 1e12 / source.pulse_rate_hz)


def _noise(
    source: Source,
    detector: Detector,
    optics: Receiver,
    state: ChannelState,
    efficiency: FloatArray,
    neighbours: FloatArray,
) -> FloatArray:
    """Noise clicks per gate and detector; unpolarised light gives each of the two detectors half."""
    slot_s = 1.0 / source.pulse_rate_hz
    gate_s = slot_s if detector.gate_width_ps is None else min(slot_s, detector.gate_width_ps * 1e-12)
    light = state.noise_photon_rate_hz * units.transmittance(optics.insertion_loss_db) * gate_s * efficiency / 2.0
    light = light + neighbours
    dark = np.array([_dark_mean(detector, unit, gate_s) for unit in range(2)])
    return np.asarray(-np.expm1(-(dark + light)))


def _dark_mean(detector: Detector, unit: int, gate_s: float) -> float:
    """Mean number of dark counts in a gate of one detector; what the unit itself states comes first."""
    own = detector.unit[unit] if detector.unit else None
    for stated in (own, detector):
        if stated is not None and stated.dark_count_probability is not None:
            return -math.log1p(-stated.dark_count_probability)
        if stated is not None and stated.dark_count_rate_hz is not None:
            return stated.dark_count_rate_hz * gate_s
    return 0.0
