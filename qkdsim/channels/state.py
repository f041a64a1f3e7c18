"""What crosses a channel at one moment: all that a receiver's clicks depend on beside the devices."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qkdsim import units


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A quantum channel while nothing about it changes.

    transmittance         power transmittance from the transmitter's output to the receiver's input
    dispersion_ps_per_nm  accumulated chromatic dispersion
    misalignment_error    probability that drift in the channel sends a photon to the wrong detector
    noise_photon_rate_hz  unpolarised noise photons arriving at the receiver's input inside its optical filter
    """

    transmittance: float
    dispersion_ps_per_nm: float = 0.0
    misalignment_error: float = 0.0
    noise_photon_rate_hz: float = 0.0

    def disturbed(self, noise_photon_rate_hz: float, misalignment_error: float, loss_db: float = 0.0) -> ChannelState:
        """The same channel with more noise light, one more independent source of bit flips, and more loss.

        The noise light is stated at the receiver's input: the loss does not weaken it.
        """
        return replace(
            self,
            transmittance=self.transmittance * units.transmittance(loss_db),
            noise_photon_rate_hz=self.noise_photon_rate_hz + noise_photon_rate_hz,
            misalignment_error=combined_error(self.misalignment_error, misalignment_error),
        )


def combined_error(*errors: float) -> float:
    """Error probability of independent bit flips in a row: e1(1-e2) + e2(1-e1), and so on."""
    agreement = 1.0
    for error in errors:
        agreement *= 1.0 - 2.0 * error
    return (1.0 - agreement) / 2.0
