"""The network under load: a national day, how time grows, memory over a year."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from command_cases import timed
from figure import Figure

HOUR_S = 3600.0
TIMES = (1, 2, 4, 8, 16)
GROWTH_GOAL = 1.1
_SIMULATE = (
    "import sys; from qkdsim import simulate; simulate('national-day', duration_s=float(sys.argv[1]), out='run')"
)


def national(_peer_python: Path | None) -> list[Figure]:
    """A million requests over 1,000 nodes in a new process, from the scenario's name to a folder of tables."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-c", _SIMULATE]
        timed([*command, "60"], Path(name))  # compiles what is not yet compiled
        day = timed([*command, "86400"], Path(name))
    note = f"1,000,000 requests, 3,000 links, tables written, no report; {day.wall_s:.0f} s wall"
    return [
        Figure("national day", day.cpu_s, "CPU s", goal=60.0, note=note),
        Figure("national day, peak memory", day.peak_mib, "MiB", goal=2048.0),
    ]


def year(_peer_python: Path | None) -> list[Figure]:
    """Peak memory of `qkdsim run tokyo-day` over a month and over a year, each in a new process."""
    peaks_mib = []
    with tempfile.TemporaryDirectory() as name:
        for days in (30, 365):
            command = [sys.executable, "-m", "qkdsim", "run", "tokyo-day", "--duration", f"{days}d", "--json"]
            done = timed([*command, "--out", str(Path(name) / str(days))], Path(name))
            peaks_mib.append(done.peak_mib)
    month_mib, year_mib = peaks_mib
    note = (
        f"{month_mib:.0f} MiB over 30 days, {year_mib:.0f} MiB over 365, report included; {done.cpu_s:.0f} CPU s a year"
    )
    return [Figure("year, memory over that of a month", year_mib / month_mib, "times", goal=1.1, note=note)]


@dataclass(frozen=True, slots=True)
class Size:
    """A run on a made-up country."""

    links: int = 188
    requests: int = 20_000
    hours: float = 2.0


def growth(_peer_python: Path | None) -> list[Figure]:
    """Exponent of processor time against links, requests and simulated time: each alone from 1 to 16 times."""
    base = Size()
    series = {
        "links": [replace(base, links=base.links * times) for times in TIMES],
        "requests": [replace(base, requests=base.requests * times) for times in TIMES],
        "simulated time": [replace(base, requests=10_000 * times, hours=4.0 * times) for times in TIMES],
    }
    _spent_s(base)  # compiles, and fills caches
    return [_exponent(name, sizes) for name, sizes in series.items()]


def _exponent(name: str, sizes: list[Size]) -> Figure:
    """The slope of a straight line through all points of a log-log plot, and that of the last doubling."""
    spent_s = [_spent_s(size) for size in sizes]
    slope = _slope([math.log(times) for times in TIMES], [math.log(one) for one in spent_s])
    last = math.log2(spent_s[-1] / spent_s[-2])
    seconds = ", ".join(f"{one:.1f}" for one in spent_s)
    note = f"{seconds} CPU s at {', '.join(map(str, TIMES))} times; {last:.2f} over the last doubling"
    return Figure(f"growth, {name}", slope, "exponent", goal=GROWTH_GOAL, note=note)


def _slope(x: list[float], y: list[float]) -> float:
    """Of the straight line with the least sum of squares."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    up = sum((one - mean_x) * (other - mean_y) for one, other in zip(x, y, strict=True))
    return up / sum((one - mean_x) ** 2 for one in x)


def _spent_s(size: Size) -> float:
    """Processor seconds from files to tables on disk."""
    from qkdsim import simulate

    with tempfile.TemporaryDirectory() as name:
        scenario = _written(size, Path(name))
        start_s = time.process_time()
        simulate(str(scenario), out=Path(name) / "run")
        return time.process_time() - start_s


def _written(size: Size, folder: Path) -> Path:
    """A country and its scenario: pairs 2 to 4 hops apart, so that more links do not mean longer routes."""
    from qkdsim.topology.national import generate_network
    from qkdsim.topology.toml_text import write_topology

    write_topology(generate_network(round(size.links / 3), size.links), folder / "country.toml", compact=True)
    scenario = folder / "load.toml"
    scenario.write_text(
        f"""format = "scenario/1"
title = "Growth"
topology = "country.toml"
duration = "{size.hours:g}h"
grid = "15min"
[store]
initial_key_bits = 1e7
capacity_bits = 1e7
low_watermark_bits = 2.5e6
high_watermark_bits = 5e6
[routing]
policy = "key-aware"
update_interval = "10min"
[[demand]]
id = "load"
kind = "requests"
requests_per_s = {size.requests / (size.hours * HOUR_S)}
latency_budget = "10s"
[demand.gravity]
pairs = 200
min_hops = 2
max_hops = 4
""",
        encoding="utf-8",
    )
    return scenario
