"""Figures of exposure, stored objects and migration."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from qkdsim.exposure import ExposureMatrix, MatrixColumn, MatrixRow
from qkdsim.plots import FaultSpan, exposure_matrix_figure, migration_figure, objects_figure, to_svg
from qkdsim.plots.exposure_matrix import percent_text
from qkdsim.plots.migration import migration_curves

YEAR_S = 365.25 * 86_400.0


def test_matrix_writes_every_share_and_names_rows_and_columns() -> None:
    rows = (MatrixRow("metro", "sessions", "AtLeastQkdRequired", 10, 100), MatrixRow("file", "object", "3-of-5", 1, 0))
    columns = (MatrixColumn("x25519", "kem", ("x25519",), ()), MatrixColumn("tokyo", "node", (), ("tokyo",)))
    svg = to_svg(exposure_matrix_figure(ExposureMatrix(rows, columns, ((0.37, 0.001), (None, None)))))
    for text in (
        "metro",
        "AtLeastQkdRequired",
        "file",
        "3-of-5",
        "x25519",
        "tokyo",
        ">37<",
        "&lt;1",
        "KEM",
        "compromised",
    ):
        assert text in svg
    assert "no sessions" in to_svg(exposure_matrix_figure(ExposureMatrix((), (), ())))


@pytest.mark.parametrize(("share", "text"), [(0.0, "0"), (1.0, "100"), (0.9999, ">99"), (0.0001, "<1"), (0.125, "12")])
def test_shares_are_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    assert percent_text(share) == text


def operation(kind: str, outcome: str, started_s: float, finished_s: float | None) -> dict[str, Any]:
    ends = {"started_s": started_s, "finished_s": finished_s, "holders": "a>b>c", "threshold": 2}
    return {"object": "genomes", "operation": kind, "outcome": outcome, **ends}


def test_objects_show_what_was_done_and_which_holders_were_lost() -> None:
    rows = [
        operation("store", "done", 0.0, 5.0),
        operation("rebuild", "failed", 50.0, 60.0),
        operation("refresh", "unfinished", 90.0, None),
    ]
    faults = [
        FaultSpan("node-lost", "b", 40.0, 60.0, 60.0, "node"),
        FaultSpan("node-lost", "z", 40.0, 60.0, 60.0, "node"),
    ]
    svg = to_svg(objects_figure(pl.DataFrame(rows), 100.0, faults))
    for text in ("genomes", "2 of 3; 1 of 3 operations done", "holder lost", "node-lost: b"):
        assert text in svg
    assert "no stored objects" in to_svg(objects_figure(pl.DataFrame(rows).clear(), 100.0))


def migration() -> pl.DataFrame:
    rows = [
        {"time_s": year * YEAR_S, "stage": stage, "nodes": 2, "pairs": pairs, "cost": cost, "protected_bytes": sent}
        for year, per_stage in enumerate([((3, 0.0, 0), (0, 0.0, 0)), ((1, 1.0, 10**12), (2, 20.0, 3 * 10**12))])
        for stage, (pairs, cost, sent) in zip(("classical", "PQC"), per_stage, strict=True)
    ]
    readable = pl.when(pl.col("stage") == "classical").then(pl.col("protected_bytes")).otherwise(0)
    return pl.DataFrame(rows).with_columns(readable_bytes=readable, still_readable_bytes=10**12 - readable)


def test_migration_is_turned_without_mixing_stages() -> None:
    curves = migration_curves(migration())
    assert curves.stages == ("classical", "PQC")
    assert curves.time_s.tolist() == [0.0, YEAR_S]
    assert curves.pairs.tolist() == [[3, 1], [0, 2]]
    assert np.array_equal(curves.cost, [[0.0, 1.0], [0.0, 20.0]])
    svg = to_svg(migration_figure(migration(), YEAR_S))
    for text in ("classical", "PQC", "pairs at each stage", "cost so far", "of it readable", "TB"):
        assert text in svg
