"""What a profile says of the telescope through which a module sends or receives."""

from __future__ import annotations

from typing import Annotated

from pydantic import StrictBool

from qkdsim.devices.quantity import NonNegative, Positive, Quantity, bounded
from qkdsim.library import FileModel

Obscuration = Annotated[Quantity, *bounded(ge=0, lt=1)]


class Telescope(FileModel):
    """A telescope at either end of a free-space link; the mean photon numbers of its source are those leaving it.

    `beam_radius_m` is the 1/e^2 intensity radius at the exit aperture, that of best truncation when left out;
    `divergence_half_angle_urad`, a measured half angle at 1/e^2, beats it. Jitter is the standard deviation per axis.
    `field_of_view_full_urad` is the full angle of the sky that reaches the detectors. Receiving optics lose
    `receiver.insertion_loss_db`.
    """

    aperture_diameter_m: Positive
    obscuration_ratio: Obscuration = Quantity(0.0, "assumed")
    beam_radius_m: Positive | None = None
    divergence_half_angle_urad: Positive | None = None
    pointing_jitter_urad: NonNegative = Quantity(0.0, "assumed")
    boresight_urad: NonNegative = Quantity(0.0, "assumed")
    field_of_view_full_urad: Positive | None = None
    single_mode: StrictBool = False
