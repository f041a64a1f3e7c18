"""Weather from a user's table: observed, forecast, or made up."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from qkdsim.channels.weather.record import Spells, Weather, span, spells_of
from qkdsim.errors import InputError

_HEAD = ["station", "time", "clear"]
_CLEAR = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True, eq=False)
class WeatherTable:
    """The skies that a CSV file lists: columns station, time (ISO 8601, UTC if it does not say), clear (1 or 0).

    A state holds until the station's next row, the last one to the end.
    """

    source: str
    rows: Mapping[str, Mapping[datetime, bool]] = field(repr=False)

    @classmethod
    def read(cls, path: Path, source: str | None = None) -> WeatherTable:
        """Read a file, which messages call `source`.

        Raises InputError for a file that cannot be read, a malformed row, and two rows for one moment.
        """
        name = source or str(path)
        return cls(name, _rows(path, name))

    def over(self, stations: Iterable[str], start: datetime, duration_s: float) -> Weather:
        """The weather of stations over a time; rows of others are passed over.

        Raises InputError for a station without a row at or before the start, and a span that is none.
        """
        begin, length_s = span(start, duration_s)
        spells = {station: _spells(self.source, station, self.rows.get(station, {}), begin) for station in stations}
        return Weather(begin, length_s, spells)


def read_weather(path: Path, stations: Iterable[str], start: datetime, duration_s: float) -> Weather:
    """The weather of stations from a CSV file; see `WeatherTable`. Raises InputError as its two methods do."""
    return WeatherTable.read(path).over(stations, start, duration_s)


def _rows(path: Path, source: str) -> dict[str, dict[datetime, bool]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file)
            lines = [(table.line_num, [cell.strip() for cell in row]) for row in table if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError.of(source, "", None, f"cannot be read, expected a text file in UTF-8 ({error})") from None
    first = lines[0][1] if lines else []
    if first != _HEAD:
        raise InputError.of(source, "first row", ",".join(first) if lines else "nothing", ",".join(_HEAD))
    rows: dict[str, dict[datetime, bool]] = {}
    for number, line in lines[1:]:  # rows go by their line in the file, where an editor finds them
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


def _spells(source: str, station: str, states: Mapping[datetime, bool], begin: datetime) -> Spells:
    times = sorted(states)
    if not times or times[0] > begin:
        expected = f"expected a row for {station} at or before the start, {begin.isoformat()}"
        given = f"the first one is at {times[0].isoformat()}" if times else "missing"
        raise InputError.of(source, "station", None, f"{given}, {expected}")
    begin_s = np.array([(time - begin).total_seconds() for time in times])
    return spells_of(begin_s, np.array([states[time] for time in times]))
