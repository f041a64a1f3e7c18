"""Commands as a user starts them: wall seconds and peak memory of a new process."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from figure import BenchmarkError, Figure


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended well: wall and processor seconds, and its greatest memory."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def timed(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> Finished:
    """Run a command in `folder`, so that the installed package is found and not the checkout.

    Raises BenchmarkError if it ends with another status than 0.
    """
    with tempfile.TemporaryFile() as errors:
        start_s = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start_s
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or ["nothing on stderr"]
            shown = " ".join(command[1:])
            raise BenchmarkError(f"{shown} ended with status {process.returncode}: {said[-1]}")
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return Finished(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def help_text(_peer_python: Path | None) -> list[Figure]:
    """Start-up: how long the help text takes to appear."""
    script = shutil.which("qkdsim", path=str(Path(sys.executable).parent))
    command = [script] if script else [sys.executable, "-m", "qkdsim"]
    with tempfile.TemporaryDirectory() as folder:
        runs = [timed([*command, "--help"], Path(folder)).wall_s for _ in range(5)]
    started = "the installed script" if script else "python -m qkdsim, for there is no installed script"
    note = f"median of 5, {min(runs):.2f} to {max(runs):.2f} s; {started}"
    return [Figure("help", statistics.median(runs), "s wall", goal=0.4, note=note)]


def tokyo_day(_peer_python: Path | None) -> list[Figure]:
    """The main job: a day on the Tokyo network, with all caches empty and again with them full."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty_caches = {
            "PYTHONPYCACHEPREFIX": str(folder / "pycache"),
            "MPLCONFIGDIR": str(folder / "matplotlib"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        command = [sys.executable, "-m", "qkdsim", "run", "tokyo-day", "--out", str(folder / "run"), "--json"]
        first = timed(command, folder, empty_caches)
        second = timed(command, folder, empty_caches)
    first_note = "no compiled Python anywhere (numpy, matplotlib and all), no font cache: worse than a fresh install"
    peak_mib = max(first.peak_mib, second.peak_mib)
    return [
        Figure("tokyo-day, first run", first.wall_s, "s wall", goal=20.0, note=first_note),
        Figure("tokyo-day, second run", second.wall_s, "s wall", goal=10.0),
        Figure("tokyo-day, peak memory", peak_mib, "MiB", goal=500.0, note="the greater of the two runs"),
    ]
