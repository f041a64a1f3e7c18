"""Measures of hand-made tables, worked out by hand, and the laws that all tables obey."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.measures import NODE, SERVICE
from qkdsim.measures.delays import binned, by_group

from .small_runs import Ask, FaultRow, Tables

ALL = ("all", "")
FAULT = FaultRow("link", "ab", 40.0, 70.0)


def test_counts_rates_and_ratios() -> None:
    asks = [Ask(0.0), Ask(10.0, None), Ask(20.0, None, outcome="lost", wasted_bits=60), Ask(30.0), Ask(40.0)]
    found = Tables(asks).measured()[ALL]
    assert (found["requests"], found["served"], found["blocked"], found["lost"]) == (5, 3, 1, 1)
    assert (found["requested_bits"], found["delivered_bits"]) == (500, 300)
    assert (found["offered_bps"], found["throughput_bps"]) == (5.0, 3.0)
    assert found["served_ratio"] == pytest.approx(3 / 5)
    assert found["blocking_ratio"] == pytest.approx(1 / 5)
    assert found["loss_ratio"] == pytest.approx(2 / 5)
    assert found["consumed_bits"] == 360
    assert found["consumed_per_delivered"] == pytest.approx(1.2)
    assert (found["mean_hops"], found["mean_paths"]) == (1.0, 1.0)


def test_delays_by_hand() -> None:
    delays_s = [0.01 * number for number in range(1, 21)]
    found = Tables([Ask(float(index), delay_s) for index, delay_s in enumerate(delays_s)]).measured()[ALL]
    assert found["delay_mean_s"] == pytest.approx(0.105)
    # nearest rank of 20: the 10th, the 19th, and the 20th
    assert (found["delay_p50_s"], found["delay_p95_s"], found["delay_p99_s"]) == (0.1, 0.19, 0.2)
    assert found["delay_max_s"] == 0.2
    assert found["delay_variation_s"] == pytest.approx(0.1)
    assert found["delay_range_s"] == pytest.approx(0.19)


def test_delays_of_zero_are_delays() -> None:
    found = Tables([Ask(0.0, 0.0), Ask(1.0, 0.0), Ask(2.0, 3.0)]).measured()[ALL]
    assert (found["delay_p50_s"], found["delay_max_s"]) == (0.0, 3.0)


def test_time_without_service_lasts_from_a_failed_request_to_the_next_served_one() -> None:
    # up 0-10, down 10-30, up 30-40, down 40-50; the last request stands for the mean spacing of 10 s, up 50-60
    asks = [Ask(0.0), Ask(10.0, None), Ask(20.0, None), Ask(30.0), Ask(40.0, None), Ask(50.0)]
    found = Tables(asks).measured()[ALL]
    assert found["availability"] == pytest.approx(30 / 60)
    assert found["outages"] == 2
    assert found["starvation_s"] == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("asks", "availability", "starvation_s"),
    [
        ([Ask(0.0), Ask(60.0, None)], 60 / 100, 40.0),  # the mean spacing of 60 s is cut by the end of the run
        ([Ask(75.0, None)], 0.0, 25.0),  # a single request stands until the end
        ([Ask(75.0)], 1.0, 0.0),
        ([Ask(50.0), Ask(50.0, None)], 0.0, 50.0),  # both at once: no spacing
    ],
)
def test_the_last_request(asks: list[Ask], availability: float, starvation_s: float) -> None:
    found = Tables(asks).measured()[ALL]
    assert found["availability"] == pytest.approx(availability)
    assert found["starvation_s"] == pytest.approx(starvation_s)


def test_errors_are_keys_that_the_ends_did_not_share() -> None:
    asks = [Ask(0.0), Ask(1.0, None, outcome="lost"), Ask(2.0, None, outcome="lost"), Ask(3.0), Ask(4.0)]
    found = Tables(asks, mismatched=(1, 3)).measured()[ALL]  # request 3 lost a share, but was served
    assert found["error_ratio"] == pytest.approx(1 / 4)


def test_a_pair_without_requests_has_no_measure() -> None:
    found = Tables([Ask(0.0)], asked=[("silver", "c", "a"), ("gold", "a", "b")]).measured()
    idle = found["pair", "a--c"]
    assert idle.pop("requests") == 0.0
    assert set(idle.values()) == {None}
    assert set(found["class", "silver"].values()) == {0.0, None}
    assert [name for scope, name in found if scope == "class"] == ["silver", "gold"]


def test_a_pair_that_was_never_served_has_no_delay() -> None:
    found = Tables([Ask(0.0, None), Ask(1.0, None)]).measured()["pair", "a--b"]
    assert (found["served_ratio"], found["availability"], found["throughput_bps"]) == (0.0, 0.0, 0.0)
    assert found["delay_p95_s"] is found["consumed_per_delivered"] is found["mean_hops"] is None


def test_no_requests_at_all() -> None:
    tables = Tables([])
    assert {scope for scope, _ in tables.measured()} == {"node"}
    assert tables.restorations() == []


def test_both_directions_are_one_pair() -> None:
    found = Tables([Ask(0.0), Ask(10.0, path="b>a", ends=("b", "a"))]).measured()
    assert found["pair", "a--b"]["requests"] == 2


def test_nodes_by_hand() -> None:
    asks = [
        Ask(0.0),
        Ask(1.0, path="a>c>b"),
        Ask(2.0, path="a>b|a>c>b", bits=50),  # two shares of 50 bit
        Ask(3.0, None),
        Ask(4.0, path="c>b", ends=("c", "b")),
    ]
    found = Tables(asks).measured()
    a, b, c = (found["node", node] for node in "abc")
    assert (a["requests"], a["served"], a["delivered_bits"]) == (4, 3, 250)
    assert (b["requests"], b["served"], b["delivered_bits"]) == (5, 4, 350)
    assert (c["relayed"], c["relayed_bits"], c["relay_load_bps"]) == (2, 150, 1.5)
    assert (a["relayed"], b["relayed"]) == (0, 0)
    assert (a["tag_bits"], b["tag_bits"], c["tag_bits"]) == (20, 20, 40)
    assert found[ALL]["mean_hops"] == pytest.approx((1 + 2 + 3 + 1) / (1 + 1 + 2 + 1))
    assert found[ALL]["mean_paths"] == pytest.approx(5 / 4)


asks = st.lists(
    st.builds(
        Ask,
        arrival_s=st.integers(0, 99).map(float),
        delay_s=st.none() | st.floats(0.0, 50.0),
        ends=st.sampled_from([("a", "b"), ("b", "a"), ("a", "c")]),
        name=st.sampled_from(["gold", "silver"]),
        outcome=st.sampled_from(["blocked", "lost"]),
    ),
    min_size=1,
    max_size=40,
).map(lambda found: sorted(found, key=lambda ask: ask.arrival_s))


@settings(max_examples=60)
@given(asks)
def test_laws(asks: list[Ask]) -> None:
    found = Tables(asks).measured()
    for (scope, _), values in found.items():
        if scope == "node":
            continue
        for name, about in SERVICE.items():
            value = values[name]
            if about.trials and value is not None:
                assert 0.0 <= value <= 1.0
        assert values["served"] + values["blocked"] + values["lost"] == values["requests"]
        assert values["loss_ratio"] == pytest.approx(1.0 - values["served_ratio"])
        if values["delay_p50_s"] is not None:
            order = ("delay_p50_s", "delay_p95_s", "delay_p99_s", "delay_max_s")
            assert sorted(values[name] for name in order) == [values[name] for name in order]
        assert (values["starvation_s"] == 0.0) == (values["outages"] == 0) or values["availability"] == 1.0
    for scope in ("class", "pair"):  # parts add up to the whole
        parts = [values for (one, _), values in found.items() if one == scope]
        for name in ("requests", "served", "delivered_bits", "consumed_bits", "throughput_bps", "outages"):
            assert sum(values[name] for values in parts) == pytest.approx(found[ALL][name])
    assert sum(found["node", node]["served"] for node in "abc") == 2 * found[ALL]["served"]


@settings(max_examples=30)
@given(asks, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(asks: list[Ask], shuffle: random.Random) -> None:
    order = list(range(len(asks)))
    shuffle.shuffle(order)
    faults = [FAULT]
    given_, shuffled = Tables(asks, faults), Tables(asks, faults, order=order)
    assert given_.measured() == shuffled.measured()
    assert given_.restorations() == shuffled.restorations()


@settings(max_examples=30)
@given(asks)
def test_reading_in_small_pieces_changes_nothing(asks: list[Ask]) -> None:
    whole, pieces = Tables(asks, [FAULT]), Tables(asks, [FAULT])
    expected = whole.measured(), whole.restorations()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qkdsim.measures.streams.CHUNK_ROWS", 3)
        found = pieces.measured(), pieces.restorations()
    assert found[1] == expected[1]
    for key, values in expected[0].items():
        assert found[0][key] == pytest.approx(values)


def test_percentiles_of_many_delays_are_within_a_thousandth() -> None:
    delays_s = np.random.default_rng(4).lognormal(-3.0, 2.0, 50_000)
    counts = by_group(binned(np.zeros(len(delays_s), dtype=np.int64), delays_s), np.zeros(1, dtype=np.int64), 1)[0]
    for share in (0.001, 0.5, 0.95, 0.99, 0.999):
        exact = np.quantile(delays_s, share, method="inverted_cdf")
        assert counts.percentile_s(share) == pytest.approx(exact, rel=1e-3)
    assert (counts.least_s, counts.greatest_s) == (delays_s.min(), delays_s.max())


def test_names_end_in_their_units_and_the_manual_has_all_of_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "measures.md").read_text(encoding="utf-8")
    endings = {"s": "_s", "bit": "_bits", "bit/s": "_bps"}
    for catalogue in (SERVICE, NODE):
        for name, about in catalogue.items():
            assert not about.unit or name.endswith(endings[about.unit])
            assert not about.trials or about.trials in SERVICE
            assert re.search(rf"`{name}`", page), name
