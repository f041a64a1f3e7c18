"""A small network of two stations, two satellites and their profiles, as files in a folder."""

from __future__ import annotations

from pathlib import Path

IDENTITY = """format = "profile/1"
[identity]
vendor = "v"
model = "m"
fictional = true
summary = "s"
source = "fictional"
[protocol]
name = "bb84-decoy"
key_basis_probability = 0.5
"""
TRANSMITTER = (
    IDENTITY
    + """[source]
pulse_rate_hz = 1e8
wavelength_nm = 850
[[source.intensity]]
name = "signal"
mean_photon_number = 0.8
probability = 0.5
[[source.intensity]]
name = "decoy"
mean_photon_number = 0.1
probability = 0.25
[[source.intensity]]
name = "vacuum"
mean_photon_number = 0.0
probability = 0.25
[telescope]
aperture_diameter_m = 0.3
pointing_jitter_urad = 1.2
"""
)
RECEIVER = (
    IDENTITY
    + """[receiver]
insertion_loss_db = 8
misalignment_error = 0.005
filter_width_nm = 1
[detector]
efficiency = 0.5
dark_count_rate_hz = 25
gate_width_ps = 2000
[telescope]
aperture_diameter_m = 1.0
field_of_view_full_urad = 100
[post_processing]
block_size_bits = 1e6
epsilon_secrecy = 1e-10
[security_model]
tail_bound = "chernoff"
"""
)
TOPOLOGY = """format = "topology/1"
name = "try"
title = "Two stations and two satellites"
source = "own"
published = "Nothing."
approximate = "Everything."
epoch = 2026-04-01T00:00:00Z
[[node]]
id = "north"
latitude_deg = 43.06
longitude_deg = 141.35
[[node]]
id = "south"
latitude_deg = 26.21
longitude_deg = 127.68
[[node]]
id = "user"
latitude_deg = 43.1
longitude_deg = 141.4
[[satellite]]
id = "sat-1"
transmitter = "tx.toml"
orbit = { epoch = 2026-04-01T00:00:00Z, altitude_km = 500, inclination_deg = 97.4, raan_deg = 40 }
[[satellite]]
id = "sat-2"
transmitter = "tx.toml"
orbit = { epoch = 2026-04-01T00:00:00Z, altitude_km = 500, inclination_deg = 97.4, raan_deg = 70 }
[[ground_station]]
node = "north"
receiver = "rx.toml"
climate = "sapporo"
[[ground_station]]
node = "south"
receiver = "rx.toml"
climate = "naha"
[[link]]
ends = ["user", "north"]
length_km = 10
profile = "generic-ingaas-metro"
[[link]]
kind = "satellite"
ends = ["north", "south"]
"""
SCENARIO = """format = "scenario/1"
title = "t"
topology = "net.toml"
start = 2026-04-01T00:00:00Z
duration = "3d"
fidelity = "expected"
[space]
weather = "clear"
[[demand]]
from = "user"
to = "south"
kind = "rekeying"
interval = "1h"
latency_budget = "24h"
"""
FILES = {"tx.toml": TRANSMITTER, "rx.toml": RECEIVER, "net.toml": TOPOLOGY, "sc.toml": SCENARIO}


def write(folder: Path, **changes: tuple[str, str]) -> Path:
    """Write all files; `net=("old", "new")` changes one of them. Returns the scenario's path."""
    for name, text in FILES.items():
        old, new = changes.get(name.removesuffix(".toml"), ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return folder / "sc.toml"
