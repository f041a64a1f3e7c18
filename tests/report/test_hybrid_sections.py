"""Sections of sessions, stored objects, exposure and migration: there when a run has them, and true to its tables."""

from __future__ import annotations

from functools import cache
from typing import Any

from qkdsim.plots.timeline import TimeAxis
from qkdsim.report import run_figures, write_report
from qkdsim.report.migration_rows import migration_table
from qkdsim.report.object_rows import operation_rows
from qkdsim.report.session_rows import failure_rows, session_rows
from qkdsim.results import RunResult
from qkdsim.results.frames import frame
from qkdsim.results.schema import TABLES

from .synthetic import tokyo

AXIS = TimeAxis.of(86_400.0)
FULL = "(qkd | x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm"
EMPTY: dict[str, Any] = {"str": "", "i64": 0, "f64": None, "bool": False}
IDS = ("sessions", "objects", "rests-on", "migration")


def rows(table: str, *given: dict[str, Any]) -> list[dict[str, Any]]:
    """Whole rows of a table; what is not given is empty."""
    return [{column.name: row.get(column.name, EMPTY[column.dtype]) for column in TABLES[table]} for row in given]


def session(outcome: str = "established", **more: Any) -> dict[str, Any]:
    common = {
        "plan": "metro",
        "from": "a",
        "to": "b",
        "suite": "hybrid",
        "policy": "AtLeastQkdRequired",
        "key_request": -1,
    }
    times = {"wanted_s": 10.0, "established_s": 10.1, "ended_s": 3600.0, "delay_s": 0.1, "rests_on": FULL}
    made = {"authentication": "ml-dsa-65", "mixed": "qkd,x25519,ml-kem-768", "protected_bytes": 10**9, **times}
    return {**common, "outcome": outcome, **(made if outcome == "established" else {"wanted_s": 4000.0}), **more}


@cache
def plain_run() -> RunResult:
    return tokyo(600.0).result()


@cache
def hybrid_run() -> RunResult:
    run = plain_run()
    operation = {
        "object": "genomes",
        "holders": "a>b>c",
        "threshold": 2,
        "object_bytes": 1000,
        "rests_on": "shares:2-of-3 & qkd-pad",
    }
    stages = [
        {
            "time_s": time_s,
            "stage": stage,
            "pairs": pairs,
            "nodes": 2,
            "cost": 150.0,
            "protected_bytes": 400,
            "readable_bytes": 100,
        }
        for time_s in (0.0, 86_400.0)
        for stage, pairs in (("classical", 2), ("PQC", 3))
    ]
    tables = {
        "sessions": rows(
            "sessions", session(), session("refused", index=1, reason="policy says no", blocked_bytes=10**8)
        ),
        "objects": rows(
            "objects",
            {**operation, "operation": "store", "node": "a", "outcome": "done", "started_s": 0.0, "finished_s": 60.0},
            {
                **operation,
                "operation": "rebuild",
                "outcome": "failed",
                "reason": "too few holders",
                "started_s": 3600.0,
                "index": 1,
            },
        ),
        "migration": rows("migration", *stages),
    }
    frames = dict(run.frames)
    for name, several in tables.items():
        frames[name] = frame(name, [{key: [row[key] for row in several] for key in several[0]}])
    plan = {"id": "metro", "pairs": 1, "start_s": 0.0, "stop_s": 86_400.0, "cryptography": "simulated", "handshakes": 2}
    counts = {
        "established": 1,
        "downgraded": 0,
        "refused": 1,
        "failed": 0,
        "mean_delay_s": 0.1,
        "bytes_per_handshake": 9000.0,
    }
    stored = {"id": "genomes", "object_bytes": 1000, "owner": "a", "threshold": 2, "holders": ["a", "b", "c"]}
    summary = {
        **run.summary,
        "sessions": [{**plan, **counts, "protected_bytes": 10**9, "blocked_bytes": 10**8}],
        "objects": [{**stored, "key_bits": 24_000, "key_bits_per_bit": 3.0}],
    }
    return RunResult(summary, run.manifest, frames=frames)


def test_sections_are_there_when_the_run_has_them() -> None:
    plain, hybrid = (write_report(run, tokyo().facts()) for run in (plain_run(), hybrid_run()))
    for section in IDS:
        assert f'id="{section}"' not in plain
        assert f'<section id="{section}">' in hybrid
        assert f'href="#{section}"' in hybrid
    figures = run_figures(hybrid_run(), tokyo().facts())
    assert figures.keys() >= {"sessions", "handshakes", "exposure", "objects", "migration"}


def test_a_plan_says_what_became_of_handshakes_and_traffic() -> None:
    (row,) = session_rows(hybrid_run()).rows
    assert (row.policies, row.suites) == ("AtLeastQkdRequired", "hybrid (simulated)")
    assert (row.handshakes, row.established, row.refused) == ("2", "1", "1")
    assert (row.protected, row.blocked, row.blocked_share) == ("1 GB", "100 MB", "9.09 %")
    assert row.note == "1 refused: policy says no"
    assert (row.delay, row.handshake_bytes) == ("100 ms", "9 kB")


def test_smallest_sets_of_failures_are_listed() -> None:
    plan = failure_rows(hybrid_run())[0]
    assert plan.id == "metro"
    assert plan.some[:2] == ("aes-256-gcm", "hkdf-sha384")
    assert failure_rows(plain_run()) == []


def test_operations_say_how_long_and_why_not() -> None:
    done, failed = operation_rows(hybrid_run(), AXIS).rows
    assert (done.operation, done.took, done.outcome) == ("store", "60 s", "done")
    assert (failed.outcome, failed.reason, failed.took) == ("failed", "too few holders", "—")


def test_migration_shows_start_and_end() -> None:
    table = migration_table(hybrid_run(), AXIS)
    assert table is not None
    assert table.stages == ("classical", "PQC")
    first, last = table.rows
    assert (first.pairs, first.cost, first.sent, first.share) == (("2", "3"), "300", "800 B", "25.00 %")
    assert last.time == "24 h"
    assert migration_table(plain_run(), AXIS) is None
