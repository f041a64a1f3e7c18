"""Key on board: every bit enters at most one announcement, and nothing is made from nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from links.satellites.services import secret_bits, service
from qkdsim.links.satellites.onboard import OnBoard

PAIRS = [("a", "b"), ("a", "c"), ("b", "c")]


def test_two_stations_share_the_smaller_of_their_keys() -> None:
    craft = OnBoard("sat", 10_000)
    craft.store("a", 700, 1e-10)
    assert craft.announce("a", PAIRS, dict.fromkeys(PAIRS, 0), 1.0, 4e-10) == []  # nobody to share with yet
    craft.store("b", 500, 2e-10)
    (made,) = craft.announce("b", PAIRS, dict.fromkeys(PAIRS, 0), 2.0, 4e-10)
    assert (made.pair, made.bits, made.time_s) == (("a", "b"), 500, 2.0)
    assert made.epsilon == pytest.approx(7e-10)  # the key is as good as both of its parts and the tag
    assert (craft.held_bits("a"), craft.held_bits("b")) == (200, 0)


def test_key_of_several_passes_is_as_good_as_all_of_them() -> None:
    """Each block that gives a bit counts, also one that was begun or is left half used."""
    craft = OnBoard("sat", 10_000)
    for epsilon in (1e-10, 2e-10, 4e-10):
        craft.store("a", 100, epsilon)
    craft.store("b", 150, 8e-10)
    (first,) = craft.announce("b", PAIRS, dict.fromkeys(PAIRS, 0), 1.0, 0.0)
    assert first.epsilon == pytest.approx((1 + 2 + 8) * 1e-10)
    craft.store("b", 150, 16e-10)
    (second,) = craft.announce("b", PAIRS, dict.fromkeys(PAIRS, 0), 2.0, 0.0)
    assert second.epsilon == pytest.approx((2 + 4 + 16) * 1e-10)


def test_the_least_served_pair_is_served_first() -> None:
    craft = OnBoard("sat", 10_000)
    for station in "abc":
        craft.store(station, 100, 0.0)
    served = {("a", "b"): 50, ("a", "c"): 10, ("b", "c"): 0}
    made = craft.announce("a", PAIRS, served, 1.0, 0.0)
    assert [(one.pair, one.bits) for one in made] == [(("a", "c"), 100)]
    assert served[("a", "c")] == 110


def test_what_does_not_fit_on_board_is_destroyed() -> None:
    craft = OnBoard("sat", 1000)
    craft.store("a", 800, 0.0)
    craft.store("b", 800, 0.0)
    assert (craft.held_bits("a"), craft.held_bits("b"), craft.destroyed_bits) == (800, 200, 600)


stored = st.tuples(st.just("store"), st.sampled_from("abcd"), st.integers(0, 500))
contact = st.tuples(st.just("contact"), st.sampled_from("abcd"), st.just(0))


@given(st.lists(stored | contact, max_size=40), st.integers(0, 3000))
def test_bits_are_conserved(events: list[tuple[str, str, int]], capacity_bits: int) -> None:
    craft, served = OnBoard("sat", capacity_bits), dict.fromkeys(PAIRS, 0)
    came, announced = 0, 0
    for time_s, (kind, station, bits) in enumerate(events):
        if kind == "store":
            craft.store(station, bits, 1e-10)
            came += bits
        else:
            could = craft.can_announce(station, PAIRS)
            made = craft.announce(station, PAIRS, served, float(time_s), 1e-12)
            assert bool(made) == could
            assert all(station in one.pair for one in made)
            announced += sum(one.bits for one in made)
        assert craft.all_bits <= capacity_bits
        # an announced bit costs one bit of each of two stations
        assert came == craft.all_bits + craft.destroyed_bits + 2 * announced
    assert sum(served.values()) == announced


def test_key_that_refills_a_pool_is_never_announced(tmp_path: Path) -> None:
    """Every block pays its tags from a pool, which takes them back from the key before any of it comes on board."""
    tags, tag_bits = 4, 3000
    stated = "[post_processing]\nauthentication_pool_bits = 1e6\nauthentication_tags_per_block = {}\n"
    free, paid = (
        service(
            tmp_path,
            2.0,
            files={"rx": ("[post_processing]", stated.format(tags) + f"authentication_tag_bits = {bits}")},
            announcement_tag_bits=0,
        )
        for bits in (0, tag_bits)
    )
    assert secret_bits(free) == secret_bits(paid)
    blocks = {
        name: sum(one.secret_bits > 0 for one in free.passes if one.station == name) for name in ("north", "south")
    }
    lost = sum(one.bits for one in free.announcements) - sum(one.bits for one in paid.announcements)
    assert min(blocks.values()) >= 1
    assert lost >= tags * tag_bits


def test_nothing_is_announced_without_a_tag(tmp_path: Path) -> None:
    dear = service(tmp_path, 2.0, announcement_tag_bits=1e9)  # more than any pool holds
    assert secret_bits(dear) > 0
    assert dear.announcements == []
