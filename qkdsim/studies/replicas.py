"""Replicas: the same scenario with other seeds, and what their measures have in common."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qkdsim.errors import InputError, QkdsimError, RunError
from qkdsim.results import FolderSink
from qkdsim.rng import stream
from qkdsim.scenario import NamedScenario, Scenario, build, iter_run, load_named_scenario
from qkdsim.scenario.model import named_scenario
from qkdsim.studies.intervals import with_intervals
from qkdsim.studies.processes import interrupts_held, worker_processes

if TYPE_CHECKING:
    import polars as pl

MOST_REPLICAS = 100_000  # intervals shrink by the root of their number: a thousand are many
MOST_WORKERS = 1_000  # each is a process
_SEEDS = 2**40  # short enough to be typed, many enough never to meet by chance


@dataclass(frozen=True, slots=True)
class Replica:
    """One run of a study: a scenario and what replaces values of its file."""

    named: NamedScenario
    seed: int
    duration_s: float | None = None
    fidelity: str | None = None


@dataclass(frozen=True, slots=True)
class ReplicaStudy:
    """What replicas gave: the seeds, first that of the scenario, and the table of measures with intervals."""

    seeds: tuple[int, ...]
    measures: pl.DataFrame


def replica_seeds(seed: int, count: int) -> tuple[int, ...]:
    """Seeds of `count` replicas: the given one, then draws from it; neither workers nor `count` change any of them."""
    return (seed, *(int(stream(seed, "replica", number).integers(_SEEDS)) for number in range(1, count)))


def replicas(
    scenario: str | Scenario,
    count: int,
    *,
    workers: int = 1,
    seed: int | None = None,
    duration_s: float | None = None,
    fidelity: str | None = None,
    on_done: Callable[[int], None] | None = None,
) -> ReplicaStudy:
    """Run a scenario `count` times with seeds drawn from its own, on `workers` processes, and keep the measures.

    `on_done` is called with the number of replicas that are done. The result does not depend on `workers`. Raises
    InputError when a file or an option is wrong, RunError when a run cannot complete.
    """
    named = load_named_scenario(scenario) if isinstance(scenario, str) else named_scenario(scenario)
    plan = build(named, seed=seed, duration_s=duration_s, fidelity=fidelity)
    check_counts(count, workers)
    seeds = replica_seeds(plan.seed, count)
    frames = []
    with measures_of([Replica(named, one, duration_s, fidelity) for one in seeds], workers) as found:
        for frame in found:
            frames.append(frame)
            if on_done is not None:
                on_done(len(frames))
    return ReplicaStudy(seeds, with_intervals(frames))


def check_counts(count: int, workers: int) -> None:
    """Raise InputError unless there is at least one replica and one worker, and not too many."""
    for name, value, most in (("replicas", count, MOST_REPLICAS), ("workers", workers, MOST_WORKERS)):
        if not 1 <= value <= most:
            raise InputError.of(name, "", value, f"a whole number from 1 to {most:,}")


@contextmanager
def measures_of(runs: Sequence[Replica], workers: int = 1) -> Iterator[Iterator[pl.DataFrame]]:
    """The table of measures of each run, in order. With two workers or more the runs start at once, beside the caller.

    Leaving the context ends what is still running and removes its files.
    """
    if workers == 1 or not runs:
        yield (_measures(run, number) for number, run in enumerate(runs))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qkdsim-", ignore_cleanup_errors=True)))
        executor = stack.enter_context(worker_processes(min(workers, len(runs))))
        with interrupts_held():
            futures = [executor.submit(_measures, _placed(run), number, folder) for number, run in enumerate(runs)]
        yield (_outcome(future) for future in futures)


def _measures(run: Replica, number: int, folder: Path | None = None) -> pl.DataFrame:
    """Run a replica to the end, in a folder that is not kept, and read its measures."""
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qkdsim-")))
        try:
            plan = build(run.named, seed=run.seed, duration_s=run.duration_s, fidelity=run.fidelity)
            sink = stack.enter_context(FolderSink(folder / str(number)))
            steps = iter_run(plan, sink)
            for _ in steps:
                pass
            return steps.result.table("measures")
        except QkdsimError as error:
            raise RunError(f"replica with seed {run.seed}: {error}") from None


def _placed(run: Replica) -> Replica:
    """The run with a path that a process with another working folder finds, too."""
    return replace(run, named=replace(run.named, path=run.named.path.resolve()))


def _outcome(future: Future[pl.DataFrame]) -> pl.DataFrame:
    try:
        return future.result()
    except BrokenProcessPool:
        raise RunError("the process of a replica was ended from outside (is there memory for all workers?)") from None
