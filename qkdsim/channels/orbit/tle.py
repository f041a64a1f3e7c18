"""Two-line element sets: read strictly, column by column."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from qkdsim.channels.orbit.elements import MeanElements
from qkdsim.errors import InputError

_LENGTH = 69
_OF_NUMBERS = frozenset("0123456789.+- ")  # no letters: a stray E would make an exponent of the digits after it


def read_tle(line_1: str, line_2: str, *, source: str = "tle") -> MeanElements:
    """Elements of a two-line set, drag term included (format: D. Vallado et al., AIAA 2006-6753, appendix B).

    Raises InputError for a wrong length, line number, checksum, satellite number or field, and for an orbit that
    MeanElements refuses.
    """
    line_1, line_2 = (_checked(line.rstrip(), number, source) for number, line in ((1, line_1), (2, line_2)))
    if line_1[2:7] != line_2[2:7]:
        raise InputError.of(source, "line 2", line_2[2:7], f"the satellite number of line 1, {line_1[2:7]}")
    return MeanElements(
        epoch=_epoch(line_1[18:32], source),
        bstar_per_earth_radius=_exponential(line_1[53:61], source),
        inclination_deg=_number(line_2[8:16], "line 2: inclination", source),
        raan_deg=_number(line_2[17:25], "line 2: right ascension of the node", source),
        eccentricity=_number(f"0.{line_2[26:33].strip()}", "line 2: eccentricity", source),
        argument_of_perigee_deg=_number(line_2[34:42], "line 2: argument of perigee", source),
        mean_anomaly_deg=_number(line_2[43:51], "line 2: mean anomaly", source),
        mean_motion_rev_per_day=_number(line_2[52:63], "line 2: mean motion", source),
        source=source,
    )


def _checked(line: str, number: int, source: str) -> str:
    """The line, if it has its length, number and checksum."""
    key = f"line {number}"
    if len(line) != _LENGTH or not line.isascii():
        raise InputError.of(source, key, f"{len(line)} characters", f"{_LENGTH} plain characters")
    if not line.startswith(f"{number} "):
        raise InputError.of(source, key, line[:2], f"a line that starts with '{number} '")
    # digits count as themselves, a minus as 1, everything else as nothing
    total = sum(int(sign) if sign.isdigit() else sign == "-" for sign in line[:-1])
    if line[-1] != str(total % 10):
        raise InputError.of(source, key, f"checksum {line[-1]}", f"checksum {total % 10}, from the other columns")
    return line


def _number(text: str, key: str, source: str) -> float:
    return _value(text, text, key, source)


def _value(columns: str, text: str, key: str, source: str) -> float:
    """What a text says that was made of these columns."""
    try:
        value = float(text) if _OF_NUMBERS.issuperset(columns) else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError.of(source, key, columns.strip(), "a number")
    return value


def _exponential(text: str, source: str) -> float:
    """A field such as ` 28098-4`, which stands for 0.28098e-4."""
    sign = "-" if text[0] == "-" else ""
    return _value(text, f"{sign}0.{text[1:6].strip()}e{text[6:8].strip()}", "line 1: drag term", source)


def _epoch(text: str, source: str) -> datetime:
    """Two digits of the year, then day of the year with its fraction; 1 is the midnight that begins 1 January."""
    year = _number(text[:2], "line 1: epoch", source)
    day = _number(text[2:], "line 1: epoch", source)
    if not 1.0 <= day < 367.0:
        raise InputError.of(source, "line 1: epoch", text, "a day of the year from 1 to 366")
    century = 1900 if year >= 57 else 2000
    return datetime(century + int(year), 1, 1, tzinfo=UTC) + timedelta(days=day - 1.0)
