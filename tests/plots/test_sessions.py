"""Figures of sessions: what is counted, and what is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.plots import PlanSpan, handshakes_figure, sessions_figure, to_svg
from qkdsim.plots.session_bins import KINDS, basis, handshake_places, session_shares
from qkdsim.plots.sessions import basis_looks

FULL = "(qkd | x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm"
LESS = "(x25519 | ml-kem-768) & hkdf-sha384 & aes-256-gcm"
EDGES = np.array([0.0, 10.0, 20.0, 30.0])


def sessions(*rows: dict[str, Any]) -> pl.LazyFrame:
    ordinary = {"plan": "p", "rests_on": FULL, "downgraded": False, "outcome": "established", "delay_s": 0.01}
    full = [{**ordinary, "handshake_bytes": 9000, "wanted_s": row.get("established_s", 0.0), **row} for row in rows]
    schema = {"established_s": pl.Float64, "ended_s": pl.Float64, "delay_s": pl.Float64, "wanted_s": pl.Float64}
    return pl.DataFrame(full, schema_overrides=schema).lazy()


def refused(wanted_s: float) -> dict[str, Any]:
    return {"outcome": "refused", "established_s": None, "ended_s": None, "wanted_s": wanted_s, "rests_on": ""}


def test_shares_are_time_of_sessions_over_time_of_pairs() -> None:
    rows = (
        {"established_s": 0.0, "ended_s": 15.0},
        {"established_s": 15.0, "ended_s": 30.0, "rests_on": LESS, "downgraded": True},
        {"established_s": 5.0, "ended_s": 10.0},
        refused(12.0),
    )
    shares = session_shares(sessions(*rows), [PlanSpan("p", 2, 0.0, 30.0)], EDGES)["p"]
    found = {(one.inputs, one.is_downgraded): share.tolist() for one, share in shares.items()}
    assert found == {
        ("qkd + x25519 + ml-kem-768", False): [0.75, 0.25, 0.0],
        ("x25519 + ml-kem-768", True): [0.0, 0.25, 0.5],
    }


def test_a_plan_that_is_not_on_has_no_share() -> None:
    shares = session_shares(sessions({"established_s": 10.0, "ended_s": 20.0}), [PlanSpan("p", 1, 10.0, 20.0)], EDGES)
    (share,) = shares["p"].values()
    assert np.isnan(share).tolist() == [True, False, True]
    assert share[1] == 1.0


@given(st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(0.0, 30.0)), min_size=1, max_size=20))
def test_no_time_is_lost_or_made_by_binning(spans: list[tuple[float, float]]) -> None:
    rows = [{"established_s": min(span), "ended_s": max(span)} for span in spans]
    shares = session_shares(sessions(*rows), [PlanSpan("p", 7, 0.0, 30.0)], EDGES)["p"]
    held = sum(float((share * np.diff(EDGES) * 7).sum()) for share in shares.values())
    assert held == pytest.approx(sum(abs(a - b) for a, b in spans), abs=1e-9)


@pytest.mark.parametrize(
    ("line", "kind", "inputs"),
    [
        ("qkd-pad", "pad", "one-time pad of QKD key"),
        (FULL, "qkd and pqc", "qkd + x25519 + ml-kem-768"),
        ("(qkd | x25519) & hkdf-sha384 & aes-256-gcm", "qkd", "qkd + x25519"),
        (LESS, "pqc", "x25519 + ml-kem-768"),
        ("x25519 & hkdf-sha384 & aes-256-gcm", "classical", "x25519"),
        ("x-wing & hkdf-sha384 & aes-256-gcm", "pqc", "x-wing"),
    ],
)
def test_kinds_of_what_sessions_rest_on(line: str, kind: str, inputs: str) -> None:
    found = basis(line, False)
    assert (KINDS[found.kind], found.inputs) == (kind, inputs)


def test_every_set_of_inputs_looks_different() -> None:
    lines = ("qkd-pad", FULL, "(qkd | ml-kem-768) & aes-256-gcm", "qkd & aes-256-gcm", LESS, "x25519 & aes-256-gcm")
    looks = basis_looks([basis(line, downgraded) for line in lines for downgraded in (False, True)])
    assert len(set(looks.values())) == 12


def test_refused_and_failed_handshakes_are_marked_where_they_were_due() -> None:
    table = sessions({"established_s": 1.0, "ended_s": 2.0}, refused(12.0), {**refused(13.0), "outcome": "failed"})
    assert handshake_places(table, ("refused", "failed"), EDGES)["p"].tolist() == [0, 2, 0]


def test_figures_name_plans_and_sets() -> None:
    rows = (
        {"established_s": 0.0, "ended_s": 9.0},
        {"established_s": 9.0, "ended_s": 12.0, "rests_on": LESS, "downgraded": True},
    )
    plans = [PlanSpan("metro", 2, 0.0, 30.0), PlanSpan("silent", 1, 0.0, 30.0)]
    table = sessions(*({**row, "plan": "metro"} for row in rows))
    svg = to_svg(sessions_figure(table, plans, 30.0))
    for text in (
        "metro",
        "silent",
        "2 pairs",
        "1 pair",
        "qkd + x25519 + ml-kem-768",
        "x25519 + ml-kem-768, downgraded",
        "no session",
    ):
        assert text in svg
    svg = to_svg(handshakes_figure(table, plans))
    for text in ("metro", "10 ms", "9 kB"):
        assert text in svg


def test_of_many_plans_the_first_are_drawn() -> None:
    plans = [PlanSpan(f"plan-{number:02}", 1, 0.0, 30.0) for number in range(31)]
    table = sessions(*({"plan": one.id, "established_s": 0.0, "ended_s": 9.0} for one in plans))
    for svg, drawn in (
        (to_svg(sessions_figure(table, plans, 30.0)), 12),
        (to_svg(handshakes_figure(table, plans)), 30),
    ):
        assert f"plan-{drawn - 1}" in svg
        assert f"plan-{drawn}" not in svg
