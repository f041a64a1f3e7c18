"""The tables of the page: one dataclass per row, every cell as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from qkdsim.plots import bits_text, rate_text
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.words import NONE, count, missing, moment, number, percent, probability
from qkdsim.results import RunResult

_ROUTES_SHOWN = 3


POOL_EMPTY = "authentication pool empty"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link: what was simulated beside what is published."""

    id: str
    profile: str
    protocol: str
    fidelity: str
    length_km: str
    loss_db: str
    qber: str
    published_qber: str
    rate: str
    published_rate: str
    ratio: str
    secret: str
    blocks: str
    aborted: str
    epsilon: str
    bounds: str
    covered: bool
    coverage: str
    stopped: str


def link_rows(result: RunResult, axis: TimeAxis) -> list[LinkRow]:
    """One row per link of the run."""
    return [_link_row(row, axis) for row in result.table("links").iter_rows(named=True)]


def _link_row(row: Mapping[str, Any], axis: TimeAxis) -> LinkRow:
    published = row["published_secret_key_rate_bps"]
    return LinkRow(
        id=row["id"],
        profile=row["profile"],
        protocol=row["protocol"],
        fidelity=row["fidelity"],
        length_km=number(row["length_km"]),
        loss_db=number(row["loss_db"]),
        qber=percent(row["qber"]),
        published_qber=percent(row["published_qber"]),
        rate=rate_text(row["secret_key_rate_bps"]),
        published_rate=NONE if missing(published) else rate_text(published),
        ratio=number(row["secret_key_rate_bps"] / published) if published else NONE,
        secret=bits_text(row["secret_bits"]),
        blocks=count(row["blocks"]),
        aborted=count(row["aborted_blocks"]),
        # a declared rate states no epsilon: nothing is added up, which is not the same as certainty
        epsilon=NONE if row["fidelity"] == "declared" and not row["epsilon"] else probability(row["epsilon"]),
        bounds=row["bounds"],
        covered=bool(row["covered_by_proof"]),
        coverage=row["coverage"],
        stopped="" if missing(row["stopped_s"]) else f"stopped at {moment(row['stopped_s'], axis)}: {POOL_EMPTY}",
    )


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
    blocked_when: str
    delay: str
    routes: tuple[str, ...]
    epsilon: str
    epsilon_note: str


def demand_rows(result: RunResult, axis: TimeAxis, words: Mapping[str, str]) -> list[DemandRow]:
    """One row per demand of the run."""
    import polars as pl

    requests = result.lazy("requests")
    blocked = pl.col("arrival_s").filter(pl.col("outcome") == "blocked")
    sums = requests.group_by("demand").agg(
        pl.col("epsilon").sum(), blocked.min().alias("first_s"), blocked.max().alias("last_s")
    )
    by_demand = {row["demand"]: row for row in sums.collect().iter_rows(named=True)}
    routes, silent = _routes(result), _silent_demands(result)
    rows = []
    for demand in result.summary["demands"]:
        found = by_demand.get(demand["id"], {})
        delay_s = demand["mean_delay_s"]
        rows.append(
            DemandRow(
                id=demand["id"],
                words=words.get(demand["id"], ""),
                ends=f"{demand['from']} → {demand['to']}",
                requested=bits_text(demand["requested_bits"]),
                served=bits_text(demand["served_bits"]),
                share=percent(demand["served_fraction"]),
                blocked=count(demand["blocked"]),
                blocked_when=_between(found.get("first_s"), found.get("last_s"), axis),
                delay=NONE if missing(delay_s) else f"{number(delay_s * 1e3)} ms",
                routes=tuple(routes.get(demand["id"], ())),
                epsilon=NONE if silent.get(demand["id"]) == "all" else probability(found.get("epsilon")),
                epsilon_note="and hops that state none" if silent.get(demand["id"]) == "some" else "",
            )
        )
    return rows


def _between(first_s: float | None, last_s: float | None, axis: TimeAxis) -> str:
    if first_s is None or last_s is None:
        return ""
    first, last = moment(first_s, axis), moment(last_s, axis)
    return f"at {first}" if first == last else f"between {first} and {last}"


