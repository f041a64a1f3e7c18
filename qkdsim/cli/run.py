"""`qkdsim run`: simulate a scenario, print a summary, write the run folder and its report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qkdsim.results import FolderSink, RunResult
    from qkdsim.scenario import Plan


def run(
    scenario: Annotated[str, typer.Argument(help="Shipped scenario name, or a path to a TOML file.")],
    seed: Annotated[int | None, typer.Option(help="Seed in place of the scenario's.")] = None,
    duration: Annotated[str | None, typer.Option(help="Simulated time, such as 24h or 90min.")] = None,
    fidelity: Annotated[str | None, typer.Option(help="expected, tallied, sampled or declared.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/<scenario>-<hash> when left out.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Simulate a scenario; prints a summary, writes tables, figures and a report."""
    started_s = time.monotonic()
    from qkdsim.cli.values import duration_s
    from qkdsim.results import FolderSink
    from qkdsim.scenario import build, load_named_scenario, run_name

    plan = build(
        load_named_scenario(scenario), seed=seed, duration_s=duration_s(duration, "--duration"), fidelity=fidelity
    )
    target = Path("runs") / run_name(plan) if out is None else out
    with FolderSink(target) as sink:
        result = _simulated(plan, sink)
    wall_s = time.monotonic() - started_s
    if json_:
        from qkdsim.cli.output import print_json

        print_json({**result.summary, "wall_s": round(wall_s, 3), "out": str(result.folder)})
    else:
        _print_summary(result, wall_s)


def _simulated(plan: Plan, sink: FolderSink) -> RunResult:
    """Run the plan, add report and figures, and put the folder in place."""
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.scenario import iter_run

    with ProgressShown(plan.scenario.name) as progress:
        steps = iter_run(plan, sink)
        for step in steps:
            progress.show(step.simulated_s / step.duration_s, step.note)
        progress.show(1.0, "drawing the report")
        _write_report(plan, sink, steps.result)
        return sink.commit()


def _write_report(plan: Plan, sink: FolderSink, result: RunResult) -> None:
    from qkdsim.cli.facts import report_facts
    from qkdsim.report import report_files

    for name, text in report_files(result, report_facts(plan)).items():
        sink.write_text(name, text)


def _print_summary(result: RunResult, wall_s: float) -> None:
    from qkdsim.cli.output import number, percent, print_table
    from qkdsim.plots.quantities import bits_text, rate_text
    from qkdsim.units import format_duration

    summary = result.summary
    print_table(
        f"{summary['scenario']}: {format_duration(summary['duration_s'])}, seed {summary['seed']}",
        ["link", "profile", "loss dB", "QBER", "secret key rate", "blocks", "no key", "proof"],
        [_link_row(link, rate_text, number, percent) for link in summary["links"]],
        numeric=(2, 3, 4, 5, 6),
    )
    if summary["demands"]:
        print_table(
            "demands",
            ["demand", "from", "to", "asked", "served", "share", "blocked", "mean delay"],
            [
                [
                    demand["id"],
                    demand["from"],
                    demand["to"],
                    bits_text(demand["requested_bits"]),
                    bits_text(demand["served_bits"]),
                    percent(demand["served_fraction"]),
                    str(demand["blocked"]),
                    "–" if demand["mean_delay_s"] is None else f"{demand['mean_delay_s']:.4g} s",
                ]
                for demand in summary["demands"]
            ],
            numeric=(3, 4, 5, 6, 7),
        )
    typer.echo(f"report: {Path(str(result.folder)) / 'report.html'}  ({wall_s:.1f} s)")


def _link_row(link: dict[str, Any], rate_text: Any, number: Any, percent: Any) -> list[str]:
    return [
        link["id"],
        link["profile"],
        number(link["loss_db"]),
        percent(link["qber"]),
        rate_text(link["secret_key_rate_bps"]),
        str(link["blocks"]),
        str(link["keyless_blocks"]),
        _remark(link),
    ]


def _remark(link: dict[str, Any]) -> str:
    from qkdsim.units import format_duration

    proof = "covered" if link["covered_by_proof"] else "not covered"
    if link["stopped_s"] is None:
        return proof
    return f"{proof}; stopped after {format_duration(link['stopped_s'])}: authentication pool empty"
