"""Requests of many pairs in order of time: the same however they are put together."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import rng
from qkdsim.apps import Arrivals, Batches, Constant, KeyDemand, OnOff, Pattern, Poisson
from qkdsim.apps.merge import merged
from qkdsim.network.service import ServiceClass

CLASS = ServiceClass("bulk")


def demand(pattern: Pattern, intervals_s: dict[str, float], stop_s: float = 2_000.0, name: str = "x") -> KeyDemand:
    return KeyDemand(
        id=name,
        service=CLASS,
        bits=256,
        pairs=tuple(("hub", other) for other in intervals_s),
        intervals_s=tuple(intervals_s.values()),
        start_s=10.0,
        stop_s=stop_s,
        pattern=pattern,
    )


def whole(lots: list[Arrivals]) -> list[tuple[float, int]]:
    assert all(len(lot.times_s) for lot in lots)
    return [pair for lot in lots for pair in zip(lot.times_s.tolist(), lot.pair.tolist(), strict=True)]


@given(
    st.lists(st.lists(st.integers(0, 50), max_size=30), min_size=1, max_size=6),
    st.integers(1, 7),
    st.sampled_from([1, 3, 17, 1_000]),
    st.floats(0.01, 100.0),
)
def test_streams_merge_to_one_sorted_sequence_whatever_the_batch(
    streams: list[list[int]], lot: int, batch: int, requests_per_s: float
) -> None:
    ascending = [np.array(sorted(one), dtype=np.float64) for one in streams]
    lots = [iter([one[at : at + lot] for at in range(0, len(one), lot)]) for one in ascending]
    found = whole(list(merged(lots, 0.0, requests_per_s, batch)))
    assert found == sorted((time_s, pair) for pair, one in enumerate(ascending) for time_s in one.tolist())


@pytest.mark.parametrize("pattern", [Constant(is_staggered=True), Poisson(), OnOff(20.0, 60.0), Batches(5)], ids=str)
def test_adding_a_pair_leaves_the_requests_of_the_others_as_they_were(pattern: Pattern) -> None:
    few = whole(list(demand(pattern, {"a": 3.0, "c": 0.5}).arrivals(7)))
    more = whole(list(demand(pattern, {"a": 3.0, "b": 0.1, "c": 0.5}).arrivals(7)))
    assert len(more) > len(few) > 1_000
    assert [(time_s, {0: 0, 2: 1}[pair]) for time_s, pair in more if pair != 1] == few


def test_each_demand_draws_from_its_own_stream() -> None:
    one, other = (demand(Poisson(), {"a": 1.0}, name=name) for name in ("x", "y"))
    assert whole(list(one.arrivals(7))) == whole(list(one.arrivals(7)))
    assert whole(list(one.arrivals(7))) != whole(list(one.arrivals(8)))
    assert whole(list(one.arrivals(7))) != whole(list(other.arrivals(7)))


def test_a_single_pair_draws_what_it_always_drew() -> None:
    """Lots of 1,024 exponential times from the stream of the demand, each lot summed on from the last time."""
    found = [time_s for time_s, _ in whole(list(demand(Poisson(), {"a": 0.5}).arrivals(3)))]
    draws = rng.stream(3, "demand", "x")
    first = 10.0 + np.cumsum(draws.exponential(0.5, 1024))
    second = first[-1] + np.cumsum(draws.exponential(0.5, 1024))
    assert found[:2048] == [*first.tolist(), *second.tolist()]


def test_pairs_share_requests_by_their_rates() -> None:
    pairs = np.array([pair for _, pair in whole(list(demand(Poisson(), {"a": 1.0, "b": 0.25}, 20_010.0).arrivals(1)))])
    assert abs((pairs == 0).sum() - 20_000) < 4.0 * np.sqrt(20_000)
    assert abs((pairs == 1).sum() - 80_000) < 4.0 * np.sqrt(80_000)


def test_a_demand_that_starts_after_the_end_never_asks() -> None:
    assert list(demand(Poisson(), {"a": 1.0, "b": 1.0}, stop_s=5.0).arrivals(1)) == []


def test_memory_does_not_grow_with_time() -> None:
    """Ten times the requests of 20 pairs, at the same peak."""
    peaks = []
    for stop_s in (100_000.0, 1_000_000.0):
        lots = demand(Poisson(), {f"n{pair}": 10.0 for pair in range(20)}, stop_s).arrivals(1)
        tracemalloc.start()
        count = sum(len(lot.times_s) for lot in lots)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert abs(count - 2.0 * stop_s) < 5.0 * np.sqrt(2.0 * stop_s) + 20
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.parametrize("intervals_s", [(), (1.0,), (1.0, 0.0), (1.0, 2.0, 3.0)])
def test_every_pair_needs_an_interval(intervals_s: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="each with an interval above 0"):
        KeyDemand("x", CLASS, 256, (("a", "b"), ("a", "c")), intervals_s, 0.0, 1.0, Poisson())
    with pytest.raises(ValueError, match="got 0 bits"):
        KeyDemand("x", CLASS, 0, (("a", "b"),), (1.0,), 0.0, 1.0, Poisson())