def _routes(result: RunResult) -> dict[str, list[str]]:
    """Per demand, the routes that carried most of its served key, with their shares."""
    import polars as pl

    served = result.lazy("requests").filter(pl.col("outcome") == "served")
    sums = (
        served.group_by("demand", "path")
        .agg(pl.col("bits").sum())
        .sort("demand", "bits", "path", descending=[False, True, False])
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for demand, path, bits in sums.collect().iter_rows():
        found.setdefault(demand, []).append((path, bits))
    return {demand: _shares(routes) for demand, routes in found.items()}


def _silent_demands(result: RunResult) -> dict[str, str]:
    """Demands served over links that state no epsilon: whether `all` their hops were such, or `some`."""
    import polars as pl

    links = result.table("links")
    joined = list(links.select("from", "to", "fidelity").iter_rows())
    declared = {frozenset((start, end)) for start, end, fidelity in joined if fidelity == "declared"}
    served = result.lazy("requests").filter(pl.col("outcome") == "served").select("demand", "path").unique()
    hops: dict[str, set[bool]] = {}
    for demand, path in served.collect().iter_rows():
        silent = {frozenset(pair) in declared for pair in pairwise(path.split(">"))}
        hops.setdefault(demand, set()).update(silent)
    return {demand: "all" if kinds == {True} else "some" for demand, kinds in hops.items() if True in kinds}


def _shares(routes: list[tuple[str, int]]) -> list[str]:
    total = sum(bits for _, bits in routes)
    shown = [f"{path.replace('>', ' → ')}: {percent(bits / total, 1)}" for path, bits in routes[:_ROUTES_SHOWN]]
    rest = routes[_ROUTES_SHOWN:]
    if rest:
        share = percent(sum(bits for _, bits in rest) / total, 1)
        shown.append(f"{len(rest)} other {'route' if len(rest) == 1 else 'routes'}: {share}")
    return shown


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault: what, where, and from when to when."""

    kind: str
    link: str
    start: str
    end: str
    live_again: str


def fault_rows(result: RunResult, axis: TimeAxis) -> list[FaultRow]:
    """One row per fault and link, in order of time."""
    table = result.table("faults").sort("start_s", "target").iter_rows(named=True)
    return [
        FaultRow(
            row["kind"],
            row["target"],
            *(moment(row[column], axis) for column in ("start_s", "end_s", "live_again_s")),
        )
        for row in table
    ]


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure worth a large type: what, how much, and a remark."""

    name: str
    value: str
    remark: str = ""


def headlines(result: RunResult) -> list[Headline]:
    """The run in a few numbers."""
    import polars as pl

    links, demands = result.summary["links"], result.summary["demands"]
    secret = sum(link["secret_bits"] for link in links)
    live = sum(link["secret_bits"] > 0 for link in links)
    found = [Headline("secret key made", bits_text(secret), f"on {live} of {len(links)} links")]
    if demands:
        asked = sum(demand["requested_bits"] for demand in demands)
        served = sum(demand["served_bits"] for demand in demands)
        share = percent(served / asked) if asked else NONE
        found.append(Headline("demand served", share, f"{bits_text(served)} of {bits_text(asked)} asked for"))
        blocked = sum(demand["blocked"] for demand in demands)
        hit = sum(demand["blocked"] > 0 for demand in demands)
        found.append(Headline("requests blocked", count(blocked), f"of {hit} of {len(demands)} demands"))
    passes = result.table("passes")
    if passes.height:
        won = passes.filter(pl.col("secret_bits") > 0)
        remark = f"of {count(passes.height)}; {bits_text(int(won['secret_bits'].sum()))} to ground stations"
        found.append(Headline("satellite passes with key", count(won.height), remark))
    aborted, keyless = (sum(link[name] for link in links) for name in ("aborted_blocks", "keyless_blocks"))
    blocks = sum(link["blocks"] for link in links)
    remark = f"of {count(blocks)}; {count(aborted)} for a QBER above the threshold"
    found.append(Headline("blocks without key", count(keyless), remark))
    stopped = [link["id"] for link in links if link["stopped_s"] is not None]
    if stopped:
        found.append(Headline("links that stopped", count(len(stopped)), f"{POOL_EMPTY}: {', '.join(stopped)}"))
    open_links = sum(not link["covered_by_proof"] for link in links)
    found.append(Headline("links not covered by proof", count(open_links), f"of {len(links)}: see the table of links"))
    return found
