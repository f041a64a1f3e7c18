"""The benchmarks run and say what they promise; how fast anything is, is never tested."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks run from a checkout")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_json_holds_one_figure_per_cheap_benchmark():
    done = run("--only", "rate,tally", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["format"] == "benchmarks/1"
    assert [one["name"] for one in document["figures"]] == ["rate", "tally"]
    assert all(one["figure"] > 0 for one in document["figures"])
    assert [one["unit"] for one in document["figures"]] == ["calls/CPU s", "blocks/CPU s"]


def test_table_sets_the_recorded_peer_beside_our_figure():
    done = run("--only", "pulses")
    assert done.returncode == 0, done.stderr
    peer = json.loads((BENCHMARKS / "recorded.json").read_text(encoding="utf-8"))["peers"]["sequence"]
    for length_km, row in peer["pulses_per_cpu_s"].items():
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"pulses, {length_km} km"))
        assert f"{row['median']:,}" in line
        assert f"SeQUeNCe {peer['version']}, recorded {peer['date']}" in line
    assert "both simulate 0.02 s" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("--only", "no-such"), ("--only", "rate,"), ("--peer-python", "no/such/python"), ("--no-such-option",), ("rate",)],
)
def test_bad_usage_is_one_line_and_status_2(arguments: tuple[str, ...]):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_peer_that_cannot_run_is_a_failed_row_and_status_1():
    done = run("--only", "pulses", "--peer-python", sys.executable, "--json")  # has no SeQUeNCe installed
    assert done.returncode == 1
    (figure,) = json.loads(done.stdout)["figures"]
    assert figure["figure"] is None
    assert "peer_sequence.py" in figure["note"]
    assert "sequence" in figure["note"]
    assert "Traceback" not in done.stderr


def test_recorded_figures_say_version_date_and_machine():
    record = json.loads((BENCHMARKS / "recorded.json").read_text(encoding="utf-8"))
    assert record["format"] == "recorded/1"
    for peer in record["peers"].values():
        assert all(isinstance(peer[key], str) and peer[key] for key in ("name", "version", "machine", "how"))
        assert date.fromisoformat(peer["date"]) <= date.today()
        for row in peer["pulses_per_cpu_s"].values():
            assert 0 < row["lowest"] <= row["median"] <= row["highest"]


def test_recorded_peer_saw_the_link_of_the_closed_form():
    """Like for like: the peer's sifted share and QBER against Poisson light on two detectors, worked out here.

    Tolerances are four standard deviations of the three recorded runs of 0.02 s at 80 MHz.
    """
    record = json.loads((BENCHMARKS / "recorded.json").read_text(encoding="utf-8"))
    for length_km, row in record["peers"]["sequence"]["pulses_per_cpu_s"].items():
        click = 0.1 * 0.8 * 10 ** (-0.2 * float(length_km) / 10)  # mean photon number, efficiency, fibre
        sifted = 3 * 1.6e6 * row["sifted_per_pulse"]
        one_pulse_blind = 1 / (1 + click / 2)  # per detector, after each of its clicks
        expected = 0.5 * (1 - math.exp(-click)) * one_pulse_blind
        assert row["sifted_per_pulse"] == pytest.approx(expected, rel=4 / sifted**0.5)
        assert row["qber"] == pytest.approx(0.015, abs=4 * (0.015 / sifted) ** 0.5)
