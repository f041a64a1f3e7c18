"""Requests that find no key: waiting, first come first served, and the end of patience."""

from __future__ import annotations

import pytest

from .hand_made_network import HOP_DELAY_S, hand_made_blocks, new_network


def test_served_when_key_arrives_with_the_exact_delay() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([12.5], [300]))
    queue = made.queue("a", "b", 256, 10.0, name="d")
    made.ask(queue, 3.0)
    (request,) = made.run(60.0)
    assert (request.outcome, request.served_s) == ("served", 12.5)
    assert request.delay_s == pytest.approx(9.5 + HOP_DELAY_S, abs=1e-12)
    assert queue.total_delay_s == pytest.approx(9.5 + HOP_DELAY_S, abs=1e-12)


@pytest.mark.parametrize(
    ("arrives_s", "outcome"),
    [
        (13.0, "served"),
        (13.000001, "blocked"),
    ],  # the budget ends at 3 + 10, and what comes just then still counts
)
def test_blocked_when_the_budget_is_over_and_not_before(arrives_s: float, outcome: str) -> None:
    made = new_network("ab", {"ab": 0}, hop_delay_s=0.0)
    queue = made.queue("a", "b", 256, 10.0, name="d")
    made.ask(queue, 3.0)
    made.feed("ab", hand_made_blocks([arrives_s], [300]))
    (request,) = made.run(60.0)
    assert request.outcome == outcome
    assert made.store("ab").held_bits == (44 if outcome == "served" else 300)
    assert request.delay_s is None or outcome == "served"


def test_a_key_that_would_arrive_too_late_is_not_taken() -> None:
    """Two hops of 20 ms each cannot meet a budget of 30 ms; the direct one of 20 ms can."""
    made = new_network("abc", {"ab": 5000, "bc": 5000, "ac": 300}, hop_delay_s=0.02)
    queue = made.queue("a", "c", 256, 0.03, name="d")
    made.ask(queue, 1.0, 2.0)
    assert [request.outcome for request in made.run(60.0)] == ["served", "blocked"]
    assert made.store("ab").held_bits == 5000


def test_without_a_budget_a_request_never_waits() -> None:
    made = new_network("ab", {"ab": 0}, hop_delay_s=0.0)
    made.feed("ab", hand_made_blocks([5.0], [300]))
    queue = made.queue("a", "b", 256, 0.0, name="d")
    made.ask(queue, 3.0, 6.0)
    assert [request.outcome for request in made.run(60.0)] == ["blocked", "served"]


def test_key_at_the_instant_of_arrival_is_there() -> None:
    made = new_network("ab", {"ab": 0}, hop_delay_s=0.0)
    queue = made.queue("a", "b", 256, 0.0, name="d")
    made.ask(queue, 5.0)
    made.feed("ab", hand_made_blocks([5.0], [300]))
    (request,) = made.run(60.0)
    assert request.outcome == "served"


def test_first_come_first_served_within_and_between_demands() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([10.0, 20.0], [512, 256]))
    first = made.queue("a", "b", 256, 100.0, name="first")
    second = made.queue("b", "a", 256, 100.0, name="second")
    made.ask(second, 1.0)
    made.ask(first, 2.0)
    made.ask(second, 3.0)
    assert [(r.queue.demand, r.served_s) for r in made.run(60.0)] == [
        ("second", 10.0),
        ("first", 10.0),
        ("second", 20.0),
    ]


def test_a_newcomer_does_not_overtake_its_own_demand() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([10.0], [256]))
    queue = made.queue("a", "b", 256, 100.0, name="d")
    made.ask(queue, 9.0, 10.0)  # the second comes at the very instant of the key
    assert [r.outcome for r in made.run(60.0)] == ["served", "blocked"]


def test_a_request_that_is_too_large_does_not_hold_up_the_others() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([10.0], [300]))
    large = made.queue("a", "b", 10_000, 100.0, name="large")
    small = made.queue("a", "b", 256, 100.0, name="small")
    made.ask(large, 1.0)
    made.ask(small, 2.0)
    assert [(r.queue.demand, r.outcome) for r in made.run(60.0)] == [("large", "blocked"), ("small", "served")]


def test_waiting_for_two_links_of_a_detour() -> None:
    made = new_network("abc", {"ab": 0, "bc": 0})
    made.feed("bc", hand_made_blocks([4.0], [384]))
    made.feed("ab", hand_made_blocks([2.0, 8.0], [383, 1]))
    queue = made.queue("a", "c", 256, 100.0, name="d")
    made.ask(queue, 1.0)
    (request,) = made.run(60.0)
    assert request.served_s == 8.0
    assert made.store("ab").held_bits == made.store("bc").held_bits == 0


def test_still_waiting_at_the_end_counts_as_blocked() -> None:
    made = new_network("ab", {"ab": 0})
    queue = made.queue("a", "b", 256, 1000.0, name="d")
    made.ask(queue, 1.0)
    (request,) = made.run(60.0)
    assert request.outcome == "blocked"
    assert (queue.requested, queue.served, queue.blocked) == (1, 0, 1)


def test_settled_requests_come_in_order_of_arrival() -> None:
    made = new_network("abc", {"ab": 0, "ac": 10_000})
    made.feed("ab", hand_made_blocks([30.0], [600]))
    slow = made.queue("a", "b", 256, 100.0, name="slow")
    quick = made.queue("a", "c", 256, 100.0, name="quick")
    made.ask(slow, 1.0, 3.0)
    made.ask(quick, 2.0, 4.0)
    made.agenda.run_to(10.0)
    made.network.hand_over()
    assert made.settled == []  # the first request still waits
    assert [request.index for request in made.run(60.0)] == [0, 1, 2, 3]


def test_blocks_without_key_cause_no_deposit_and_keep_their_number() -> None:
    made = new_network("ab", {"ab": 0})
    batches = [
        hand_made_blocks([1.0, 2.0, 3.0], [0, 10, 0]),
        hand_made_blocks([4.0], [0]),
        hand_made_blocks([5.0], [7]),
    ]
    made.feed("ab", *batches)
    made.run(60.0)
    assert [(s.block, s.length) for s in made.store("ab").accounts()] == [(1, 10), (4, 7)]
