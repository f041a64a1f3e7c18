"""Small rows of every table, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkdsim.results import TABLES

SUMMARY = {"format": "run/1", "scenario": "test", "seed": 1, "links": [], "demands": []}


def rows(table: str, count: int, first: int = 0) -> dict[str, Any]:
    """Rows `first` ... `first + count - 1` of an endless made-up table; text as lists, numbers as arrays."""
    number = np.arange(first, first + count)
    made: dict[str, Any] = {}
    for column in TABLES[table]:
        if column.dtype == "str":
            made[column.name] = [f"{column.name}-{one % 7}" for one in number]
        elif column.dtype == "bool":
            made[column.name] = [bool(one % 2) for one in number]
        elif column.dtype == "i64":
            made[column.name] = number
        else:
            made[column.name] = np.sqrt(number + 0.5)
    return made
