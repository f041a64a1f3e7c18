"""The kinds of records: which columns each table has, in which unit, and which values a column may hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

SPACING_S = 900.0  # between readings, at most, unless the record states otherwise


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what stands in it, and between which values; names are texts."""

    name: str
    expected: str = "a number >= 0"
    low: float = 0.0
    high: float = math.inf
    is_whole: bool = False
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class TableKind:
    """The columns of a kind of table, `time_s` first, and the column that tells several series of it apart."""

    columns: tuple[Column, ...]
    series: str | None = None


_TIME = Column("time_s", "a number of seconds", low=-math.inf)
_BITS = "a whole number of bits >= 0"
_COUNT = "a whole number >= 0"
TABLES: Mapping[str, TableKind] = {
    "qber": TableKind(
        (_TIME, Column("qber", "a fraction from 0 to 1", high=1.0), Column("sifted_bits", _BITS, is_whole=True))
    ),
    "key_rate": TableKind((_TIME, Column("secret_key_rate_bps", "a number of bit/s >= 0"))),
    "intensities": TableKind(
        (_TIME, Column("intensity", "the name of an intensity", is_name=True), Column("mean_photon_number")),
        series="intensity",
    ),
    "counts": TableKind(
        (
            _TIME,
            Column("detector", "0 or 1", high=1.0, is_whole=True),
            Column("mean_photon_number"),
            Column("gates", _COUNT, is_whole=True),
            Column("detections", _COUNT, is_whole=True),
        )
    ),
    "temperature": TableKind(
        (_TIME, Column("temperature_c", "a temperature in °C from -100 to 150", low=-100.0, high=150.0)),
    ),
    "key_processing": TableKind(
        (
            _TIME,
            Column("sifted_bits", _BITS, is_whole=True),
            Column("errors", _BITS, is_whole=True),
            Column("disclosed_bits", _BITS, is_whole=True),
            Column("secret_bits", _BITS, is_whole=True),
        )
    ),
}
SAMPLES = ("rng", "raw_noise", "key")
LEAST_SAMPLE_BITS = 1_000_000  # one sequence of SP 800-22, and SP 800-90B, 3.1.1
FOLDERS = ("stage_outputs",)
NO_MORE_THAN = {"counts": ("detections", "gates"), "key_processing": ("errors", "sifted_bits")}
