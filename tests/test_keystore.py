"""Laws of the key store: conservation, no bit twice, both ends equal."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qkdsim.keystore import INITIAL_BLOCK, Deposit, KeyStore, Purpose, Segment, epsilon_of


def test_hand_worked_life_of_two_blocks() -> None:
    store = KeyStore(initial_bits=100)
    assert store.deposit(0, 50, 1e-10) == Deposit(50, 0)
    assert store.withdraw(120, "delivered") == (Segment(INITIAL_BLOCK, 0, 100, 0.0), Segment(0, 0, 20, 1e-10))
    assert store.withdraw(10, "authentication") == (Segment(0, 20, 10, 1e-10),)
    assert store.accounts() == (Segment(0, 30, 20, 1e-10),)
    assert store.withdraw(21, "relayed") is None
    assert store.withdraw(20, "relayed") == (Segment(0, 30, 20, 1e-10),)
    assert (store.held_bits, store.delivered_bits, store.relayed_bits, store.authentication_bits) == (
        0,
        120,
        20,
        10,
    )


def test_overflow_destroys_the_end_of_the_arriving_block() -> None:
    store = KeyStore(initial_bits=70, capacity_bits=100)
    assert store.deposit(0, 50, 1e-10) == Deposit(30, 20)
    assert store.deposit(1, 50, 1e-10) == Deposit(0, 50)
    assert store.accounts() == (Segment(INITIAL_BLOCK, 0, 70, 0.0), Segment(0, 0, 30, 1e-10))
    assert store.destroyed_bits == 70
    assert store.deposited_bits == 170 == store.accounted_bits


def test_initial_key_beyond_the_capacity_is_destroyed() -> None:
    store = KeyStore(initial_bits=70, capacity_bits=50)
    assert (store.held_bits, store.destroyed_bits, store.deposited_bits) == (50, 20, 70)


def test_nothing_is_withdrawn_for_nothing() -> None:
    store = KeyStore(initial_bits=1)
    assert store.withdraw(0, "delivered") == ()
    assert store.held_bits == 1


def test_epsilon_counts_each_block_once() -> None:
    key = (Segment(0, 0, 5, 1e-10), Segment(1, 0, 5, 2e-10))
    tag = (Segment(1, 5, 5, 2e-10), Segment(2, 0, 1, 4e-10))
    assert epsilon_of(key + tag) == pytest.approx(7e-10)
    assert epsilon_of(()) == 0.0


@pytest.mark.parametrize(
    "refused",
    [
        lambda store: store.deposit(0, -1, 0.0),
        lambda store: store.withdraw(-1, "delivered"),
        lambda store: store.reserve(-1),
        lambda store: store.settle(-1, 0, "relayed"),
        lambda store: store.settle(0, -1, "relayed"),
        lambda store: KeyStore(capacity_bits=-1),
    ],
)
def test_negative_numbers_are_refused(refused: Callable[[KeyStore], object]) -> None:
    store = KeyStore(initial_bits=10)
    with pytest.raises(ValueError, match="expected >= 0"):
        refused(store)
    assert store.held_bits == 10


class StoreLife(RuleBasedStateMachine):
    """Two ends of a link under the same operations, and a naive model that marks every single bit."""

    @initialize(initial=st.integers(0, 40), capacity=st.none() | st.integers(0, 120))
    def open(self, initial: int, capacity: int | None) -> None:
        self.ends = [KeyStore(initial_bits=initial, capacity_bits=capacity) for _ in range(2)]
        kept = initial if capacity is None else min(initial, capacity)
        self.capacity = capacity
        self.model = [(INITIAL_BLOCK, offset) for offset in range(kept)]
        self.used: set[tuple[int, int]] = set()
        self.next_block = 0
        self.given = initial

    @rule(bits=st.integers(0, 60), epsilon=st.floats(0, 1e-6))
    def deposit(self, bits: int, epsilon: float) -> None:
        first, second = (end.deposit(self.next_block, bits, epsilon, self.next_block) for end in self.ends)
        room = bits if self.capacity is None else min(bits, self.capacity - len(self.model))
        assert first == second == Deposit(room, bits - room)
        self.model += [(self.next_block, offset) for offset in range(room)]
        self.next_block += 1
        self.given += bits

    @rule(bits=st.integers(0, 80), purpose=st.sampled_from(["delivered", "relayed", "authentication"]))
    def withdraw(self, bits: int, purpose: Purpose) -> None:
        before = getattr(self.ends[0], f"{purpose}_bits")
        first, second = (end.withdraw(bits, purpose) for end in self.ends)
        assert first == second
        if bits > len(self.model):
            assert first is None
            return
        assert first is not None
        out = [(s.block, s.offset + i) for s in first for i in range(s.length)]
        assert out == self.model[:bits]  # first in, first out
        assert not self.used.intersection(out)  # no bit twice
        self.used.update(out)
        self.model = self.model[bits:]
        assert getattr(self.ends[0], f"{purpose}_bits") == before + bits

    @rule(
        bits=st.integers(0, 40),
        tag_bits=st.integers(0, 20),
        purpose=st.sampled_from(["delivered", "relayed", "destroyed"]),
    )
    def relay(self, bits: int, tag_bits: int, purpose: Purpose) -> None:
        """One end sets key and tag aside in one step and settles later, the other takes them one by one."""
        first, second = self.ends
        epsilon = first.reserve(bits + tag_bits)
        if bits + tag_bits > len(self.model):
            assert epsilon is None
            return
        assert first.reserved_bits == bits + tag_bits
        first.settle(bits, tag_bits, purpose)
        key = second.withdraw(bits, purpose)
        tag = second.withdraw(tag_bits, "destroyed" if purpose == "destroyed" else "authentication")
        assert key is not None
        assert tag is not None
        assert epsilon == epsilon_of(key + tag)
        out = [(s.block, s.offset + i) for s in key + tag for i in range(s.length)]
        assert out == self.model[: bits + tag_bits]
        self.used.update(out)
        self.model = self.model[bits + tag_bits :]

    @rule(age=st.integers(0, 4))
    def expire(self, age: int) -> None:
        """Blocks come at the time of their number: what is older than the last few goes."""
        before = self.next_block - age
        gone = {one.expire(before) for one in self.ends}
        kept = [(block, offset) for block, offset in self.model if max(block, 0) >= before]
        assert gone == {len(self.model) - len(kept)}
        self.model = kept

    @rule()
    def lose_everything(self) -> None:
        assert {one.destroy() for one in self.ends} == {len(self.model)}
        self.model = []

    @invariant()
    def key_is_conserved(self) -> None:
        for end in getattr(self, "ends", []):
            assert end.deposited_bits == self.given == end.accounted_bits
            assert end.held_bits == len(self.model) == sum(s.length for s in end.accounts())

    @invariant()
    def both_ends_are_equal(self) -> None:
        if hasattr(self, "ends"):
            first, second = self.ends
            assert first.accounts() == second.accounts()
            for counted in ("held", "reserved", "delivered", "relayed", "authentication", "expired", "destroyed"):
                assert getattr(first, f"{counted}_bits") == getattr(second, f"{counted}_bits")


TestStoreLife = StoreLife.TestCase


def test_a_reservation_is_settled_once_and_not_beyond() -> None:
    store = KeyStore(initial_bits=100)
    assert store.reserve(101) is None
    assert store.reserve(60) == 0.0
    with pytest.raises(ValueError, match="at most the 60 reserved"):
        store.settle(60, 1, "relayed")
    store.settle(40, 20, "relayed")
    assert (store.held_bits, store.relayed_bits, store.authentication_bits, store.reserved_bits) == (40, 40, 20, 0)


def test_no_bundle_grows_out_of_proportion_so_that_key_does_not_age_early() -> None:
    """Of 4,000 blocks in about 32 lots, none goes more than a few lots' worth before its time."""
    with patch("qkdsim.keystore.MOST_LOTS", 32):
        store = KeyStore()
        for block in range(4000):
            store.deposit(block, 1, 0.0, float(block))
            assert len(store.accounts()) <= 32
    assert max(segment.length for segment in store.accounts()) <= 8 * 4000 / 32
    for age_s in range(0, 4000, 100):
        store.expire(float(age_s))
        assert 4000 - age_s - 8 * 4000 / 32 <= store.held_bits <= 4000 - age_s


@given(st.lists(st.integers(1, 50), min_size=40, max_size=120), st.lists(st.integers(0, 90), max_size=40))
def test_bundling_bounds_memory_and_never_flatters(lengths: list[int], takes: list[int]) -> None:
    """A store that tells few blocks apart gives out the same number of bits, with an epsilon at least as large."""
    exact, bundled = KeyStore(), KeyStore()
    for block, bits in enumerate(lengths):
        exact.deposit(block, bits, 1e-10 * (1 + block % 3))
        with patch("qkdsim.keystore.MOST_LOTS", 16):
            bundled.deposit(block, bits, 1e-10 * (1 + block % 3))
        assert len(bundled.accounts()) <= 16
    for bits in takes:
        true, stated = exact.reserve(bits), bundled.reserve(bits)
        assert (true is None) == (stated is None)
        assert true is None or stated is None or stated >= true * (1 - 1e-12)
        assert exact.held_bits == bundled.held_bits
