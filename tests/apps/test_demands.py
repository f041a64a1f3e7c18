"""When demands ask, and that a network hears them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import rng
from qkdsim.apps import KeyDemand, poisson_times, regular_times, start_demand
from qkdsim.keystore import KeyStore
from qkdsim.network import Agenda, KeyNetwork, KeyRequest, NetworkLink


def test_a_day_of_seconds_has_86400_requests() -> None:
    times = list(regular_times(0.0, 1.0, 86_400.0))
    assert (len(times), times[0], times[-1]) == (86_400, 0.0, 86_399.0)


def test_regular_times_do_not_drift() -> None:
    times = list(regular_times(0.0, 0.1, 10_000.0))
    assert len(times) == 100_000
    assert times[70_003] == 70_003 * 0.1


@given(st.floats(0, 100), st.floats(0.1, 50), st.floats(0, 200))
def test_regular_times_lie_between_start_and_stop(start_s: float, interval_s: float, stop_s: float) -> None:
    times = list(regular_times(start_s, interval_s, stop_s))
    assert all(start_s <= time_s < stop_s for time_s in times)
    assert abs(len(times) - max(0.0, (stop_s - start_s) / interval_s)) <= 1.0 + 1e-9


def test_poisson_counts_and_gaps_follow_the_exponential_law() -> None:
    rate_per_s, span_s = 5.0, 20_000.0
    times = np.array(list(poisson_times(100.0, rate_per_s, 100.0 + span_s, rng.stream(3, "test"))))
    expected = rate_per_s * span_s
    assert abs(len(times) - expected) < 5.0 * math.sqrt(expected)
    assert times[0] > 100.0
    assert times[-1] < 100.0 + span_s
    gaps = np.diff(times)
    assert (gaps >= 0.0).all()
    # Kolmogorov-Smirnov distance to 1 - exp(-rate t); 1.95 / sqrt(n) is exceeded once in a thousand samples
    ranks = (np.arange(len(gaps)) + 0.5) / len(gaps)
    distance = np.abs(ranks - (1.0 - np.exp(-rate_per_s * np.sort(gaps)))).max()
    assert distance < 1.95 / math.sqrt(len(gaps))


def test_each_demand_draws_from_its_own_stream() -> None:
    one, other = (KeyDemand(name, "a", "b", 1, 0.0, 0.0, 100.0, requests_per_s=1.0) for name in ("x", "y"))
    assert list(one.arrival_times(7)) == list(one.arrival_times(7))
    assert list(one.arrival_times(7)) != list(one.arrival_times(8))
    assert list(one.arrival_times(7)) != list(other.arrival_times(7))


def test_a_demand_asks_in_one_way() -> None:
    demand = KeyDemand("x", "a", "b", 1, 0.0, 0.0, 100.0)
    with pytest.raises(ValueError, match="exactly one"):
        demand.arrival_times(1)


def test_a_stream_lives_on_the_initial_key_until_it_runs_out() -> None:
    agenda = Agenda()
    store = KeyStore(initial_bits=10_000)
    settled: list[KeyRequest] = []
    network = KeyNetwork(
        agenda,
        [("a", True), ("b", True)],
        [NetworkLink("ab", (0, 1), 0.0, store)],
        hop_tag_bits=128,
        hop_delay_s=0.0,
        on_settled=settled.extend,
    )
    demand = KeyDemand("video", "a", "b", 3000, 0.5, start_s=2.0, stop_s=20.0, interval_s=2.0)
    queue = start_demand(demand, network, seed=1)
    agenda.run_to(60.0)
    network.close()
    assert [request.arrival_s for request in settled] == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0]
    assert [request.outcome for request in settled] == ["served"] * 3 + ["blocked"] * 6
    assert (queue.requested, queue.served, queue.blocked) == (9, 3, 6)
    assert store.held_bits == 1000
