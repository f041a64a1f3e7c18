"""Nobody waits for what is there: whoever can be served is, in the documented order."""

from __future__ import annotations

import pytest

from qkdsim.network.outage import Outage
from qkdsim.network.request import TOO_LATE

from .hand_made_network import hand_made_blocks, new_network


def test_a_link_that_the_urgent_no_longer_wait_for_is_free_for_the_others() -> None:
    """a to c waits for b--c and d--c. When it looks again, at 9 s, its own link to e is short: d--c is free."""
    links = {"ae": 600, "ed": 9999, "eb": 0, "bc": 300, "dc": 300, "fc": 9999}
    made = new_network("abcdef", links, tag_bits=0)
    made.feed("bc", hand_made_blocks([9.0], [512]))
    made.ask(made.queue("a", "c", 512, 60.0, name="urgent"), 1.0)
    made.ask(made.queue("f", "d", 256, 60.0, priority=1, name="other"), 2.0)
    made.ask(made.queue("a", "e", 200, 60.0, name="drain"), 3.0)
    assert [(r.queue.demand, r.outcome, r.served_s) for r in made.run(60.0)] == [
        ("urgent", "blocked", 0.0),
        ("other", "served", 9.0),
        ("drain", "served", 3.0),
    ]


def test_a_request_that_can_no_longer_be_in_time_does_not_hold_up_the_next() -> None:
    """The key at 10.5 s would be at both ends at 11.5 s: too late for the first, in time for the second."""
    made = new_network("ab", {"ab": 0}, hop_delay_s=1.0)
    made.feed("ab", hand_made_blocks([10.5], [256]))
    made.ask(made.queue("a", "b", 256, 10.0), 1.0, 5.0)
    first, second = made.run(60.0)
    assert (first.outcome, first.cause) == ("blocked", TOO_LATE)
    assert (second.outcome, second.served_s) == ("served", 10.5)


def test_those_who_wait_for_several_links_get_one_turn_at_a_time() -> None:
    """Both demands wait for two links that an urgent request keeps; when it is served elsewhere, the oldest two win."""
    made = new_network("ab", {"ab1": 300, "ab2": 300, "ab3": 0})
    made.feed("ab3", hand_made_blocks([9.0], [512]))
    made.ask(made.queue("a", "b", 512, 60.0, name="urgent"), 0.5)
    first = made.queue("a", "b", 200, 60.0, priority=1, name="first")
    second = made.queue("a", "b", 200, 60.0, priority=1, name="second")
    made.ask(first, 1.0, 3.0)
    made.ask(second, 2.0)
    assert [(r.queue.demand, r.outcome) for r in made.run(60.0)] == [
        ("urgent", "served"),
        ("first", "served"),
        ("second", "served"),
        ("first", "blocked"),
    ]


def test_a_split_key_gets_the_link_that_was_kept_for_somebody_more_urgent() -> None:
    made = new_network("abcz", {"ab": 9999, "bz": 9999, "ac": 500, "cz": 9999})
    made.ask(made.queue("a", "c", 10_500, 5.0, name="urgent"), 1.0)
    service = {"paths": 2, "threshold": 2, "sharing": "xor", "priority": 1}
    made.ask(made.queue("a", "z", 256, 60.0, name="split", **service), 2.0)
    urgent, split = made.run(60.0)
    assert urgent.outcome == "blocked"
    assert (split.outcome, split.served_s) == ("served", 6.0)


def test_a_split_key_is_in_time_when_enough_shares_are() -> None:
    """Two of three shares rebuild the key; the third way is longer than the budget allows."""
    links = {"ab": 9999, "bz": 9999, "ac": 9999, "cz": 9999, "ad": 9999, "de": 9999, "ez": 9999}
    made = new_network("abcdez", links, hop_delay_s=1.0)
    made.ask(made.queue("a", "z", 256, 2.5, paths=3, threshold=2, sharing="shamir"), 1.0)
    (request,) = made.run(60.0)
    assert (request.outcome, request.delay_s) == ("served", 2.0)


@pytest.mark.parametrize("order", [1, -1])
def test_outages_that_follow_each_other_at_once_are_one(order: int) -> None:
    """However they are announced: b is never up between the two."""
    made = new_network("abc", {"ab": 9999, "bc": 9999})
    made.network.announce([Outage("node", "b", 2.0, 5.0), Outage("node", "b", 5.0, 8.0)][::order])
    made.ask(made.queue("a", "c", 256, 60.0), 3.0)
    (request,) = made.run(60.0)
    assert request.served_s == 8.0
