"""A whole network at fidelity `sampled`: a scenario from files to tables."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from qkdsim.errors import InputError
from qkdsim.results import TABLES, RunResult
from qkdsim.scenario import simulate

PROFILE = """
format = "profile/1"
[identity]
vendor = "nobody"
model = "quick"
summary = "A small decoy-state device."
source = "made for tests"
fictional = true
[protocol]
name = "bb84-decoy"
key_basis_probability = 0.66
[source]
pulse_rate_hz = 1e7
[[source.intensity]]
name = "signal"
mean_photon_number = 0.47
probability = 0.5
[[source.intensity]]
name = "decoy"
mean_photon_number = 0.17
probability = 0.3
[[source.intensity]]
name = "vacuum"
mean_photon_number = 0.001
probability = 0.2
[receiver]
misalignment_error = 0.01
[detector]
efficiency = 0.2
dark_count_probability = 1e-6
gate_width_ps = 1000
dead_time_s = 2e-7
afterpulse_probability = 0.01
[post_processing]
block_size_bits = 2e4
block_time_limit_s = 10
latency_s = 0.1
error_correction = "cascade"
epsilon_secrecy = 1e-10
authentication_tag_bits = 100
authentication_pool_bits = 60_000
[security_model]
proof = "asymptotic-decoy"
[performance]
cold_start_s = 2
relock_s = 1
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
[[link]]
ends = ["north", "middle"]
length_km = 30
[[link]]
ends = ["middle", "south"]
length_km = 40
"""

SCENARIO = """
format = "scenario/1"
title = "Half a minute on three nodes"
topology = "three.toml"
duration = "24s"
seed = 5
fidelity = "sampled"
default_profile = "quick.toml"
grid = "4s"
[[demand]]
id = "stream"
from = "north"
to = "south"
rate_bps = 500
interval = "1s"
latency_budget = "5s"
[[fault]]
kind = "cut"
link = "north--middle"
at = "8s"
for = "2s"
[[fault]]
kind = "disturbance"
link = "middle--south"
at = "14s"
for = "2s"
noise_photon_rate_hz = 5e7
"""


def write(folder: Path, **replaced: tuple[str, str]) -> str:
    for name, text in (("quick", PROFILE), ("three", TOPOLOGY), ("half", SCENARIO)):
        old, new = replaced.get(name, ("", ""))
        assert old in text
        (folder / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(folder / "half.toml")


@pytest.fixture(scope="module")
def half_minute(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return simulate(write(tmp_path_factory.mktemp("half")))


def digest(result: RunResult) -> str:
    whole = hashlib.sha256()
    for name in TABLES:
        whole.update(result.table(name).write_csv().encode())
    return whole.hexdigest()


def test_every_link_makes_key_and_serves_the_stream(half_minute: RunResult) -> None:
    links = {row["id"]: row for row in half_minute.table("links").to_dicts()}
    assert set(links) == {"north--middle", "middle--south"}
    for row in links.values():
        assert row["secret_bits"] > 10_000
        assert row["qber"] == pytest.approx(0.02, abs=0.01) or row["id"] == "middle--south"
        assert row["covered_by_proof"] is False
        assert row["fidelity"] == "sampled"
    requests = half_minute.table("requests")
    assert requests.filter(pl.col("outcome") == "served").height > 10


def test_blocks_table_is_the_ledger(half_minute: RunResult) -> None:
    blocks = half_minute.table("blocks")
    assert blocks.height > 20
    good = blocks.filter(pl.col("outcome") == "key")
    assert good.height > 15
    assert good.filter(pl.col("sifted_bits") != 20_000).height == 0
    assert blocks.filter(pl.col("authentication_bits") != 600).height == 0
    assert good.filter(pl.col("secret_bits") <= 0).height == 0
    refused = blocks.filter(pl.col("outcome") != "key")
    assert refused["secret_bits"].sum() == 0
    # the disturbance shows, and only on its link
    assert refused["link"].unique().to_list() == ["middle--south"]
    assert refused["outcome"].unique().to_list() == ["qber above the abort threshold"]
    # nothing ends while the fibre is cut or the link relocks, and keys come later than their blocks
    cut = blocks.filter((pl.col("link") == "north--middle") & (pl.col("end_s") > 8.0) & (pl.col("end_s") <= 11.0))
    assert cut.height == 0
    assert blocks.filter(pl.col("available_s") <= pl.col("end_s") + 0.1).height == 0


def test_key_is_conserved(half_minute: RunResult) -> None:
    links = half_minute.table("links")
    blocks = half_minute.table("blocks").group_by("link").agg(pl.col("secret_bits").sum())
    by_link = dict(blocks.iter_rows())
    for row in links.to_dicts():
        assert row["secret_bits"] == by_link[row["id"]]


def test_leakage_of_cascade_is_labelled(half_minute: RunResult, tmp_path: Path) -> None:
    assert all("Alice parities only" in str(row) for row in half_minute.table("links").to_dicts())
    ldpc = simulate(write(tmp_path, quick=('"cascade"', '"ldpc"')), duration_s=4.0)
    assert not any("Alice parities only" in str(row) for row in ldpc.table("links").to_dicts())


def test_the_same_scenario_gives_the_same_tables(half_minute: RunResult, tmp_path: Path) -> None:
    assert digest(simulate(write(tmp_path))) == digest(half_minute)


def test_another_seed_gives_other_blocks(half_minute: RunResult, tmp_path: Path) -> None:
    other = simulate(write(tmp_path, half=("seed = 5", "seed = 6")))
    assert other.table("blocks")["qber"].to_list() != half_minute.table("blocks")["qber"].to_list()


def test_an_empty_authentication_pool_stops_the_link(tmp_path: Path) -> None:
    # pads for three blocks, and two seconds of noise in which no block can give key
    result = simulate(write(tmp_path, quick=("pool_bits = 60_000", "pool_bits = 1_800")))
    blocks = result.table("blocks").filter(pl.col("link") == "middle--south")
    assert blocks["outcome"].to_list()[-1] == "authentication pool empty"
    assert blocks["authentication_bits"].to_list()[-1] == 0
    assert 14.0 < blocks["end_s"].to_list()[-1] < 16.0
    other = result.table("blocks").filter(pl.col("link") == "north--middle")
    assert other["end_s"].to_list()[-1] > 20.0  # the other link goes on


def test_what_cannot_be_sampled_is_refused_with_the_link(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        simulate(write(tmp_path, quick=('"cascade"', '"winnow"')))
    assert "winnow" in str(error.value)
    assert "\n" not in str(error.value)
