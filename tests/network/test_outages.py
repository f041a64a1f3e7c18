"""Nodes, controller and classical links that fail, and messages that are lost."""

from __future__ import annotations

import pytest

from qkdsim.network.classical import ClassicalSettings
from qkdsim.network.outage import Outage
from qkdsim.network.request import FAILED_ON_THE_WAY, MESSAGE_LOST, NO_ROUTE

from .hand_made_network import hand_made_blocks, new_network

RING = {"ab": 9999, "bc": 9999, "cd": 9999, "da": 9999}


def test_keys_go_round_a_lost_node_and_back_when_it_returns() -> None:
    made = new_network("abcd", RING)
    made.network.announce([Outage("node", "b", 5.0, 10.0)])
    made.ask(made.queue("a", "c"), 1.0, 6.0, 11.0)
    assert [r.path for r in made.run(50.0)] == ["a>b>c", "a>d>c", "a>b>c"]


def test_a_lost_node_can_neither_ask_nor_be_asked() -> None:
    made = new_network("abcd", RING)
    made.network.announce([Outage("node", "c", 5.0, 10.0)])
    made.ask(made.queue("a", "c", budget_s=1.0), 6.0, 9.5)
    blocked, served = made.run(50.0)
    assert (blocked.outcome, blocked.cause) == ("blocked", NO_ROUTE)
    assert (served.outcome, served.served_s) == ("served", 10.0)  # it was waiting when the node came back


def test_key_in_the_stores_of_a_lost_node_is_gone() -> None:
    made = new_network("abcd", RING)
    made.network.announce([Outage("node", "b", 5.0, 10.0, key_lost=True)])
    made.feed("ab", hand_made_blocks([12.0], [500]))
    made.run(50.0)
    assert [(one.kind, one.link, one.node, one.bits) for one in made.incidents] == [
        ("key-lost", 0, 1, 9999),
        ("key-lost", 1, 1, 9999),
    ]
    assert [made.store(link).destroyed_bits for link in RING] == [9999, 9999, 0, 0]
    assert made.store("ab").held_bits == 500


def test_overlapping_outages_of_one_node_end_with_the_last() -> None:
    made = new_network("abcd", RING)
    made.network.announce([Outage("node", "b", 5.0, 20.0), Outage("node", "b", 10.0, 12.0)])
    made.ask(made.queue("a", "c"), 13.0, 21.0)
    assert [r.path for r in made.run(50.0)] == ["a>d>c", "a>b>c"]


def test_a_key_on_its_way_is_lost_with_the_node_it_passes() -> None:
    made = new_network("abc", {"ab": 9999, "bc": 9999}, hop_delay_s=1.0)
    made.network.announce([Outage("node", "b", 2.5, 4.0)])
    made.ask(made.queue("a", "c"), 2.0)
    (request,) = made.run(50.0)
    assert (request.outcome, request.cause, request.delay_s) == ("lost", FAILED_ON_THE_WAY, None)
    assert [(one.kind, one.bits, one.request) for one in made.incidents] == [("relay-failed", 2 * 384, 0)]
    assert made.store("ab").destroyed_bits == made.store("bc").destroyed_bits == 384
    assert (request.queue.served, request.queue.lost, request.queue.blocked) == (0, 1, 0)


def test_an_outage_elsewhere_does_not_touch_a_key_on_its_way() -> None:
    made = new_network("abcd", RING, hop_delay_s=1.0)
    made.network.announce([Outage("node", "d", 2.5, 4.0)])
    made.ask(made.queue("a", "c"), 2.0)
    (request,) = made.run(50.0)
    assert request.outcome == "served"


def test_a_cut_classical_link_is_bypassed_as_long_as_there_is_a_way() -> None:
    """The ends of a--b still reach each other round the ring: the key takes longer, but it comes."""
    made = new_network("abcd", RING, length_km=100.0)
    made.network.announce([Outage("classical-link", "ab", 5.0, 10.0)])
    made.ask(made.queue("a", "b"), 1.0, 6.0)
    direct, round_about = made.run(50.0)
    assert (direct.path, round_about.path) == ("a>b", "a>b")
    assert round_about.routes[0].crossings == 3
    assert direct.delay_s is not None
    assert round_about.delay_s is not None
    assert round_about.delay_s - direct.delay_s == pytest.approx(2 * (direct.delay_s - 0.001))


def test_a_partition_bars_keys_between_its_parts() -> None:
    made = new_network("abcd", RING)
    made.network.announce([Outage("classical-link", name, 5.0, 10.0) for name in ("ab", "cd")])
    made.ask(made.queue("a", "c", budget_s=0.05, name="across"), 6.0)
    made.ask(made.queue("a", "d", budget_s=0.05, name="within"), 7.0)
    across, within = made.run(50.0)
    assert (across.outcome, across.cause) == ("blocked", NO_ROUTE)
    assert within.outcome == "served"


def test_lost_messages_are_sent_again_and_cost_time() -> None:
    settings = ClassicalSettings(loss_probability=0.3, retransmit_timeout_s=2.0, max_retransmissions=50)
    made = new_network("ab", {"ab": 10**6}, classical=settings)
    made.ask(made.queue("a", "b", 10, budget_s=1.0), *range(4000))
    settled = made.run(5000.0)
    assert {r.outcome for r in settled} == {"served"}
    delays = [(r.delay_s or 0.0) - 0.001 for r in settled]
    # K losses with P(k) = 0.7 0.3^k: mean 3/7, variance 0.3/0.49; within 4 standard errors
    assert sum(delays) / len(delays) == pytest.approx(2.0 * 3 / 7, abs=4 * 2.0 * (0.3 / 0.49 / 4000) ** 0.5)
    assert sum(r.delay_s or 0.0 for r in settled) == pytest.approx(settled[0].queue.total_delay_s)


def test_a_message_that_is_given_up_parts_the_two_ends_of_a_store() -> None:
    """One attempt, half of the messages lost: the key is lost, both ends drop it, and an incident says so."""
    settings = ClassicalSettings(loss_probability=0.5, max_retransmissions=0)
    made = new_network("ab", {"ab": 100 * 256}, classical=settings)
    made.ask(made.queue("a", "b"), *range(100))
    settled = made.run(500.0)
    lost = [r for r in settled if r.outcome == "lost"]
    assert {r.cause for r in lost} == {MESSAGE_LOST}
    assert 30 < len(lost) < 70
    assert [one.kind for one in made.incidents] == ["store-mismatch"] * len(lost)
    store = made.store("ab")
    assert store.destroyed_bits == len(lost) * 256 == sum(one.bits for one in made.incidents)
    assert store.delivered_bits + store.destroyed_bits == 100 * 256 == store.accounted_bits
