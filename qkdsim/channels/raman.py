"""Spontaneous Raman light of classical channels in the same fibre, and their crosstalk.

P. Eraerds et al., New J. Phys. 12, 063027 (2010), with unequal attenuation of classical and quantum light.
"""

from __future__ import annotations

import math

from qkdsim import units


def forward_raman_power_w(
    *,
    launch_power_w: float,
    raman_coefficient_per_km_nm: float,
    filter_width_nm: float,
    length_km: float,
    quantum_attenuation_db_per_km: float,
    classical_attenuation_db_per_km: float,
) -> float:
    """Raman light running with the classical channel, at the far end: P rho dlam (e^-a_c L - e^-a_q L)/(a_q - a_c)."""
    quantum = quantum_attenuation_db_per_km / units.DB_PER_NEPER
    classical = classical_attenuation_db_per_km / units.DB_PER_NEPER
    difference = (quantum - classical) * length_km
    # (1 - exp(-x))/x tends to 1 for equal attenuation
    shape = 1.0 if difference == 0.0 else -math.expm1(-difference) / difference
    factor_km = length_km * math.exp(-classical * length_km) * shape
    return launch_power_w * raman_coefficient_per_km_nm * filter_width_nm * factor_km


def backward_raman_power_w(
    *,
    launch_power_w: float,
    raman_coefficient_per_km_nm: float,
    filter_width_nm: float,
    length_km: float,
    quantum_attenuation_db_per_km: float,
    classical_attenuation_db_per_km: float,
) -> float:
    """Raman light running against the classical channel, at its launch: P rho dlam (1 - e^-(a_c+a_q)L)/(a_c+a_q)."""
    total = (quantum_attenuation_db_per_km + classical_attenuation_db_per_km) / units.DB_PER_NEPER
    factor_km = -math.expm1(-total * length_km) / total
    return launch_power_w * raman_coefficient_per_km_nm * filter_width_nm * factor_km


def crosstalk_photon_rate_hz(power_w: float, wavelength_nm: float, isolation_db: float) -> float:
    """Photons of a classical channel that leak through `isolation_db` of filtering."""
    return units.photon_rate_hz(power_w, wavelength_nm) * units.transmittance(isolation_db)
