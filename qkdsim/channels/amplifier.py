"""The amplifier rule: no quantum signal passes an EDFA."""

from __future__ import annotations

from qkdsim.errors import InputError


def spontaneous_photons_per_mode(gain_db: float, spontaneous_emission_factor: float) -> float:
    """Noise photons that an amplifier adds per mode and polarisation: n_sp (G - 1)."""
    return float(spontaneous_emission_factor * (10.0 ** (gain_db / 10.0) - 1.0))


def require_no_amplifier(amplifiers: int, quantum_bypass: bool, source: str, key: str) -> None:
    """Refuse a quantum path through an amplifier: it cannot copy an unknown state, and its noise drowns the signal.

    Raises InputError unless the quantum light is led around every amplifier.
    """
    if amplifiers and not quantum_bypass:
        raise InputError.of(
            source,
            key,
            amplifiers,
            "0: no quantum signal passes an optical amplifier; split the span at a trusted node, "
            "or set quantum_bypass = true if the quantum light is led around it",
        )
