"""Key that grows too old, to the instant, and without work that piles up."""

from __future__ import annotations

import pytest

from .hand_made_network import hand_made_blocks, new_network


@pytest.mark.parametrize("made_s", [0.7, 0.1, 12.3, 1e-9])
@pytest.mark.parametrize("lifetime_s", [3600.0, 0.1, 1e5, 1.1])
def test_key_goes_when_its_time_has_come_whatever_rounding_does(made_s: float, lifetime_s: float) -> None:
    made = new_network("ab", {"ab": 0}, key_lifetime_s=lifetime_s)
    made.feed("ab", hand_made_blocks([made_s], [512]))
    ends_s = made_s + lifetime_s
    made.agenda.run_to(ends_s * (1.0 - 1e-12))
    assert made.store("ab").held_bits == 512
    made.run(ends_s)
    assert made.store("ab").expired_bits == 512


def test_a_store_that_runs_empty_and_fills_again_waits_for_one_end_of_life() -> None:
    made = new_network("ab", {"ab": 0}, key_lifetime_s=1000.0)
    made.feed("ab", hand_made_blocks([float(second) for second in range(5000)], [256] * 5000))
    made.ask(made.queue("a", "b", 256, 0.5), *[second + 0.5 for second in range(4990)])
    made.agenda.run_to(4995.0)
    assert made.agenda.pending < 10
    made.run(7000.0)
    assert made.store("ab").expired_bits == 10 * 256


def test_key_that_is_too_old_makes_room_for_key_that_comes_at_that_instant() -> None:
    from qkdsim.keystore import KeyStore

    store = KeyStore(initial_bits=500, capacity_bits=500)
    made = new_network("ab", {"ab": 500}, stores={"ab": store}, key_lifetime_s=10.0)
    made.feed("ab", hand_made_blocks([4.0, 10.0], [0, 300]))
    made.run(15.0)
    assert (store.expired_bits, store.destroyed_bits, store.held_bits) == (500, 0, 300)
