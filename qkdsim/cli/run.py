"""`qkdsim run`: simulate a scenario, print a summary, write the run folder and its report."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import polars as pl

    from qkdsim.results import FolderSink, RunResult
    from qkdsim.scenario import Plan
    from qkdsim.studies import Replica


def run(
    scenario: Annotated[str, typer.Argument(help="Shipped scenario name, or a path to a TOML file.")],
    seed: Annotated[int | None, typer.Option(help="Seed in place of the scenario's.")] = None,
    duration: Annotated[str | None, typer.Option(help="Simulated time, such as 24h or 90min.")] = None,
    fidelity: Annotated[str | None, typer.Option(help="expected, tallied, sampled or declared.")] = None,
    replicas: Annotated[int, typer.Option(help="Runs with other seeds, for confidence intervals.")] = 1,
    workers: Annotated[int | None, typer.Option(help="Processes for replicas; all cores when left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/<scenario>-<hash> when left out.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Simulate a scenario; prints a summary, writes tables, figures and a report."""
    started_s = time.monotonic()
    from qkdsim.cli.run_summary import class_documents, print_summary
    from qkdsim.cli.values import duration_s
    from qkdsim.results import FolderSink
    from qkdsim.scenario import build, load_named_scenario, run_name

    length_s = duration_s(duration, "--duration")
    named = load_named_scenario(scenario)
    plan = build(named, seed=seed, duration_s=length_s, fidelity=fidelity)
    runs = _runs(plan, replicas, workers)
    target = Path("runs") / run_name(plan) if out is None else out
    with FolderSink(target) as sink:
        result = _simulated(plan, sink, runs, _cores() if workers is None else workers)
    wall_s = time.monotonic() - started_s
    if json_:
        from qkdsim.cli.output import print_json

        measured = {"replicas": replicas, "measures": class_documents(result)}
        print_json({**result.summary, **measured, "wall_s": round(wall_s, 3), "out": str(result.folder)})
    else:
        print_summary(result, wall_s)


def _runs(plan: Plan, replicas: int, workers: int | None) -> list[Replica]:
    """All runs, the plan's own first.

    Raises InputError.
    """
    from qkdsim.errors import InputError
    from qkdsim.studies import Replica, check_counts, replica_seeds

    check_counts(replicas, 1 if workers is None else workers)
    if workers is not None and replicas == 1:
        raise InputError.of("--workers", "", workers, "--replicas beside it: one run takes one process")
    seeds = replica_seeds(plan.seed, replicas)
    return [Replica(plan.scenario, one, plan.duration_s, plan.fidelity) for one in seeds]


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _simulated(plan: Plan, sink: FolderSink, runs: Sequence[Replica], workers: int) -> RunResult:
    """Run the plan and its replicas, add report and figures, and put the folder in place."""
    from qkdsim.cli.progress import ProgressShown
    from qkdsim.scenario import iter_run
    from qkdsim.studies import measures_of

    with ProgressShown(plan.scenario.name) as progress, measures_of(runs[1:], workers) as others:
        steps = iter_run(plan, sink)
        for step in steps:
            progress.show(step.simulated_s / step.duration_s / len(runs), step.note)
        if len(runs) > 1:
            frames = [steps.result.table("measures")]
            for frame in others:
                frames.append(frame)
                progress.show(len(frames) / len(runs), f"{len(frames)} of {len(runs)} replicas")
            _add_intervals(sink, steps.result, frames, runs)
        progress.show(1.0, "drawing the report")
        _write_report(plan, sink, steps.result)
        return sink.commit()


def _add_intervals(
    sink: FolderSink, result: RunResult, frames: Sequence[pl.DataFrame], runs: Sequence[Replica]
) -> None:
    """Put the measures of all replicas in place of those of the first, and their seeds into the manifest."""
    from qkdsim.studies import with_intervals

    sink.replace("measures", with_intervals(frames))
    result.manifest["replica_seeds"] = [run.seed for run in runs]


def _write_report(plan: Plan, sink: FolderSink, result: RunResult) -> None:
    from qkdsim.cli.facts import report_facts
    from qkdsim.report import report_files

    for name, text in report_files(result, report_facts(plan)).items():
        sink.write_text(name, text)
