"""The quantum stream cipher Y-00 (alpha-eta): keyed coherent states, hidden from others by their own quantum noise.

Computationally secure at best: its secrecy is never information-theoretic, and `StreamCipher.assumptions` says so.
"""

from qkdsim.streamcipher.cipher import StreamCipher, mean_photons_of_power
from qkdsim.streamcipher.eavesdropper import (
    eavesdropper_level_error,
    level_masking_number,
    masking_number,
    neighbour_error_limit,
)
from qkdsim.streamcipher.line import AmplifiedLine, Arrival
from qkdsim.streamcipher.quantum_limit import (
    data_error_limit,
    holevo_bits_per_symbol,
    level_error_limit,
    unicity_symbols,
)
from qkdsim.streamcipher.reach import largest_spans
from qkdsim.streamcipher.receiver import Receiver, bit_error, q_factors, symbol_error, thermal_electrons
from qkdsim.streamcipher.refresh import SeedRefresh
from qkdsim.streamcipher.running_key import RunningKey, running_key
from qkdsim.streamcipher.signals import sent_levels
from qkdsim.streamcipher.transmission import decrypt, eavesdrop, encrypt

__all__ = [
    "AmplifiedLine",
    "Arrival",
    "Receiver",
    "RunningKey",
    "SeedRefresh",
    "StreamCipher",
    "bit_error",
    "data_error_limit",
    "decrypt",
    "eavesdrop",
    "eavesdropper_level_error",
    "encrypt",
    "holevo_bits_per_symbol",
    "largest_spans",
    "level_error_limit",
    "level_masking_number",
    "masking_number",
    "mean_photons_of_power",
    "neighbour_error_limit",
    "q_factors",
    "running_key",
    "sent_levels",
    "symbol_error",
    "thermal_electrons",
    "unicity_symbols",
]
