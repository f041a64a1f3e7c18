"""A network of two roofs and a platform in files, with shipped devices."""

from __future__ import annotations

from pathlib import Path

TOPOLOGY = """format = "topology/1"
name = "air"
title = "Two roofs and a platform"
source = "own"
published = "Nothing."
approximate = "Everything."
[[node]]
id = "east"
latitude_deg = 35.686
longitude_deg = 139.764
height_m = 120
[[node]]
id = "west"
latitude_deg = 35.71
longitude_deg = 139.74
height_m = 80
[[node]]
id = "haps"
kind = "platform"
latitude_deg = 35.6
longitude_deg = 139.6
height_m = 20000
[[link]]
id = "roofs"
kind = "free-space"
ends = ["east", "west"]
transmitter = "generic-roof-transmitter"
receiver = "generic-roof-receiver"
[link.free_space]
clear_fraction = 0.9
daylight = true
[[link]]
id = "down"
kind = "free-space"
ends = ["haps", "west"]
transmitter = "generic-cubesat-transmitter"
receiver = "generic-ogs-40cm"
[link.free_space]
climate = "tokyo"
"""
SCENARIO = """format = "scenario/1"
title = "t"
topology = "air.toml"
start = 2026-10-05T00:00:00Z
duration = "24h"
fidelity = "expected"
[[demand]]
from = "east"
to = "haps"
kind = "rekeying"
interval = "1h"
latency_budget = "24h"
"""


def write(folder: Path, **changes: tuple[str, str]) -> Path:
    """Write all files; `air=("old", "new")` changes one of them. Returns the scenario's path."""
    for name, text in (("air", TOPOLOGY), ("day", SCENARIO)):
        old, new = changes.get(name, ("", ""))
        assert old in text
        (folder / f"{name}.toml").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return folder / "day.toml"
