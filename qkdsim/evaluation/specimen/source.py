"""The simulated transmitter on the bench: instruments at its output port."""

from __future__ import annotations

import math

import numpy as np

from qkdsim import units
from qkdsim.evaluation.specimen.hidden import (
    CALIBRATION_UNCERTAINTY,
    LABORATORY_DARK_PROBABILITY,
    LABORATORY_EFFICIENCY,
    Hidden,
    drawn,
)
from qkdsim.evaluation.specimen.observations import CoincidenceReading, CountReading, CountSeries, FloatArray, Reading

ANALYSER_EXTINCTION_DB = 40.0
JITTER_OF_INSTRUMENT_PS = 3.0
WAVEMETER_UNCERTAINTY_NM = 0.0005
COUNTER_RELATIVE_UNCERTAINTY = 1e-9
SPECTROMETER_RELATIVE_UNCERTAINTY = 0.01
DB_UNCERTAINTY = 0.5
ANGLES_RAD = np.radians([0.0, 180.0, 90.0, 270.0])
# directions on the Bloch sphere that a sound device prepares, and how a state error shares out over them
NOMINAL_RAD = np.radians([[0.0, 180.0], [90.0, 270.0]])
STATE_ERROR_SHARE = np.array([[0.0, 0.4], [1.0, -0.6]])


