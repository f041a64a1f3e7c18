"""Weather from a user's table: observed, forecast, or made up."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from qkdsim.channels.weather.record import Spells, Weather, span, spells_of
from qkdsim.errors import InputError

_HEAD = ["station", "time", "clear"]
_CLEAR = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_weather(path: Path, stations: Iterable[str], start: datetime, duration_s: float) -> Weather:
    """The weather that a CSV file lists: columns station, time (ISO 8601, UTC if it does not say), clear (1 or 0).

    A state holds until the station's next row, the last one to the end. Rows of other stations are passed over.
    Raises InputError for a file that cannot be read, a malformed row, two rows for one moment, and a station
    without a row at or before the start.
    """
    begin, length_s = span(start, duration_s)
    rows = _rows(path)
    spells = {station: _spells(path, station, rows.get(station, {}), begin) for station in stations}
    return Weather(begin, length_s, spells)


def _rows(path: Path) -> dict[str, dict[datetime, bool]]:
    source = str(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError.of(source, "", None, f"a readable text file ({error})") from None
    if not lines or lines[0] != _HEAD:
        raise InputError.of(source, "first row", ",".join(lines[0]) if lines else "nothing", ",".join(_HEAD))
    rows: dict[str, dict[datetime, bool]] = {}
    for number, line in enumerate(lines[1:], 2):
        key = f"row {number}"
        if len(line) != len(_HEAD):
            raise InputError.of(source, key, ",".join(line), "three values")
        station, time, clear = line
        moment = _moment(source, key, time)
        if clear.lower() not in _CLEAR:
            raise InputError.of(source, f"{key}.clear", clear, "1 (clear) or 0 (cloudy)")
        states = rows.setdefault(station, {})
        if moment in states:
            raise InputError.of(source, f"{key}.time", time, f"each moment once for {station}")
        states[moment] = _CLEAR[clear.lower()]
    return rows


def _moment(source: str, key: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError.of(source, f"{key}.time", text, "a date and time such as 2026-01-31T18:00") from None


def _spells(path: Path, station: str, states: dict[datetime, bool], begin: datetime) -> Spells:
    times = sorted(states)
    if not times or times[0] > begin:
        given = times[0].isoformat() if times else None
        expected = f"a row for {station} at or before the start, {begin.isoformat()}"
        raise InputError.of(str(path), "station", given, expected)
    begin_s = np.array([(time - begin).total_seconds() for time in times])
    return spells_of(begin_s, np.array([states[time] for time in times]))
