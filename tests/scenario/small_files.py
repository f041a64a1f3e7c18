"""A network of three nodes in files, with devices that live by a rate table: 1,000 bit/s on every link."""

from __future__ import annotations

from pathlib import Path

PROFILE = """
format = "profile/1"
[identity]
vendor = "nobody"
model = "even"
summary = "A device that delivers 1,000 bit/s."
source = "made for tests"
[protocol]
name = "cow"
[performance]
cold_start_s = 30
relock_s = 20
[[performance.rate_table]]
loss_db = 20
secret_key_rate_bps = 1000
qber = 0.02
"""

TOPOLOGY = """
format = "topology/1"
name = "three"
title = "Three nodes"
source = "made for tests"
published = "nothing"
approximate = "everything"
[[node]]
id = "north"
[[node]]
id = "middle"
[[node]]
id = "south"
kind = "user"
[[link]]
ends = ["north", "middle"]
length_km = 50
profile = "even.toml"
[link.published]
secret_key_rate_bps = 900
[[link]]
ends = ["middle", "south"]
length_km = 50
"""

SCENARIO = """
format = "scenario/1"
title = "An hour on three nodes"
topology = "three.toml"
duration = "1h"
seed = 5
fidelity = "declared"
default_profile = "even.toml"
grid = "10min"
[store]
initial_key_bits = 5000
[[link]]
id = "middle--south"
initial_key_bits = 0
capacity_bits = 100000
[[demand]]
id = "stream"
from = "north"
to = "south"
rate_bps = 500
interval = "10s"
latency_budget = "5s"
[[demand]]
id = "keys"
kind = "requests"
from = "north"
to = "middle"
requests_per_s = 0.05
[[fault]]
kind = "cut"
link = "north--middle"
at = "20min"
for = "5min"
[[fault]]
kind = "off"
node = "middle"
at = "40min"
for = "1min"
"""


def write_small_files(folder: Path, **replaced: tuple[str, str]) -> Path:
    """Write the files, each with at most one text replaced by another; the path of the scenario."""
    for name, text in (("even", PROFILE), ("three", TOPOLOGY), ("hour", SCENARIO)):
        old, new = replaced.get(name, ("", ""))
        assert old in text
        (folder / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "hour.toml"
