"""Running a plan: links, stores, demands and faults over simulated time."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from qkdsim.apps import OperationRecord, RunningDemand, start_demand, start_objects
from qkdsim.errors import RunError
from qkdsim.measures import measure_tables
from qkdsim.network import Deposits, KeyNetwork, LevelReader
from qkdsim.network.costs import RoutePolicy
from qkdsim.results import FolderSink, MemorySink, RunResult, RunSink
from qkdsim.scenario.build import build
from qkdsim.scenario.migration_rows import migration_columns
from qkdsim.scenario.model import Scenario, load_named_scenario, named_scenario
from qkdsim.scenario.network_plan import key_network
from qkdsim.scenario.object_rows import ObjectRecorder, object_summary
from qkdsim.scenario.plan import Plan, run_name
from qkdsim.scenario.record import Recorder
from qkdsim.scenario.session_rows import session_figures
from qkdsim.scenario.summary import (
    announcement_rows,
    columns,
    fault_rows,
    link_rows,
    manifest,
    message_rows,
    node_rows,
    pass_rows,
    summary,
)

if TYPE_CHECKING:
    from qkdsim.sessions import RunningSessions, SessionTotals

_STEPS = 200  # progress records of a run


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: simulated and real seconds, and a few words."""

    simulated_s: float
    duration_s: float
    wall_s: float
    note: str


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for reference cycles meanwhile: a step makes none, and looking for them takes a tenth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class RunSteps(Iterator[Progress]):
    """A run under way: iterate to let it go on; `result` is there when the iteration has ended."""

    def __init__(self, plan: Plan, sink: RunSink) -> None:
        """Prepare; nothing is simulated before the first step."""
        self._result: RunResult | None = None
        self._steps = self._simulate(plan, sink)

    def __next__(self) -> Progress:
        with _collector_paused():
            return next(self._steps)

    @property
    def result(self) -> RunResult:
        """What the run gave. Raises RunError while it is not finished."""
        if self._result is None:
            raise RunError("the run has not come to its end")
        return self._result

    def _simulate(self, plan: Plan, sink: RunSink) -> Iterator[Progress]:
        start = perf_counter()
        recorder = Recorder(plan, sink)
        network = key_network(plan, recorder.requests, recorder.incident)
        yield Progress(0.0, plan.duration_s, perf_counter() - start, "drawing key blocks")
        deposits = [
            Deposits(network, index, link.qkd.blocks(plan.duration_s, plan.seed, link.disruptions), recorder.blocks)
            for index, link in enumerate(plan.links)
        ]
        LevelReader(network, plan.grid_s, plan.duration_s, recorder.levels)
        demands = [start_demand(demand, network, plan.seed) for demand in plan.demands]
        sessions = _sessions(plan, network, recorder)
        stored = ObjectRecorder(sink)
        objects = start_objects(plan.objects, network, plan.seed, stored.log)
        for step in range(1, _STEPS + 1):
            now_s = plan.duration_s * step / _STEPS
            network.agenda.run_to(now_s)
            yield Progress(now_s, plan.duration_s, perf_counter() - start, _note(demands))
        if sessions is not None:
            sessions.close()
        network.close()
        for kept in objects:
            kept.close()
        stored.close()
        for one in deposits:
            one.drain()
        recorder.close()
        totals = {} if sessions is None else sessions.totals
        self._result = _finish(plan, sink, recorder, network, demands, stored.log.records, totals)


def _sessions(plan: Plan, network: KeyNetwork, recorder: Recorder) -> RunningSessions | None:
    """The sessions of a run; the cryptography behind them is loaded only where there are any."""
    if not plan.sessions:
        return None
    from qkdsim.sessions import RunningSessions, SessionLog

    log = SessionLog(recorder.sessions, recorder.session_pads)
    return RunningSessions(plan.sessions, network, plan.seed, plan.outages, log)


def _note(demands: Sequence[RunningDemand]) -> str:
    served = sum(demand.served for demand in demands)
    blocked = sum(demand.blocked for demand in demands)
    return f"{served:,} requests served, {blocked:,} blocked"


def _finish(
    plan: Plan,
    sink: RunSink,
    recorder: Recorder,
    network: KeyNetwork,
    demands: Sequence[RunningDemand],
    operations: Sequence[OperationRecord],
    sessions: Mapping[str, SessionTotals],
) -> RunResult:
    rows = link_rows(plan, recorder.totals, [link.store for link in network.links])
    for table, content in (
        ("links", rows),
        ("faults", fault_rows(plan, recorder.totals)),
        ("nodes", node_rows(plan)),
        ("passes", pass_rows(plan)),
        ("announcements", announcement_rows(plan)),
        ("messages", message_rows(network.messages)),
    ):
        if content:
            sink.append(table, columns(content))
    asked = [(demand.service.name, *pair) for demand in plan.demands for pair in demand.pairs]
    asked += [(one.service.name, *ends) for one in plan.sessions for ends in one.pairs_with_qkd()]
    for table, measured in measure_tables(sink.lazy, plan.duration_s, asked).items():
        sink.append(table, measured)
    if (found := migration_columns(plan, sink.lazy)) is not None:
        sink.append("migration", found)
    figures = summary(plan, rows, demands)
    if plan.objects:
        figures["objects"] = object_summary(plan.objects, operations)
    if plan.sessions:
        figures["sessions"] = session_figures(plan, sessions)
    return sink.result(figures, manifest(plan, run_name(plan)))


def iter_run(plan: Plan, sink: RunSink) -> RunSteps:
    """Run a plan step by step, writing its tables to a sink; the steps have a `result` when they end."""
    return RunSteps(plan, sink)


def simulate(
    scenario: str | Scenario,
    *,
    seed: int | None = None,
    duration_s: float | None = None,
    fidelity: str | None = None,
    out: str | Path | None = None,
    route_policy: RoutePolicy | None = None,
) -> RunResult:
    """Run a scenario, given by name, by path or as an object; in memory, or into the run folder `out`.

    `route_policy` replaces the scenario's: a function from `qkdsim.network.costs.LinkFacts` to the cost of every link.

    Raises InputError when a file or an option is wrong, RunError when the run cannot complete.
    """
    named = load_named_scenario(scenario) if isinstance(scenario, str) else named_scenario(scenario)
    plan = build(named, seed=seed, duration_s=duration_s, fidelity=fidelity)
    if route_policy is not None:
        plan = replace(plan, network=replace(plan.network, policy=route_policy))
    if out is None:
        return _to_the_end(iter_run(plan, MemorySink()))
    with FolderSink(out) as sink:
        _to_the_end(iter_run(plan, sink))
        return sink.commit()


def _to_the_end(steps: RunSteps) -> RunResult:
    for _ in steps:
        pass
    return steps.result
