"""Satellite passes: a year of ten low satellites over twenty stations, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from figure import BenchmarkError, Figure

YEAR_S = 365.0 * 86_400.0
# skyfield 1.55, find_events of one low satellite over one station for a year; measured 2026-11, scaled up in the note
SKYFIELD_PAIR_S = 0.50
_PROGRAM = """
import json, resource, sys, time
from datetime import datetime
from qkdsim.channels.orbit import PassConditions, Satellite, Station, find_passes, mean_elements, usable_intervals

duration_s, start = float(sys.argv[1]), datetime(2026, 1, 1)
# Sun-synchronous and inclined orbits in turn, at 500 to 680 km; stations spread by the golden angle, 60 S to 65 N
satellites = [
    Satellite(f"s{i}", mean_elements(start, altitude_km=500.0 + 20.0 * i, raan_deg=36.0 * i, mean_anomaly_deg=50.0 * i,
                                     inclination_deg=53.0 + i if i % 2 else 97.4 + 0.08 * i))
    for i in range(10)
]
stations = [Station(f"g{i}", -60.0 + 125.0 * i / 19.0, 137.50776 * i % 360.0) for i in range(20)]
find_passes(satellites[:1], stations[:1], start, 3600.0)  # compilation does not count
best_s = float("inf")
for _ in range(int(sys.argv[2])):
    begin_s = time.process_time()
    passes = find_passes(satellites, stations, start, duration_s)
    best_s = min(best_s, time.process_time() - begin_s)
begin_s = time.process_time()
usable_intervals(passes, PassConditions(sun_below_deg=-12.0, satellite="dark"))
cut_s = time.process_time() - begin_s
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
print(json.dumps({"passes": len(passes), "found_s": best_s, "cut_s": cut_s, "peak_mib": peak}))
"""


def passes(_peer_python: Path | None) -> list[Figure]:
    """All passes above 10 degrees, with rise, culmination and set; then cut at night and at the Earth's shadow."""
    command = [sys.executable, "-c", _PROGRAM, str(YEAR_S), "2"]
    process = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if process.returncode != 0:
        said = process.stderr.strip().splitlines() or ["no message"]
        raise BenchmarkError(f"the search for passes ended with status {process.returncode}: {said[-1]}")
    seen = json.loads(process.stdout)
    note = (
        f"{seen['passes']} passes, 10 satellites x 20 stations, 1 year; better of 2, one core; "
        f"Skyfield 1.55 would take about {200 * SKYFIELD_PAIR_S:.0f} s ({SKYFIELD_PAIR_S:g} s for each pair)"
    )
    cut_note = "Sun below -12 deg at the station and satellite in shadow, over all passes"
    return [
        Figure("passes", seen["found_s"], "CPU s", goal=10.0, note=note),
        Figure("passes, night and shadow", seen["cut_s"], "CPU s", note=cut_note),
        Figure("passes, peak memory", seen["peak_mib"], "MiB", goal=1024.0),
    ]
