"""The matrix of policies against failures."""

from __future__ import annotations

import pytest

from qkdsim.exposure import exposure_matrix, object_exposure, session_exposure
from tests.exposure.small_runs import MadeKey, made_run
from tests.exposure.small_sessions import BOTH, MadeOperation, MadeSession, object_tables, session_tables

LINKS = [("a", "b"), ("b", "z"), ("a", "z"), ("a", "c"), ("c", "z")]
KEYS = [MadeKey(("a>b>z",), 50.0), MadeKey(("a>b>z",), 50.0), MadeKey(("a>c>z",), 50.0), MadeKey(("a>z",), 50.0)]


def test_rows_columns_and_shares() -> None:
    sessions = [
        MadeSession(("qkd", *BOTH), key_request=0, size=300, policy="QkdAndPqcRequired"),
        MadeSession(("x25519",), size=100, policy="ClassicalOnly", authentication="ed25519"),
        MadeSession(("qkd", "x25519"), key_request=1, size=30, plan="q", missing="ml-kem-768"),
        MadeSession(("x25519", "ml-kem-768"), size=10, plan="q", missing="qkd"),
        MadeSession(("qkd", "x25519"), key_request=2, size=60, plan="q", missing="ml-kem-768"),
        MadeSession((), size=0, plan="r", outcome="failed"),
    ]
    store = MadeOperation("store", "a", 0.0, 60.0, ((3, "z"),))
    run = made_run(LINKS, KEYS, more={**session_tables(sessions), **object_tables([store], "z", 1)})
    matrix = exposure_matrix(run)
    assert [(row.label, row.kind, row.policy, row.bytes) for row in matrix.rows] == [
        ("p", "sessions", "ClassicalOnly", 100),
        ("p", "sessions", "QkdAndPqcRequired", 300),
        ("q", "sessions", "EitherQkdOrPqcRequired", 100),
        ("o", "object", "1-of-1", 5000),
    ]
    labels = [column.label for column in matrix.columns]
    assert len(set(labels)) == len(labels)
    share = {label: [row[number] for row in matrix.share] for number, label in enumerate(labels)}
    assert share["x25519"] == [1.0, 0.0, 0.0, 0.0]
    assert share["ml-kem-768"] == [0.0, 0.0, 0.0, 0.0]
    assert share["ml-dsa-65"] == [0.0, 0.0, 1.0, 0.0]
    assert share["QKD devices"] == [0.0, 0.0, 0.0, 1.0]
    assert share["aes-256-gcm"] == [1.0, 1.0, 1.0, 0.0]
    assert share["quantum computer"] == [1.0, 0.0, 0.0, 0.0]
    assert share["quantum computer + b"] == [1.0, 0.0, pytest.approx(0.3), 0.0]
    assert share["every KEM"] == [1.0, 0.0, pytest.approx(0.1), 0.0]
    assert share["every KEM + b"] == [1.0, 1.0, pytest.approx(0.4), 0.0]
    assert "b + c" in labels
    for number, column in enumerate(matrix.columns):
        policies = session_exposure(run, column.failures).policies
        objects = object_exposure(run, column.failures).objects
        shares = [one.bytes_share for one in policies] + [float(one.is_exposed) for one in objects]
        assert [row[number] for row in matrix.share] == shares


def test_a_run_without_sessions_and_objects() -> None:
    matrix = exposure_matrix(made_run(LINKS, KEYS))
    assert matrix.is_empty
    assert (matrix.rows, matrix.columns, matrix.share) == ((), (), ())


def test_sessions_without_traffic_have_no_share() -> None:
    matrix = exposure_matrix(made_run(LINKS, KEYS, more=session_tables([MadeSession(BOTH, size=0)])))
    assert set(matrix.share[0]) == {None}
