"""The only place where decibels, kilometres, picoseconds and clock words are converted."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPEED_OF_LIGHT_M_PER_S = 299_792_458.0  # exact, SI
PLANCK_J_S = 6.626_070_15e-34  # exact, SI
DB_PER_NEPER = 10.0 / math.log(10.0)  # 4.342945: alpha [1/km] = attenuation_db_per_km / 4.342945
FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))  # of a Gaussian, 2.3548
FIBRE_GROUP_INDEX = 1.468  # G.652 fibre at 1550 nm; a data-sheet value

_SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "a": 365.25 * 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|s|h|d|a)")


def transmittance(loss_db: float) -> float:
    """Power transmittance of a loss in decibels."""
    return float(10.0 ** (-loss_db / 10.0))


def loss_db(transmittance: float) -> float:
    """Loss in decibels of a power transmittance; infinite for 0."""
    return math.inf if transmittance <= 0.0 else -10.0 * math.log10(transmittance)


def transmittances(losses_db: ArrayLike) -> NDArray[np.float64]:
    """Power transmittances of losses in decibels, any shape."""
    return np.asarray(10.0 ** (-np.asarray(losses_db, dtype=np.float64) / 10.0))


def losses_db(transmittances: ArrayLike) -> NDArray[np.float64]:
    """Losses in decibels of power transmittances, any shape; infinite for 0."""
    with np.errstate(divide="ignore"):  # no light is a loss without end, and no accident
        return np.asarray(-10.0 * np.log10(np.asarray(transmittances, dtype=np.float64)) + 0.0)


def watts(power_dbm: float) -> float:
    """Power in watts of a power in dBm."""
    return float(1e-3 * 10.0 ** (power_dbm / 10.0))


def photon_rate_hz(power_w: float, wavelength_nm: float) -> float:
    """Photons per second in a beam of the given power: P lambda / (h c)."""
    return power_w * wavelength_nm * 1e-9 / (PLANCK_J_S * SPEED_OF_LIGHT_M_PER_S)


def sigma_from_fwhm(fwhm: float) -> float:
    """Standard deviation of a Gaussian from its full width at half maximum (same unit)."""
    return fwhm / FWHM_PER_SIGMA


def fibre_delay_s(length_km: float) -> float:
    """One-way propagation time of light in standard fibre."""
    return length_km * 1e3 * FIBRE_GROUP_INDEX / SPEED_OF_LIGHT_M_PER_S


def parse_duration_s(text: str) -> float:
    """Seconds in a duration such as `24h`, `1h30min`, `20min`, `90s`, `10a` (Julian years).

    Raises ValueError if the text is not a sequence of positive numbers with units.
    """
    compact = text.replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError("expected a duration such as '24h', '1h30min', '20min' or '90s'")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def format_duration(duration_s: float) -> str:
    """A duration for people: `24 h`, `1 h 30 min`, `2 d`, `250 ms`."""
    for unit, size_s in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if 0.0 < duration_s < 1e3 * size_s:
            return f"{duration_s / size_s:.3g} {unit}"
    if duration_s < 60.0:
        return f"{duration_s:.3g} s"
    rest = round(duration_s)
    if rest >= 2 * 365.25 * 86_400:
        return f"{duration_s / (365.25 * 86_400):.3g} a"
    words = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if unit == "d" and rest < 2 * 86_400:
            continue
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words)
