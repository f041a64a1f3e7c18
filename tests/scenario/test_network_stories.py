"""The shipped scenarios of networks under load tell what their descriptions say."""

from __future__ import annotations

import polars as pl
import pytest

from qkdsim.exposure import Compromise, exposure, pair_secrecy
from qkdsim.results import RunResult
from qkdsim.scenario import build, load_named_scenario, simulate

HOUR_S = 3600.0
MORNING, AFTERNOON = (6.0, 12.0), (14.0, 20.0)  # of metro-overload, in hours
PADDED = "tokyo-osaka-data"


@pytest.fixture(scope="module")
def overload() -> RunResult:
    return simulate("metro-overload", duration_s=20 * HOUR_S)


@pytest.fixture(scope="module")
def backbone() -> RunResult:
    return simulate("backbone-cut-and-reroute")


@pytest.fixture(scope="module")
def multipath() -> RunResult:
    return simulate("node-compromise-multipath", duration_s=18 * HOUR_S)


def requests(run: RunResult, demand: str, hours: tuple[float, float] = (0.0, 24.0)) -> pl.DataFrame:
    """The requests of a demand that came in these hours."""
    hour = pl.col("arrival_s") / HOUR_S
    found = run.table("requests").filter((pl.col("demand") == demand) & (hour >= hours[0]) & (hour < hours[1]))
    assert found.height > 20
    return found


def served(run: RunResult, demand: str, hours: tuple[float, float] = (0.0, 24.0)) -> float:
    """The share of a demand's requests that got key."""
    return float((requests(run, demand, hours)["outcome"] == "served").sum()) / requests(run, demand, hours).height


def level_bits(run: RunResult, link: str, hour: float) -> int:
    """What a store held at an hour, by the last reading."""
    readings = run.table("stores").filter((pl.col("link") == link) & (pl.col("time_s") <= hour * HOUR_S))
    return int(readings.sort("time_s")["stored_bits"][-1])


# --- metro-overload


def test_a_greedy_user_drains_the_stores_and_starves_the_others(overload: RunResult) -> None:
    drained = ("siemens--breitenfurt", "erdberg--breitenfurt", "breitenfurt--gudrun")
    for link in drained:
        assert level_bits(overload, link, 6.0) == 2_000_000
        assert level_bits(overload, link, 9.0) < 300_000  # next to what relays must leave
    busy = (8.0, 12.0)
    archive, hospital = served(overload, "morning-archive", busy), served(overload, "morning-hospital", busy)
    assert hospital < archive < 0.8  # the longest keys fare worst among equals
    causes = requests(overload, "morning-hospital", busy)["cause"]
    assert (causes == "no key in time").sum() > 0.9 * (causes != "").sum()


def test_key_aware_routes_take_the_greedy_user_two_ways(overload: RunResult) -> None:
    paths = requests(overload, "morning-archive", MORNING)["path"].value_counts()
    often = paths.filter((pl.col("path") != "") & (pl.col("count") > 1000))
    assert set(often["path"]) >= {"siemens>breitenfurt", "siemens>gudrun>breitenfurt"}


def test_classes_serve_the_urgent_and_hold_the_greedy_to_its_rate(overload: RunResult) -> None:
    assert served(overload, "afternoon-hospital") > 0.95
    assert served(overload, "afternoon-hospital") > 3.0 * served(overload, "morning-hospital")
    archive = requests(overload, "afternoon-archive")
    refused = archive.filter(pl.col("cause") == "over its rate limit")
    assert refused.height > archive.height / 2
    assert refused["delay_s"].is_null().all()
    seconds = HOUR_S * (AFTERNOON[1] - AFTERNOON[0])
    admitted_bits = int(archive.filter(pl.col("cause") != "over its rate limit")["bits"].sum())
    assert 0.9 * 1500 * seconds < admitted_bits <= 1500 * seconds + 65_536


def test_with_classes_the_shortage_falls_on_the_last(overload: RunResult) -> None:
    short = (16.0, 20.0)
    hospital, offices, sensors = (
        served(overload, f"afternoon-{who}", short) for who in ("hospital", "offices", "sensors")
    )
    assert hospital > offices > sensors
    assert sensors < 0.6
    assert (requests(overload, "afternoon-sensors", short)["cause"] == "queue full").any()


def test_neighbours_live_on_the_reserve(overload: RunResult) -> None:
    assert served(overload, "neighbours") == 1.0


# --- backbone-cut-and-reroute


def test_stored_key_hides_the_cut_until_it_is_used_up(backbone: RunResult) -> None:
    assert served(backbone, PADDED, (9.0, 11.0)) == 1.0
    assert level_bits(backbone, "shizuoka--hamamatsu", 9.0) > 1.9e9
    assert level_bits(backbone, "shizuoka--hamamatsu", 11.9) < 250_000 * 10 * 1.01  # less than one more request
    assert served(backbone, PADDED, (11.4, 11.95)) == 0.0


