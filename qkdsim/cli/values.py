"""Values given on the command line."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import Any

from qkdsim import units
from qkdsim.errors import InputError


def duration_s(text: str | None, option: str) -> float | None:
    """Seconds of a duration option, None where it was not given.

    Raises InputError.
    """
    if text is None:
        return None
    try:
        seconds = units.parse_duration_s(text)
    except ValueError:
        seconds = 0.0
    if seconds <= 0.0:
        raise InputError.of(option, "", text, "a duration above 0 such as 24h, 1h30min, 20min or 90s")
    return seconds


def moment(text: str, option: str) -> datetime:
    """The date and time of an option, in UTC; one without time zone is taken as UTC.

    Raises InputError.
    """
    try:
        given = datetime.fromisoformat(text)
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError.of(option, "", text, "a date such as 2026-04-01 or 2026-04-01T18:00") from None


def overrides(settings: list[str] | None) -> dict[str, Any]:
    """`--set key=value` options as a table; values are read as in TOML, else as text.

    Raises InputError if one has no `=`.
    """
    table: dict[str, Any] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise InputError.of("--set", "", setting, "key=value, such as detector.efficiency=0.2")
        try:
            table[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            table[key.strip()] = value
    return table
