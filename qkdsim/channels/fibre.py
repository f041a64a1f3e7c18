"""A span of optical fibre between two QKD modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qkdsim import units
from qkdsim.channels.drift import mean_drift_error, mean_phase_drift_error
from qkdsim.channels.raman import backward_raman_power_w, crosstalk_photon_rate_hz, forward_raman_power_w
from qkdsim.channels.state import ChannelState, combined_error


@dataclass(frozen=True, slots=True)
class CoexistingChannel:
    """A classical channel in the same fibre; `forward` runs with the quantum light, `backward` against it."""

    direction: Literal["forward", "backward"]
    launch_power_dbm: float
    wavelength_nm: float = 1550.0
    raman_coefficient_per_km_nm: float = 3e-9
    attenuation_db_per_km: float | None = None


@dataclass(frozen=True, slots=True)
class FibreSpan:
    """A fibre, from connector to connector, without the modules' own optics.

    `loss_db` is a measured end-to-end loss and beats everything that is computed from the length. `length_km` is None
    where only the loss is known: then there is no dispersion and no Raman light.
    """

    length_km: float | None = None
    loss_db: float | None = None
    attenuation_db_per_km: float = 0.20
    connectors: int = 0
    connector_loss_db: float = 0.3
    splices: int = 0
    splice_loss_db: float = 0.05
    multiplexer_loss_db: float = 0.0
    dispersion_ps_per_nm_km: float = 17.0
    polarisation_drift_time_s: float | None = None
    phase_drift_time_s: float | None = None
    classical_channels: tuple[CoexistingChannel, ...] = ()

    @property
    def total_loss_db(self) -> float:
        """Loss from end to end: as measured, or fibre, connectors, splices and multiplexers added up."""
        if self.loss_db is not None:
            return self.loss_db
        fibre_db = self.attenuation_db_per_km * (self.length_km or 0.0)
        joints_db = self.connectors * self.connector_loss_db + self.splices * self.splice_loss_db
        return fibre_db + joints_db + self.multiplexer_loss_db

    @property
    def delay_s(self) -> float:
        """Travel time of light; where only a loss is known, that of the fibre which would have it."""
        length_km = self.total_loss_db / self.attenuation_db_per_km if self.length_km is None else self.length_km
        return units.fibre_delay_s(length_km)

    def state(
        self,
        *,
        wavelength_nm: float,
        filter_width_nm: float | None = None,
        isolation_db: float | None = None,
        stabilisation_period_s: float | None = None,
    ) -> ChannelState:
        """The channel as a receiver meets it: loss, dispersion, drift averaged between alignments, noise light.

        `isolation_db` is that of the receiver's filter against the classical channels' own light; without
        `filter_width_nm` no noise light of classical channels can be stated (`links` refuses such a pair).
        """
        noise_hz = 0.0
        if filter_width_nm is not None:
            for channel in self.classical_channels:
                noise_hz += self._noise_hz(channel, wavelength_nm, filter_width_nm, isolation_db)
        return ChannelState(
            transmittance=units.transmittance(self.total_loss_db),
            dispersion_ps_per_nm=self.dispersion_ps_per_nm_km * (self.length_km or 0.0),
            misalignment_error=self._drift_error(stabilisation_period_s),
            noise_photon_rate_hz=noise_hz,
        )

    def _drift_error(self, period_s: float | None) -> float:
        if period_s is None:
            return 0.0
        errors = []
        if self.polarisation_drift_time_s is not None:
            errors.append(mean_drift_error(self.polarisation_drift_time_s, period_s))
        if self.phase_drift_time_s is not None:
            errors.append(mean_phase_drift_error(self.phase_drift_time_s, period_s))
        return combined_error(*errors)

    def _noise_hz(
        self, channel: CoexistingChannel, wavelength_nm: float, filter_width_nm: float, isolation_db: float | None
    ) -> float:
        raman = forward_raman_power_w if channel.direction == "forward" else backward_raman_power_w
        launch_w = units.watts(channel.launch_power_dbm)
        power_w = raman(
            launch_power_w=launch_w,
            raman_coefficient_per_km_nm=channel.raman_coefficient_per_km_nm,
            filter_width_nm=filter_width_nm,
            length_km=self.length_km or 0.0,
            quantum_attenuation_db_per_km=self.attenuation_db_per_km,
            classical_attenuation_db_per_km=channel.attenuation_db_per_km or self.attenuation_db_per_km,
        )
        rate_hz = units.photon_rate_hz(power_w, wavelength_nm)
        if isolation_db is not None and channel.direction == "forward":
            arriving_w = launch_w * units.transmittance(self.total_loss_db)
            rate_hz += crosstalk_photon_rate_hz(arriving_w, channel.wavelength_nm, isolation_db)
        return rate_hz
