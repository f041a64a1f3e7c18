"""The tables of service classes and of outcomes on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qkdsim.plots import bits_text, rate_text
from qkdsim.report.limited import Limited, limited
from qkdsim.report.words import NONE, count, length, missing, number, percent
from qkdsim.results import RunResult

SHOWN_CLASSES = 40
SHOWN_OUTCOMES = 60
ALL = "all requests"

Value = tuple[float | None, float | None, float | None]  # value, and the ends of its interval


def _whole(value: float) -> str:
    return count(round(value))


# measure, heading, how it is written
MEASURES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("requests", "Requests", _whole),
    ("served_ratio", "Served", percent),
    ("blocking_ratio", "Blocked", percent),
    ("throughput_bps", "Throughput", rate_text),
    ("delay_mean_s", "Mean\ndelay", length),
    ("delay_p95_s", "95 %\nwithin", length),
    ("delay_p99_s", "99 %\nwithin", length),
    ("availability", "Available", percent),
    ("restoration_mean_s", "Restored\nafter", length),
    ("consumed_per_delivered", "Key used per\nkey delivered", number),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A measure as it is read; its interval is empty with a single run."""

    value: str
    interval: str = ""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A service class, and its measures in the order of MEASURES."""

    name: str
    words: str
    cells: tuple[Cell, ...]


def class_rows(result: RunResult) -> Limited[ClassRow]:
    """One row per service class, after one for all requests where there are several."""
    measured = _measured(result) or _counted(result)
    services = {one["name"]: _words(one) for one in result.summary["classes"]}
    names = [*([ALL] if len(services) > 1 else []), *services]

    def row(name: str) -> ClassRow:
        values = measured.get(name, {})
        cells = tuple(_cell(values.get(measure, (None, None, None)), text) for measure, _, text in MEASURES)
        return ClassRow(name, services.get(name, ""), cells)

    return limited(names, SHOWN_CLASSES, row)


def replicas(result: RunResult) -> int:
    """How many runs the measures are means of."""
    import polars as pl

    return int(result.lazy("measures").select(pl.col("replicas").max()).collect().item() or 0)


def _words(service: Mapping[str, Any]) -> str:
    words = f"priority {service['priority']}, within {length(service['latency_budget_s'])}"
    return words if service["paths"] < 2 else f"{words}, over {service['paths']} paths"


def _cell(value: Value, text: Callable[[float], str]) -> Cell:
    mean, low, high = value
    if mean is None or missing(mean):
        return Cell(NONE)
    if low is None or high is None or missing(low) or missing(high):
        return Cell(text(mean))
    return Cell(text(mean), f"{text(low)} to {text(high)}")


def _measured(result: RunResult) -> dict[str, dict[str, Value]]:
    """The table of measures: of all requests, and per class."""
    import polars as pl

    table = result.lazy("measures").filter(pl.col("scope").is_in(["all", "class"]))
    found: dict[str, dict[str, Value]] = {}
    for scope, name, measure, *value in (
        table.select("scope", "name", "measure", "value", "low", "high").collect().rows()
    ):
        found.setdefault(ALL if scope == "all" else name, {})[measure] = (value[0], value[1], value[2])
    return found


def _counted(result: RunResult) -> dict[str, dict[str, Value]]:
    """What can be said without that table, from the requests."""
    import polars as pl

    served, delay_s = pl.col("outcome") == "served", pl.col("delay_s")
    bits = pl.col("bits").filter(served).sum()
    measures = [
        pl.len().cast(pl.Float64).alias("requests"),
        served.mean().alias("served_ratio"),
        (pl.col("outcome") == "blocked").mean().alias("blocking_ratio"),
        (bits / result.summary["duration_s"]).alias("throughput_bps"),
        delay_s.mean().alias("delay_mean_s"),
        delay_s.quantile(0.95).alias("delay_p95_s"),
        delay_s.quantile(0.99).alias("delay_p99_s"),
        (pl.col("consumed_bits").sum() / bits).alias("consumed_per_delivered"),
    ]
    requests = result.lazy("requests")
    whole = requests.select(pl.lit(ALL).alias("class"), *measures).collect()
    rows = [*whole.to_dicts(), *requests.group_by("class").agg(measures).collect().to_dicts()]
    return {row.pop("class"): {name: (value, None, None) for name, value in row.items()} for row in rows}


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What became of requests of a class, and why."""

    service: str
    outcome: str
    cause: str
    requests: str
    share: str
    bits: str


def outcome_rows(result: RunResult) -> Limited[OutcomeRow]:
    """One row per class, outcome and cause; the classes in their order, what happened most first."""
    import polars as pl

    found = (
        result.lazy("requests")
        .group_by("class", "outcome", "cause")
        .agg(pl.len().alias("requests"), pl.col("bits").sum())
        .collect(engine="streaming")
        .sort("class", "requests", "outcome", "cause", descending=[False, True, False, False])
        .with_columns((pl.col("requests") / pl.col("requests").sum().over("class")).alias("share"))
    )
    order = {one["name"]: place for place, one in enumerate(result.summary["classes"])}
    rows = sorted(found.rows(), key=lambda row: order.get(row[0], len(order)))
    return limited(
        rows,
        SHOWN_OUTCOMES,
        lambda row: OutcomeRow(row[0], row[1], row[2], count(row[3]), percent(row[5]), bits_text(row[4])),
    )
