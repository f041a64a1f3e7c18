"""The peers' figures: measured now with the peer's own interpreter, or read from the record."""

from __future__ import annotations

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figure import BenchmarkError

HERE = Path(__file__).parent
SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class PeerRuns:
    """Median over seeds of a peer's pulses per processor second, and what its link showed."""

    label: str
    median: float
    lowest: float
    highest: float
    sifted_per_pulse: float
    qber: float


def recorded() -> dict[str, Any]:
    """The recorded figures of all peers."""
    record: dict[str, Any] = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))
    return record["peers"]


def sequence_runs(length_km: int, peer_python: Path | None) -> PeerRuns:
    """SeQUeNCe's figures at a length: measured if its interpreter is given, else as recorded."""
    if peer_python is not None:
        return _measured_sequence(length_km, peer_python)
    peer = recorded()["sequence"]
    row = peer["pulses_per_cpu_s"][str(length_km)]
    return PeerRuns(f"{peer['name']} {peer['version']}, recorded {peer['date']}", **row)


def _measured_sequence(length_km: int, peer_python: Path) -> PeerRuns:
    runs = [_run(peer_python, "peer_sequence.py", str(length_km), str(seed)) for seed in SEEDS]
    speeds = [run["pulses_per_cpu_s"] for run in runs]
    return PeerRuns(
        f"SeQUeNCe {runs[0]['version']}, measured now",
        statistics.median(speeds),
        min(speeds),
        max(speeds),
        statistics.mean(run["sifted_per_pulse"] for run in runs),
        statistics.mean(run["qber"] for run in runs),
    )


def _run(python: Path, script: str, *arguments: str) -> dict[str, Any]:
    """One run of a peer's script.

    Raises BenchmarkError if it fails.
    """
    done = subprocess.run([python, HERE / script, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["nothing on stderr"]
        raise BenchmarkError(f"{script} ended with status {done.returncode}: {said[-1]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result
