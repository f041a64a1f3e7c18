"""Classes of service: who goes first, who is admitted, what stays in reserve."""

from __future__ import annotations

import pytest

from qkdsim.network.request import NO_KEY, OVER_LIMIT, QUEUE_FULL

from .hand_made_network import hand_made_blocks, new_network


def test_key_goes_to_the_most_urgent_class_not_to_the_first_that_came() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([10.0, 20.0], [256, 256]))
    low, high = (
        made.queue("a", "b", budget_s=60.0, priority=1, name="low"),
        made.queue("a", "b", budget_s=60.0, name="high"),
    )
    made.ask(low, 1.0)
    made.ask(high, 2.0)
    assert [(r.queue.demand, r.served_s) for r in made.run(60.0)] == [("low", 20.0), ("high", 10.0)]


def test_a_less_urgent_request_may_not_take_key_that_a_more_urgent_one_waits_for() -> None:
    """The urgent request needs more than is there yet; without priorities the small one would help itself."""
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([5.0, 20.0], [300, 300]))
    made.ask(made.queue("a", "b", 512, 60.0, name="large"), 1.0)
    made.ask(made.queue("a", "b", 256, 60.0, priority=1, name="small"), 6.0)
    assert [(r.queue.demand, r.outcome, r.served_s) for r in made.run(60.0)] == [
        ("large", "served", 20.0),
        ("small", "blocked", 0.0),
    ]


def test_equal_priorities_do_not_hold_each_other_up() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([5.0], [300]))
    made.ask(made.queue("a", "b", 512, 60.0, name="large"), 1.0)
    made.ask(made.queue("a", "b", 256, 60.0, name="small"), 6.0)
    assert [(r.queue.demand, r.outcome) for r in made.run(60.0)] == [("large", "blocked"), ("small", "served")]


def test_when_the_urgent_request_runs_out_of_patience_the_others_get_the_key() -> None:
    made = new_network("ab", {"ab": 300})
    made.ask(made.queue("a", "b", 512, 5.0, name="large"), 1.0)
    made.ask(made.queue("a", "b", 256, 60.0, priority=1, name="small"), 2.0)
    assert [(r.queue.demand, r.outcome, r.served_s) for r in made.run(60.0)] == [
        ("large", "blocked", 0.0),
        ("small", "served", 6.0),
    ]


def test_when_the_urgent_request_is_served_elsewhere_the_others_get_the_key() -> None:
    """a to c waits for either way; the key of b--c serves it, and frees a--c for the less urgent request."""
    made = new_network("abc", {"ac": 300, "ab": 5000, "bc": 0}, tag_bits=0)
    made.feed("bc", hand_made_blocks([9.0], [600]))
    made.ask(made.queue("a", "c", 512, 60.0, name="large"), 1.0)
    made.ask(made.queue("a", "c", 256, 60.0, priority=1, name="small"), 2.0)
    found = [(r.queue.demand, r.path, r.served_s) for r in made.run(60.0)]
    assert found == [("large", "a>b>c", 9.0), ("small", "a>c", 9.0)]


def test_a_greedy_pair_is_held_to_its_rate() -> None:
    """A bucket of 512 bits that fills with 256 bit/s admits two requests at once, then one a second."""
    made = new_network("ab", {"ab": 10**6})
    greedy = made.queue("a", "b", rate_limit_bps=256.0, burst_bits=512.0)
    made.ask(greedy, *[0.25 * step for step in range(20)])  # four a second for five seconds
    settled = made.run(60.0)
    served = [r.arrival_s for r in settled if r.outcome == "served"]
    assert served == [0.0, 0.25, 1.0, 2.0, 3.0, 4.0]
    assert {r.cause for r in settled if r.outcome == "blocked"} == {OVER_LIMIT}
    assert made.store("ab").delivered_bits == 6 * 256


@pytest.mark.parametrize("interval_s", [0.1, 0.3, 1.0 / 7.0])
def test_a_pair_that_asks_at_exactly_its_rate_is_never_refused(interval_s: float) -> None:
    made = new_network("ab", {"ab": 10**6})
    made.ask(
        made.queue("a", "b", rate_limit_bps=256.0 / interval_s, burst_bits=256.0),
        *[interval_s * step for step in range(200)],
    )
    assert {r.outcome for r in made.run(60.0)} == {"served"}


def test_no_more_requests_wait_than_admitted() -> None:
    made = new_network("ab", {"ab": 0})
    made.feed("ab", hand_made_blocks([10.0], [10_000]))
    made.ask(made.queue("a", "b", budget_s=60.0, max_waiting=2), 1.0, 2.0, 3.0)
    assert [(r.outcome, r.cause) for r in made.run(60.0)] == [("served", ""), ("served", ""), ("blocked", QUEUE_FULL)]


def test_relays_leave_the_reserve_to_the_two_ends_of_a_link() -> None:
    made = new_network("abc", {"ab": 1000, "bc": 1000}, relay_reserve_bits=400)
    made.ask(made.queue("a", "c", 256, 0.5, name="relayed"), 1.0, 2.0)
    made.ask(made.queue("a", "b", 256, 0.5, name="direct"), 3.0)
    assert [(r.outcome, r.cause) for r in made.run(60.0)] == [("served", ""), ("blocked", NO_KEY), ("served", "")]
    assert made.store("ab").held_bits == 1000 - 384 - 256
    assert made.store("bc").held_bits == 1000 - 384


@pytest.mark.parametrize(("asked_s", "outcome"), [(49.9, "served"), (50.0, "blocked"), (50.1, "blocked")])
def test_key_grows_too_old(asked_s: float, outcome: str) -> None:
    """Key of 20 s lives 30 s; newer key in the same store stays."""
    made = new_network("ab", {"ab": 0}, key_lifetime_s=30.0)
    made.feed("ab", hand_made_blocks([20.0, 40.0], [512, 100]))
    made.ask(made.queue("a", "b", 512, 0.05), asked_s)
    (request,) = made.run(60.0)
    assert request.outcome == outcome
    store = made.store("ab")
    assert (store.expired_bits, store.held_bits) == ((0, 100) if outcome == "served" else (512, 100))
