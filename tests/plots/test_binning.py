from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.plots.axes import apart, decades
from qkdsim.plots.binning import bin_edges_s, demand_rates_bps, link_rates_bps, store_levels, thinned
from qkdsim.plots.facts import FaultSpan


def blocks(rows: list[tuple[str, float, float, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["link", "start_s", "end_s", "secret_bits"], orient="row")


def test_key_of_a_block_is_spread_over_its_time() -> None:
    # 300 bits over 30 s are 10 bit/s in each of three bins; then a gap; then 50 bits over 5 s of a bin of 10 s
    table = blocks([("x", 0.0, 30.0, 300), ("x", 45.0, 50.0, 50), ("x", 50.0, 60.0, 0)])
    rates = link_rates_bps(table, ["x"], np.arange(0.0, 81.0, 10.0))["x"]
    assert rates[:6].tolist() == pytest.approx([10, 10, 10, 0, 5, 0])
    assert np.isnan(rates[6:]).all()


def test_a_link_without_blocks_is_not_known() -> None:
    rates = link_rates_bps(blocks([("x", 0.0, 1.0, 1)]), ["y"], np.array([0.0, 1.0, 2.0]))["y"]
    assert np.isnan(rates).all()


@given(
    lengths=st.lists(st.floats(0.5, 500.0), min_size=1, max_size=30),
    bits=st.lists(st.integers(0, 10**9), min_size=30, max_size=30),
    bins=st.integers(1, 40),
)
def test_no_key_is_lost_in_the_bins(lengths: list[float], bits: list[int], bins: int) -> None:
    ends = np.cumsum(lengths)
    starts = ends - lengths
    table = blocks([("x", float(a), float(b), n) for a, b, n in zip(starts, ends, bits, strict=False)])
    edges = np.linspace(0.0, ends[-1], bins + 1)
    rates = link_rates_bps(table, ["x"], edges)["x"]
    assert float((rates * np.diff(edges)).sum()) == pytest.approx(sum(bits[: len(lengths)]), rel=1e-9, abs=1e-3)


@pytest.mark.parametrize("order", ["by time", "by link", "reversed"])
def test_reading_blocks_in_small_pieces_changes_nothing(order: str) -> None:
    random = np.random.default_rng(5)
    ends = {link: np.cumsum(random.exponential(scale, 200)) for link, scale in (("x", 3.0), ("y", 5.0))}
    rows = [
        (link, float(start), float(end), int(random.integers(1, 1000)))
        for link, times in ends.items()
        for start, end in pairwise(times)
    ]
    table = blocks({"by time": sorted(rows, key=lambda row: row[1]), "by link": rows, "reversed": rows[::-1]}[order])
    dark = [FaultSpan("cut", "x", 100.0, 140.0, 150.0)]
    edges = bin_edges_s(600.0, 20)
    whole = link_rates_bps(table, ["x", "y"], edges, dark)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qkdsim.measures.streams.CHUNK_ROWS", 7)
        pieces = link_rates_bps(table, ["x", "y"], edges, dark)
    for link in ("x", "y"):
        np.testing.assert_array_equal(pieces[link], whole[link])


def test_requests_fall_into_the_bin_of_their_arrival() -> None:
    table = pl.DataFrame(
        {
            "demand": ["a", "a", "a", "b", "a"],
            "arrival_s": [0.0, 9.9, 10.0, 25.0, 30.0],
            "bits": [100, 50, 70, 30, 40],
            "outcome": ["served", "blocked", "served", "served", "served"],
        }
    )
    rates = demand_rates_bps(table, ["a", "b", "none"], np.array([0.0, 10.0, 20.0, 30.0]))
    assert rates["a"][0].tolist() == [10, 7, 4]  # one at the very end belongs to the last bin
    assert rates["a"][1].tolist() == [5, 0, 0]
    assert rates["b"][0].tolist() == [0, 0, 3]
    assert not rates["none"][0].any()


@given(st.floats(1e-3, 4e9))
def test_bins_cover_the_run_in_round_steps(duration_s: float) -> None:
    edges = bin_edges_s(duration_s)
    assert edges[0] == 0
    assert edges[-1] == duration_s
    assert (np.diff(edges) > 0).all()
    assert 1 <= len(edges) - 1 <= 152 or duration_s < 150


@given(st.lists(st.integers(0, 100), min_size=1, max_size=3000))
def test_thinning_keeps_extremes_and_ends(levels: list[int]) -> None:
    level = np.array(levels, dtype=np.float64)
    time_s, kept = thinned(np.arange(len(level), dtype=np.float64), level, 100)
    assert len(kept) <= 102
    assert (kept[0], kept[-1]) == (level[0], level[-1])
    assert (kept.min(), kept.max()) == (level.min(), level.max())
    assert (level[time_s.astype(int)] == kept).all()


def test_levels_of_a_link_that_is_not_in_the_table() -> None:
    table = pl.DataFrame({"time_s": [1.0, 0.0], "link": ["a", "a"], "stored_bits": [5, 3]})
    levels = store_levels(table, ["a", "b"])
    assert levels["a"][1].tolist() == [3, 5]
    assert levels["b"][0].size == 0


@given(st.lists(st.floats(0, 1), max_size=8))
def test_names_stay_apart_in_order_and_inside(wanted: list[float]) -> None:
    placed = apart(wanted, 0.1, 0.0, 1.0)
    order = np.argsort(placed)
    assert all(b - a >= 0.1 - 1e-9 for a, b in zip(np.sort(placed), np.sort(placed)[1:], strict=False))
    assert sorted(wanted) == [wanted[one] for one in order]
    assert all(-1e-9 <= one <= 1 + 1e-9 for one in placed)


def test_names_with_room_stay_where_they_are() -> None:
    assert apart([0.5, 0.1, 0.9], 0.1, 0.0, 1.0) == pytest.approx([0.5, 0.1, 0.9])
    assert apart([0.5, 0.5], 0.2, 0.0, 1.0) == pytest.approx([0.6, 0.4])


def test_decades() -> None:
    assert decades(300.0, 304_000.0) == (2, 6)
    assert decades(100.0, 100.0) == (1, 2)
    assert decades(1e-9, 1e6) == (-3, 6)
