"""A run on the small network, worked by hand, and what every run must obey."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from qkdsim.errors import RunError
from qkdsim.plots import fault_spans
from qkdsim.results import TABLES, MemorySink, RunResult
from qkdsim.scenario import build, iter_run, load_named_scenario, simulate

from .small_files import write_small_files

LIVE_S = {
    # an hour less cold start, cut and relock, power loss and cold start
    "north--middle": 3600 - 30 - (300 + 20) - (60 + 30),
    "middle--south": 3600 - 30 - (60 + 30),
}


@pytest.fixture
def hour(tmp_path: Path) -> RunResult:
    return simulate(str(write_small_files(tmp_path)))


def test_links_make_their_declared_rate_while_they_live(hour: RunResult) -> None:
    rows = {row["id"]: row for row in hour.table("links").to_dicts()}
    for link, live_s in LIVE_S.items():
        assert rows[link]["secret_bits"] == 1000 * live_s
        assert rows[link]["secret_key_rate_bps"] == pytest.approx(1000 * live_s / 3600)
        assert rows[link]["qber"] == pytest.approx(0.02)
        assert rows[link]["sifted_bits"] is None
        assert rows[link]["covered_by_proof"] is False
    assert rows["north--middle"]["published_secret_key_rate_bps"] == 900
    assert rows["middle--south"]["published_secret_key_rate_bps"] is None


def test_faults_and_when_the_links_live_again(hour: RunResult) -> None:
    assert hour.table("faults").rows() == [
        ("cut", "link", "north--middle", 1200.0, 1500.0, 1520.0),
        ("off", "link", "north--middle", 2400.0, 2460.0, 2490.0),
        ("off", "link", "middle--south", 2400.0, 2460.0, 2490.0),
    ]


def test_a_partition_and_the_links_that_it_darkens_have_names_of_their_own(tmp_path: Path) -> None:
    island = 'kind = "classical-cut"\nisland = ["south"]\n'
    path = write_small_files(tmp_path, hour=('kind = "cut"\nlink = "north--middle"\n', island))
    rows = simulate(str(path), duration_s=1800.0).table("faults").rows()
    assert sorted(rows) == [
        ("classical-cut", "classical-link", "middle--south", 1200.0, 1500.0, 1500.0),
        ("no-classical-path", "link", "middle--south", 1200.0, 1500.0, 1500.0),
    ]
    spans = {one.name: one.darkens_link for one in fault_spans(simulate(str(path)).table("faults"))}
    assert spans["no-classical-path: middle--south"]
    assert not spans["classical-cut: middle--south"]


def test_levels_are_read_on_the_grid_and_at_the_end(hour: RunResult) -> None:
    levels = hour.table("stores").filter(pl.col("link") == "north--middle")
    assert levels["time_s"].to_list() == [0.0, 600.0, 1200.0, 1800.0, 2400.0, 3000.0, 3600.0]
    assert levels["stored_bits"][0] == 5000
    assert hour.table("stores").filter(pl.col("link") == "middle--south")["stored_bits"].max() <= 100_000


def test_key_in_the_stores_is_explained_by_requests_and_relays(hour: RunResult) -> None:
    given = 5000 + 1000 * LIVE_S["north--middle"]
    keys = hour.table("requests").filter((pl.col("demand") == "keys") & (pl.col("outcome") == "served"))
    relays = hour.table("relays").filter(pl.col("link") == "north--middle")
    used = keys["bits"].sum() + relays["key_bits"].sum() + relays["tag_bits"].sum()
    last = hour.table("stores").filter((pl.col("link") == "north--middle") & (pl.col("time_s") == 3600.0))
    assert last["stored_bits"].item() == given - used


def test_the_table_of_links_balances_while_blocks_are_under_way(tmp_path: Path) -> None:
    slow = ("[performance]", "[post_processing]\nlatency_s = 7\nepsilon_secrecy = 1e-9\n[performance]")
    result = simulate(str(write_small_files(tmp_path, even=slow)))
    held = dict(result.table("stores").filter(pl.col("time_s") == 3600.0).select("link", "stored_bits").iter_rows())
    late = result.table("blocks").filter(pl.col("available_s") > 3600.0)
    for row in result.table("links").to_dicts():
        under_way = late.filter(pl.col("link") == row["id"])
        initial = 5000 if row["id"] == "north--middle" else 0
        used = row["delivered_bits"] + row["relayed_bits"] + row["relay_tag_bits"]
        gone = row["destroyed_bits"] + row["expired_bits"]
        assert initial + row["stored_bits"] == held[row["id"]] + used + gone
        assert row["stored_bits"] == row["secret_bits"] - under_way["secret_bits"].sum()
    assert late.height == 2  # one of each link is still being processed


def test_requests_come_in_order_and_relays_have_one_row_per_hop(hour: RunResult) -> None:
    requests, relays = hour.table("requests"), hour.table("relays")
    assert requests["index"].to_list() == list(range(requests.height))
    assert requests["arrival_s"].is_sorted()
    stream = requests.filter(pl.col("demand") == "stream")
    assert stream.height == 360
    served = stream.filter(pl.col("outcome") == "served")
    assert served["path"].unique().to_list() == ["north>middle>south"]
    assert relays["request"].to_list() == [index for index in served["index"] for _ in range(2)]
    assert relays["hop"].to_list() == [0, 1] * served.height
    blocked = stream.filter(pl.col("outcome") == "blocked")
    assert blocked["delay_s"].null_count() == blocked.height > 0
    # the first three fetches find no key beyond the middle before it has started up and closed a block
    assert stream["outcome"].to_list()[:3] == ["blocked"] * 3


def test_the_summary_agrees_with_the_tables(hour: RunResult) -> None:
    requests = hour.table("requests")
    for demand in hour.summary["demands"]:
        own = requests.filter(pl.col("demand") == demand["id"])
        served = own.filter(pl.col("outcome") == "served")
        assert demand["requested_bits"] == own["bits"].sum()
        assert demand["served_bits"] == served["bits"].sum()
        assert demand["blocked"] == own.height - served.height
        assert demand["served_fraction"] == pytest.approx(served.height / own.height)
        assert demand["mean_delay_s"] == pytest.approx(served["delay_s"].mean())
    blocks = hour.table("blocks").group_by("link", maintain_order=True).agg(pl.len(), pl.col("secret_bits").sum())
    totals = {row["id"]: (row["blocks"], row["secret_bits"]) for row in hour.summary["links"]}
    assert {link: (count, bits) for link, count, bits in blocks.rows()} == totals


def test_blocks_are_numbered_per_link(hour: RunResult) -> None:
    for _, own in hour.table("blocks").group_by("link"):
        assert own["index"].to_list() == list(range(own.height))


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(tmp_path: Path) -> None:
    path = str(write_small_files(tmp_path))
    first, again, other = simulate(path), simulate(path), simulate(path, seed=6)
    for table in TABLES:
        assert first.table(table).equals(again.table(table)), table
    assert first.summary == again.summary
    assert first.manifest == again.manifest
    assert not first.table("requests").equals(other.table("requests"))


def test_the_manifest_says_what_the_run_was_made_from(hour: RunResult, tmp_path: Path) -> None:
    manifest = hour.manifest
    assert manifest["scenario"]["sha256"] == hashlib.sha256((tmp_path / "hour.toml").read_bytes()).hexdigest()
    assert manifest["topology"]["sha256"] == hashlib.sha256((tmp_path / "three.toml").read_bytes()).hexdigest()
    assert [profile["name"] for profile in manifest["profiles"]] == ["even.toml"]
    assert (manifest["seed"], manifest["duration_s"], manifest["fidelity"]) == (5, 3600.0, "declared")
    assert {"qkdsim", "python", "numpy", "scipy", "polars"} <= manifest["versions"].keys()
    assert manifest["run"].startswith("hour-")


def test_progress_runs_from_nothing_to_the_whole(tmp_path: Path) -> None:
    steps = iter_run(build(load_named_scenario(str(write_small_files(tmp_path)))), MemorySink())
    with pytest.raises(RunError, match="not come to its end"):
        _ = steps.result
    seen = list(steps)
    assert [one.simulated_s for one in seen] == sorted(one.simulated_s for one in seen)
    assert (seen[0].simulated_s, seen[-1].simulated_s, seen[-1].duration_s) == (0.0, 3600.0, 3600.0)
    assert all(a.wall_s <= b.wall_s for a, b in pairwise(seen))
    assert steps.result.summary["scenario"] == "hour"


def test_a_network_without_links_or_demands_runs(tmp_path: Path) -> None:
    (tmp_path / "alone.toml").write_text(
        'format = "topology/1"\nname = "alone"\ntitle = "One node"\nsource = "t"\npublished = "-"\n'
        'approximate = "-"\n[[node]]\nid = "a"\n',
        encoding="utf-8",
    )
    path = tmp_path / "quiet.toml"
    path.write_text(
        'format = "scenario/1"\ntitle = "Quiet"\ntopology = "alone.toml"\nduration = "1min"\n',
        encoding="utf-8",
    )
    result = simulate(str(path))
    assert all(result.table(table).height == 0 for table in TABLES if table not in ("nodes", "messages", "measures"))
    assert result.table("messages")["messages"].sum() == 0
    assert result.table("nodes")["id"].to_list() == ["a"]
    assert result.summary["links"] == result.summary["demands"] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_modelled_network_obeys_the_conservation_law(seed: int) -> None:
    result = simulate("tokyo-day", seed=seed, duration_s=4 * 3600.0)
    levels = result.table("stores").filter(pl.col("time_s") == 4 * 3600.0)
    requests = result.table("requests").filter(pl.col("hops") == 1)
    relays = result.table("relays")
    plan = build(load_named_scenario("tokyo-day"), seed=seed, duration_s=4 * 3600.0)
    blocks = result.table("blocks").filter(pl.col("available_s") <= 4 * 3600.0)
    for link in plan.links:
        own = blocks.filter(pl.col("link") == link.qkd.id)
        given = link.store.initial_bits + own["secret_bits"].sum() - own["pool_refill_bits"].sum()
        paths = [">".join(link.ends), ">".join(reversed(link.ends))]
        relayed = relays.filter(pl.col("link") == link.qkd.id)
        used = (
            requests.filter(pl.col("path").is_in(paths))["bits"].sum()
            + relayed["key_bits"].sum()
            + relayed["tag_bits"].sum()
        )
        held = levels.filter(pl.col("link") == link.qkd.id)["stored_bits"].item()
        if link.store.capacity_bits is None:
            assert held == given - used
        else:  # what a full store destroys is in no table
            assert 0 <= held <= min(link.store.capacity_bits, given - used)
