"""The shipped scenarios of hybrid sessions tell what their descriptions say."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from qkdsim.cli.facts import report_facts
from qkdsim.exposure import exposure_matrix
from qkdsim.report import write_report
from qkdsim.results import RunResult
from qkdsim.scenario import build, load_named_scenario, simulate

HOUR_S = 3600.0
YEAR_S = 365.25 * 86_400.0


@pytest.fixture(scope="module")
def diversity() -> RunResult:
    return simulate("kem-diversity")


@pytest.fixture(scope="module")
def metro() -> RunResult:
    return simulate("hybrid-metro")


@pytest.fixture(scope="module")
def migration() -> RunResult:
    return simulate("migration-ten-years")


def exposed(run: RunResult, failure: str) -> dict[str, float]:
    """The share of bytes that a failure exposes, per plan and policy."""
    matrix = exposure_matrix(run)
    column = [one.label for one in matrix.columns].index(failure)
    return {
        f"{row.label} {row.policy}": float(share[column] or 0.0)
        for row, share in zip(matrix.rows, matrix.share, strict=True)
    }


def plans(run: RunResult) -> dict[str, dict[str, Any]]:
    return {str(one["id"]): one for one in run.summary["sessions"]}


def blocked_share(plan: dict[str, Any]) -> float:
    return float(plan["blocked_bytes"] / (plan["blocked_bytes"] + plan["protected_bytes"]))


# --- kem-diversity


def test_two_kems_of_one_family_fall_together(diversity: RunResult) -> None:
    found = {name.split()[0]: share for name, share in exposed(diversity, "lattices").items()}
    assert found["one-lattice"] == pytest.approx(0.24, abs=0.005)
    assert found["two-lattices"] == pytest.approx(found["one-lattice"], abs=1e-4)
    assert found["lattice-and-curve"] == found["lattice-and-code"] == found["lattice-and-goppa"] == 0.0
    assert found["lattice-signature"] == 1.0


def test_diversity_costs_bytes_and_time(diversity: RunResult) -> None:
    rows = diversity.table("sessions").filter(~pl.col("downgraded")).group_by("plan")
    sizes = dict(rows.agg(pl.col("handshake_bytes").median()).iter_rows())
    delays = dict(rows.agg(pl.col("delay_s").median()).iter_rows())
    assert round(sizes["one-lattice"] / 1e3) == 3
    assert round(sizes["lattice-and-code"] / 1e3) in (16, 17)
    assert round(sizes["two-lattices"] / 1e3) == 34
    assert round(sizes["lattice-and-goppa"] / 1e3) == 527
    assert delays["lattice-and-goppa"] - delays["one-lattice"] == pytest.approx(8 * 524_160 / 1e8, rel=0.02)


def test_the_report_has_sections_of_sessions_and_no_others(diversity: RunResult) -> None:
    page = write_report(diversity, report_facts(build(load_named_scenario("kem-diversity"))))
    for text in ('id="sessions"', 'id="rests-on"', "lattice-and-goppa", "AtLeastPqcRequired", "ml-kem-768 + frodokem"):
        assert text in page
    for text in ('id="objects"', 'id="migration"'):
        assert text not in page


# --- hybrid-metro


@pytest.mark.slow
def test_who_requires_qkd_is_blocked_without_it_and_who_does_not_goes_on(metro: RunResult) -> None:
    found = plans(metro)
    assert found["both"]["refused"] == found["qkd"]["refused"] > 100
    assert blocked_share(found["both"]) == blocked_share(found["qkd"]) == pytest.approx(0.126, abs=0.01)
    for plan in ("pqc", "either"):
        assert found[plan]["refused"] == found[plan]["failed"] == 0
        assert blocked_share(found[plan]) < 1e-6
        assert found[plan]["downgraded"] > 40
    refused = metro.table("sessions").filter(pl.col("outcome") == "refused")["wanted_s"] / HOUR_S
    assert (refused.is_between(6.0, 10.1) | refused.is_between(15.0, 17.1)).all()
    assert not metro.table("sessions")["simulated"].any()


@pytest.mark.slow
def test_what_the_policies_rest_on(metro: RunResult) -> None:
    for failure in ("quantum computer", "ml-kem-768", "ml-dsa-65", "QKD devices"):
        assert exposed(metro, failure)["both QkdAndPqcRequired"] == 0.0
    assert exposed(metro, "quantum computer")["as-before ClassicalOnly"] == 1.0
    relay = exposed(metro, "koganei-2")
    assert relay["qkd AtLeastQkdRequired"] == pytest.approx(0.49, abs=0.02)
    assert relay["both QkdAndPqcRequired"] == pytest.approx(0.27, abs=0.02)


# --- migration-ten-years


@pytest.mark.slow
def test_pairs_follow_the_slower_of_their_nodes(migration: RunResult) -> None:
    table = migration.table("migration")
    at_two = table.filter(pl.col("time_s") == 2 * YEAR_S)
    assert at_two["nodes"].to_list() == [3, 4, 0]
    assert at_two["pairs"].to_list() == [9, 6, 0]
    assert at_two["pairs"].sum() == 15
    end = table.filter(pl.col("time_s") == table["time_s"].max())
    assert end["cost"].to_list() == pytest.approx([0.0, 12.5, 367.5])


@pytest.mark.slow
def test_what_was_recorded_stays_readable(migration: RunResult) -> None:
    totals = migration.table("migration").group_by("time_s").agg(pl.col("readable_bytes", "still_readable_bytes").sum())
    assert (totals["readable_bytes"] + totals["still_readable_bytes"]).n_unique() <= 3  # rounded by the byte
    end = migration.table("migration").tail(3)
    assert end["readable_bytes"].sum() == pytest.approx(3.47e15, rel=0.01)
    assert end["readable_bytes"].sum() == end["protected_bytes"][0]
    protected = migration.table("sessions")["protected_bytes"].sum()
    assert end["protected_bytes"].sum() == pytest.approx(protected, abs=3)


@pytest.mark.slow
def test_the_only_cable_to_tokyo_is_torn(migration: RunResult) -> None:
    refused = migration.table("sessions").filter(pl.col("outcome") == "refused")
    assert set(refused["from"]) | set(refused["to"]) >= {"tokyo"}
    assert ((refused["from"] == "tokyo") | (refused["to"] == "tokyo") | (refused["from"] == "osaka")).all()
    days = refused["wanted_s"] / 86_400.0 - 9.2 * 365.25
    assert 5.0 <= float(days.min() or 0.0) < 6.0  # type: ignore[arg-type]
    assert 20.0 <= float(days.max() or 0.0) < 20.5  # type: ignore[arg-type]
    (plan,) = plans(migration).values()
    pair_days = plan["blocked_bytes"] * 8 / 2.0e7 / 86_400.0
    assert pair_days / 5 == pytest.approx(14.6, abs=0.3)