class SimulatedSource:
    """Implements `bench.SourceBench` but for `back_to_back`, which needs a receiver as well."""

    hidden: Hidden

    @property
    def _efficiency(self) -> float:
        """What the laboratory's detector really has."""
        return LABORATORY_EFFICIENCY * (1.0 + self.hidden.calibration_error("photon counter"))

    def _click_probability(self, mean: FloatArray | float) -> FloatArray:
        silent = (1.0 - LABORATORY_DARK_PROBABILITY) * np.exp(-np.asarray(mean) * self._efficiency)
        return np.asarray(1.0 - silent)

    def intensity_counts(self, intensity: int, pulses: float, generator: np.random.Generator) -> CountReading:
        """Calibrated photon counting of one intensity class."""
        mean = self.hidden.source.emitted_mean_photon_numbers[intensity]
        clicks = float(drawn(self._click_probability(mean), pulses, generator))
        return CountReading(clicks, pulses, LABORATORY_EFFICIENCY, CALIBRATION_UNCERTAINTY, LABORATORY_DARK_PROBABILITY)

    def intensity_series(
        self, intensity: int, duration_s: float, samples: int, pulses_each: float, generator: np.random.Generator
    ) -> CountSeries:
        """Readings evenly over a duration; a source that drifts does so linearly, to both sides of its mean."""
        source = self.hidden.source
        time_s = (np.arange(samples) + 0.5) * duration_s / samples
        drift_per_h = float(source.mean_photon_number_drift_per_h or 0.0)
        change = drift_per_h * (time_s - duration_s / 2.0) / 3600.0
        mean = source.emitted_mean_photon_numbers[intensity] * np.maximum(1.0 + change, 0.0)
        clicks = drawn(self._click_probability(mean), pulses_each, generator)
        gates = np.full(samples, pulses_each)
        return CountSeries(time_s, clicks, gates, LABORATORY_EFFICIENCY, LABORATORY_DARK_PROBABILITY)

    def hbt_counts(self, intensity: int, gates: float, generator: np.random.Generator) -> CoincidenceReading:
        """A balanced beam splitter; light is weak enough that g2(0) scales the coincidences."""
        source = self.hidden.source
        usual = 1.0 if source.photon_statistics == "poisson" else 0.0
        g2 = usual if source.g2 is None else float(source.g2)
        click = float(self._click_probability(source.emitted_mean_photon_numbers[intensity] / 2.0))
        distant = click**2
        clicks_0, clicks_1, distant_counts = drawn(np.array([click, click, distant]), gates, generator)
        coincidences = float(drawn(g2 * distant, gates, generator))
        return CoincidenceReading(float(clicks_0), float(clicks_1), coincidences, float(distant_counts), gates)

    def neighbour_fringe(self, phase_rad: FloatArray, gates_each: float, generator: np.random.Generator) -> FloatArray:
        """A fringe of the visibility that neighbouring pulses have."""
        source = self.hidden.source
        visibility = float(source.phase_correlation_visibility or 0.0) if source.phase_randomised else 1.0
        click = float(self._click_probability(source.emitted_mean_photon_numbers[0]))
        return drawn(click * (1.0 + visibility * np.cos(phase_rad)) / 2.0, gates_each, generator)

    def phase_samples(self, pulses: int, generator: np.random.Generator) -> FloatArray:
        """Phases of density (1 + b cos)/2 pi; all alike where the device does not randomise them."""
        if not self.hidden.source.phase_randomised:
            return np.asarray(np.mod(generator.normal(0.0, 0.1, size=pulses), 2.0 * np.pi))
        phase = generator.uniform(0.0, 2.0 * np.pi, size=pulses)
        flip = generator.uniform(size=pulses) < self.hidden.behaviour.phase_bias * np.abs(np.cos(phase))
        # moving what is refused to the other half keeps the number of samples and gives that density
        moved = flip & (np.cos(phase) < 0.0)
        return np.asarray(np.where(moved, np.mod(phase + np.pi, 2.0 * np.pi), phase))

    def state_counts(self, gates_each: float, generator: np.random.Generator) -> FloatArray:
        """Malus' law on the Bloch sphere, blurred by the extinctions of device and analyser."""
        source = self.hidden.source
        angle = NOMINAL_RAD + STATE_ERROR_SHARE * math.radians(float(source.state_error_deg or 0.0))
        visibility = _visibility(ANALYSER_EXTINCTION_DB)
        if source.state_extinction_db is not None:
            visibility *= _visibility(float(source.state_extinction_db))
        share = (1.0 + visibility * np.cos(angle[..., None] - ANGLES_RAD)) / 2.0
        counts = drawn(self._click_probability(source.emitted_mean_photon_numbers[0] * share), gates_each, generator)
        if self.hidden.true.protocol.states == 3:
            counts[1, 1] = 0.0
        return counts

    def analyser_extinction_db(self) -> float:
        """How well the laboratory's own analyser suppresses the orthogonal state."""
        return ANALYSER_EXTINCTION_DB

    def two_photon_interference(
        self,
        first: tuple[int, int, int],
        second: tuple[int, int, int],
        gates: float,
        generator: np.random.Generator,
    ) -> CoincidenceReading:
        """Coincidences of the overlap that the two settings have; the two bases differ most among the states."""
        source = self.hidden.source
        distance = 0.0
        if first[0] != second[0]:
            distance += float(source.decoy_distinguishability or 0.0)
        if first[1:] != second[1:]:
            whole = float(source.side_channel_distance or 0.0)
            distance += whole if first[1] != second[1] else 0.5 * whole
        click = 0.1  # attenuated alike
        clicks_0, clicks_1, distant = drawn(np.array([click, click, click**2]), gates, generator)
        dip = click**2 * (1.0 - (1.0 - min(distance, 1.0)) / 2.0)
        return CoincidenceReading(
            float(clicks_0), float(clicks_1), float(drawn(dip, gates, generator)), float(distant), gates
        )

    def pattern_counts(self, pulses: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """A pulse is brighter after a bright one; where that changes it most, by the intensity correlation."""
        source = self.hidden.source
        means = np.array(source.emitted_mean_photon_numbers)
        share = np.array([float(one.probability) for one in source.intensity])
        share = share / share.sum()
        place = means - share @ means
        place /= max(float(np.abs(place).max()), 1e-12)
        change = float(source.intensity_correlation or 0.0) * place
        gates = np.asarray(
            generator.multinomial(int(pulses), np.outer(share, share).ravel()), dtype=np.float64
        ).reshape(len(means), -1)
        click = self._click_probability(means[None, :] * (1.0 + change[:, None]))
        clicks = generator.binomial(gates.astype(np.int64), click)
        return np.asarray(clicks, dtype=np.float64), gates

    def choice_counts(self, pulses: float, generator: np.random.Generator) -> FloatArray:
        """Settings as the device's random numbers choose them."""
        source, protocol, bias = self.hidden.source, self.hidden.true.protocol, self.hidden.behaviour.bit_bias
        intensity = np.array([float(one.probability) for one in source.intensity])
        basis = np.array([float(protocol.key_basis_probability), 1.0 - float(protocol.key_basis_probability)])
        bit = np.array([[0.5 + bias, 0.5 - bias]] * 2)
        if protocol.states == 3:
            bit[1] = [1.0, 0.0]
        cells = np.einsum("k,a,as->kas", intensity / intensity.sum(), basis, bit)
        drawn_cells = generator.multinomial(int(pulses), cells.ravel() / cells.sum())
        return np.asarray(drawn_cells, dtype=np.float64).reshape(cells.shape)

    def wavelength_nm(self, generator: np.random.Generator) -> Reading:
        """Central wavelength on a wavemeter."""
        true = float(self.hidden.source.wavelength_nm)
        return Reading(true + WAVEMETER_UNCERTAINTY_NM * generator.standard_normal(), WAVEMETER_UNCERTAINTY_NM)

    def pulse_rate_hz(self, generator: np.random.Generator) -> Reading:
        """Pulse rate on a frequency counter."""
        true = float(self.hidden.source.pulse_rate_hz)
        uncertainty = COUNTER_RELATIVE_UNCERTAINTY * true
        return Reading(true + uncertainty * generator.standard_normal(), uncertainty)

    def linewidth_hz(self, generator: np.random.Generator) -> Reading:
        """Linewidth on a spectrometer; where the truth states none, 0."""
        true = float(self.hidden.source.linewidth_hz or 0.0)
        uncertainty = SPECTROMETER_RELATIVE_UNCERTAINTY * true
        return Reading(true + uncertainty * generator.standard_normal(), uncertainty)

    def pulse_times_ps(self, pulses: int, generator: np.random.Generator) -> tuple[FloatArray, float]:
        """Pulse times against the clock, with the instrument's own jitter in quadrature."""
        sigma_ps = units.sigma_from_fwhm(self.hidden.source.pulse_jitter_fwhm_ps or 0.0)
        both_ps = math.hypot(sigma_ps, JITTER_OF_INSTRUMENT_PS)
        return generator.normal(0.0, both_ps, size=pulses), JITTER_OF_INSTRUMENT_PS

    def isolation_db(self, path: str, wavelength_nm: float, generator: np.random.Generator) -> Reading:
        """Isolation at a wavelength, the same over the declared band; where the truth states none, 0 dB."""
        true = getattr(self.hidden.true.isolation, f"{path}_db")
        band_nm = self.hidden.true.isolation.band_nm
        outside = bool(band_nm) and not min(band_nm) <= wavelength_nm <= max(band_nm)
        if outside and path.startswith("transmitter"):
            true = self.hidden.true.isolation.transmitter_wide_band_db
        return Reading(float(true or 0.0) + DB_UNCERTAINTY * generator.standard_normal(), DB_UNCERTAINTY)


def _visibility(extinction_db: float) -> float:
    leak = units.transmittance(extinction_db)
    return (1.0 - leak) / (1.0 + leak)
