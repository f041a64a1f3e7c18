"""Who knows what: a controller that looks now and then, announcements that take their time, and policies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qkdsim.network import Watermarks
from qkdsim.network.costs import LinkFacts, PolicyError
from qkdsim.network.outage import Outage
from qkdsim.network.request import NO_KEY

from .hand_made_network import HOP_DELAY_S, hand_made_blocks, new_network

DETOUR = {"ac": 300, "ab": 9999, "bc": 9999}


def test_the_controller_does_not_know_yet_and_the_route_is_tried_again() -> None:
    """The direct link is empty after the first request; the picture still shows it full."""
    made = new_network("abc", DETOUR, control="central", controller=1, length_km=100.0)
    made.ask(made.queue("a", "c"), 1.0, 2.0)
    first, second = made.run(50.0)
    assert [(r.path, r.attempts) for r in (first, second)] == [("a>c", 1), ("a>b>c", 2)]
    link_s = first.routes[0].delay_s - HOP_DELAY_S
    # to the controller and back, then the key itself; the failed attempt was found out at the source
    assert first.delay_s == pytest.approx(2 * link_s + link_s + HOP_DELAY_S)
    assert made.network.messages.route_queries == 2


def test_after_an_update_the_controller_knows() -> None:
    made = new_network("abc", DETOUR, control="central", controller=1, update_interval_s=5.0)
    made.ask(made.queue("a", "c"), 1.0, 6.0)
    assert [(r.path, r.attempts) for r in made.run(50.0)] == [("a>c", 1), ("a>b>c", 1)]


def test_while_the_controller_is_out_its_last_picture_is_used() -> None:
    made = new_network("abc", {"ac": 0, "ab": 9999, "bc": 9999}, control="central", controller=1, update_interval_s=5.0)
    made.feed("ac", hand_made_blocks([2.0], [9999]))
    made.network.announce([Outage("controller", "", 4.0, 14.0)])
    made.ask(made.queue("a", "c"), 12.0, 16.0)
    assert [r.path for r in made.run(50.0)] == ["a>b>c", "a>c"]
    assert made.network.messages.route_queries == 1  # nobody asks a controller that is out


def test_who_is_cut_off_from_the_controller_goes_by_what_was_heard_last() -> None:
    """a--c runs empty while c is cut off; the updates at 5 s and 10 s do not come to c, the one at 20 s does."""
    links = {"ac": 700, "ab": 9999, "bc": 9999}
    made = new_network("abc", links, control="central", controller=1, update_interval_s=5.0)
    made.network.announce([Outage("classical-link", name, 4.0, 19.0) for name in ("ab", "bc")])
    made.ask(made.queue("a", "c", 500), 1.0)
    made.ask(made.queue("c", "a", 500, budget_s=1.0, name="back"), 6.0, 21.0)
    assert [(r.path if r.routes else "", r.attempts) for r in made.run(50.0)] == [("a>c", 1), ("", 2), ("c>b>a", 1)]
    assert made.network.messages.store_reports == 3 * 10 - 2 * 3


def test_a_controller_whose_node_is_lost_sees_nothing() -> None:
    links = {"ac": 0, "ad": 9999, "dc": 9999, "ab": 9999}
    made = new_network("abcd", links, control="central", controller=1, update_interval_s=5.0)
    made.feed("ac", hand_made_blocks([2.0], [9999]))
    made.network.announce([Outage("node", "b", 4.0, 14.0)])
    made.ask(made.queue("a", "c"), 12.0, 16.0)
    assert [r.path for r in made.run(18.0)] == ["a>d>c", "a>c"]
    assert made.network.messages.store_reports == 4  # at 15 s


def test_attempts_are_limited() -> None:
    """Three parallel links that all look full and are empty: after two the request waits, and is served by key."""
    made = new_network("ab", {"ab1": 256, "ab2": 256, "ab3": 256}, control="central", controller=0, max_attempts=2)
    made.ask(made.queue("a", "b", budget_s=5.0, name="first"), 1.0, 1.1, 1.2)
    settled = made.run(50.0)
    assert [r.attempts for r in settled] == [1, 2, 2]
    assert [r.outcome for r in settled] == ["served", "served", "blocked"]
    assert settled[2].cause == NO_KEY


def test_announcements_arrive_hop_by_hop() -> None:
    """d--e gets key at 10 s and says so; its neighbour knows at once, one hop further it takes a second more."""
    links = {"ab": 9999, "bc": 9999, "cd": 9999, "de": 0}
    marks = Watermarks(100, 100)
    for node, known_s in (("d", 10.0), ("c", 11.0), ("b", 12.0), ("a", 13.0)):
        made = new_network(
            "abcde", links, control="link-state", flooding_delay_s=1.0, update_interval_s=1.0, watermarks=marks
        )
        made.feed("de", hand_made_blocks([10.0], [9999]))
        made.ask(made.queue(node, "e", budget_s=0.5), known_s - 0.6, known_s + 0.1)
        assert [r.outcome for r in made.run(50.0)] == ["blocked", "served"], node


@pytest.mark.parametrize(("node", "known_s"), [("d", 10.0), ("c", 11.0), ("b", 12.0), ("a", 13.0)])
def test_who_waits_tries_again_when_the_news_come(node: str, known_s: float) -> None:
    """Of key that a store has got, and of a node that has come back; not only at the next update."""
    links = {"ab": 9999, "bc": 9999, "cd": 9999, "de": 0}
    told = {"control": "link-state", "flooding_delay_s": 1.0, "update_interval_s": 100.0}
    made = new_network("abcde", links, watermarks=Watermarks(100, 100), **told)
    made.feed("de", hand_made_blocks([10.0], [9999]))
    made.ask(made.queue(node, "e", budget_s=50.0), 5.0)
    assert [r.served_s for r in made.run(80.0)] == [known_s]

    made = new_network(
        "abcde", links | {"de": 9999}, watermarks=Watermarks(100, 100), **told | {"update_interval_s": 4.0}
    )
    made.network.announce([Outage("node", "e", 2.0, 10.0)])
    made.ask(made.queue(node, "e", budget_s=50.0), 8.5)
    assert [r.served_s for r in made.run(80.0)] == [known_s]


def test_announcements_of_a_link_follow_each_other_at_the_shortest_hold_time() -> None:
    made = new_network(
        "ab", {"ab": 1000}, control="link-state", update_interval_s=10.0, watermarks=Watermarks(300, 600)
    )
    made.ask(made.queue("a", "b", 256, 0.05), 1.0, 1.1, 1.2)  # crosses both marks within a second
    made.run(30.0)
    assert made.network._control.announcements == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("policy", "path"), [("fewest-hops", "a>c"), ("least-loss", "a>b>c"), ("widest", "a>d>e>c"), ("key-aware", "a>b>c")]
)
def test_each_policy_has_its_own_best_route(policy: str, path: str) -> None:
    links = {"ac": 1000, "ab": 5000, "bc": 5000, "ad": 9000, "de": 9000, "ec": 9000}
    losses = {"ac": 30.0, "ab": 8.0, "bc": 8.0, "ad": 9.0, "de": 9.0, "ec": 9.0}
    made = new_network("abcde", links, policy=policy, losses_db=losses, watermarks=Watermarks(2000, 4000))
    made.ask(made.queue("a", "c"), 1.0)
    assert [r.path for r in made.run(2.0)] == [path]


def test_users_may_pass_their_own_policy() -> None:
    def shun_the_first(facts: LinkFacts) -> np.ndarray:
        return np.where(np.arange(len(facts.held_bits)) == 0, 10.0, 1.0)

    made = new_network("abc", {"ac": 9999, "ab": 9999, "bc": 9999}, policy=shun_the_first)
    made.ask(made.queue("a", "c"), 1.0)
    assert [r.path for r in made.run(2.0)] == ["a>b>c"]


@pytest.mark.parametrize("service", [{}, {"paths": 2, "threshold": 2, "sharing": "xor"}])
def test_who_waits_for_a_link_that_a_policy_rules_out_hears_of_its_key(service: dict[str, Any]) -> None:
    """A policy that never uses a store below its low watermark, though the key would do."""

    def spare(facts: LinkFacts) -> np.ndarray:
        return np.where(facts.held_bits < facts.low_bits, np.inf, 1.0)

    links = {"ab1": 600, "ab2": 600}
    made = new_network("ab", links, policy=spare, watermarks=Watermarks(1000, 1000), update_interval_s=1e9)
    made.feed("ab1", hand_made_blocks([5.0], [500]))
    made.feed("ab2", hand_made_blocks([5.0], [500]))
    made.ask(made.queue("a", "b", budget_s=20.0, **service), 1.0)
    assert [r.served_s for r in made.run(50.0)] == [5.0]


def test_a_policy_that_returns_nonsense_is_named() -> None:
    with pytest.raises(PolicyError, match=r"got cost 0\.0 for link 0, expected at least 1"):
        new_network("ab", {"ab": 9999}, policy=lambda facts: np.zeros(len(facts.held_bits)))


def test_costs_are_worked_out_anew_at_watermarks_only() -> None:
    """The policy is asked at the start, and when the level falls through each of the two marks."""
    asked: list[int] = []

    def counting(facts: LinkFacts) -> np.ndarray:
        asked.append(int(facts.held_bits[0]))
        return np.ones(len(facts.held_bits))

    made = new_network("ab", {"ab": 1000}, policy=counting, watermarks=Watermarks(300, 600), update_interval_s=1e9)
    made.ask(made.queue("a", "b", 100, 0.05), *[float(second) for second in range(1, 11)])
    made.run(50.0)
    assert asked == [1000, 500, 200]
