"""A length of time as people write it in a file: `24h`, `1h30min`, `90s`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from qkdsim import units


def _seconds(value: object) -> float:
    try:
        if isinstance(value, str):
            return units.parse_duration_s(value)
    except ValueError:
        pass
    raise PydanticCustomError("duration", "a duration such as '24h', '1h30min', '20min' or '90s'")


Duration = Annotated[
    float, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "examples": ["24h", "1h30min", "90s"]})
]
LONGEST_RUN = "100a"
LONGEST_RUN_S = units.parse_duration_s(LONGEST_RUN)  # times keep their microseconds; no network is older
