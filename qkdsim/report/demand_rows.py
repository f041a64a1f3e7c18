"""The table of demands on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qkdsim.plots import bits_text
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.limited import Limited, chosen
from qkdsim.report.words import NONE, count, length, moment, percent, probability
from qkdsim.results import RunResult

SHOWN_DEMANDS = 40
_ROUTES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A demand: what it asked for and what it got, when it was blocked, and on which routes it was served."""

    id: str
    words: str
    ends: str
    requested: str
    served: str
    share: str
    blocked: str
    lost: str
    blocked_when: str
    delay: str
    routes: tuple[str, ...]
    epsilon: str
    epsilon_note: str


def demand_rows(result: RunResult, axis: TimeAxis, words: Mapping[str, str]) -> Limited[DemandRow]:
    """One row per demand of the run; where they are too many, those of which the smallest share was served."""
    demands = result.summary["demands"]
    shown = chosen(demands, SHOWN_DEMANDS, lambda demand: _share(demand["served_fraction"]))
    names = [demand["id"] for demand in shown]
    sums, routes, silent = _sums(result, names), _routes(result, names), _silent_demands(result, names)
    rows = [
        _demand_row(
            *(demand, words.get(demand["id"], ""), sums.get(demand["id"], {})),
            *(routes.get(demand["id"], ()), silent.get(demand["id"], ""), axis),
        )
        for demand in shown
    ]
    return Limited(tuple(rows), len(demands) - len(shown))


def _share(served_fraction: float | None) -> float:
    return 2.0 if served_fraction is None else served_fraction


def _demand_row(
    demand: Mapping[str, Any],
    words: str,
    sums: Mapping[str, Any],
    routes: Sequence[str],
    silent: str,
    axis: TimeAxis,
) -> DemandRow:
    delay_s = demand["mean_delay_s"]
    single = demand["from"] is not None
    return DemandRow(
        id=demand["id"],
        words=words,
        ends=f"{demand['from']} → {demand['to']}" if single else f"{count(demand['pairs'])} pairs",
        requested=bits_text(demand["requested_bits"]),
        served=bits_text(demand["served_bits"]),
        share=percent(demand["served_fraction"]),
        blocked=count(demand["blocked"]),
        lost=count(demand["lost"]),
        blocked_when=_between(sums.get("first_s"), sums.get("last_s"), axis),
        delay=length(delay_s),
        routes=tuple(routes),
        epsilon=NONE if silent == "all" else probability(sums.get("epsilon")),
        epsilon_note="and hops that state none" if silent == "some" else "",
    )


def _sums(result: RunResult, demands: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Per demand, the sum of epsilon and when the first and the last request were blocked."""
    import polars as pl

    blocked = pl.col("arrival_s").filter(pl.col("outcome") == "blocked")
    sums = (
        result.lazy("requests")
        .filter(pl.col("demand").is_in(demands))
        .group_by("demand")
        .agg(pl.col("epsilon").sum(), blocked.min().alias("first_s"), blocked.max().alias("last_s"))
    )
    return {row["demand"]: row for row in sums.collect(engine="streaming").iter_rows(named=True)}


def _between(first_s: float | None, last_s: float | None, axis: TimeAxis) -> str:
    if first_s is None or last_s is None:
        return ""
    first, last = moment(first_s, axis), moment(last_s, axis)
    return f"at {first}" if first == last else f"between {first} and {last}"


def _routes(result: RunResult, demands: Sequence[str]) -> dict[str, list[str]]:
    """Per demand, the routes that carried most of its served key, with their shares; of many pairs their number."""
    import polars as pl

    served_bits = pl.col("bits")
    found = (
        result.lazy("requests")
        .filter((pl.col("outcome") == "served") & pl.col("demand").is_in(demands))
        .group_by("demand", "path")
        .agg(served_bits.sum())
        .collect(engine="streaming")
        .sort("demand", "bits", "path", descending=[False, True, False])
        .group_by("demand", maintain_order=True)
        .agg(
            *(pl.col("path").head(_ROUTES_SHOWN), served_bits.head(_ROUTES_SHOWN)),
            *(served_bits.sum().alias("all"), pl.len()),
        )
    )
    single = {one["id"] for one in result.summary["demands"] if one["pairs"] == 1}
    return {
        demand: _shares(paths, bits, total, routes) if demand in single else [f"{count(routes)} routes"]
        for demand, paths, bits, total, routes in found.iter_rows()
    }


def _shares(paths: Sequence[str], bits: Sequence[int], total: int, routes: int) -> list[str]:
    shown = [f"{_arrows(path)}: {percent(one / total, 1)}" for path, one in zip(paths, bits, strict=True)]
    if rest := routes - len(paths):
        share = percent((total - sum(bits)) / total, 1)
        shown.append(f"{count(rest)} other {'route' if rest == 1 else 'routes'}: {share}")
    return shown


def _arrows(path: str) -> str:
    return path.replace(">", " → ").replace("|", " and ")


def _silent_demands(result: RunResult, demands: Sequence[str]) -> dict[str, str]:
    """Demands served over links that state no epsilon: whether `all` their hops were such, or `some`."""
    import polars as pl

    links = result.lazy("links").filter(pl.col("fidelity") == "declared").select("from", "to").collect()
    declared = {frozenset(ends) for ends in links.iter_rows()}
    if not declared:
        return {}
    hops = (
        result.lazy("requests")
        .filter((pl.col("outcome") == "served") & pl.col("demand").is_in(demands))
        .select("demand", pl.col("path"))
        .unique()
        .with_columns(pl.col("path").str.split("|"))
        .explode("path")
        .with_columns(pl.col("path").str.split(">"))
        .with_row_index("route")
        .explode("path")
        .with_columns(pl.col("path").shift(-1).over("route").alias("next"))
        .drop_nulls("next")
        .select("demand", "path", "next")
        .unique()
        .collect()
    )
    kinds: dict[str, set[bool]] = {}
    for demand, start, end in hops.iter_rows():
        kinds.setdefault(demand, set()).add(frozenset((start, end)) in declared)
    return {demand: "all" if found == {True} else "some" for demand, found in kinds.items() if True in found}
