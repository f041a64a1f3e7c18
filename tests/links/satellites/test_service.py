"""Satellites in a network: passes, keys on board, pairs, demands over fibre and space; all fidelities agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import qkdsim
from links.satellites.service_files import write
from qkdsim.errors import InputError
from qkdsim.results import RunResult


def run(folder: Path, *, duration_s: float | None = None, **changes: Any) -> RunResult:
    return qkdsim.simulate(str(write(folder, **changes)), duration_s=duration_s)


def test_key_of_a_pair_is_what_its_satellites_announced(tmp_path: Path) -> None:
    result = run(tmp_path)
    passes = result.table("passes")
    taken = passes.filter(pl.col("is_taken"))
    assert taken.height > 4
    brought = {name: int(rows["secret_bits"].sum()) for (name,), rows in taken.group_by("station", maintain_order=True)}
    pair = result.table("links").filter(pl.col("id") == "north--south").row(0, named=True)
    # a bit for the pair costs one of either station, and some refilled the authentication pools
    assert 0 < pair["secret_bits"] <= min(brought.values())
    assert pair["loss_db"] is None
    assert "trusted node" in pair["coverage"]
    blocks = result.table("blocks").filter(pl.col("link") == "north--south")
    assert blocks["secret_bits"].sum() == pair["secret_bits"]
    # key is there when a contact closes, never before
    assert set(blocks["available_s"]) <= set(passes["set_s"])
    # what the pair gets by a moment was brought to both stations before
    for row in blocks.iter_rows(named=True):
        upto = blocks.filter(pl.col("available_s") <= row["available_s"])["secret_bits"].sum()
        for station in ("north", "south"):
            early = taken.filter((pl.col("station") == station) & (pl.col("set_s") <= row["available_s"]))
            assert upto <= early["secret_bits"].sum()


def test_demands_are_served_over_fibre_and_space(tmp_path: Path) -> None:
    result = run(tmp_path)
    (demand,) = result.summary["demands"]
    assert demand["served_fraction"] == 1.0
    assert result.table("requests")["path"].unique().to_list() == ["user>north>south"]
    assert demand["mean_delay_s"] > 60.0  # it waits for a pass


def test_passes_by_day_and_under_clouds_give_nothing(tmp_path: Path) -> None:
    passes = run(tmp_path, sc=('weather = "clear"', 'weather = "drawn"')).table("passes")
    by_day = passes.filter(pl.col("reason").str.contains("Sun") & (pl.col("usable_s") == 0.0))
    cloudy = passes.filter(pl.col("reason") == "clouds")
    assert by_day.height > 5
    assert cloudy.height > 2
    for unused in (by_day, cloudy):
        assert unused["secret_bits"].sum() == 0
        assert not unused["is_taken"].any()
    assert by_day["min_loss_db"].is_null().all()


def test_tallied_passes_scatter_about_the_expected_ones(tmp_path: Path) -> None:
    expected = run(tmp_path).table("passes").filter(pl.col("is_taken"))
    tallied = (
        run(tmp_path, sc=('fidelity = "expected"', 'fidelity = "tallied"')).table("passes").filter(pl.col("is_taken"))
    )
    assert tallied["rise_s"].to_list() == expected["rise_s"].to_list()
    z = (tallied["sifted_bits"] - expected["sifted_bits"]).to_numpy() / np.sqrt(expected["sifted_bits"].to_numpy())
    assert np.abs(z).max() < 4.5
    assert 0.4 < z.std() < 1.8
    assert tallied["secret_bits"].sum() == pytest.approx(expected["secret_bits"].sum(), rel=0.02)


def test_sampled_passes_agree_with_expected_ones(tmp_path: Path) -> None:
    day_s = 86_400.0
    slow = ("pulse_rate_hz = 1e8", "pulse_rate_hz = 2e7")
    expected = run(tmp_path, duration_s=day_s, tx=slow).table("passes").filter(pl.col("is_taken"))
    only_space = 'fidelity = "sampled"\n[[link]]\nid = "user--north"\nfidelity = "expected"\n[space]'
    result = run(tmp_path, duration_s=day_s, tx=slow, sc=('fidelity = "expected"\n[space]', only_space))
    sampled = result.table("passes").filter(pl.col("is_taken"))
    assert sampled.height == expected.height > 1
    for one, mean in zip(sampled.iter_rows(named=True), expected.iter_rows(named=True), strict=True):
        assert abs(one["sifted_bits"] - mean["sifted_bits"]) < 4.5 * np.sqrt(mean["sifted_bits"])
        assert abs(one["qber"] - mean["qber"]) < 4.5 * np.sqrt(mean["qber"] / mean["sifted_bits"])
    assert sampled["secret_bits"].sum() == pytest.approx(expected["secret_bits"].sum(), rel=0.1)


def test_a_satellite_more_changes_neither_weather_nor_the_passes_of_others(tmp_path: Path) -> None:
    drawn = ('weather = "clear"', 'weather = "drawn"')
    third = """[[satellite]]
