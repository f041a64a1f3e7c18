"""The date on which a scenario starts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from qkdsim.channels.orbit.times import EARLIEST, LATEST


def _no_number(value: Any) -> Any:
    """Seconds since 1970 are not what people write."""
    if isinstance(value, date | str):
        return value
    raise PydanticCustomError("start_type", "a date and time such as 2026-04-01T18:00:00Z")


def _in_utc(value: datetime) -> datetime:
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if not EARLIEST <= moment < LATEST:
        raise PydanticCustomError("start_span", "a date in the years 1957 to 2056")
    return moment.astimezone(UTC)


# One without time zone is taken as UTC; one with another zone becomes the same moment in UTC.
Start = Annotated[datetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]
