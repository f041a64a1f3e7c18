"""Telescopes and pointing, from the profiles of the modules behind them."""

from __future__ import annotations

from qkdsim.channels.freespace import Pointing, ReceiverTelescope, TransmitterTelescope
from qkdsim.devices import NamedProfile
from qkdsim.devices.telescope import Telescope
from qkdsim.errors import InputError


def sending_telescope(telescope: Telescope) -> TransmitterTelescope:
    """What a transmitter's profile says of its telescope."""
    return TransmitterTelescope(
        aperture_diameter_m=float(telescope.aperture_diameter_m),
        beam_radius_m=_float(telescope.beam_radius_m),
        obscuration_ratio=float(telescope.obscuration_ratio),
        divergence_half_angle_urad=_float(telescope.divergence_half_angle_urad),
    )


def receiving_telescope(telescope: Telescope) -> ReceiverTelescope:
    """What a receiver's profile says of its telescope."""
    return ReceiverTelescope(
        aperture_diameter_m=float(telescope.aperture_diameter_m),
        obscuration_ratio=float(telescope.obscuration_ratio),
        field_of_view_full_urad=_float(telescope.field_of_view_full_urad),
        single_mode=bool(telescope.single_mode),
    )


def pointing_of(telescope: Telescope) -> Pointing:
    """How well a transmitter's telescope points."""
    return Pointing(jitter_urad=float(telescope.pointing_jitter_urad), boresight_urad=float(telescope.boresight_urad))


def require_background_is_known(receiver: NamedProfile) -> None:
    """Refuse a receiver of which nobody can say how much light of the sky comes in.

    Raises InputError without a filter width, or a field of view where no single-mode fibre sets it.
    """
    profile = receiver.profile
    if profile.receiver.filter_width_nm is None:
        expected = "a width of the filter, on which the noise light of the sky depends"
        raise InputError.of(receiver.name, "receiver.filter_width_nm", None, expected)
    telescope = profile.telescope
    if telescope is not None and not telescope.single_mode and telescope.field_of_view_full_urad is None:
        expected = "a field of view, on which the noise light of the sky depends"
        raise InputError.of(receiver.name, "telescope.field_of_view_full_urad", None, expected)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
