"""Light absorbed and scattered by clear air, along a slant path or between buildings. Clouds are `weather`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim import units
from qkdsim.channels.freespace.checks import require_not_negative, require_positive, require_transmission
from qkdsim.errors import InputError

FloatArray = NDArray[np.float64]


class Extinction(Protocol):
    """What the air leaves of the light."""

    def transmittance(self, range_km: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
        """Power transmittance in (0, 1]; shapes broadcast."""
        ...


def airmass(elevation_deg: ArrayLike) -> FloatArray:
    """Air along the path over that at zenith, 0 to 90 degrees of apparent elevation; any shape.

    F. Kasten, A. T. Young, Appl. Opt. 28, 4735 (1989): 1/(sin e + 0.50572 (e + 6.07995)^-1.6364). At zenith it is
    0.9997. Raises ValueError outside 0 to 90 degrees.
    """
    elevation = np.asarray(elevation_deg, dtype=np.float64)
    if elevation.size and not ((elevation >= 0.0) & (elevation <= 90.0)).all():
        raise ValueError("elevation_deg: expected 0 to 90")
    return np.asarray(1.0 / (np.sin(np.radians(elevation)) + 0.50572 * (elevation + 6.07995) ** -1.6364))


@dataclass(frozen=True, slots=True)
class ZenithTransmission:
    """Extinction that grows with the airmass: T = T_zenith^X.

    Good to 0.1 dB in an atmospheric window down to 10 degrees; where water or oxygen absorbs, saturated lines make it
    pessimistic by up to 0.9 dB (810 nm at 10 degrees): then give a `TransmissionTable`.
    Raises InputError unless 0 < T_zenith <= 1.
    """

    zenith_transmission: float

    def __post_init__(self) -> None:
        require_transmission("extinction", "zenith_transmission", self.zenith_transmission)

    def transmittance(self, range_km: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
        """Power transmittance; the range does not matter beyond the air."""
        return np.broadcast_to(self.zenith_transmission ** airmass(elevation_deg), _shape(range_km, elevation_deg))


@dataclass(frozen=True, slots=True)
class TransmissionTable:
    """A user's table of transmission against elevation, from a program of atmospheric transfer or a measurement.

    Between the rows the optical depth is linear in airmass; beyond them the depth per airmass stays that of the end.
    Raises InputError unless there are two or more rows, elevations rise within 0 to 90 and 0 < T <= 1.
    """

    elevation_deg: tuple[float, ...]
    transmission: tuple[float, ...]
    source: str = "transmission table"

    def __post_init__(self) -> None:
        if len(self.elevation_deg) != len(self.transmission) or len(self.elevation_deg) < 2:
            given, expected = len(self.elevation_deg), "two or more pairs of elevation and transmission"
            raise InputError.of(self.source, "transmission", given, expected)
        previous = -math.inf
        for row, (elevation, transmission) in enumerate(zip(self.elevation_deg, self.transmission, strict=True), 1):
            if not 0.0 <= elevation <= 90.0:
                raise InputError.of(self.source, f"elevation_deg, row {row}", elevation, "0 to 90")
            if elevation <= previous:
                raise InputError.of(self.source, f"elevation_deg, row {row}", elevation, f"more than {previous:g}")
            require_transmission(self.source, f"transmission, row {row}", transmission)
            previous = elevation

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[float, float]], source: str = "transmission table") -> TransmissionTable:
        """A table of (elevation in degrees, transmission) pairs; see the class for errors."""
        rows = [(float(elevation), float(transmission)) for elevation, transmission in pairs]
        return cls(tuple(row[0] for row in rows), tuple(row[1] for row in rows), source)

    @classmethod
    def from_csv(cls, path: Path, source: str | None = None) -> TransmissionTable:
        """A table from a file with two columns and the head `elevation_deg,transmission`; # starts a comment.

        Messages call the file `source`. Raises InputError for a file that cannot be read or a row that is not two
        numbers.
        """
        name = source or str(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
            lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
            rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO("\n".join(lines)))]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError.of(name, "", None, f"cannot be read, expected a text file in UTF-8 ({error})") from error
        head = ["elevation_deg", "transmission"]
        if not rows or rows[0] != head:
            raise InputError.of(name, "first row", ",".join(rows[0]) if rows else "nothing", ",".join(head))
        pairs = []
        for number, row in enumerate(rows[1:], 1):
            try:
                elevation, transmission = (float(cell) for cell in row)
            except ValueError as error:
                raise InputError.of(name, f"row {number}", ",".join(row), "two numbers") from error
            pairs.append((elevation, transmission))
        return cls.from_pairs(pairs, name)

    def transmittance(self, range_km: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
        """Power transmittance; the range does not matter beyond the air."""
        # np.interp wants rising positions: airmass rises as elevation falls
        mass = airmass(self.elevation_deg)[::-1]
        depth = -np.log(np.asarray(self.transmission))[::-1]
        asked = airmass(elevation_deg)
        inside = np.clip(asked, mass[0], mass[-1])
        optical_depth = np.interp(inside, mass, depth) * asked / inside
        return np.broadcast_to(np.exp(-optical_depth), _shape(range_km, elevation_deg))


@dataclass(frozen=True, slots=True)
class PathAttenuation:
    """Even air along the whole path, for horizontal links. Raises InputError for a negative attenuation."""

    attenuation_db_per_km: float

    def __post_init__(self) -> None:
        require_not_negative("extinction", "attenuation_db_per_km", self.attenuation_db_per_km)

    @classmethod
    def of_visibility(cls, visibility_km: float, wavelength_nm: float) -> PathAttenuation:
        """Haze and fog from the meteorological visibility (2 % contrast at 550 nm): 3.91/V (lambda/550 nm)^-q per km.

        q after I. I. Kim, B. McArthur, E. Korevaar, Proc. SPIE 4214, 26 (2001); absorption by gases is left out.
        Raises InputError unless both are above 0.
        """
        require_positive("extinction", "visibility_km", visibility_km)
        require_positive("extinction", "wavelength_nm", wavelength_nm)
        per_km = 3.91 / visibility_km * (wavelength_nm / 550.0) ** -_size_exponent(visibility_km)
        return cls(float(units.losses_db(math.exp(-per_km))))

    def transmittance(self, range_km: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
        """Power transmittance; the elevation does not matter."""
        loss = self.attenuation_db_per_km * np.asarray(range_km, dtype=np.float64)
        return np.broadcast_to(units.transmittances(loss), _shape(range_km, elevation_deg))


@dataclass(frozen=True, slots=True)
class ZenithPreset:
    """Zenith transmission of clear air over one wavelength, and who says so."""

    wavelength_nm: float
    zenith_transmission: float
    source: str


_MODTRAN = "MODTRAN table shipped with SatQuMA 2.0.0-beta (arXiv:2109.01686): clear air at sea level"
ZENITH_PRESETS = (
    ZenithPreset(785.0, 0.876, _MODTRAN),
    ZenithPreset(810.0, 0.814, _MODTRAN),
    ZenithPreset(850.0, 0.895, _MODTRAN),
)
_PRESET_REACH_NM = 3.0  # bands of water vapour change within a few nanometres


def zenith_preset(wavelength_nm: float, source: str = "extinction") -> ZenithPreset:
    """The shipped preset within 3 nm of a wavelength. Raises InputError if there is none: none is made up."""
    nearest = min(ZENITH_PRESETS, key=lambda preset: abs(preset.wavelength_nm - wavelength_nm))
    if abs(nearest.wavelength_nm - wavelength_nm) > _PRESET_REACH_NM:
        known = ", ".join(f"{preset.wavelength_nm:g}" for preset in ZENITH_PRESETS)
        raise InputError.of(
            source, "wavelength_nm", wavelength_nm, f"{known} nm (within 3 nm), or a zenith_transmission of your own"
        )
    return nearest


def _size_exponent(visibility_km: float) -> float:
    """Kim's exponent q of scattering against wavelength: 0 in fog, where all colours suffer alike."""
    if visibility_km > 50.0:
        return 1.6
    if visibility_km > 6.0:
        return 1.3
    if visibility_km > 1.0:
        return 0.16 * visibility_km + 0.34
    return max(0.0, visibility_km - 0.5)


def _shape(*arrays: ArrayLike) -> tuple[int, ...]:
    return np.broadcast_shapes(*(np.shape(array) for array in arrays))
