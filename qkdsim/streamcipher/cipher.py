"""One Y-00 transmitter: its signal levels, its light and its seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qkdsim import units
from qkdsim.errors import InputError

MOST_LEVELS = 2**20  # four times the most that was ever built; tables of all levels stay small
SOURCE = "stream cipher"


@dataclass(frozen=True, slots=True)
class StreamCipher:
    """A Y-00 transmitter: `levels` coherent states, of which the running key picks the few that carry one symbol.

    With `phase` keying the levels lie evenly on a circle, and the states of a basis evenly among them. With `intensity`
    keying they are equal steps of photon number, and a basis is a pair half the range apart. `mean_photons` is per
    symbol and mode at the transmitter; `level_range_db` is highest over lowest intensity. Bases alternate in polarity,
    so neighbouring levels carry different data. With `overlap_selection` key bits flip the data as well, the simplest
    form of overlap selection keying: without it, known data and a coarse measurement give away one key bit a symbol.

    Raises InputError for values outside their ranges.
    """

    keying: Literal["phase", "intensity"]
    levels: int
    mean_photons: float
    symbol_rate_hz: float
    bits_per_symbol: int = 1
    level_range_db: float = 3.0
    overlap_selection: bool = True
    seed_bits: int = 256
    wavelength_nm: float = 1550.0

    def __post_init__(self) -> None:
        if self.keying not in {"phase", "intensity"}:
            raise InputError.of(SOURCE, "keying", self.keying, "'phase' or 'intensity'")
        allowed_bits = (1, 2) if self.keying == "phase" else (1,)
        if self.bits_per_symbol not in allowed_bits:
            raise InputError.of(SOURCE, "bits_per_symbol", self.bits_per_symbol, "1, or 2 with phase keying")
        if not self.states_per_basis <= self.levels <= MOST_LEVELS or self.levels & (self.levels - 1):
            expected = f"a power of two from {self.states_per_basis} to {MOST_LEVELS}"
            raise InputError.of(SOURCE, "levels", self.levels, expected)
        if self.seed_bits not in {128, 192, 256}:
            raise InputError.of(SOURCE, "seed_bits", self.seed_bits, "128, 192 or 256, the key lengths of AES")
        for name in ("mean_photons", "symbol_rate_hz", "level_range_db", "wavelength_nm"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise InputError.of(SOURCE, name, value, "a number above 0")

    @property
    def states_per_basis(self) -> int:
        """Signal states that carry data within one basis: 2 for one bit, 4 for two."""
        return int(2**self.bits_per_symbol)

    @property
    def bases(self) -> int:
        """Bases from which the running key chooses."""
        return self.levels // self.states_per_basis

    @property
    def data_rate_bps(self) -> float:
        """Line rate of the data, error-correcting code included."""
        return self.symbol_rate_hz * self.bits_per_symbol

    @property
    def running_key_bits_per_symbol(self) -> int:
        """Bits of running key that one symbol needs: the basis, and the flip of the data."""
        return self.bases.bit_length() - 1 + (self.bits_per_symbol if self.overlap_selection else 0)

    @property
    def launch_power_w(self) -> float:
        """Mean power at the transmitter."""
        one_watt_photons_hz = units.photon_rate_hz(1.0, self.wavelength_nm)
        return self.mean_photons * self.symbol_rate_hz / one_watt_photons_hz

    @property
    def level_photons(self) -> NDArray[np.float64]:
        """Mean photon number of every level at the transmitter, shape (levels,)."""
        if self.keying == "phase":
            return np.full(self.levels, self.mean_photons)
        ratio = units.transmittance(self.level_range_db)
        highest = 2.0 * self.mean_photons / (1.0 + ratio)
        return np.linspace(ratio * highest, highest, self.levels)

    @property
    def level_points(self) -> NDArray[np.complex128]:
        """Field amplitude of every level, in units in which its square is the photon number; shape (levels,)."""
        if self.keying == "phase":
            turns = np.arange(self.levels) / self.levels
            return np.asarray(math.sqrt(self.mean_photons) * np.exp(2j * np.pi * turns))
        return np.sqrt(self.level_photons).astype(np.complex128)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the secrecy of its data rests on, always: quantum noise as masking, and the expansion of the seed."""
        return ("y-00", f"aes-{self.seed_bits}")


def mean_photons_of_power(power_dbm: float, wavelength_nm: float, symbol_rate_hz: float) -> float:
    """Photons per symbol of a beam of the given mean power, all in one mode."""
    return units.photon_rate_hz(units.watts(power_dbm), wavelength_nm) / symbol_rate_hz
