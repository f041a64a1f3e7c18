"""`qkdsim run` end to end: the Tokyo day, its folder, its bytes, its interruption."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from qkdsim.cli import main
from qkdsim.library import data_folder

LINK_KEYS = {
    "id",
    "profile",
    "fidelity",
    "length_km",
    "loss_db",
    "qber",
    "sifted_bits",
    "secret_bits",
    "secret_key_rate_bps",
    "blocks",
    "aborted_blocks",
}
DEMAND_KEYS = {"id", "from", "to", "requested_bits", "served_bits", "served_fraction", "blocked", "mean_delay_s"}


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["run", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def tokyo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tokyo"
    assert main(["run", "tokyo-day", "--out", str(folder)]) == 0
    return folder


def test_the_document_has_every_promised_key(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = run_json(capsys, "tokyo-day", "--duration", "1h", "--out", str(tmp_path / "run"))
    assert {"scenario", "seed", "fidelity", "duration_s", "wall_s", "out", "links", "demands"} <= found.keys()
    assert found["duration_s"] == 3600.0
    assert len(found["links"]) == 6
    assert all(link.keys() >= LINK_KEYS for link in found["links"])
    assert all(demand.keys() >= DEMAND_KEYS for demand in found["demands"])


def test_the_run_folder_is_whole(tokyo: Path) -> None:
    names = {path.name for path in tokyo.iterdir()}
    assert {"manifest.json", "summary.json", "report.html", "figures"} <= names
    for table in ("links", "blocks", "stores", "requests", "relays", "faults"):
        assert pl.read_parquet(tokyo / f"{table}.parquet").height > 0
    assert len(list((tokyo / "figures").glob("*.svg"))) >= 4


def test_the_video_lives_on_stored_key_during_the_disturbance(tokyo: Path) -> None:
    """The story of the scenario: direct route, the detour while its stores last, then nothing, then direct again."""
    video = pl.read_parquet(tokyo / "requests.parquet").filter(pl.col("demand") == "video")
    hour = (pl.col("arrival_s") / 3600.0).floor()
    before = video.filter(hour < 6)
    assert (before["outcome"] == "served").all()
    assert (before["hops"] == 1).all()
    during = video.filter((hour >= 6) & (hour < 8))
    assert during.filter(pl.col("hops") == 3).height > 0
    last_hour = video.filter((pl.col("arrival_s") > 7.5 * 3600.0) & (pl.col("arrival_s") < 8 * 3600.0))
    assert (last_hour["outcome"] == "blocked").mean() > 0.9
    after = video.filter(hour >= 9)
    assert (after["outcome"] == "served").mean() > 0.95


def test_blocks_in_the_disturbance_abort_and_say_so(tokyo: Path) -> None:
    blocks = pl.read_parquet(tokyo / "blocks.parquet").filter(pl.col("link") == "koganei-2--otemachi-2")
    disturbed = blocks.filter((pl.col("start_s") >= 6.2 * 3600.0) & (pl.col("end_s") <= 8 * 3600.0))
    assert disturbed.height > 0
    assert (disturbed["outcome"] == "qber above the abort threshold").all()
    assert (disturbed["secret_bits"] == 0).all()
    assert (disturbed["authentication_bits"] > 0).all()


def test_same_seed_same_bytes_another_seed_other_bytes(tokyo: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    command = [sys.executable, "-m", "qkdsim", "run", "tokyo-day", "--out"]
    subprocess.run([*command, str(again)], check=True, capture_output=True)
    assert main(["run", "tokyo-day", "--out", str(other), "--seed", "8"]) == 0
    files = sorted(path.relative_to(tokyo) for path in tokyo.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for name in files:
        assert (tokyo / name).read_bytes() == (again / name).read_bytes(), name
    for table in ("links", "blocks", "stores", "requests"):
        name = f"{table}.parquet"
        assert (tokyo / name).read_bytes() != (other / name).read_bytes(), name


def test_a_repeated_run_replaces_its_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    first = run_json(capsys, "cambridge-day", "--duration", "1h", "--out", folder)
    second = run_json(capsys, "cambridge-day", "--duration", "2h", "--out", folder)
    assert (first["duration_s"], second["duration_s"]) == (3600.0, 7200.0)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["cambridge-day", "secoqc-day", "backbone-day"])
def test_the_other_scenarios_run(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    found = run_json(capsys, name, "--out", str(tmp_path / "run"))
    assert all(link["secret_bits"] > 0 for link in found["links"])
    assert all(0.0 < demand["served_fraction"] <= 1.0 for demand in found["demands"])


def test_the_summary_for_people_ends_with_the_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", "cambridge-day", "--duration", "1h", "--out", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    assert "secret key rate" in text
    assert str(tmp_path / "run" / "report.html") in text.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
def test_interrupted_runs_leave_nothing_that_reads_as_whole(tmp_path: Path) -> None:
    run = ["run", "backbone-day", "--duration", "2000d", "--out", str(tmp_path / "run")]
    command = [sys.executable, "-m", "qkdsim", *run]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60.0
    while not list(tmp_path.glob(".run.partial-*")):
        assert time.monotonic() < deadline, "the run never began to write"
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err == b"qkdsim: interrupted; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_stops_for_good_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "device.toml").write_text(
        (data_folder() / "certification/profiles/generic-ingaas-metro.toml")
        .read_text(encoding="utf-8")
        .replace("authentication_pool_bits = 4.0e6", "authentication_pool_bits = 3840"),  # the tags of five blocks
        encoding="utf-8",
    )
    (tmp_path / "net.toml").write_text(
        'format = "topology/1"\nname = "two"\ntitle = "Two nodes"\nsource = "test"\npublished = "-"\n'
        'approximate = "-"\n[[node]]\nid = "a"\n[[node]]\nid = "b"\n'
        '[[link]]\nends = ["a", "b"]\nlength_km = 5.0\nprofile = "device.toml"\n',
        encoding="utf-8",
    )
    (tmp_path / "day.toml").write_text(
        'format = "scenario/1"\ntitle = "Disturbed"\ntopology = "net.toml"\nduration = "2h"\n'
        '[[fault]]\nkind = "disturbance"\nlink = "a--b"\nat = "1h"\nfor = "5min"\nmisalignment_error = 0.2\n',
        encoding="utf-8",
    )
    folder = tmp_path / "run"
    found = run_json(capsys, str(tmp_path / "day.toml"), "--out", str(folder))
    (link,) = found["links"]
    assert 3600.0 < link["stopped_s"] < 3900.0
    assert link["keyless_blocks"] >= 5
    assert pl.read_parquet(folder / "faults.parquet")["live_again_s"].to_list() == [None]
    assert "authentication pool empty" in (folder / "report.html").read_text(encoding="utf-8")
    assert main(["plot", "network", str(folder), "--out", str(tmp_path / "map.svg")]) == 0
