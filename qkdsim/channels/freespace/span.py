"""A free-space path between two telescopes that stay where they are, as a channel of a link."""

from __future__ import annotations

from dataclasses import dataclass

from qkdsim import units
from qkdsim.channels.state import ChannelState


@dataclass(frozen=True, slots=True)
class FreeSpaceSpan:
    """The air from telescope to telescope on a clear night; `qkdsim.links.Sky` says when it is neither.

    total_loss_db         mean over pointing, scintillation and the places of a platform: fading within milliseconds
                          and wandering within minutes are left to average out in the counts of a block
    noise_photon_rate_hz  background of the night at the receiver's entrance, inside its filter and field of view
    """

    length_km: float
    total_loss_db: float
    noise_photon_rate_hz: float = 0.0

    @property
    def delay_s(self) -> float:
        """Travel time of light; air slows it by less than 0.03 %."""
        return self.length_km * 1e3 / units.SPEED_OF_LIGHT_M_PER_S

    def state(
        self,
        *,
        wavelength_nm: float,
        filter_width_nm: float | None = None,
        isolation_db: float | None = None,
        stabilisation_period_s: float | None = None,
    ) -> ChannelState:
        """The channel of a clear night: loss and background are those of the pair of telescopes it was made for."""
        return ChannelState(
            transmittance=units.transmittance(self.total_loss_db), noise_photon_rate_hz=self.noise_photon_rate_hz
        )
