"""Moments: seconds since a start in UTC, Julian dates, and the span in which the orbit model is used.

UT1 is taken as UTC, which turns the Earth by less than 0.9 s, 14 arc seconds; leap seconds are not counted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import InputError

# two-line elements write years with two digits, 57 to 99 for 1957 to 1999 and 00 to 56 for 2000 to 2056
EARLIEST = datetime(1957, 1, 1, tzinfo=UTC)
LATEST = datetime(2057, 1, 1, tzinfo=UTC)
J2000_DAY = 2_451_545.0  # Julian date of 2000-01-01 12:00
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
DAY_S = 86_400.0


def utc(moment: datetime, *, source: str, key: str) -> datetime:
    """A moment in UTC; one without time zone is taken as UTC.

    Raises InputError outside the years 1957 to 2056.
    """
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise InputError.of(source, key, moment, "a date in the years 1957 to 2056")
    return moment.astimezone(UTC)


def julian_date(start: datetime, time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Julian dates of `time_s` seconds after `start`, as whole days and fractions in [0, 1): the shape of `time_s`."""
    since = start - _J2000
    second = since.seconds + since.microseconds * 1e-6 + np.asarray(time_s, dtype=np.float64)
    whole = np.floor(second / DAY_S)
    return J2000_DAY + since.days + whole, (second - whole * DAY_S) / DAY_S


def days_since_j2000(start: datetime, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days since 2000-01-01 12:00, exact to about 0.1 microseconds within the span."""
    day, fraction = julian_date(start, time_s)
    return (day - J2000_DAY) + fraction


def moment_at(start: datetime, time_s: float) -> datetime:
    """The date and time `time_s` seconds after `start`."""
    return start + timedelta(seconds=float(time_s))
