"""What a profile says of the receiver's optics and detectors."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool, model_validator

from qkdsim.devices.quantity import (
    ErrorProbability,
    NonNegative,
    Positive,
    Probability,
    ProperProbability,
    Quantity,
    ShortTime,
)
from qkdsim.library import FileModel


class Receiver(FileModel):
    """Receiver optics, from the fibre connector to the detector faces. `insertion_loss_db` excludes the detector."""

    insertion_loss_db: NonNegative = Quantity(0.0, "assumed")
    misalignment_error: ErrorProbability = Quantity(
        0.0, "assumed"
    )  # probability that a photon meets the wrong detector
    test_basis_misalignment_error: ErrorProbability | None = None  # that of the key basis when left out
    filter_width_nm: Positive | None = None  # full width of the optical filter before the detectors
    isolation_db: NonNegative | None = None  # of that filter against classical channels
    splitting_wavelength_deviation: Probability | None = None  # of a passive basis choice, over the band let in


class DetectorUnit(FileModel):
    """One detector where the two differ."""

    efficiency: Probability | None = None
    dark_count_rate_hz: NonNegative | None = None
    dark_count_probability: ProperProbability | None = None
    dead_time_s: ShortTime | None = None
    afterpulse_probability: ProperProbability | None = None
    afterpulse_lifetime_s: ShortTime | None = None


class Detector(FileModel):
    """The receiver's pair of single-photon detectors; `unit` lists their differences, in the order of bits 0 and 1.

    `dark_count_probability` is per gate and detector; `gate_width_ps` is the full width of gate or software window;
    `afterpulse_probability` is what is left after the dead time.

    `afterpulse_lifetime_s` is the mean life of the traps behind it: an afterpulse comes an exponential time after the
    dead time. Only sampled clicks read it. Published values run from nanoseconds to microseconds (1.1 to 2.4 us in
    arXiv:2106.05599) and depend on temperature; the default belongs to traps that empty fast, for which tallied counts
    hold.

    `dead_time_rule`: `blank-all` blinds every detector after any click; `accept-all-live` keeps a click only if every
    detector was live; `independent` leaves the others running, which no implemented proof covers.

    `click_model`: `exact` follows every detector (afterpulses follow the average gain); `linear` is the literature's
    model (afterpulses per intensity, error p + e(1-exp(-eta mu)) + p_ap D/2 per pulse), for reproducing papers.
    """

    type: Literal["ingaas-apd", "snspd", "si-apd", "homodyne", "other"] = "other"
    efficiency: Probability
    dark_count_rate_hz: NonNegative | None = None
    dark_count_probability: ProperProbability | None = None
    gate_width_ps: Positive | None = None
    dead_time_s: ShortTime = Quantity(0.0, "assumed")
    dead_time_rule: Literal["blank-all", "accept-all-live", "independent"] = "blank-all"
    afterpulse_probability: ProperProbability = Quantity(0.0, "assumed")
    afterpulse_lifetime_s: ShortTime = Quantity(10e-9, "assumed")  # at the short end of what is published
    jitter_fwhm_ps: NonNegative | None = None
    click_model: Literal["exact", "linear"] = "exact"
    unit: tuple[DetectorUnit, ...] = Field(default=(), max_length=2)
    max_count_rate_hz: Positive | None = None
    efficiency_relative_error: NonNegative | None = None  # how far the true one may be from the declared one
    dead_time_relative_error: NonNegative | None = None
    efficiency_mismatch: Probability | None = None  # 1 - least / greatest efficiency inside the gate; see `unit`
    worst_efficiency_mismatch: Probability | None = None  # the same over time, wavelength, polarisation and mode
    backflash_probability: Probability | None = None
    superlinearity: NonNegative | None = None  # clicks over their Poisson expectation at the falling edge of the gate
    blinding_threshold_w: Positive | None = None
    photocurrent_monitor: StrictBool | None = None

    def of_unit(self, unit: int, name: str) -> float | None:
        """A value of detector 0 or 1: its own where stated, else that of the pair; None where neither is."""
        own = getattr(self.unit[unit], name) if self.unit else None
        value = getattr(self, name) if own is None else own
        return None if value is None else float(value)

    @model_validator(mode="after")
    def _dark_counts_stated_once(self) -> Detector:
        if (self.dark_count_rate_hz is None) == (self.dark_count_probability is None):
            raise ValueError("expected exactly one of dark_count_rate_hz and dark_count_probability")
        for unit in self.unit:
            if unit.dark_count_rate_hz is not None and unit.dark_count_probability is not None:
                raise ValueError("unit: expected at most one of dark_count_rate_hz and dark_count_probability")
        if self.unit and len(self.unit) != 2:
            raise ValueError("unit: expected two entries, for bits 0 and 1")
        return self
