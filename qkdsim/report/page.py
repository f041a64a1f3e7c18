"""The page: figures, tables and facts put into the template."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qkdsim.plots import relay_load
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report.demand_rows import demand_rows
from qkdsim.report.facts import ReportFacts
from qkdsim.report.fault_rows import fault_rows, incident_rows, message_rows, restoration_rows
from qkdsim.report.figures import TITLES, run_svgs
from qkdsim.report.headlines import headlines
from qkdsim.report.limited import limited
from qkdsim.report.link_rows import link_rows
from qkdsim.report.load_rows import link_load_rows, node_load_rows
from qkdsim.report.migration_rows import migration_table
from qkdsim.report.object_rows import object_rows, operation_rows
from qkdsim.report.pass_rows import pass_rows, passes_left_out, station_rows
from qkdsim.report.service_rows import MEASURES, class_rows, outcome_rows, replicas
from qkdsim.report.session_rows import failure_rows, session_rows
from qkdsim.report.words import flattened
from qkdsim.results import RunResult
from qkdsim.units import format_duration

_SHOWN_ASSUMPTIONS = 100


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
    load = relay_load(result.lazy("relays"), result.lazy("requests"), facts.duration_s)
    return {
        "facts": facts,
        "duration": format_duration(facts.duration_s),
        "start": f"{facts.start:%Y-%m-%d %H:%M} UTC" if facts.start is not None else "",
        "headlines": headlines(result),
        "figures": {name: Markup(svg) for name, svg in svgs.items()},
        "titles": TITLES,
        "links": link_rows(result, axis),
        "demands": demand_rows(result, axis, dict(facts.demand_words)),
        "measures": [heading for _, heading, _ in MEASURES],
        "classes": class_rows(result),
        "replicas": replicas(result),
        "outcomes": outcome_rows(result),
        "busiest": {"links": link_load_rows(result, load), "nodes": node_load_rows(load)},
        "restorations": restoration_rows(result, axis),
        "incidents": incident_rows(result, axis),
        "messages": message_rows(result),
        "assumptions": limited(facts.assumptions, _SHOWN_ASSUMPTIONS, str),
        "passes": pass_rows(result, facts.start),
        "passes_left_out": passes_left_out(result),
        "stations": station_rows(result),
        "sessions": session_rows(result),
        "failures": failure_rows(result),
        "objects": object_rows(result),
        "operations": operation_rows(result, axis),
        "migration": migration_table(result, axis),
        "faults": fault_rows(result, axis),
        "inputs": list(flattened({key: value for key, value in result.manifest.items() if key != "files"})),
    }
