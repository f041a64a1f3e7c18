"""The figures of a run, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from qkdsim.exposure import exposure_matrix
from qkdsim.links.satellites import PassRecord
from qkdsim.plots import (
    FaultSpan,
    Figure,
    demands_figure,
    exposure_matrix_figure,
    fault_spans,
    ground_tracks_figure,
    handshakes_figure,
    link_rates_figure,
    load_figure,
    map_links,
    migration_figure,
    network_figure,
    objects_figure,
    outcomes_figure,
    pass_profile_figure,
    pass_timetable_figure,
    plan_spans,
    relay_load,
    restoration_figure,
    served_figure,
    sessions_figure,
    stores_figure,
    to_svg,
)
from qkdsim.report.facts import ReportFacts
from qkdsim.results import RunResult

if TYPE_CHECKING:
    import polars as pl

TITLES = {
    "network": "Map of the network, links coloured by their secret key rate",
    "stores": "Key in the store of every link over time",
    "rates": "Secret key rate of every link over time",
    "demands": "Served and blocked demand over time",
    "outcomes": "Share of requests served, blocked by cause and lost, per service class over time",
    "served": "Share of the key asked for that was served, per pair of nodes",
    "load": "Map of the key that links and nodes relay",
    "restoration": "Share of requests served before, during and after each fault",
    "passes": "Satellite passes over time, with night and clouds over every ground station",
    "tracks": "Ground tracks of the satellites on a map, with the ground stations",
    "sessions": "What the secrecy of sessions rests on, per plan over time",
    "handshakes": "Delay and bytes of handshakes per plan",
    "exposure": "Share of bytes exposed, per policy and object, for failures alone and together",
    "objects": "Operations on stored objects over time, and when their holders were lost",
    "migration": "Stages of a migration, its cost, and bytes that a quantum computer would read, over time",
    "pass": "Elevation and loss along one pass",
}


def run_figures(result: RunResult, facts: ReportFacts) -> dict[str, Figure]:
    """Name to figure; there are none of what the run did not have: demands, sessions, objects, passes ..."""
    links = result.table("links")
    names = links["id"].to_list()
    faults = fault_spans(result.table("faults"))
    when = (facts.duration_s, faults, facts.start)
    figures = {
        "network": network_figure(facts.nodes, map_links(links), "Secret key rate, mean over the run"),
        "stores": stores_figure(result.lazy("stores"), names, *when),
        "rates": link_rates_figure(result.lazy("blocks"), names, *when),
    }
    return {
        **figures,
        **dict(_demand_figures(result, facts, faults)),
        **dict(_session_figures(result, facts, faults)),
        **dict(_pass_figures(result, facts)),
    }


def _demand_figures(result: RunResult, facts: ReportFacts, faults: Sequence[FaultSpan]) -> Iterator[tuple[str, Figure]]:
    demands = [str(demand["id"]) for demand in result.summary["demands"]]
    requests, when = result.lazy("requests"), (facts.duration_s, faults, facts.start)
    if demands:  # sessions and stored objects ask for key, too
        classes = [str(one["name"]) for one in result.summary["classes"]]
        yield "demands", demands_figure(requests, demands, *when)
        yield "outcomes", outcomes_figure(requests, classes, *when)
        yield "served", served_figure(requests, facts.nodes)
    load = relay_load(result.lazy("relays"), requests, facts.duration_s)
    if load.link_bps:
        yield "load", load_figure(facts.nodes, map_links(result.table("links")), load)
    if _any(result.lazy("restorations"), "outages"):
        yield "restoration", restoration_figure(result.lazy("restorations"), requests, faults, *when[::2])


def _session_figures(
    result: RunResult, facts: ReportFacts, faults: Sequence[FaultSpan]
) -> Iterator[tuple[str, Figure]]:
    plans, sessions = plan_spans(result.summary), result.lazy("sessions")
    when = (facts.duration_s, faults, facts.start)
    if plans:
        yield "sessions", sessions_figure(sessions, plans, *when)
        yield "handshakes", handshakes_figure(sessions, plans)
    if result.summary.get("objects"):
        yield "objects", objects_figure(result.lazy("objects"), *when)
    if plans or result.summary.get("objects"):
        yield "exposure", exposure_matrix_figure(exposure_matrix(result))
    if result.table("migration").height:
        yield "migration", migration_figure(result.lazy("migration"), *when)


def _any(table: pl.LazyFrame, column: str) -> bool:
    """Whether a column of counts holds more than zero anywhere."""
    largest = table.select(column).max().collect().item()
    return bool(largest)


def _pass_figures(result: RunResult, facts: ReportFacts) -> Iterator[tuple[str, Figure]]:
    passes = [PassRecord(**row) for row in result.table("passes").iter_rows(named=True)]
    if not passes or facts.sky is None:
        return
    sky = facts.sky
    yield "passes", pass_timetable_figure(passes, sky.stations, sky.start, sky.duration_s)
    yield "tracks", ground_tracks_figure(sky.tracks, sky.stations)
    if sky.best is not None:
        yield "pass", pass_profile_figure(sky.best)


def run_svgs(result: RunResult, facts: ReportFacts) -> dict[str, str]:
    """The same figures as SVG, with titles for screen readers, fit to stand on one page together."""
    return {name: to_svg(figure, TITLES[name], name) for name, figure in run_figures(result, facts).items()}
