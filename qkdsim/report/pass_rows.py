"""The tables of satellite passes on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qkdsim.plots import bits_text
from qkdsim.report.words import NONE, count, number, percent
from qkdsim.results import RunResult
from qkdsim.units import format_duration

SHOWN_PASSES = 150  # rows that a reader may scroll through; the table of the run folder has all


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass that gave key."""

    time: str
    satellite: str
    station: str
    highest: str
    usable: str
    loss_db: str
    sifted: str
    qber: str
    expected: str
    secret: str


@dataclass(frozen=True, slots=True)
class StationRow:
    """A ground station: what became of the passes over it."""

    station: str
    passes: str
    usable: str
    taken: str
    with_key: str
    secret: str
    reasons: str


def pass_rows(result: RunResult, start: datetime | None) -> list[PassRow]:
    """The passes that gave key, by time; where they are too many, those that gave most."""
    import polars as pl

    table = result.table("passes").filter(pl.col("secret_bits") > 0)
    most = table.sort("secret_bits", descending=True, maintain_order=True).head(SHOWN_PASSES)
    return [_pass_row(row, start) for row in most.sort("rise_s", maintain_order=True).iter_rows(named=True)]


def passes_left_out(result: RunResult) -> int:
    """How many passes with key `pass_rows` leaves out."""
    with_key = int((result.table("passes")["secret_bits"] > 0).sum())
    return max(0, with_key - SHOWN_PASSES)


def _pass_row(row: Mapping[str, Any], start: datetime | None) -> PassRow:
    return PassRow(
        time=_clock(row["culmination_s"], start),
        satellite=row["satellite"],
        station=f"{row['station']} (uplink)" if row["direction"] == "uplink" else row["station"],
        highest=f"{row['max_elevation_deg']:.1f}°",
        usable=format_duration(round(row["usable_s"])),
        loss_db=number(row["min_loss_db"]),
        sifted=NONE if row["sifted_bits"] is None else bits_text(row["sifted_bits"]),
        qber=percent(row["qber"]),
        expected=bits_text(row["expected_secret_bits"]),
        secret=bits_text(row["secret_bits"]),
    )


def _clock(time_s: float, start: datetime | None) -> str:
    if start is None:
        return f"{time_s:.0f} s"
    return f"{start + timedelta(seconds=time_s):%Y-%m-%d %H:%M}"


def station_rows(result: RunResult) -> list[StationRow]:
    """One row per ground station over which something passed, in order of name."""
    parts = result.table("passes").partition_by("station", as_dict=True, maintain_order=True)
    return [_station_row(str(name), list(part.iter_rows(named=True))) for (name,), part in sorted(parts.items())]


def _station_row(station: str, rows: list[dict[str, Any]]) -> StationRow:
    reasons = Counter(row["reason"] for row in rows if not row["is_taken"])
    return StationRow(
        station=station,
        passes=count(len(rows)),
        usable=count(sum(row["is_usable"] for row in rows)),
        taken=count(sum(row["is_taken"] for row in rows)),
        with_key=count(sum(row["secret_bits"] > 0 for row in rows)),
        secret=bits_text(sum(row["secret_bits"] for row in rows)),
        reasons=", ".join(f"{count(number)} {reason}" for reason, number in reasons.most_common()),
    )
