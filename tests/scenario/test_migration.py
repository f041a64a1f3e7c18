"""Migration from stage to stage: what a file may say, at which stage pairs are, and what it comes to."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.errors import InputError
from qkdsim.library import validated
from qkdsim.scenario.migration import Migration, migration_problems, node_stages, pair_stages, phases, stage_at
from qkdsim.scenario.migration_rows import MigratingPairs, is_readable_later, migration_rows

YEAR_S = 365.25 * 86_400.0
NODES = ("a", "b", "c", "d")
STAGES = (
    {"name": "classical", "suite": "classical", "policy": "ClassicalOnly", "cost_per_node_year": 1},
    {"name": "pqc", "suite": "hybrid", "policy": "AtLeastPqcRequired", "cost_per_node": 10, "cost_per_node_year": 2},
    {"name": "qkd", "suite": "hybrid", "policy": "QkdAndPqcRequired", "cost_per_node": 100, "cost_per_node_year": 5},
)
STEPS = (
    {"at": "1a", "nodes": ["a", "b"], "stage": "pqc"},
    {"at": "2a", "nodes": ["a"], "stage": "qkd"},
    {"at": "3a", "nodes": ["b", "c"], "stage": "qkd"},
)
BEFORE = "x25519 & hkdf-sha384 & aes-256-gcm"
AFTER = "(qkd | x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm"


def migration(stages: Any = STAGES, steps: Any = STEPS) -> Migration:
    return validated(Migration, {"stage": list(stages), "step": list(steps)}, "my.toml")


def sessions(*rows: dict[str, Any]) -> pl.LazyFrame:
    ordinary = {"plan": "all", "from": "a", "to": "b", "rests_on": BEFORE}
    full = [{**ordinary, "wanted_s": row["established_s"], **row} for row in rows]
    schema = {"established_s": pl.Float64, "ended_s": pl.Float64, "protected_bytes": pl.Int64}
    return pl.DataFrame(full, schema_overrides=schema).lazy()


# --- the file


@pytest.mark.parametrize(
    ("stages", "steps", "line"),
    [
        ((), (), "my.toml: stage: got a list of 0, expected more entries"),
        (({**STAGES[0], "suite": "hybrit"},), (), "my.toml: stage[0].suite: got 'hybrit', expected hybrid"),
        (
            ({**STAGES[0], "policy": "ClassicalOnlyy"},),
            (),
            "stage[0].policy: got 'ClassicalOnlyy', expected ClassicalOnly",
        ),
        (({**STAGES[0], "policy": "AtLeastPqcRequired"},), (), "expected a policy that suite classical can meet"),
        (({**STAGES[0], "cost_per_node": 3},), (), "stage[0].cost_per_node: got 3, expected 0: nodes are at the first"),
        ((STAGES[0], STAGES[0]), (), "stage[1].name: got 'classical' twice, expected unique names"),
        (
            ({**STAGES[0], "cost_per_node_year": 1e308},),
            (),
            "stage[0].cost_per_node_year: got 1e+308, expected a number",
        ),
        (({**STAGES[0], "cost": 3},), (), "stage[0].cost: got an unknown key"),
        (
            STAGES,
            ({"at": "1a", "nodes": ["a"], "stage": "pcq"},),
            "step[0].stage: got 'pcq', expected the name of a stage: pqc",
        ),
        (STAGES, ({"at": "1a", "nodes": [], "stage": "pqc"},), "step[0].nodes: got a list of 0, expected more entries"),
        (STAGES, ({"at": "1a", "nodes": ["a", "a"], "stage": "pqc"},), "step[0].nodes[1]: got 'a' twice"),
        (STAGES, ({"at": "1a", "nodes": ["a"], "stage": "classical"},), "expected a later one than 'classical' of a"),
        (
            STAGES,
            (STEPS[1], {"at": "3a", "nodes": ["a"], "stage": "pqc"}),
            "step[1].stage: got 'pqc', expected a later one than 'qkd'",
        ),
        (STAGES, ({"at": "soon", "nodes": ["a"], "stage": "pqc"},), "step[0].at: got 'soon', expected a duration"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(stages: Any, steps: Any, line: str) -> None:
    with pytest.raises(InputError) as error:
        migration(stages, steps)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_steps_name_nodes_that_are_there_and_times_in_the_run() -> None:
    node, time = (str(one) for one in migration_problems("my.toml", migration(), ("a", "b", "d"), 2.5 * YEAR_S))
    assert node == "my.toml: migration.step[2].nodes[1]: got 'c', expected the id of a node of the topology"
    assert time.startswith("my.toml: migration.step[2].at: got ")
    assert time.endswith(f"expected a time before the end of the run ({2.5 * YEAR_S:g} s)")


# --- stages of nodes and pairs


def test_a_pair_is_at_the_lower_stage_of_its_two_nodes() -> None:
    plan = migration()
    assert pair_stages(plan, ("a", "b")) == ((0.0, 0), (YEAR_S, 1), (3 * YEAR_S, 2))
    assert pair_stages(plan, ("c", "a")) == ((0.0, 0), (3 * YEAR_S, 2))  # past a stage that it was never at
    assert pair_stages(plan, ("a", "d")) == ((0.0, 0),)
    assert node_stages(plan, "a") == ((0.0, 0), (YEAR_S, 1), (2 * YEAR_S, 2))


@given(
    st.lists(st.tuples(st.sampled_from(NODES), st.integers(0, 5), st.integers(1, 2)), max_size=8),
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)),
    st.floats(0.0, 8.0),
)
def test_stages_never_fall_and_agree_with_the_steps(
    drawn: list[tuple[str, int, int]], ends: tuple[str, str], time_a: float
) -> None:
    steps, at = [], dict.fromkeys(NODES, 0)
    for node, year, place in sorted(drawn, key=lambda one: one[1]):
        if place > at[node]:
            at[node] = place
            steps.append({"at": f"{year}a", "nodes": [node], "stage": STAGES[place]["name"]})
    plan = migration(steps=steps)
    places = [place for _, place in pair_stages(plan, ends)]
    assert places == sorted(set(places))
    names = [str(one["name"]) for one in STAGES]

    def reached(node: str) -> int:
        return max(
            [0, *(names.index(one.stage) for one in plan.step if node in one.nodes and one.at <= time_a * YEAR_S)]
        )

    assert stage_at(pair_stages(plan, ends), time_a * YEAR_S) == min(map(reached, ends))


def test_phases_hold_the_suites_and_policies_of_the_stages_and_merge_what_is_the_same() -> None:
    found = phases(migration(), ("b", "a"))
    assert [(one.from_s, one.suite.name, one.policy.name) for one in found] == [
        (0.0, "classical", "ClassicalOnly"),
        (YEAR_S, "hybrid", "AtLeastPqcRequired"),
        (3 * YEAR_S, "hybrid", "QkdAndPqcRequired"),
    ]
    dearer = [STAGES[0], STAGES[1], {**STAGES[1], "name": "pqc again"}, STAGES[2]]
    steps = [*STEPS[:1], {"at": "1.5a", "nodes": ["a", "b"], "stage": "pqc again"}, *STEPS[1:]]
    assert phases(migration(dearer, steps), ("b", "a")) == found


# --- what it comes to


def row(columns: dict[str, list[Any]], time_s: float, stage: str) -> dict[str, Any]:
    table = pl.DataFrame(columns).filter((pl.col("time_s") == time_s) & (pl.col("stage") == stage))
    assert table.height == 1
    return table.to_dicts()[0]


PAIRS = MigratingPairs({"all": [("a", "b"), ("b", "c"), ("c", "d")]})


def test_nodes_and_pairs_are_counted_from_the_step_on() -> None:
    columns = migration_rows(
        migration(), PAIRS, sessions({"established_s": 0.0, "ended_s": 0.0, "protected_bytes": 0}), 4 * YEAR_S
    )
    counts = {
        (time, stage): (row(columns, time * YEAR_S, stage)["nodes"], row(columns, time * YEAR_S, stage)["pairs"])
        for time in (0, 1, 2, 3, 4)
        for stage in ("classical", "pqc", "qkd")
    }
    assert [counts[year, "classical"] for year in range(5)] == [(4, 3), (2, 2), (2, 2), (1, 1), (1, 1)]
    assert [counts[year, "pqc"] for year in range(5)] == [(0, 0), (2, 1), (1, 1), (0, 0), (0, 0)]
    assert [counts[year, "qkd"] for year in range(5)] == [(0, 0), (0, 0), (1, 0), (3, 2), (3, 2)]


def test_cost_is_paid_at_the_step_and_every_year_since() -> None:
    columns = migration_rows(
        migration(), PAIRS, sessions({"established_s": 0.0, "ended_s": 0.0, "protected_bytes": 0}), 4 * YEAR_S
    )
    cost = {stage: row(columns, 4 * YEAR_S, stage)["cost"] for stage in ("classical", "pqc", "qkd")}
    assert cost["classical"] == pytest.approx(1 + 1 + 3 + 4)  # a and b for a year, c for three, d for four
    assert cost["pqc"] == pytest.approx(2 * 10 + 2 * (1 + 2))
    assert cost["qkd"] == pytest.approx(3 * 100 + 5 * (2 + 1 + 1))


def test_bytes_go_to_the_stage_of_their_handshake_and_are_spread_over_their_session() -> None:
    rows = (
        {"established_s": 0.0, "ended_s": YEAR_S, "protected_bytes": 1000},
        {"established_s": YEAR_S, "ended_s": 3 * YEAR_S, "protected_bytes": 4000, "rests_on": AFTER},
        {"from": "c", "to": "d", "established_s": 0.0, "ended_s": 4 * YEAR_S, "protected_bytes": 400},
        {"from": "c", "to": "d", "plan": "another", "established_s": 0.0, "ended_s": 4 * YEAR_S, "protected_bytes": 9},
        {"from": "c", "to": "d", "established_s": None, "wanted_s": 5.0, "ended_s": None, "protected_bytes": 0},
    )
    columns = migration_rows(migration(), PAIRS, sessions(*rows), 4 * YEAR_S)
    at_two = {stage: row(columns, 2 * YEAR_S, stage) for stage in ("classical", "pqc", "qkd")}
    assert [at_two[stage]["protected_bytes"] for stage in at_two] == [1200, 2000, 0]
    assert [at_two[stage]["readable_bytes"] for stage in at_two] == [1200, 0, 0]
    assert [at_two[stage]["still_readable_bytes"] for stage in at_two] == [200, 0, 0]
    end = [row(columns, 4 * YEAR_S, stage) for stage in at_two]
    assert sum(one["protected_bytes"] for one in end) == 5400
    assert sum(one["still_readable_bytes"] for one in end) == 0


def test_a_quantum_computer_breaks_the_classical_exchange_and_nothing_that_is_mixed_beside_it() -> None:
    assert is_readable_later("x25519 & hkdf-sha384 & aes-256-gcm")
    for safe in (AFTER, "(x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm", "x-wing & aes-256-gcm", "qkd-pad", ""):
        assert not is_readable_later(safe)
