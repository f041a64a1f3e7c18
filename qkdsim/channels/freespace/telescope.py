"""The two telescopes of a free-space link. Lengths are those of data sheets: diameters for apertures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qkdsim.channels.freespace.checks import require_not_negative, require_obscuration, require_positive
from qkdsim.channels.freespace.diffraction import best_truncation_ratio
from qkdsim.errors import InputError


@dataclass(frozen=True, slots=True)
class TransmitterTelescope:
    """A telescope that sends a Gaussian laser beam, collimated.

    aperture_diameter_m         clear diameter of the exit aperture
    beam_radius_m               1/e^2 intensity radius of the beam *at the aperture*, before it is cut there; None: the
                                best truncation for this obscuration
    obscuration_ratio           diameter of the secondary mirror's shadow over that of the aperture
    divergence_half_angle_urad  measured half angle at 1/e^2 of intensity; it beats the diffraction integral. Data
                                sheets often give the full angle (twice this) or the full width at half maximum
                                (1.177 times this)

    The mean photon number of a source on such a link is meant to be that of the light leaving the telescope.
    Raises InputError for numbers that no telescope has.
    """

    aperture_diameter_m: float
    beam_radius_m: float | None = None
    obscuration_ratio: float = 0.0
    divergence_half_angle_urad: float | None = None

    def __post_init__(self) -> None:
        source = "transmitter telescope"
        require_positive(source, "aperture_diameter_m", self.aperture_diameter_m)
        require_obscuration(source, self.obscuration_ratio)
        for key in ("beam_radius_m", "divergence_half_angle_urad"):
            value = getattr(self, key)
            if value is not None:
                require_positive(source, key, value)
        if self.truncation_ratio > _MAX_TRUNCATION:
            raise InputError.of(
                source,
                "beam_radius_m",
                self.beam_radius_m,
                f"at least 1/{_MAX_TRUNCATION:g} of the aperture radius {self.aperture_radius_m:g} m",
            )

    @property
    def aperture_radius_m(self) -> float:
        """Half the clear diameter."""
        return self.aperture_diameter_m / 2.0

    @property
    def truncation_ratio(self) -> float:
        """Aperture radius over beam radius: small for a beam that overfills the aperture."""
        if self.beam_radius_m is None:
            return best_truncation_ratio(self.obscuration_ratio)
        return self.aperture_radius_m / self.beam_radius_m


@dataclass(frozen=True, slots=True)
class ReceiverTelescope:
    """A telescope that collects light for a QKD receiver; losses of its optics belong to the receiver's profile.

    aperture_diameter_m      clear diameter of the entrance aperture
    obscuration_ratio        diameter of the secondary mirror's shadow over that of the aperture
    field_of_view_full_urad  full angle of the sky that reaches the detectors; None: not stated, then no background
                             can be computed. Ignored with a single-mode fibre, whose field of view is its mode
    single_mode              the light is coupled into a single-mode fibre

    Raises InputError for numbers that no telescope has.
    """

    aperture_diameter_m: float
    obscuration_ratio: float = 0.0
    field_of_view_full_urad: float | None = None
    single_mode: bool = False

    def __post_init__(self) -> None:
        source = "receiver telescope"
        require_positive(source, "aperture_diameter_m", self.aperture_diameter_m)
        require_obscuration(source, self.obscuration_ratio)
        if self.field_of_view_full_urad is not None:
            require_positive(source, "field_of_view_full_urad", self.field_of_view_full_urad)

    @property
    def aperture_radius_m(self) -> float:
        """Half the clear diameter."""
        return self.aperture_diameter_m / 2.0

    @property
    def collecting_area_m2(self) -> float:
        """Area of the aperture outside the shadow of the secondary mirror."""
        return math.pi * self.aperture_radius_m**2 * (1.0 - self.obscuration_ratio**2)


@dataclass(frozen=True, slots=True)
class Pointing:
    """How well the beam's axis follows the receiver.

    jitter_urad     standard deviation **per axis** (a radial value quoted as rms is sqrt(2) times this)
    boresight_urad  constant angle between the beam's axis and the receiver

    Raises InputError for negative angles.
    """

    jitter_urad: float = 0.0
    boresight_urad: float = 0.0

    def __post_init__(self) -> None:
        require_not_negative("pointing", "jitter_urad", self.jitter_urad)
        require_not_negative("pointing", "boresight_urad", self.boresight_urad)


_MAX_TRUNCATION = 8.0  # beyond, the aperture cuts 1e-56 of the power: nothing is left to compute, only rounding
