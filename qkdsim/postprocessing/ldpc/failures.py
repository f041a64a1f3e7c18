"""The failure table: what the shipped codes reach, and with how long a first syndrome. `measure` makes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

FAILURES_FILE = "failures.json"


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Frames of 1e5 bits at one QBER, planned for just that QBER.

    first_efficiency  first syndrome over n h(QBER)
    first_failures    frames whose first decoding failed; final_failures: those that all disclosure did not save
    mean_efficiency   all bits disclosed, failed frames' included, over n h(QBER)
    """

    qber: float
    first_efficiency: float
    frames: int
    first_failures: int
    final_failures: int
    undetected: int
    mean_efficiency: float
    mean_rounds: float


@cache
def failure_table() -> tuple[FailureRow, ...]:
    """All rows, QBER ascending."""
    document = json.loads((files(__package__) / FAILURES_FILE).read_text(encoding="utf-8"))
    return tuple(FailureRow(**row) for row in document["rows"])


def planned_efficiency(qber: float) -> float:
    """First syndrome over n h(QBER), between the rows in proportion to log QBER, beyond them as at the ends."""
    rows = failure_table()
    return float(np.interp(np.log(qber), np.log([row.qber for row in rows]), [row.first_efficiency for row in rows]))
