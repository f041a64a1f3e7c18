"""Where the weather of a scenario comes from: drawn from climates, a table of the user's, or always clear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from qkdsim import library
from qkdsim.channels.weather import Weather, WeatherTable, clear_fraction, places
from qkdsim.errors import InputError
from qkdsim.scenario.model import NamedScenario
from qkdsim.scenario.user_tables import UserTables

ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # for looking at devices, where the day does not matter


def weather_table(named: NamedScenario, tables: UserTables) -> WeatherTable | None:
    """The table that a scenario names, None where it names none. Raises InputError."""
    name = named.scenario.space.weather_table
    if name is None:
        return None
    return tables.weather(name, named.path, library.display_name(named.path), "space.weather_table")


def tabled_weather(
    named: NamedScenario, tables: UserTables, stations: Sequence[str], duration_s: float
) -> Weather | None:
    """The weather of stations over a run from the scenario's table, None where it names none.

    Raises InputError for a table that cannot be read or does not cover the stations.
    """
    table = weather_table(named, tables)
    return None if table is None else table.over(stations, named.scenario.start or ANY_DAY, duration_s)


def clear_share(climate: str | None, fraction: float | None, source: str, *, is_drawn: bool) -> float | None:
    """The share of clear sky of a place, by the name of a shipped one or as a number; None where none is drawn.

    Raises InputError for a place that is not shipped, and for no share where weather is drawn.
    """
    if climate is not None and climate not in places():
        raise InputError.of(source, "climate", climate, f"one of {', '.join(places())}, or a clear_fraction")
    if not is_drawn:
        return None
    share = clear_fraction(climate) if climate else fraction
    if share is None:
        words = "missing, expected it (or a climate, under clouds), or weather = 'clear' or 'table'"
        raise InputError.of(source, "clear_fraction", None, words)
    return float(share)
