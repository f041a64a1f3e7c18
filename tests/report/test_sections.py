"""Sections of networks under load: classes, outcomes, relay load, restorations, incidents, messages."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from qkdsim.plots import MapNode
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report import report_files, write_report
from qkdsim.report.demand_rows import SHOWN_DEMANDS, demand_rows
from qkdsim.report.fault_rows import SHOWN_FAULTS, fault_rows, incident_rows, message_rows, restoration_rows
from qkdsim.report.limited import chosen
from qkdsim.report.link_rows import SHOWN_LINKS, link_rows
from qkdsim.report.service_rows import ALL, MEASURES, class_rows, outcome_rows, replicas
from qkdsim.report.words import length
from qkdsim.results import RunResult
from qkdsim.results.frames import frame

from .synthetic import FakeDemand, FakeFault, FakeLink, FakeRun, tokyo

AXIS = TimeAxis.of(86_400.0)


def with_tables(result: RunResult, **rows: list[dict[str, Any]]) -> RunResult:
    """A run with other rows in some of its tables."""
    frames = dict(result.frames)
    for name, several in rows.items():
        frames[name] = frame(name, [{key: [row[key] for row in several] for key in several[0]}])
    return RunResult(result.summary, result.manifest, frames=frames)


def measure(scope: str, name: str, value: float | None, low: float | None = None, high: float | None = None) -> Any:
    return {
        "scope": scope,
        "name": "video" if scope == "class" else scope,
        "measure": name,
        "value": value,
        "unit": "",
        "low": low,
        "high": high,
        "replicas": 1 if low is None else 5,
    }


def restoration(restored_s: float | None, outages: int = 1, start_s: float = 21_600.0) -> dict[str, Any]:
    return {
        "kind": "disturbance",
        "on": "link",
        "target": "koganei-2--otemachi-2",
        "start_s": start_s,
        "from": "koganei-2",
        "to": "otemachi-2",
        "class": "video",
        "outages": outages,
        "failed_s": 22_000.0,
        "restored_s": restored_s,
        "restoration_s": None,
        "down_s": None,
    }


class Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.words).split())


def section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}">.*?</section>', page, flags=re.DOTALL)
    return "" if found is None else str(Text(found.group()))


@pytest.fixture(scope="module")
def run() -> FakeRun:
    return tokyo(block_s=60.0)


@pytest.fixture(scope="module")
def result(run: FakeRun) -> RunResult:
    relays = [
        {"request": 0, "path": 0, "hop": hop, "link": link, "time_s": 0.0, "key_bits": 86_400_000, "tag_bits": 64}
        for hop, link in enumerate(("koganei-1--otemachi-1", "otemachi-1--otemachi-2"))
    ]
    incidents = [
        {"time_s": 3600.0 * i, "kind": "key-lost", "link": "otemachi-2--hongo", "node": "", "request": -1, "bits": 500}
        for i in range(1, 4)
    ]
    messages = [
        {
            "kind": "key relay",
            "from_layer": "key management",
            "to_layer": "key management",
            "reference_point": "Kx",
            "messages": 12_345,
        }
    ]
    return with_tables(
        run.result(),
        relays=relays,
        incidents=incidents,
        messages=messages,
        restorations=[restoration(25_000.0), restoration(26_200.0), restoration(None), restoration(None, 0)],
    )


def test_sections_show_what_the_tables_hold(run: FakeRun, result: RunResult) -> None:
    files = report_files(result, run.facts())
    page = files["report.html"]
    load = section(page, "relay-load")
    assert "koganei-1--otemachi-1 1 kbit/s" in load
    assert "otemachi-1--otemachi-2 1 kbit/s" in load
    faults = section(page, "faults")
    # 3 of 4 interrupted, back after (25,000 - 21,600) s and (26,200 - 21,600) s, one not back
    assert "disturbance: koganei-2--otemachi-2 6 h 4 3 66.7 min 76.7 min 1" in faults
    assert "key-lost 3 1.5 kbit 1 h 3 h otemachi-2--hongo (3)" in faults
    assert "key relay key management key management Kx 12 345" in section(page, "messages")
    assert {"outcomes", "served", "load", "restoration"} <= {
        name.removeprefix("figures/").removesuffix(".svg") for name in files
    }


def test_outcomes_add_up_to_the_requests(result: RunResult) -> None:
    rows = outcome_rows(result).rows
    requests = result.table("requests")
    assert sum(int(row.requests.replace("\u202f", "").replace(" ", "")) for row in rows) == requests.height
    blocked = requests.filter(pl.col("outcome") == "blocked").group_by("class").len()
    assert {row.service: int(re.sub(r"\D", "", row.requests)) for row in rows if row.outcome == "blocked"} == dict(
        blocked.iter_rows()
    )
    assert {row.cause for row in rows if row.outcome == "blocked"} == {"no key in time"}


def test_classes_without_the_table_of_measures_are_counted(result: RunResult) -> None:
    rows = {
        row.name: dict(zip((name for name, *_ in MEASURES), row.cells, strict=True)) for row in class_rows(result).rows
    }
    assert list(rows) == [ALL, "video", "rekeying-hongo", "archive"]
    video = result.table("requests").filter(pl.col("class") == "video")
    share = (video["outcome"] == "served").mean()
    assert rows["video"]["served_ratio"].value == f"{share:.2%}".replace("%", " %")
    assert rows["video"]["delay_mean_s"].value == "2 ms"
    assert rows["video"]["availability"].value == "—"


def test_measures_are_shown_with_their_intervals(run: FakeRun, result: RunResult) -> None:
    rows = [
        measure("all", "requests", 1000.0, 990.0, 1010.0),
        measure("class", "served_ratio", 0.5, 0.25, 0.75),
        measure("class", "availability", None),
        measure("node", "served_ratio", 0.1),
    ]
    measured = with_tables(result, measures=rows)
    assert replicas(measured) == 5
    text = section(write_report(measured, run.facts()), "service")
    assert "means of 5 runs" in text
    assert "50.00 % 25.00 % to 75.00 %" in text
    assert "990 to 1 010" in text
    assert replicas(result) == 0


def test_empty_tables_leave_their_sections_out() -> None:
    quiet = replace(tokyo(block_s=600.0), faults=[])
    page = write_report(quiet.result(), quiet.facts())
    assert section(page, "relay-load") == ""
    assert section(page, "messages") == ""
    assert "Restoration of service" not in page
    assert "Incidents" not in page
    nothing = quiet.result()
    assert list(incident_rows(nothing, AXIS)) == []
    assert list(message_rows(nothing)) == []
    assert restoration_rows(nothing, AXIS).rows == ()


def test_demands_without_a_request() -> None:
    silent = tokyo(block_s=600.0)
    made = silent.result()
    frames = {**made.frames, "requests": made.frames["requests"].clear()}
    demands = [{**one, "served_fraction": None, "mean_delay_s": None} for one in made.summary["demands"]]
    empty = RunResult({**made.summary, "demands": demands}, made.manifest, frames=frames)
    page = write_report(empty, silent.facts())
    assert "no requests" in section(page, "service")
    assert "never served" in section(page, "demand")


def test_a_demand_of_many_pairs_names_no_single_route(result: RunResult) -> None:
    demands = [{**one, "from": None, "to": None, "pairs": 1234} for one in result.summary["demands"]]
    several = RunResult({**result.summary, "demands": demands}, result.manifest, frames=result.frames)
    row = demand_rows(several, AXIS, {}).rows[0]
    assert (row.ends, row.routes) == ("1 234 pairs", ("1 routes",))


def test_paths_of_split_keys_are_told_apart(result: RunResult) -> None:
    table = result.table("requests").with_columns(
        pl.when(pl.col("path") == "otemachi-2>hongo")
        .then(pl.lit("koganei-1>otemachi-1|otemachi-2>hongo"))
        .otherwise(pl.col("path"))
        .alias("path")
    )
    split = RunResult(result.summary, result.manifest, frames={**result.frames, "requests": table})
    rows = {row.id: row for row in demand_rows(split, AXIS, {}).rows}
    assert rows["rekeying-hongo"].routes == ("koganei-1 → otemachi-1 and otemachi-2 → hongo: 100.0 %",)
    assert rows["rekeying-hongo"].epsilon_note == "and hops that state none"  # only its second path is declared


def wide(count: int) -> FakeRun:
    """A ring of `count` nodes, as many links, demands and faults."""
    nodes = [MapNode(f"n{i}", f"節点 {i}", 30 + i % 20 / 10, 130 + i // 20 / 10) for i in range(count)]
    ends = [(f"n{i}", f"n{(i + 1) % count}") for i in range(count)]
    links = [FakeLink(f"l{i}", pair, 1000.0 + i, 0.02, 3600.0) for i, pair in enumerate(ends)]
    demands = [FakeDemand(f"d{i}", pair, 100 + i, 7200.0, f"l{i}") for i, pair in enumerate(ends)]
    faults = [FakeFault("cut", f"l{i}", 100.0 * i, 100.0 * i + 5000, 100.0 * i + 5100) for i in range(count)]
    return FakeRun(nodes, links, demands, faults, title="Wide")


def test_long_tables_stop_and_say_so() -> None:
    count = 160
    run = wide(count)
    made = run.result()
    links, demands, faults = link_rows(made, AXIS), demand_rows(made, AXIS, {}), fault_rows(made, AXIS)
    assert [len(one.rows) for one in (links, demands, faults)] == [SHOWN_LINKS, SHOWN_DEMANDS, SHOWN_FAULTS]
    assert [len(one.rows) + one.left_out for one in (links, demands, faults)] == [count] * 3
    assert "l0" in {row.id for row in links.rows}  # it made least
    begin = time.process_time()
    page = write_report(made, run.facts(assumptions=tuple(f"Assumed {i}." for i in range(500))))
    assert time.process_time() - begin < 10.0
    assert len(page.encode()) < 3_000_000
    text = str(Text(page))
    for words in (
        "120 more stand in links.parquet",
        "120 more stand in summary.json",
        "100 more stand in faults.parquet",
        "And 400 more of this kind",
        "10 % to 90 % of 160 links",
        "cut: 160 links",
        "節点 ",
    ):
        assert words in text
    assert page == write_report(made, run.facts(assumptions=tuple(f"Assumed {i}." for i in range(500))))


def test_the_worst_are_chosen_in_their_own_order() -> None:
    assert chosen([5, 1, 4, 2, 3], 3, lambda value: value) == [1, 2, 3]
    assert chosen([5, 1], 3, lambda value: value) == [5, 1]
    assert chosen(["b", "a", "c"], 2, lambda _: 0) == ["b", "a"]


def test_lengths_of_time_have_a_unit_that_fits() -> None:
    assert [length(one) for one in (0.0, 0.0123, 1.0, 90.0, 4000.0, 50_000.0, None)] == [
        *("0 ms", "12.3 ms", "1 s", "90 s", "66.7 min", "13.9 h", "—")
    ]
