"""The figures of a run, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator

from qkdsim.links.satellites import PassRecord
from qkdsim.plots import (
    Figure,
    demands_figure,
    fault_spans,
    ground_tracks_figure,
    link_rates_figure,
    map_links,
    network_figure,
    pass_profile_figure,
    pass_timetable_figure,
    stores_figure,
    to_svg,
)
from qkdsim.report.facts import ReportFacts
from qkdsim.results import RunResult

TITLES = {
    "network": "Map of the network, links coloured by their secret key rate",
    "stores": "Key in the store of every link over time",
    "rates": "Secret key rate of every link over time",
    "demands": "Served and blocked demand over time",
    "passes": "Satellite passes over time, with night and clouds over every ground station",
    "tracks": "Ground tracks of the satellites on a map, with the ground stations",
    "pass": "Elevation and loss along one pass",
}


def run_figures(result: RunResult, facts: ReportFacts) -> dict[str, Figure]:
    """Name to figure; without demands or satellite passes there are no figures of them."""
    links = result.table("links")
    names = links["id"].to_list()
    faults = fault_spans(result.table("faults"))
    demands = [str(demand["id"]) for demand in result.summary["demands"]]
    when = (facts.duration_s, faults, facts.start)
    figures = {
        "network": network_figure(facts.nodes, map_links(links), "Secret key rate, mean over the run"),
        "stores": stores_figure(result.lazy("stores"), names, *when),
        "rates": link_rates_figure(result.lazy("blocks"), names, *when),
    }
    if demands:
        figures["demands"] = demands_figure(result.lazy("requests"), demands, *when)
    return {**figures, **dict(_pass_figures(result, facts))}


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
