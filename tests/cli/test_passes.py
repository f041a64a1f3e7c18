"""`qkdsim passes` and `qkdsim plot passes`: the list, the document, the figures, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from links.satellites.service_files import write

import qkdsim
from qkdsim.cli import main

KEYS = [
    "satellite",
    "station",
    "rise",
    "culmination",
    "set",
    "max_elevation_deg",
    "usable",
    "usable_s",
    "taken",
    "reason",
    "min_loss_db",
    "expected_secret_bits",
    "direction",
]


@pytest.fixture
def topology(tmp_path: Path) -> str:
    write(tmp_path)
    return str(tmp_path / "net.toml")


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["passes", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_document_has_the_passes_of_the_epoch_in_order(
    topology: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = document(capsys, topology, "--days", "2", "--weather", "clear")
    assert {key: found[key] for key in ("format", "topology", "from", "days")} == {
        "format": "passes/1",
        "topology": "try",
        "from": "2026-04-01T00:00:00Z",
        "days": 2.0,
    }
    passes = found["passes"]
    assert all(list(one) == KEYS for one in passes)
    assert [one["rise"] for one in passes] == sorted(one["rise"] for one in passes)
    for one in passes:
        rise, top, down = (
            datetime.strptime(one[key], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            for key in ("rise", "culmination", "set")
        )
        assert rise <= top <= down <= rise + timedelta(minutes=12)  # no pass at 500 km lasts longer
        assert 10.0 <= one["max_elevation_deg"] <= 90.0  # above the stations' mask
    by_day = [one for one in passes if not one["usable"]]
    assert {one["reason"] for one in by_day} == {"Sun above -12 deg"}
    assert all(one["expected_secret_bits"] == 0 and one["min_loss_db"] is None for one in by_day)
    # the same as what a run of the same time keeps of its passes, rounded to the second
    table = qkdsim.simulate(str(tmp_path / "sc.toml"), duration_s=2 * 86_400.0).table("passes")
    assert table.height == len(passes)
    start = datetime(2026, 4, 1, tzinfo=UTC)
    for one, row in zip(passes, table.iter_rows(named=True), strict=True):
        off_s = (datetime.fromisoformat(one["set"]) - start).total_seconds() - row["set_s"]
        assert abs(off_s) <= 0.5 + 1e-6
        assert one["expected_secret_bits"] == row["expected_secret_bits"]
        assert (one["usable"], one["taken"]) == (row["is_usable"], row["is_taken"])
        assert one["usable_s"] == pytest.approx(row["usable_s"], abs=1e-3)


def test_the_list_can_be_narrowed_without_changing_what_it_says(
    topology: str, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = document(capsys, topology, "--days", "3")["passes"]
    some = document(capsys, topology, "--days", "3", "--station", "north", "--satellite", "sat-2")["passes"]
    assert some == [one for one in everything if (one["station"], one["satellite"]) == ("north", "sat-2")]
    usable = document(capsys, topology, "--days", "3", "--usable")["passes"]
    assert usable == [one for one in everything if one["usable"]]
    assert 0 < len(usable) < len(everything)


def test_another_start_shifts_the_window_and_keeps_the_passes(
    topology: str, capsys: pytest.CaptureFixture[str]
) -> None:
    both = document(capsys, topology, "--days", "2")["passes"]
    second = document(capsys, topology, "--days", "1", "--from", "2026-04-02")
    assert second["from"] == "2026-04-02T00:00:00Z"
    later = [one for one in both if one["rise"] >= "2026-04-02"]
    times = ("satellite", "station", "rise", "set", "usable", "reason")
    assert [[one[key] for key in times] for one in second["passes"]] == [[one[key] for key in times] for one in later]
    assert document(capsys, topology, "--days", "1", "--from", "2026-04-02T09:00+09:00") == second


def test_the_table_fits_a_hundred_columns_and_counts(topology: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["passes", topology, "--days", "3"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, lines)) <= 100
    passes = document(capsys, topology, "--days", "3")["passes"]
    usable = sum(one["usable"] for one in passes)
    assert any(line.startswith(f"{usable} of {len(passes)} passes usable") for line in lines)
    assert any("Sun above -12 deg" in line and "clouds" in line and line.startswith("not taken: ") for line in lines)
    assert sum(line.startswith((" 04-0", "04-0")) for line in lines) == len(passes)


def test_other_seeds_bring_other_clouds_and_the_same_orbits(topology: str, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = [document(capsys, topology, "--days", "4", "--seed", seed)["passes"] for seed in ("1", "2")]
    rises = [[one["rise"] for one in passes] for passes in seeds]
    clouds = [[one["reason"] == "clouds" for one in passes] for passes in seeds]
    assert rises[0] == rises[1]
    assert clouds[0] != clouds[1]


def test_figures_are_written_and_light(topology: str, tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    assert main(["passes", topology, "--days", "7", "--figures", str(folder)]) == 0
    files = sorted(folder.iterdir())
    assert [one.name for one in files] == ["pass-profile.svg", "pass-timetable.svg", "pass-tracks.svg"]
    assert all(1000 < one.stat().st_size < 500_000 for one in files)


@pytest.mark.parametrize("show", ["timetable", "tracks", "profile"])
def test_plot_passes_draws_what_is_asked_for(topology: str, tmp_path: Path, show: str) -> None:
    out = tmp_path / "figure.svg"
    assert main(["plot", "passes", topology, "--days", "2", "--show", show, "--out", str(out)]) == 0
    words = {"timetable": "Satellite passes from", "tracks": "Ground tracks", "profile": "elevation (degrees)"}
    text = out.read_text(encoding="utf-8")
    assert [name for name, word in words.items() if word in text] == [show]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--days", "0"], "--days: got 0.0, expected a number above 0"),
        (["--days", "nan"], "--days: got nan, expected a number above 0"),
        (["--days", "1e9"], "--days: got 1000000000.0, expected an end in the years 1957 to 2056"),
        (["--from", "soon"], "--from: got 'soon', expected a date such as 2026-04-01"),
        (["--from", "1900-01-01"], "--from: got 1900-01-01 00:00:00+00:00, expected a date in the years 1957 to 2056"),
        (["--from", "2045-01-01"], "expected an epoch within 3653 days"),
        (["--seed", "-1"], "--seed: got -1, expected a whole number >= 0"),
        (["--weather", "foggy"], "--weather: got 'foggy', expected drawn or clear"),
        (["--station", "user"], "--station: got 'user', expected one of north, south"),
        (["--satellite", "moon"], "--satellite: got 'moon', expected one of sat-1, sat-2"),
    ],
)
def test_bad_options_are_one_line(
    topology: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["passes", topology, *arguments]) == 2
    streams = capsys.readouterr()
    assert message in streams.err
    assert len(streams.err.splitlines()) == 1
    assert streams.out == ""


def test_networks_without_satellites_stations_or_epoch_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["passes", "tokyo-2010"]) == 2
    assert "satellite: missing, expected at least one satellite" in capsys.readouterr().err
    write(tmp_path, net=("epoch = 2026-04-01T00:00:00Z\n", ""))
    assert main(["passes", str(tmp_path / "net.toml")]) == 2
    assert "--from: missing, expected a date" in capsys.readouterr().err
    assert main(["passes", str(tmp_path / "net.toml"), "--from", "2026-04-01", "--days", "0.5"]) == 0


def test_a_time_without_passes_is_no_failure_but_has_no_figures(
    topology: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["passes", topology, "--days", "0.02"]) == 0
    assert "0 of 0 passes usable" in capsys.readouterr().out
    assert main(["passes", topology, "--days", "0.02", "--figures", str(tmp_path / "none")]) == 2
    assert "nothing to draw" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_figures_by_day_show_that_nothing_is_usable(topology: str, tmp_path: Path) -> None:
    out = tmp_path / "day"
    assert main(["passes", topology, "--days", "0.3", "--figures", str(out)]) == 0
    assert "No key: Sun above -12 deg" in (out / "pass-profile.svg").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made_is_refused(
    topology: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["passes", topology, "--days", "1", "--figures", str(tmp_path / "file")]) == 2
    assert "cannot be made" in capsys.readouterr().err


def test_a_report_shows_passes_and_the_key_won_by_each(tmp_path: Path) -> None:
    assert main(["run", str(write(tmp_path)), "--duration", "2d", "--out", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 'href="#passes"' in page
    assert 'id="passes"' in page
    for name in ("passes", "tracks", "pass"):
        assert (tmp_path / "run" / "figures" / f"{name}.svg").stat().st_size < 500_000
    won = qkdsim.open_run(tmp_path / "run").table("passes").filter(pl.col("secret_bits") > 0)
    assert won.height > 3
    rows = page.partition("Passes that gave key")[2].partition("</table>")[0]
    assert rows.count("<tr><th class") == won.height
    from qkdsim.plots import bits_text

    for row in won.iter_rows(named=True):
        top = datetime(2026, 4, 1, tzinfo=UTC) + timedelta(seconds=row["culmination_s"])
        (line,) = [
            one for one in rows.split("<tr>") if f"{top:%Y-%m-%d %H:%M}" in one and f">{row['satellite']}<" in one
        ]
        assert f">{row['station']}<" in line
        assert bits_text(row["secret_bits"]) in line