def test_service_is_restored_when_the_controller_is_back(backbone: RunResult) -> None:
    rows = backbone.table("restorations").filter((pl.col("class") == "one-time-pads") & (pl.col("kind") == "cut"))
    first, second = rows.sort("start_s").to_dicts()
    assert first["outages"] == 1
    assert first["restored_s"] == pytest.approx(12 * HOUR_S, abs=11.0)  # within one request
    assert 0.5 * HOUR_S < first["down_s"] < 1.5 * HOUR_S
    assert first["restoration_s"] > 2.0 * first["down_s"]  # stored key hid the rest
    assert (second["outages"], second["down_s"]) == (0, 0.0)
    lost = backbone.table("restorations").filter(pl.col("kind") == "controller-lost").to_dicts()
    assert [row["down_s"] for row in lost] == [first["down_s"]]


def test_traffic_goes_round_and_comes_back(backbone: RunResult) -> None:
    def paths(hours: tuple[float, float]) -> set[str]:
        return set(requests(backbone, PADDED, hours)["path"].to_list())

    (short,), (longer,) = paths((8.0, 9.0)), paths((13.0, 16.0))
    assert "shizuoka>hamamatsu" in short
    assert "kanazawa" in longer
    assert longer.count(">") > short.count(">")
    assert paths((17.5, 18.0)) == {short}
    assert longer in paths((18.0, 23.0))
    assert served(backbone, PADDED, (12.1, 24.0)) == 1.0


def test_small_keys_live_on_crumbs(backbone: RunResult) -> None:
    assert served(backbone, "tokyo-osaka") == 1.0
    assert served(backbone, "takasaki-kanazawa-data") == 1.0


# --- node-compromise-multipath


def test_one_relay_exposes_single_path_keys_and_no_others(multipath: RunResult) -> None:
    found = {row.key_class: row for row in exposure(multipath, [Compromise("tr12", 6 * HOUR_S)]).groups}
    single = found["single-path"]
    assert single.exposed_keys == single.keys * 12 / 18  # one a minute, from 6:00 to 18:00
    assert all(row.exposed_keys == 0 for name, row in found.items() if name != "single-path")


def test_a_second_relay_exposes_the_split_keys_too(multipath: RunResult) -> None:
    both = exposure(multipath, [Compromise("tr12", 6 * HOUR_S), Compromise("tr15", 6 * HOUR_S)])
    for row in both.groups:
        assert row.exposed_keys > 0.5 * row.keys
    secrecy = pair_secrecy(multipath, ("tr1", "tr10"))
    assert (secrecy.any_key.nodes, secrecy.every_key.nodes, secrecy.routes.disjoint_paths) == (1, 2, 3)


def test_a_lost_node_refuses_only_those_who_need_all_three_paths(multipath: RunResult) -> None:
    lost = (15.0, 16.0)
    assert served(multipath, "2-of-3-compared", lost) < 0.05
    assert served(multipath, "2-of-3-compared", (0.0, 14.9)) == 1.0
    for other in ("single-path", "xor-of-2", "2-of-3-tagged"):
        assert served(multipath, other) == 1.0
    fewer = requests(multipath, "2-of-3-tagged", lost)["paths"]
    assert (fewer == 2).sum() >= 55


def test_secrecy_is_paid_in_key(multipath: RunResult) -> None:
    """Hops times key and tag for each path, and a tag per share where ends use tags."""
    price = {
        demand: set(requests(multipath, demand, (1.0, 14.0))["consumed_bits"].to_list())
        for demand in ("single-path", "xor-of-2", "2-of-3-compared", "2-of-3-tagged")
    }
    hop_bits = 256 + 128
    assert price["single-path"] == {3 * hop_bits}
    assert price["xor-of-2"] == {6 * hop_bits + 2 * 128}
    assert price["2-of-3-compared"] == {(6 + 9) * hop_bits}
    assert price["2-of-3-tagged"] == {(6 + 9) * hop_bits + 3 * 128}


# --- national-day


@pytest.mark.slow
def test_a_stretch_of_the_national_day() -> None:
    """Two hours as in the first hours of the day; the whole day is a benchmark."""
    run = simulate("national-day", duration_s=2 * HOUR_S)
    asked = run.table("requests")
    hops = asked.filter(pl.col("outcome") == "served")["hops"]
    assert 5.0 <= float(hops.cast(pl.Float64).mean() or 0.0) <= 10.0  # type: ignore[arg-type]
    assert (asked["outcome"] == "served").sum() > 0.98 * asked.height
    assert run.table("links").height == 3000
    assert run.table("faults").filter(pl.col("kind") == "cut").height > 0


@pytest.mark.slow
def test_the_national_day_asks_a_million_times_between_thousands_of_pairs() -> None:
    plan = build(load_named_scenario("national-day"))
    (demand,) = plan.demands
    assert len(demand.pairs) >= 2_000
    assert demand.bits == 256
    assert plan.scenario.scenario.demand[0].requests_per_s == pytest.approx(1e6 / 86_400, rel=1e-4)
