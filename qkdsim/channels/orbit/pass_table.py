"""Passes as columns, and one of them as an object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.orbit.satellites import Satellite
from qkdsim.channels.orbit.stations import Station

_COLUMNS = (
    "satellite",
    "station",
    "rise_s",
    "culmination_s",
    "set_s",
    "max_elevation_deg",
    "is_cut_at_start",
    "is_cut_at_end",
)


@dataclass(frozen=True, slots=True)
class Pass:
    """One satellite above one station's mask, from rise to set; seconds after `start`.

    At the edges of the window a pass is cut: it had risen before, or sets after it. The culmination is the highest
    point within the window, and then perhaps its edge.
    """

    satellite: Satellite
    station: Station
    start: datetime
    rise_s: float
    culmination_s: float
    set_s: float
    max_elevation_deg: float
    is_cut_at_start: bool
    is_cut_at_end: bool

    @property
    def duration_s(self) -> float:
        """From rise to set."""
        return self.set_s - self.rise_s


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays are neither equal nor short
class PassTable:
    """All passes of some satellites over some stations in a window, by rising time of rise; columns (passes,).

    satellite, station  index into `satellites` and `stations`
    """

    satellites: tuple[Satellite, ...]
    stations: tuple[Station, ...]
    start: datetime
    duration_s: float
    satellite: NDArray[np.int64]
    station: NDArray[np.int64]
    rise_s: NDArray[np.float64]
    culmination_s: NDArray[np.float64]
    set_s: NDArray[np.float64]
    max_elevation_deg: NDArray[np.float64]
    is_cut_at_start: NDArray[np.bool_]
    is_cut_at_end: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rise_s)

    def __repr__(self) -> str:
        return f"PassTable({len(self)} passes, {len(self.satellites)} satellites, {len(self.stations)} stations)"

    def __getitem__(self, index: int) -> Pass:
        return Pass(
            satellite=self.satellites[self.satellite[index]],
            station=self.stations[self.station[index]],
            start=self.start,
            rise_s=float(self.rise_s[index]),
            culmination_s=float(self.culmination_s[index]),
            set_s=float(self.set_s[index]),
            max_elevation_deg=float(self.max_elevation_deg[index]),
            is_cut_at_start=bool(self.is_cut_at_start[index]),
            is_cut_at_end=bool(self.is_cut_at_end[index]),
        )

    def __iter__(self) -> Iterator[Pass]:
        return (self[index] for index in range(len(self)))

    def take(self, rows: NDArray[np.int64]) -> PassTable:
        """The passes of the given rows, in their order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def joined(self, other: PassTable) -> PassTable:
        """These passes, then those of a table of the same satellites, stations and window."""
        both: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _COLUMNS}
        return replace(self, **both)
