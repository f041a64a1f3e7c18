"""Satellites, and where they are: SGP4 from mean elements, without any data fetched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sgp4.api import SGP4_ERRORS, WGS72, Satrec, SatrecArray  # type: ignore[import-untyped]  # sgp4 ships no types

from qkdsim.channels.orbit.elements import MeanElements
from qkdsim.channels.orbit.times import DAY_S, LATEST, julian_date, moment_at, utc
from qkdsim.errors import InputError

# The node's place among the stars is meaningless long before; what stays true is the kind of orbit.
LONGEST_FROM_EPOCH_DAYS = 3653.0
_SGP4_DAY_ZERO = datetime(1949, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Satellite:
    """A satellite by name and mean elements.

    SGP4 departs from a real satellite by 1 to 3 km per day from the epoch: passes of weeks and years are those of a
    statistically typical satellite of this orbit, never an ephemeris.
    """

    name: str
    elements: MeanElements

    @property
    def source(self) -> str:
        """The file in which the elements stand."""
        return self.elements.source


class Propagator:
    """The orbits of some satellites from a start: built once, asked for many times.

    Gravity is that of WGS-72, with which SGP4 elements are made. Raises InputError where the span from the start to
    `duration_s` leaves the years 1957 to 2056 or is more than ten years from an epoch, and where SGP4 gives up
    (decayed, or its elements leave their range).
    """

    def __init__(self, satellites: Sequence[Satellite], start: datetime, duration_s: float) -> None:
        self.start = utc(start, source="passes", key="start")
        if not (math.isfinite(duration_s) and duration_s >= 0.0):
            raise InputError.of("passes", "duration_s", duration_s, "a finite number of seconds, 0 or more")
        if duration_s > (LATEST - self.start).total_seconds():
            raise InputError.of("passes", "duration_s", duration_s, "an end in the years 1957 to 2056")
        for satellite in satellites:
            _require_near_epoch(satellite, self.start, duration_s)
        self._satellites = tuple(satellites)
        self._records = [sgp4_record(satellite) for satellite in satellites]
        self._together = SatrecArray(self._records) if self._records else None

    @property
    def count(self) -> int:
        """How many satellites."""
        return len(self._satellites)

    def all_at(self, time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions [km] and velocities [km/s] in TEME of all satellites: two arrays (satellites, times, 3)."""
        if self._together is None:
            return np.empty((0, len(time_s), 3)), np.empty((0, len(time_s), 3))
        codes, position, velocity = self._together.sgp4(*julian_date(self.start, time_s))
        for satellite, row in zip(self._satellites, codes, strict=True):
            self._require_no_error(satellite, row, time_s)
        return position, velocity

    def one_at(self, index: int, time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position and velocity in TEME of one satellite: two arrays (times, 3)."""
        codes, position, velocity = self._records[index].sgp4_array(*julian_date(self.start, time_s))
        self._require_no_error(self._satellites[index], codes, time_s)
        return position, velocity

    def each_at(self, index: NDArray[np.int64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions [km] in TEME, (n, 3), of satellite `index[i]` at `time_s[i]`."""
        position = np.empty((len(time_s), 3))
        for one in np.unique(index):
            rows = np.flatnonzero(index == one)
            position[rows] = self.one_at(int(one), time_s[rows])[0]
        return position

    def _require_no_error(self, satellite: Satellite, codes: NDArray[np.uint8], time_s: NDArray[np.float64]) -> None:
        if not codes.any():
            return
        first = int(np.flatnonzero(codes)[0])
        day = moment_at(self.start, time_s[first]).date().isoformat()
        words = f"decays: on {day} {SGP4_ERRORS[int(codes[first])]}, expected an orbit that lasts over the run"
        raise InputError.of(satellite.source, f"satellites.{satellite.name}", None, words)


def sgp4_record(satellite: Satellite) -> Satrec:
    """The satellite as SGP4 keeps it: radians, minutes, days since 1949-12-31."""
    elements = satellite.elements
    record = Satrec()
    record.sgp4init(
        WGS72,
        "i",  # the improved mode; "a" repeats habits of the original program
        0,
        (elements.epoch - _SGP4_DAY_ZERO).total_seconds() / DAY_S,
        elements.bstar_per_earth_radius,
        0.0,  # the two derivatives of mean motion are not used by SGP4
        0.0,
        elements.eccentricity,
        math.radians(elements.argument_of_perigee_deg % 360.0),
        math.radians(elements.inclination_deg),
        math.radians(elements.mean_anomaly_deg % 360.0),
        elements.mean_motion_rev_per_day * 2.0 * math.pi / 1440.0,
        math.radians(elements.raan_deg % 360.0),
    )
    return record


def _require_near_epoch(satellite: Satellite, start: datetime, duration_s: float) -> None:
    epoch = satellite.elements.epoch
    before_days = (epoch - start).total_seconds() / DAY_S
    after_days = duration_s / DAY_S - before_days
    if max(before_days, after_days) > LONGEST_FROM_EPOCH_DAYS:
        raise InputError.of(
            satellite.source,
            f"satellites.{satellite.name}.epoch",
            epoch.date().isoformat(),
            f"an epoch within {LONGEST_FROM_EPOCH_DAYS:g} days of every date of the run",
        )
