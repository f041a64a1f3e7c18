"""The figures of a run, in the order of the page."""

from __future__ import annotations

from qkdsim.plots import (
    Figure,
    demands_figure,
    fault_spans,
    link_rates_figure,
    map_links,
    network_figure,
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
}


def run_figures(result: RunResult, facts: ReportFacts) -> dict[str, Figure]:
    """Name to figure; without demands there is no figure of them."""
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
    return figures


def run_svgs(result: RunResult, facts: ReportFacts) -> dict[str, str]:
    """The same figures as SVG, with titles for screen readers, fit to stand on one page together."""
    return {name: to_svg(figure, TITLES[name], name) for name, figure in run_figures(result, facts).items()}
