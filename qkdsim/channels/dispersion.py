"""How much of a pulse arrives inside the detector gate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GateShares:
    """Shares of a pulse's photons: inside its own gate, and inside the gates of the two neighbouring slots."""

    captured: float
    neighbours: float


def arrival_sigma_ps(
    *, pulse_sigma_ps: float, dispersion_ps_per_nm: float, spectral_width_sigma_nm: float, jitter_sigma_ps: float
) -> float:
    """Standard deviation of a photon's arrival time: pulse, dispersion and jitter in quadrature."""
    return math.hypot(pulse_sigma_ps, dispersion_ps_per_nm * spectral_width_sigma_nm, jitter_sigma_ps)


def gate_shares(sigma_ps: float, gate_width_ps: float, slot_ps: float) -> GateShares:
    """Shares of a Gaussian arrival time in a centred gate of full width `gate_width_ps`, one slot each `slot_ps`.

    A gate cannot be wider than its slot. What reaches a neighbour's gate is noise there: it belongs to another pulse.
    """
    if sigma_ps == 0.0:
        return GateShares(1.0, 0.0)
    half = min(gate_width_ps, slot_ps) / 2.0
    scale = math.sqrt(2.0) * sigma_ps
    captured = math.erf(half / scale)
    neighbours = math.erfc((slot_ps - half) / scale) - math.erfc((slot_ps + half) / scale)
    return GateShares(captured, neighbours)
