"""How nodes move from stage to stage, such as from classical keys to PQC and to QKD with PQC, as a file states it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, model_validator

from qkdsim import library
from qkdsim.devices.quantity import Quantity, bounded
from qkdsim.errors import InputError, Problem, shown
from qkdsim.scenario.duration import Duration
from qkdsim.scenario.unknown_names import unknown_name

if TYPE_CHECKING:
    from qkdsim.sessions.plan import Phase

Cost: TypeAlias = Annotated[Quantity, *bounded(ge=0, le=1e15)]  # sums of it stay exact enough to read


class MigrationStage(library.FileModel):
    """What sessions use at a stage, and what it costs a node, in a unit of the user's choice.

    `cost_per_node` is paid when a node comes to the stage, `cost_per_node_year` for the time it stays.
    """

    name: str = Field(min_length=1)
    suite: str
    policy: str
    cost_per_node: Cost = Quantity(0.0)
    cost_per_node_year: Cost = Quantity(0.0)

    @model_validator(mode="after")
    def _suite_can_meet_policy(self) -> MigrationStage:
        from qkdsim.hybrid import find_policy, find_suite  # here, since few files need the cryptography behind it

        try:
            find_suite(self.suite).check(find_policy(self.policy))
        except InputError as error:
            lines = (f"{one.key}: got {one.given}, expected {one.expected}" for one in error.problems)
            raise ValueError("\n".join(lines)) from None
        return self


class MigrationStep(library.FileModel):
    """Nodes that come to a stage at a time."""

    at: Duration
    nodes: tuple[str, ...] = Field(min_length=1)
    stage: str


class Migration(library.FileModel):
    """The stages in their order and the steps of nodes from one to a later one; all nodes begin at the first stage.

    A pair of nodes is at the lower of the stages of the two.
    """

    stage: tuple[MigrationStage, ...] = Field(min_length=1)
    step: tuple[MigrationStep, ...] = ()

    @model_validator(mode="after")
    def _is_told_rightly(self) -> Migration:
        lines = [*self._stage_problems(), *self._step_problems()]
        if not lines:
            lines = list(self._order_problems())
        if lines:
            raise ValueError("\n".join(lines))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stages in their order."""
        return tuple(one.name for one in self.stage)

    def _stage_problems(self) -> Iterator[str]:
        for index, name in enumerate(self.names):
            if name in self.names[:index]:
                yield f"stage[{index}].name: got {name!r} twice, expected unique names"
        if self.stage[0].cost_per_node > 0.0:
            given = f"{self.stage[0].cost_per_node:g}"
            yield f"stage[0].cost_per_node: got {given}, expected 0: nodes are at the first stage from the start"

    def _step_problems(self) -> Iterator[str]:
        for index, step in enumerate(self.step):
            if step.stage not in self.names:
                near = get_close_matches(step.stage, self.names, n=3) or self.names
                yield f"step[{index}].stage: got {step.stage!r}, expected the name of a stage: {' or '.join(near)}"
            for place, node in enumerate(step.nodes):
                if node in step.nodes[:place]:
                    yield f"step[{index}].nodes[{place}]: got {node!r} twice, expected every node once"

    def _order_problems(self) -> Iterator[str]:
        at: dict[str, int] = {}
        for index, step in sorted(enumerate(self.step), key=lambda one: one[1].at):
            to = self.names.index(step.stage)
            for node in step.nodes:
                if to <= at.get(node, 0):
                    where = self.names[at.get(node, 0)]
                    yield f"step[{index}].stage: got {step.stage!r}, expected a later one than {where!r} of {node}"
                at[node] = max(to, at.get(node, 0))


def migration_problems(source: str, migration: Migration, nodes: Collection[str], duration_s: float) -> list[Problem]:
    """What only shows beside the topology: nodes that are not there, and steps after the end of the run."""
    found = []
    for index, step in enumerate(migration.step):
        for place, node in enumerate(step.nodes):
            if node not in nodes:
                key = f"migration.step[{index}].nodes[{place}]"
                found.append(unknown_name(source, key, node, "the id of a node of the topology", nodes))
        if step.at >= duration_s:
            key = f"migration.step[{index}].at"
            found.append(Problem(source, key, shown(step.at), f"a time before the end of the run ({duration_s:g} s)"))
    return found


def node_stages(migration: Migration, node: str) -> tuple[tuple[float, int], ...]:
    """When a node comes to which stage (its place among the stages), from the start on, in order of time."""
    steps = [(one.at, migration.names.index(one.stage)) for one in migration.step if node in one.nodes]
    return _changes([(0.0, 0), *steps])


def pair_stages(migration: Migration, ends: tuple[str, str]) -> tuple[tuple[float, int], ...]:
    """When two nodes come to which stage together: to the lower of their two stages."""
    first, second = (node_stages(migration, node) for node in ends)
    times_s = sorted({time_s for time_s, _ in (*first, *second)})
    return _changes([(time_s, min(stage_at(first, time_s), stage_at(second, time_s))) for time_s in times_s])


def phases(migration: Migration, ends: tuple[str, str]) -> tuple[Phase, ...]:
    """Suites and policies of the sessions of two nodes, from the start on; stages that share both are one phase."""
    from qkdsim.hybrid import find_policy, find_suite
    from qkdsim.sessions.plan import Phase

    found: list[Phase] = []
    for from_s, place in pair_stages(migration, ends):
        stage = migration.stage[place]
        suite, policy = find_suite(stage.suite), find_policy(stage.policy)
        if not found or (found[-1].suite, found[-1].policy) != (suite, policy):
            found.append(Phase(from_s, suite, policy))
    return tuple(found)


def stage_at(stages: Sequence[tuple[float, int]], time_s: float) -> int:
    """The stage at a time, of the stages of a node or of a pair."""
    return max(stage for from_s, stage in stages if from_s <= time_s)


def _changes(stages: Sequence[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """Only what changes something."""
    kept = sorted(dict(sorted(stages)).items())  # of several at one time the highest
    return (kept[0], *(after for before, after in pairwise(kept) if after[1] != before[1]))
