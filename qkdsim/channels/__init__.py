"""What light crosses: fibre and its noise; free space, orbits and weather have rooms of their own."""

from qkdsim.channels.amplifier import require_no_amplifier, spontaneous_photons_per_mode
from qkdsim.channels.dispersion import GateShares, arrival_sigma_ps, gate_shares
from qkdsim.channels.drift import mean_drift_error, mean_phase_drift_error
from qkdsim.channels.fibre import CoexistingChannel, FibreSpan
from qkdsim.channels.raman import backward_raman_power_w, crosstalk_photon_rate_hz, forward_raman_power_w
from qkdsim.channels.span import Span
from qkdsim.channels.state import ChannelState, combined_error

__all__ = [
    "ChannelState",
    "CoexistingChannel",
    "FibreSpan",
    "GateShares",
    "Span",
    "arrival_sigma_ps",
    "backward_raman_power_w",
    "combined_error",
    "crosstalk_photon_rate_hz",
    "forward_raman_power_w",
    "gate_shares",
    "mean_drift_error",
    "mean_phase_drift_error",
    "require_no_amplifier",
    "spontaneous_photons_per_mode",
]