id = "sat-3"
transmitter = "tx.toml"
orbit = { epoch = 2026-04-01T00:00:00Z, altitude_km = 600, inclination_deg = 53, raan_deg = 10 }
[[ground_station]]"""
    two = run(tmp_path, sc=drawn).table("passes")
    three = run(tmp_path, sc=drawn, net=("[[ground_station]]", third)).table("passes")
    same = ["satellite", "station", "rise_s", "set_s", "usable_s", "is_usable", "expected_secret_bits"]
    assert three.filter(pl.col("satellite") != "sat-3").select(same).equals(two.select(same))


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    drawn = ("[space]", '[space]\npolicy = "least-served"')
    first, again = (run(tmp_path, sc=drawn) for _ in range(2))
    for table in ("passes", "blocks", "requests", "links"):
        assert first.table(table).equals(again.table(table))


def test_a_full_satellite_destroys_what_does_not_fit(tmp_path: Path) -> None:
    small = ('id = "sat-1"\n', 'id = "sat-1"\nstorage_bits = 1e5\n')
    roomy, cramped = run(tmp_path), run(tmp_path, net=small)
    assert 0 < cramped.summary["links"][1]["secret_bits"] < roomy.summary["links"][1]["secret_bits"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sc": ("start = 2026-04-01T00:00:00Z\n", "")}, "start: a date and time"),
        ({"sc": ('weather = "clear"', 'weather = "foggy"')}, "weather: got 'foggy', expected one of drawn, clear"),
        ({"sc": ("[space]", '[space]\npolicy = "best"')}, "policy: got 'best', expected one of greatest-elevation"),
        ({"net": ("altitude_km = 500", "altitude_km = 90")}, "satellite[0].orbit"),
        ({"net": ("inclination_deg = 97.4", "inclination_deg = 190")}, "inclination_deg: got 190"),
        ({"net": ("raan_deg = 40", "raan_deg = 40, eccentricity = 1.0")}, "eccentricity: got 1.0"),
        ({"net": ('climate = "naha"', 'climate = "atlantis"')}, "got 'atlantis', expected one of"),
        ({"net": ('climate = "naha"', 'climate = "naha"\nmask_deg = 91')}, "mask_deg: got 91"),
        ({"net": ('climate = "naha"', 'climate = "naha"\ntransmission = [[10, 0.5], [90, 1.2]]')}, "1.2"),
        ({"net": ('climate = "naha"', 'climate = "naha"\nzenith_transmission = 1.2')}, "zenith_transmission: got 1.2"),
        ({"net": ('node = "south"', 'node = "atlantis"')}, "ground_station[1].node: got 'atlantis'"),
        ({"net": ('ends = ["north", "south"]', 'ends = ["user", "south"]')}, "expected a node with a ground_station"),
        ({"net": ('id = "sat-2"', 'id = "sat-1"')}, "got the id 'sat-1' twice"),
        ({"net": ('kind = "satellite"', 'kind = "satellite"\nlength_km = 3')}, "length_km: belongs to a fibre"),
        ({"net": ("length_km = 10\n", "")}, "length_km: missing"),
        ({"tx": ("[telescope]", "[isolation]\n[telescope]\nfield = 1")}, "field"),
        ({"rx": ("[telescope]\naperture_diameter_m = 1.0\nfield_of_view_full_urad = 100", "")}, "a [telescope]"),
        ({"rx": ("filter_width_nm = 1", "")}, "filter_width_nm"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, changes: dict[str, tuple[str, str]], expected: str) -> None:
    with pytest.raises(InputError) as error:
        qkdsim.simulate(str(write(tmp_path, **changes)))
    assert any(expected in str(problem) for problem in error.value.problems), str(error.value.problems)
    assert "\n" not in str(error.value)
