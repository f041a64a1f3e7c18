"""The page: figures, tables and facts put into the template."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.facts import ReportFacts
from qkdsim.report.figures import TITLES, run_svgs
from qkdsim.report.pass_rows import pass_rows, passes_left_out, station_rows
from qkdsim.report.rows import demand_rows, fault_rows, headlines, link_rows
from qkdsim.report.words import flattened
from qkdsim.results import RunResult
from qkdsim.units import format_duration


def write_report(result: RunResult, facts: ReportFacts) -> str:
    """The report of a run as one self-contained HTML page: no scripts, nothing fetched."""
    return _page(result, facts, run_svgs(result, facts))


def report_files(result: RunResult, facts: ReportFacts) -> dict[str, str]:
    """The report and its figures as the files of a run folder: name to text."""
    svgs = run_svgs(result, facts)
    return {"report.html": _page(result, facts, svgs), **{f"figures/{name}.svg": svg for name, svg in svgs.items()}}


def _page(result: RunResult, facts: ReportFacts, svgs: dict[str, str]) -> str:
    # everything is escaped but our own figures, which matplotlib has escaped
    loader = PackageLoader("qkdsim.report", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(_content(result, facts, svgs))


def _content(result: RunResult, facts: ReportFacts, svgs: dict[str, str]) -> dict[str, Any]:
    axis = TimeAxis.of(facts.duration_s, facts.start)
    return {
        "facts": facts,
        "duration": format_duration(facts.duration_s),
        "start": f"{facts.start:%Y-%m-%d %H:%M} UTC" if facts.start is not None else "",
        "headlines": headlines(result),
        "figures": {name: Markup(svg) for name, svg in svgs.items()},
        "titles": TITLES,
        "links": link_rows(result, axis),
        "demands": demand_rows(result, axis, dict(facts.demand_words)),
        "passes": pass_rows(result, facts.start),
        "passes_left_out": passes_left_out(result),
        "stations": station_rows(result),
        "faults": fault_rows(result, axis),
        "inputs": list(flattened({key: value for key, value in result.manifest.items() if key != "files"})),
    }
