"""What a migration comes to over time: who is at which stage, what it has cost, and what a quantum computer would read.

Harvest now, decrypt later: whoever records traffic reads it once what its secrecy rests on is broken. A large quantum
computer breaks the key exchanges of the classical family (X25519) and, as far as is known, none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qkdsim.scenario.migration import Migration, node_stages, pair_stages
from qkdsim.scenario.plan import Plan

if TYPE_CHECKING:
    import polars as pl

Pair: TypeAlias = tuple[str, str]
FloatArray: TypeAlias = NDArray[np.float64]

_GRID_STEPS = 120  # a month of ten years
_YEAR_S = 365.25 * 86_400.0
_AT_ONCE = 20_000  # sessions spread over the times together


def migration_columns(plan: Plan, table: Callable[[str], pl.LazyFrame]) -> dict[str, list[Any]] | None:
    """The columns of the table `migration` of a run whose sessions are all in; None without a migration."""
    scenario = plan.scenario.scenario
    if scenario.migration is None:
        return None
    migrating = {one.id for one in scenario.session if one.migrates}
    pairs = {
        one.id: [(pair.initiator, pair.responder) for pair in one.pairs] for one in plan.sessions if one.id in migrating
    }
    return migration_rows(scenario.migration, MigratingPairs(pairs), table("sessions"), plan.duration_s)


@dataclass(frozen=True, slots=True)
class MigratingPairs:
    """The session plans of a run that migrate, with the pairs of nodes of each."""

    pairs: Mapping[str, Sequence[Pair]]

    @property
    def all_pairs(self) -> list[Pair]:
        """Every pair as often as plans name it."""
        return [pair for pairs in self.pairs.values() for pair in pairs]


def migration_rows(
    migration: Migration, migrating: MigratingPairs, sessions: pl.LazyFrame, duration_s: float
) -> dict[str, list[Any]]:
    """The columns of the table `migration`: one row per time (the steps and a coarse grid) and stage."""
    times_s = _times_s(migration, duration_s)
    sent, readable = _bytes(migration, migrating, sessions, times_s)
    ends = [end for pair in migrating.all_pairs for end in pair]
    nodes = sorted({*ends, *(node for one in migration.step for node in one.nodes)})
    spent, held = _nodes(migration, nodes, times_s)
    pairs = np.zeros_like(held)
    for pair in migrating.all_pairs:
        _mark(pairs, pair_stages(migration, pair), times_s)
    stages = len(migration.stage)
    return {
        "time_s": np.repeat(times_s, stages).tolist(),
        "stage": list(migration.names) * len(times_s),
        "suite": [one.suite for one in migration.stage] * len(times_s),
        "policy": [one.policy for one in migration.stage] * len(times_s),
        "nodes": held.ravel().tolist(),
        "pairs": pairs.ravel().tolist(),
        "cost": spent.ravel().tolist(),
        "protected_bytes": np.rint(sent).astype(np.int64).ravel().tolist(),
        "readable_bytes": np.rint(readable).astype(np.int64).ravel().tolist(),
        "still_readable_bytes": np.rint(readable[-1] - readable).astype(np.int64).ravel().tolist(),
    }


def _times_s(migration: Migration, duration_s: float) -> FloatArray:
    steps = [one.at for one in migration.step if one.at <= duration_s]
    return np.unique(np.append(np.linspace(0.0, duration_s, _GRID_STEPS + 1), steps))


def _nodes(migration: Migration, nodes: Sequence[str], times_s: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """What was spent on each stage by each time, and how many nodes are at it: times along rows, stages along columns.

    Coming to a stage is paid at once; the yearly cost of a stage for as long as a node stays.
    """
    spent = np.zeros((len(times_s), len(migration.stage)))
    held = np.zeros(spent.shape, dtype=np.int64)
    for node in nodes:
        stages = node_stages(migration, node)
        _mark(held, stages, times_s)
        until_s = [*(from_s for from_s, _ in stages[1:]), np.inf]
        for (from_s, place), to_s in zip(stages, until_s, strict=True):
            stage = migration.stage[place]
            stayed_s = np.clip(times_s, from_s, to_s) - from_s
            spent[:, place] += float(stage.cost_per_node_year) * stayed_s / _YEAR_S
            spent[:, place] += float(stage.cost_per_node) * (times_s >= from_s)
    return spent, held


def _mark(held: NDArray[np.int64], stages: Sequence[tuple[float, int]], times_s: FloatArray) -> None:
    """Count one more at each of its stages, for the times at which it is there."""
    since = np.searchsorted([from_s for from_s, _ in stages], times_s, side="right") - 1
    held[np.arange(len(times_s)), np.array([place for _, place in stages])[since]] += 1


def _bytes(
    migration: Migration, migrating: MigratingPairs, sessions: pl.LazyFrame, times_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bytes sent at each stage by each time, and those of them that a quantum computer would read.

    A session counts to the stage at which its pair was when its handshake was due; its bytes are spread evenly over
    the time for which it was used.
    """
    import polars as pl

    sent, readable = (np.zeros((len(times_s), len(migration.stage))) for _ in range(2))
    columns = ("from", "to", "rests_on", "wanted_s", "established_s", "ended_s", "protected_bytes")
    used = sessions.filter(pl.col("plan").is_in(list(migrating.pairs)) & (pl.col("protected_bytes") > 0))
    rows = used.select(columns).collect(engine="streaming")
    for (first, second, line), part in rows.partition_by("from", "to", "rests_on", as_dict=True).items():
        changes = pair_stages(migration, (str(first), str(second)))
        begin = np.searchsorted([from_s for from_s, _ in changes], part["wanted_s"].to_numpy(), side="right") - 1
        falls = is_readable_later(str(line))
        for change in np.unique(begin).tolist():
            place = changes[change][1]
            grown = _grown(part.filter(pl.Series(begin == change)), times_s)
            sent[:, place] += grown
            if falls:
                readable[:, place] += grown
    return sent, readable


def is_readable_later(rests_on: str) -> bool:
    """Whether a quantum computer would read what was recorded under these assumptions.

    Raises InputError for a line that states none.
    """
    from qkdsim.hybrid.assumptions import is_broken, parse_assumptions

    return is_broken(parse_assumptions(rests_on), _classical_kems())


@cache
def _classical_kems() -> frozenset[str]:
    from qkdsim.crypto.kem import list_kems

    return frozenset(one.facts.name for one in list_kems() if one.facts.family == "classical")


def _grown(rows: pl.DataFrame, times_s: FloatArray) -> FloatArray:
    """Bytes of sessions sent by each time."""
    end_s = rows["ended_s"].fill_null(times_s[-1]).to_numpy()
    start_s = np.minimum(rows["established_s"].to_numpy(), end_s)
    volume = rows["protected_bytes"].to_numpy()
    total = np.zeros(len(times_s))
    for one in range(0, len(volume), _AT_ONCE):
        part = slice(one, one + _AT_ONCE)
        length_s = np.maximum(end_s[part] - start_s[part], 1e-9)
        done = np.clip((times_s[:, np.newaxis] - start_s[part]) / length_s, 0.0, 1.0)
        total += done @ volume[part]
    return total
