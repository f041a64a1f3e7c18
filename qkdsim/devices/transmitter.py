"""What a profile says of protocol, source and transmitter."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool, model_validator

from qkdsim import units
from qkdsim.devices.quantity import (
    MeanPhotonNumber,
    NonNegative,
    OpenProbability,
    Positive,
    PositiveProbability,
    Probability,
    PulseRate,
    Quantity,
    Real,
)
from qkdsim.library import FileModel

MODELLED_PROTOCOLS = ("bb84-decoy", "bb84-single-photon")


class Protocol(FileModel):
    """Which protocol the module runs. Only the `bb84-*` names are simulated; the others live by their rate table."""

    name: Literal[
        "bb84-decoy", "bb84-single-photon", "sarg04", "cow", "dps", "bbm92", "cv-gaussian", "mdi", "twin-field"
    ]
    encoding: Literal["polarisation", "phase", "time-bin", "quadrature"] | None = None
    states: Literal[3, 4] = 4  # 3: only one state of the test basis is sent
    key_basis_probability: OpenProbability = Quantity(0.5, "assumed")
    receiver_key_basis_probability: OpenProbability | None = None  # the transmitter's when left out
    basis_choice: Literal["active", "passive"] = "active"
    key_bases: Literal["one", "both"] = "one"  # does key come from the key basis alone, or from both?


class Intensity(FileModel):
    """One intensity class of the source."""

    name: str = Field(min_length=1)
    mean_photon_number: MeanPhotonNumber
    probability: PositiveProbability


class Source(FileModel):
    """The light source and its modulators. Widths say whether they are sigma or FWHM."""

    pulse_rate_hz: PulseRate
    wavelength_nm: Positive = Quantity(1550.0, "assumed")
    photon_statistics: Literal["poisson", "single-photon"] = "poisson"
    phase_randomised: StrictBool = True
    intensity: tuple[Intensity, ...] = Field(min_length=1)
    state_extinction_db: Positive | None = None  # wrong-state light of a prepared state
    intensity_extinction_db: Positive | None = None  # of the intensity modulator
    pulse_width_fwhm_ps: NonNegative | None = None
    spectral_width_sigma_nm: NonNegative | None = None
    pulse_jitter_fwhm_ps: NonNegative | None = None
    linewidth_hz: NonNegative | None = None
    mean_photon_number_relative_error: NonNegative | None = None
    mean_photon_number_drift_per_h: NonNegative | None = None
    decoy_ratio_relative_error: NonNegative | None = None  # of each decoy-to-signal ratio of intensities
    g2: NonNegative | None = None
    phase_correlation_visibility: Probability | None = None
    state_error_deg: NonNegative | None = None
    side_channel_distance: Probability | None = None
    decoy_distinguishability: Probability | None = None  # 1 - overlap of the modes of two intensity classes
    intensity_correlation: Real | None = None

    @property
    def emitted_mean_photon_numbers(self) -> tuple[float, ...]:
        """Mean photon numbers as they leave the transmitter: a weak pulse keeps some light of the brightest.

        mu_k + (mu_max - mu_k) 10^(-ER/10), ER the extinction of the intensity modulator in decibels.
        """
        means = [float(one.mean_photon_number) for one in self.intensity]
        if self.intensity_extinction_db is None:
            return tuple(means)
        leak = units.transmittance(self.intensity_extinction_db)
        return tuple(mean + (means[0] - mean) * leak for mean in means)

    @model_validator(mode="after")
    def _intensities_make_sense(self) -> Source:
        total = sum(one.probability for one in self.intensity)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"intensity probabilities sum to {total:.6g}, expected 1")
        names = [one.name for one in self.intensity]
        if len(set(names)) != len(names):
            raise ValueError("intensity names repeat, expected unique names")
        means = [one.mean_photon_number for one in self.intensity]
        if sorted(means, reverse=True) != means or len(set(means)) != len(means):
            raise ValueError("intensities are not in falling order of mean_photon_number, expected brightest first")
        if self.photon_statistics == "single-photon" and means != [1.0]:
            raise ValueError("expected one intensity with mean_photon_number = 1 for a single-photon source")
        return self
