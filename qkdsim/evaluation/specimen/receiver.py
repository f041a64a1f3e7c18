"""The simulated receiver on the bench: a calibrated laser at its port, and its own records."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from qkdsim import units
from qkdsim.channels import ChannelState
from qkdsim.detections import DetectorMemory
from qkdsim.evaluation.specimen.hidden import (
    CALIBRATION_UNCERTAINTY,
    LABORATORY_DARK_PROBABILITY,
    LABORATORY_EFFICIENCY,
    Hidden,
    drawn,
)
from qkdsim.evaluation.specimen.observations import ClickList, CountReading, FloatArray, Light, ReceiverCounts
from qkdsim.protocols import ClickTable, bb84_setup
from qkdsim.protocols.clicktable import BOTH, NO_CLICK, ONLY_0, ONLY_1

LASER_PULSE_FWHM_PS = 20.0
ABRUPT = 1e6  # photons in a pulse beyond which nothing more is told apart


class SimulatedReceiver:
    """Implements `bench.ReceiverBench`."""

    hidden: Hidden

    def light_relative_uncertainty(self) -> float:
        """Standard uncertainty of the laser's mean photon number."""
        return CALIBRATION_UNCERTAINTY

    @property
    def _gate_rate_hz(self) -> float:
        source = self.hidden.receiving.source
        return 0.0 if source is None else float(source.pulse_rate_hz)

    def _noise(self) -> FloatArray:
        """Dark counts per gate of each detector, shape (2,)."""
        dark = ChannelState(transmittance=0.0)
        return bb84_setup(self.hidden.receiving, self.hidden.receiving, dark).noise_probability

    def light_efficiency(self, light: Light) -> FloatArray:
        """From the port to an electric pulse of each detector, for such light, shape (2,)."""
        detector, behaviour = self.hidden.detector, self.hidden.behaviour
        each = np.array([detector.of_unit(unit, "efficiency") for unit in range(2)], dtype=np.float64)
        each *= units.transmittance(self.hidden.true.receiver.insertion_loss_db)
        if light.mode:
            each[1] *= 1.0 - float(detector.worst_efficiency_mismatch or 0.0)
        width_nm = self.hidden.true.receiver.filter_width_nm
        if width_nm is not None and abs(light.detuning_nm) > width_nm / 2.0:
            each *= units.transmittance(self.hidden.true.receiver.isolation_db or 0.0)
        if detector.gate_width_ps is not None:
            sigma_ps = math.hypot(
                units.sigma_from_fwhm(detector.jitter_fwhm_ps or 0.0), units.sigma_from_fwhm(LASER_PULSE_FWHM_PS)
            )
            late_ps = light.offset_ps - np.array([0.0, behaviour.gate_offset_ps])
            half_ps = float(detector.gate_width_ps) / 2.0
            each *= ndtr((half_ps - late_ps) / sigma_ps) - ndtr((-half_ps - late_ps) / sigma_ps)
        return each

    def _fire(self, light: Light) -> FloatArray:
        """P(fires) by measured basis and detector, shape (2, 2)."""
        share = np.full((2, 2), 0.5)
        if light.state is not None:
            basis, bit = light.state
            error = float(self.hidden.true.receiver.misalignment_error)
            share[basis, bit], share[basis, 1 - bit] = 1.0 - error, error
        mean = light.mean_photon_number * (1.0 + self.hidden.calibration_error("laser"))
        arriving = np.minimum(mean * share, ABRUPT)
        detected = arriving * self.light_efficiency(light)
        lit = detected / (1.0 + detected) if light.is_thermal else -np.expm1(-detected)
        half_ps = float(self.hidden.detector.gate_width_ps or math.inf) / 2.0
        if abs(light.offset_ps) >= half_ps:  # the falling edge: several photons together do more than each alone
            excess = float(self.hidden.detector.superlinearity or 1.0) - 1.0
            lit = np.minimum(lit * (1.0 + excess * -np.expm1(-arriving / 10.0)), 1.0)
        noise = self._noise()
        return np.asarray(noise + (1.0 - noise) * lit)

    def _basis_probability(self, light: Light) -> FloatArray:
        protocol = self.hidden.true.protocol
        key = float(protocol.receiver_key_basis_probability or protocol.key_basis_probability)
        width_nm = float(self.hidden.true.receiver.filter_width_nm or 0.0)
        if protocol.basis_choice == "passive" and width_nm > 0.0:
            # a fibre splitter's ratio runs with the wavelength; the filter lets half a width in on each side
            deviation = float(self.hidden.true.receiver.splitting_wavelength_deviation or 0.0)
            key *= 1.0 + deviation * light.detuning_nm / (width_nm / 2.0)
        key = min(max(key, 0.0), 1.0)
        return np.array([key, 1.0 - key])

    def receiver_counts(self, light: Light, gates: float, generator: np.random.Generator) -> ReceiverCounts:
        """One multinomial draw over measured basis and pattern, then what becomes of double clicks."""
        fire = self._fire(light)
        patterns = np.empty((2, 4))
        patterns[:, NO_CLICK] = (1.0 - fire[:, 0]) * (1.0 - fire[:, 1])
        patterns[:, ONLY_0], patterns[:, ONLY_1] = fire[:, 0] * (1.0 - fire[:, 1]), fire[:, 1] * (1.0 - fire[:, 0])
        patterns[:, BOTH] = fire[:, 0] * fire[:, 1]
        cells = patterns * self._basis_probability(light)[:, None]
        counted = generator.multinomial(int(gates), cells.ravel() / cells.sum()).reshape(2, 4)
        doubles = np.zeros((2, 2))
        post = self.hidden.true.post_processing
        if post is None or post.double_click_policy == "random":
            random = self.hidden.behaviour.double_click_random_share
            doubles[:, 1] = generator.binomial(counted[:, BOTH], random / 2.0)
            doubles[:, 0] = counted[:, BOTH] - doubles[:, 1]
        bits = counted[:, [ONLY_0, ONLY_1]] + doubles
        return ReceiverCounts(counted.astype(np.float64), bits, doubles.sum(axis=0), float(gates))

    def receiver_clicks(self, light: Light, clicks: int, generator: np.random.Generator) -> ClickList:
        """The click sampler of `qkdsim.detections` on the light of one setting."""
        from qkdsim.detections.sampled import ClickSampler  # compiled code: only where it is needed

        fire = self._fire(light)
        patterns = np.empty((1, 2, 2, 2, 4))
        for basis in range(2):
            first, second = fire[basis]
            patterns[..., basis, :] = [
                (1.0 - first) * (1.0 - second),
                first * (1.0 - second),
                (1.0 - first) * second,
                first * second,
            ]
        setting = np.zeros((1, 2, 2, 2))
        setting[0, 0, 0] = self._basis_probability(light)
        memory = DetectorMemory.of(self.hidden.detector, self._gate_rate_hz)
        sampler = ClickSampler(memory)
        stretch = sampler.stretch(ClickTable(setting, patterns), 1 << 60, generator, most_clicks=clicks)
        return ClickList(stretch.clicks.slot, stretch.clicks.pattern, stretch.end_slot, self._gate_rate_hz)

    def backflash_counts(self, detections: float, generator: np.random.Generator) -> CountReading:
        """Each detection sends back a photon with the backflash probability."""
        click = float(self.hidden.detector.backflash_probability or 0.0) * LABORATORY_EFFICIENCY
        click *= 1.0 + self.hidden.calibration_error("photon counter")
        clicks = float(drawn(click + LABORATORY_DARK_PROBABILITY, detections, generator))
        return CountReading(
            clicks, detections, LABORATORY_EFFICIENCY, CALIBRATION_UNCERTAINTY, LABORATORY_DARK_PROBABILITY
        )
