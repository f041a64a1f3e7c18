"""Keys that are split over paths without a common node."""

from __future__ import annotations

from typing import Any

import pytest

from qkdsim.network.outage import Outage
from qkdsim.network.request import NO_KEY, TOO_FEW_PATHS

from .hand_made_network import TAG_BITS, HandMadeNetwork, hand_made_blocks, new_network

# a and z are joined by way of b, by way of c, and by way of d and e
THREE_WAYS = {"ab": 9999, "bz": 9999, "ac": 9999, "cz": 9999, "ad": 9999, "de": 9999, "ez": 9999}


def ask(made: HandMadeNetwork, *times_s: float, **service: Any) -> None:
    made.ask(made.queue("a", "z", 256, 10.0, **service), *times_s)


def test_an_xor_split_uses_every_path_and_pays_for_each() -> None:
    made = new_network("abcdez", THREE_WAYS)
    ask(made, 1.0, paths=3, threshold=3, sharing="xor")
    (request,) = made.run(20.0)
    assert (request.outcome, request.path) == ("served", "a>b>z|a>c>z|a>d>e>z")
    assert (request.hops, len(request.routes)) == (7, 3)
    # every hop gives key and tag; every share has a tag between the ends from their pre-shared key
    assert request.consumed_bits == 7 * (256 + TAG_BITS) + 3 * TAG_BITS
    assert request.delay_s == max(route.delay_s for route in request.routes)
    assert {made.store(link).held_bits for link in THREE_WAYS} == {9999 - 256 - TAG_BITS}
    assert sum(made.store(link).delivered_bits for link in THREE_WAYS) == 3 * 256


@pytest.mark.parametrize(("verification", "arrived"), [("tags", 2), ("cross", 3)])
def test_shares_that_rebuild_and_verify_the_key_need_not_all_arrive(verification: str, arrived: int) -> None:
    """Tagged shares: the second makes the key. Compared with each other, 2k - 1 = 3 of them are needed."""
    made = new_network("abcdez", THREE_WAYS)
    ask(made, 1.0, paths=3, threshold=2, sharing="shamir", verification=verification)
    (request,) = made.run(20.0)
    assert request.delay_s == sorted(route.delay_s for route in request.routes)[arrived - 1]
    tags = 3 * TAG_BITS if verification == "tags" else 0  # shares that are compared are not tagged
    assert request.consumed_bits == 7 * (256 + TAG_BITS) + tags


@pytest.mark.parametrize(("verification", "outcome"), [("tags", "served"), ("cross", "blocked")])
def test_fewer_paths_are_accepted_only_where_they_verify_the_key(verification: str, outcome: str) -> None:
    made = new_network("abcdez", THREE_WAYS | {"de": 0})
    ask(made, 1.0, paths=3, threshold=2, sharing="shamir", verification=verification, fewer_paths="accept")
    (request,) = made.run(20.0)
    assert request.outcome == outcome


@pytest.mark.parametrize(("sharing", "threshold", "outcome"), [("xor", 3, "lost"), ("shamir", 2, "served")])
def test_a_node_that_fails_on_the_way_costs_its_share(sharing: str, threshold: int, outcome: str) -> None:
    made = new_network("abcdez", THREE_WAYS, hop_delay_s=1.0)
    made.network.announce([Outage("node", "c", 1.5, 9.0)])
    ask(made, 1.0, paths=3, threshold=threshold, sharing=sharing)
    (request,) = made.run(20.0)
    assert request.outcome == outcome
    assert [(one.kind, one.bits) for one in made.incidents] == [("relay-failed", 2 * (256 + TAG_BITS))]
    assert made.store("ac").destroyed_bits == made.store("cz").destroyed_bits == 256 + TAG_BITS
    assert made.store("ab").delivered_bits == 256
    assert request.delay_s == (3.0 if outcome == "served" else None)  # by the other two ways, of two hops and of three
    assert (made.incidents[0].link, made.incidents[0].node) == (2, 2)


def test_a_share_that_has_arrived_is_not_lost_with_its_way() -> None:
    """c fails at 3.5 s: its share came at 3 s, and the one by d and e is on its way until 4 s."""
    made = new_network("abcdez", THREE_WAYS, hop_delay_s=1.0)
    made.network.announce([Outage("node", "c", 3.5, 9.0)])
    ask(made, 1.0, paths=3, threshold=3, sharing="xor")
    (request,) = made.run(20.0)
    assert (request.outcome, request.delay_s, made.incidents) == ("served", 3.0, [])


def test_too_few_paths_is_said_at_once_and_is_no_question_of_key() -> None:
    made = new_network("abcdez", THREE_WAYS)
    ask(made, 1.0, paths=4, threshold=4, sharing="xor")
    (request,) = made.run(20.0)
    assert (request.outcome, request.cause) == ("blocked", TOO_FEW_PATHS)
    assert {made.store(link).held_bits for link in THREE_WAYS} == {9999}


def test_a_class_may_accept_fewer_paths_and_says_how_many() -> None:
    made = new_network("abcdez", THREE_WAYS)
    ask(made, 1.0, paths=4, threshold=4, sharing="xor", fewer_paths="accept")
    (request,) = made.run(20.0)
    assert (request.outcome, len(request.routes)) == ("served", 3)


def test_shamir_never_accepts_fewer_paths_than_rebuild_the_key() -> None:
    made = new_network("abcdez", THREE_WAYS | {"de": 0})
    ask(made, 1.0, paths=3, threshold=3, sharing="shamir", fewer_paths="accept")
    (request,) = made.run(20.0)
    assert (request.outcome, request.cause) == ("blocked", NO_KEY)


def test_a_split_key_waits_for_key_on_the_path_that_lacks_it() -> None:
    made = new_network("abcdez", THREE_WAYS | {"de": 0})
    made.feed("de", hand_made_blocks([5.0], [1000]))
    ask(made, 1.0, paths=3, threshold=3, sharing="xor")
    (request,) = made.run(20.0)
    assert (request.outcome, request.served_s) == ("served", 5.0)


def test_a_direct_link_is_a_path_without_anybody_in_between() -> None:
    made = new_network("abz", {"az": 9999, "ab": 9999, "bz": 9999})
    ask(made, 1.0, paths=2, threshold=2, sharing="xor")
    (request,) = made.run(20.0)
    assert request.path == "a>z|a>b>z"
    assert made.store("az").delivered_bits == 256
    assert request.consumed_bits == 256 + 2 * (256 + TAG_BITS) + 2 * TAG_BITS
