"""A key's way through a network of three nodes, worked by hand."""

from __future__ import annotations

import pytest

from .hand_made_network import HOP_DELAY_S, hand_made_blocks, new_network

LIGHT_DELAY_PER_KM_S = 1.468 / 299_792.458  # group index of standard fibre, over the speed of light in km/s


def used(store) -> tuple[int, int, int, int]:
    return store.held_bits, store.delivered_bits, store.relayed_bits, store.authentication_bits


def test_two_hops_take_key_and_tag_from_both_stores() -> None:
    made = new_network("abc", {"ab": 1000, "bc": 2000}, length_km=50.0)
    queue = made.queue("a", "c", 256, 1.0, name="video")
    made.ask(queue, 7.0)
    (request,) = made.run(10.0)
    assert used(made.store("ab")) == (
        1000 - 256 - 128,
        256,
        0,
        128,
    )  # the key of the first hop is the key itself
    assert used(made.store("bc")) == (2000 - 256 - 128, 0, 256, 128)  # the second hop encrypts it
    assert request.outcome == "served"
    assert (request.path, request.hops) == ("a>b>c", 2)
    assert request.delay_s == pytest.approx(2 * (50.0 * LIGHT_DELAY_PER_KM_S + HOP_DELAY_S), rel=1e-9)
    assert request.routes[0].hop_start_s == pytest.approx((0.0, 50.0 * LIGHT_DELAY_PER_KM_S + HOP_DELAY_S))


def test_a_direct_link_pays_no_tag() -> None:
    made = new_network("ab", {"ab": 256})
    queue = made.queue("b", "a", 256, 1.0, name="d")
    made.ask(queue, 1.0)
    (request,) = made.run(10.0)
    assert used(made.store("ab")) == (0, 256, 0, 0)
    assert request.path == "b>a"
    assert request.delay_s == pytest.approx(HOP_DELAY_S)


def test_epsilon_adds_up_over_the_blocks_and_hops_used() -> None:
    made = new_network("abc", {"ab": 0, "bc": 0})
    made.feed("ab", hand_made_blocks([1.0, 2.0], [100, 300], epsilon=1e-10))
    made.feed("bc", hand_made_blocks([3.0], [1000], epsilon=5e-10))
    queue = made.queue("a", "c", 256, 1.0, name="d")
    made.ask(queue, 5.0)
    (request,) = made.run(10.0)
    # ab: the key spans both blocks and the tag lies in the second; bc: key and tag lie in one block
    assert request.epsilon == pytest.approx(2 * 1e-10 + 5e-10, rel=1e-12)


def test_a_user_node_never_passes_key_on() -> None:
    links = {"au": 10_000, "ub": 10_000, "ac": 10_000, "cd": 10_000, "db": 10_000}
    made = new_network("abcdu", links, users="u")
    queue = made.queue("a", "b", 256, 0.01, name="d")
    made.ask(queue, 1.0)
    (request,) = made.run(2.0)
    assert request.path == "a>c>d>b"


def test_a_user_node_may_be_an_end() -> None:
    made = new_network("abu", {"ub": 10_000, "ab": 10_000}, users="ua")
    queue = made.queue("u", "a", 256, 0.01, name="d")
    made.ask(queue, 1.0)
    (request,) = made.run(2.0)
    assert request.path == "u>b>a"


def test_the_detour_is_taken_when_the_direct_store_is_dry() -> None:
    made = new_network("abc", {"ac": 600, "ab": 10_000, "bc": 10_000})
    queue = made.queue("a", "c", 256, 0.01, name="d")
    made.ask(queue, 1.0, 2.0, 3.0)
    paths = [request.path for request in made.run(9.0) if request.routes]
    assert paths == ["a>c", "a>c", "a>b>c"]
    assert made.store("ac").held_bits == 600 - 2 * 256


def test_a_detour_needs_the_tag_as_well_as_the_key() -> None:
    made = new_network("abc", {"ab": 256 + 127, "bc": 10_000})
    queue = made.queue("a", "c", 256, 0.01, name="d")
    made.ask(queue, 1.0)
    (request,) = made.run(2.0)
    assert request.outcome == "blocked"
    assert made.store("ab").held_bits == 256 + 127
    assert made.store("bc").held_bits == 10_000


def test_parallel_links_are_used_in_file_order() -> None:
    made = new_network("ab", {"ab": 256, "ab2": 512})
    queue = made.queue("a", "b", 256, 0.01, name="d")
    made.ask(queue, 1.0, 2.0)
    assert [r.routes[0].links for r in made.run(9.0)] == [(0,), (1,)]
