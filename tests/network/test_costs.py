"""Route policies: the order they put links in, their bounds, and what is refused of a user's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.errors import RunError
from qkdsim.network.costs import (
    LinkFacts,
    PolicyError,
    checked,
    fewest_hops,
    key_aware,
    key_aware_cost,
    least_loss,
    policy_of,
)
from qkdsim.network.search import RouteSearch, SearchGraph
from qkdsim.network.settings import NetworkSettings

LEVELS = st.integers(0, 10**9)
RATES = st.one_of(st.just(0.0), st.floats(1e-3, 1e9))
PATIENCE = st.floats(1e-3, 1e6)


def facts(
    held_bits: list[int],
    high_bits: list[int] | None = None,
    rate_bps: list[float] | None = None,
    loss_db: list[float] | None = None,
) -> LinkFacts:
    links = len(held_bits)
    return LinkFacts(
        held_bits=np.array(held_bits, np.int64),
        low_bits=np.zeros(links, np.int64),
        high_bits=np.array(high_bits or [0] * links, np.int64),
        rate_bps=np.array(rate_bps or [0.0] * links),
        loss_db=np.array(loss_db or [0.0] * links),
        usable=np.ones(links, np.bool_),
    )


@given(st.lists(st.tuples(LEVELS, LEVELS, RATES), max_size=8), PATIENCE)
def test_key_aware_for_all_links_is_key_aware_for_each(links: list[tuple[int, int, float]], patience_s: float):
    held, high, rate = (list(column) for column in zip(*links, strict=True)) if links else ([], [], [])
    costs = key_aware(facts(held, high, rate), patience_s)
    assert costs.tolist() == [key_aware_cost(*link, patience_s) for link in links]
    assert np.all((costs >= 1.0) & (costs <= 4.0))


@given(LEVELS, LEVELS, LEVELS, RATES, RATES, PATIENCE)
def test_more_key_or_a_faster_link_never_costs_more(
    held_bits: int, more_bits: int, high_bits: int, rate_bps: float, more_bps: float, patience_s: float
):
    cost = key_aware_cost(held_bits, high_bits, rate_bps, patience_s)
    assert key_aware_cost(held_bits + more_bits, high_bits, rate_bps, patience_s) <= cost
    assert key_aware_cost(held_bits, high_bits, rate_bps + more_bps, patience_s) <= cost


def test_key_aware_is_one_hop_per_patience_of_refill_time():
    rate_bps, patience_s = 1000.0, 60.0
    held = [100_000, 200_000, 70_000, 40_000, 0, 0]
    high = [100_000, 100_000, 100_000, 100_000, 1_000_000, 0]  # full, more than full, 30 s, 60 s, 1000 s, no watermark
    costs = key_aware(facts(held, high, [rate_bps] * 6), patience_s)
    assert costs.tolist() == [1.0, 1.0, 1.5, 2.0, 4.0, 1.0]
    assert key_aware(facts([99_999], [100_000], [0.0]), patience_s).tolist() == [4.0]  # never refills


def test_key_aware_route_goes_round_a_scarce_link_but_not_further_than_it_is_worth():
    """A direct link with an empty store, 2 to 5 hops the other way."""
    for hops, expected in ((2, "round"), (3, "round"), (5, "direct")):
        ends = [(0, 1), *((node, node + 1) for node in range(1, hops)), (hops, 0)]
        held, high = [1000, *[10_000] * hops], [10_000] * (hops + 1)
        now = facts(held, high, [1.0] * (hops + 1))
        search = RouteSearch(SearchGraph.of([True] * (hops + 1), ends))
        route = search.cheapest(key_aware(now, 60.0), now.held_bits, now.usable, 0, 1, 256, 256)
        assert route == ((0,) if expected == "direct" else tuple(range(hops, 0, -1)))


def test_least_loss_takes_the_route_with_fewest_db():
    """Three hops of 3 dB before one of 10 dB, and all costs fit the search's floor."""
    ends = [(0, 3), (0, 1), (1, 2), (2, 3)]
    now = facts([9] * 4, loss_db=[10.0, 3.0, 3.0, 3.0])
    costs = least_loss(now)
    assert costs.tolist() == pytest.approx([10 / 3, 1.0, 1.0, 1.0])
    search = RouteSearch(SearchGraph.of([True] * 4, ends))
    assert search.cheapest(costs, now.held_bits, now.usable, 0, 3, 1, 1) == (1, 2, 3)


@given(st.lists(st.floats(0.0, 100.0), min_size=1))
def test_least_loss_keeps_ratios_and_never_costs_less_than_one(loss_db: list[float]):
    costs = least_loss(facts([0] * len(loss_db), loss_db=loss_db))
    floored = np.maximum(loss_db, 0.01)
    assert costs.min() == 1.0
    assert costs == pytest.approx(floored / floored.min(), rel=1e-12)


def test_policies_of_a_network_without_links_are_empty():
    for policy in (fewest_hops, least_loss, lambda now: key_aware(now, 60.0)):
        assert policy(facts([])).shape == (0,)


def test_policy_is_found_by_name():
    now = facts([0, 5], [10, 10], [1.0, 1.0], [2.0, 6.0])

    def named(policy: Any) -> list[float]:
        return policy_of(NetworkSettings(hop_tag_bits=0, hop_delay_s=0.0, policy=policy, patience_s=10.0))(now).tolist()

    assert named("fewest-hops") == named("widest") == [1.0, 1.0]
    assert named("least-loss") == [1.0, 3.0]
    assert named("key-aware") == [2.0, 1.5]
    assert named(lambda given: 7.0 + given.held_bits) == [7.0, 12.0]


def test_own_policy_may_return_any_array_of_numbers_and_is_copied():
    kept = np.array([1, 2], np.int32)
    costs = checked(lambda given: kept)(facts([0, 0]))
    assert costs.dtype == np.float64
    kept[0] = 9
    assert costs.tolist() == [1.0, 2.0]
    assert checked(lambda given: [np.inf, 1])(facts([0, 0])).tolist() == [np.inf, 1.0]


def one_short(now: LinkFacts) -> list[float]:
    return [1.0] * (len(now.held_bits) - 1)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (one_short, "route policy one_short: got costs of shape 1, expected 2, one a link"),
        (lambda now: 1.0, "got costs of shape a single number, expected 2"),
        (lambda now: [1.0, 0.5], "got cost 0.5 for link 1, expected at least 1"),
        (lambda now: [float("nan"), 1.0], "got cost nan for link 0"),
        (lambda now: ["cheap", "dear"], "expected an array of 2 costs"),
        (lambda now: None, "expected|got"),
    ],
)
def test_own_policy_that_answers_nonsense_is_named(policy: Any, said: str):
    with pytest.raises(PolicyError, match=said) as caught:
        checked(policy)(facts([0, 0]))
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, RunError)  # one line and status 1 where a command meets it
    assert isinstance(caught.value, ValueError)
