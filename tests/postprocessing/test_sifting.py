"""Sifting: what the two messages say, and that no bytes make an end stumble."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postprocessing.blocks import records
from qkdsim.detections.clicks import Clicks
from qkdsim.postprocessing.estimation import block_counts, efficiency, planned_qber, published_errors
from qkdsim.postprocessing.reconciler import MessageError
from qkdsim.postprocessing.records import Detections, Emissions, detections, emissions
from qkdsim.postprocessing.sifting import (
    MAX_SLOT,
    Sifting,
    answer_detections,
    detections_message,
    read_bases,
    read_detections,
)
from qkdsim.protocols import KEY_BASIS, TEST_BASIS
from qkdsim.protocols.clicktable import BOTH, ONLY_0, ONLY_1

SEED = 1234567


def detected(slots: list[int], seed: int = 1) -> Detections:
    draw = np.random.default_rng(seed)
    basis, bit = (draw.integers(0, 2, len(slots), dtype=np.uint8) for _ in range(2))
    return Detections(np.array(slots, dtype=np.int64), basis, bit, 0)


def exchange(alice: Emissions, bob: Detections, *, both_bases: bool = False) -> tuple[np.ndarray, Sifting]:
    """What Alice keeps and what Bob knows after both messages."""
    slot, basis = read_detections(detections_message(bob))
    body, kept = answer_detections(alice, slot, basis, both_bases=both_bases, seed=SEED)
    return kept, read_bases(body, bob.basis, len(alice.sent), both_bases=both_bases)


# --- the messages


@given(st.sets(st.one_of(st.integers(0, 300), st.integers(0, 1 << 20), st.integers(0, 1 << 61)), max_size=40))
@example({0})
@example({0, 255, 511})  # distances of 255 and 256: one byte is not enough
@example({(1 << 61), 0})
def test_bob_is_understood(slots: set[int]) -> None:
    bob = detected(sorted(slots))
    slot, basis = read_detections(detections_message(bob))
    assert slot.tolist() == bob.slot.tolist()
    assert basis.tolist() == bob.basis.tolist()


def test_a_detections_message_byte_for_byte() -> None:
    bob = Detections(
        np.array([5, 8, 300], dtype=np.int64), np.array([1, 0, 1], dtype=np.uint8), np.zeros(3, np.uint8), 0
    )
    expected = struct.pack("<QBQHH", 3, 2, 5, 3, 292) + bytes([0b1010_0000])
    assert detections_message(bob) == expected


def test_nothing_of_bobs_bits_is_in_his_message() -> None:
    bob = detected(list(range(0, 400, 3)))
    other = Detections(bob.slot, bob.basis, 1 - bob.bit, 0)
    assert detections_message(bob) == detections_message(other)


@given(st.binary(max_size=80))
def test_any_bytes_are_slots_that_rise_or_refused(body: bytes) -> None:
    with contextlib.suppress(MessageError):
        slot, basis = read_detections(body)
        assert len(slot) == len(basis)
        assert np.all(np.diff(slot) > 0)
        assert slot.size == 0 or 0 <= slot[0] <= slot[-1] <= MAX_SLOT


@settings(max_examples=200)
@given(
    count=st.one_of(st.integers(0, 9), st.sampled_from([1 << 31, 1 << 32, 1 << 62, (1 << 64) - 1])),
    width=st.integers(0, 9),
    first=st.one_of(st.integers(0, 1000), st.integers(0, (1 << 64) - 1)),
    rest=st.binary(max_size=90),
)
def test_a_head_that_lies_is_refused(count: int, width: int, first: int, rest: bytes) -> None:
    body = struct.pack("<QBQ", count, width, first) + rest
    with contextlib.suppress(MessageError):
        slot, _ = read_detections(body)
        assert len(slot) == count
        assert np.all(np.diff(slot) > 0)
        assert slot[0] == first
        assert slot[-1] <= MAX_SLOT


def test_slots_that_stand_still_or_run_over_are_refused() -> None:
    for distances in ([0], [5, 0], [(1 << 64) - 1], [1 << 63, 1 << 63], [1 << 62, 1 << 62]):
        count = len(distances) + 1
        body = struct.pack(f"<QBQ{count - 1}Q", count, 8, 3, *distances) + bytes((count + 7) // 8)
        with pytest.raises(MessageError):
            read_detections(body)


@given(st.integers(0, 30), st.integers(1, 3), st.booleans(), st.integers(0, 1000))
def test_both_ends_sift_alike(count: int, intensities: int, both_bases: bool, seed: int) -> None:
    alice, bob = records(count, 0.1, seed, intensities=intensities, unseen=5)
    kept, sifting = exchange(alice, bob, both_bases=both_bases)
    place = np.searchsorted(alice.slot, bob.slot)
    assert np.array_equal(sifting.alice_basis, alice.basis[place])
    assert np.array_equal(sifting.intensity, alice.intensity[place])
    assert np.array_equal(sifting.sent, alice.sent)
    assert np.array_equal(kept, alice.bit[place][sifting.is_key])
    assert np.array_equal(sifting.public_bit, alice.bit[place][~sifting.is_key])
    # no bit of a key is ever published, and none of different bases is key
    assert np.all(sifting.alice_basis[sifting.is_key] == sifting.bob_basis[sifting.is_key])
    if not both_bases:
        assert np.all(sifting.bob_basis[sifting.is_key] == KEY_BASIS)


@given(data=st.data(), count=st.integers(0, 20), intensities=st.integers(1, 3), both_bases=st.booleans())
def test_any_answer_is_read_or_refused(data: st.DataObject, count: int, intensities: int, both_bases: bool) -> None:
    alice, bob = records(count, 0.1, 3, intensities=intensities)
    honest, _ = answer_detections(alice, bob.slot, bob.basis, both_bases=both_bases, seed=SEED)
    head = 8 + 16 * intensities
    body = data.draw(
        st.one_of(
            st.binary(max_size=head + 40),
            st.just(honest[:head]).flatmap(lambda start: st.binary(max_size=20).map(lambda end: start + end)),
            st.binary(min_size=len(honest), max_size=len(honest)),
        )
    )
    with contextlib.suppress(MessageError):
        sifting = read_bases(body, bob.basis, intensities, both_bases=both_bases)
        assert len(sifting.alice_basis) == count
        assert len(sifting.public_bit) == count - int(sifting.is_key.sum())
        assert np.all(sifting.intensity < intensities)
        assert np.all(sifting.sent >= 0)


def test_the_answer_says_nothing_of_the_bits_of_the_key() -> None:
    # not even how many ones there are: records that differ in key bits, one more or less, give the same message
    alice, bob = records(300, 0.1, 3, intensities=3)
    body, kept = answer_detections(alice, bob.slot, bob.basis, both_bases=False, seed=SEED)
    is_key = (alice.basis == KEY_BASIS) & (bob.basis == KEY_BASIS)
    other = emissions_with(alice, np.where(is_key, 1, alice.bit).astype(np.uint8))
    other_body, other_kept = answer_detections(other, bob.slot, bob.basis, both_bases=False, seed=SEED)
    assert 0 < kept.sum() < other_kept.sum() == len(kept)
    assert other_body == body


def emissions_with(alice: Emissions, bit: np.ndarray) -> Emissions:
    """The same record with other bits, as Alice's module would have handed it over."""
    setting = (alice.intensity.astype(np.int16) << 3) + (alice.basis << 2) + (bit << 1)
    sent = np.zeros((len(alice.sent), 2, 2, 2), dtype=np.int64)
    seen = np.bincount(setting, minlength=sent.size).reshape(sent.shape)
    # every pulse that nobody detected was a zero
    sent[:, :, 0, 0] = alice.sent - seen.sum(axis=(2, 3))
    return emissions(Clicks(alice.slot, setting, np.full(len(setting), ONLY_0, dtype=np.uint8)), sent + seen)


def test_a_slot_outside_the_block_is_refused() -> None:
    alice, bob = records(50, 0.1, 3)
    for slot in (bob.slot + 1, np.append(bob.slot, bob.slot[-1] + 1), np.array([MAX_SLOT])):
        if set(slot.tolist()) <= set(alice.slot.tolist()):
            continue
        with pytest.raises(MessageError, match="outside the block"):
            answer_detections(alice, slot, np.zeros(len(slot), np.uint8), both_bases=False, seed=SEED)


def test_an_intensity_that_does_not_exist_is_refused() -> None:
    alice, bob = records(8, 0.0, 3, intensities=3)  # two planes can say 3
    body, _ = answer_detections(alice, bob.slot, bob.basis, both_bases=False, seed=SEED)
    head = 8 + 16 * 3
    wrong = body[: head + 1] + b"\xff\xff" + body[head + 3 :]
    with pytest.raises(MessageError):
        read_bases(wrong, bob.basis, 3, both_bases=False)


# --- the sample where no basis is published


@pytest.mark.parametrize(
    ("matched", "sample"),
    [(0, 0), (1, 0), (2, 1), (100, 50), (400, 200), (10_000, 500), (60_000, 600), (3_000_000, 20_000)],
)
def test_size_of_the_sample(matched: int, sample: int) -> None:
    basis, one = np.zeros(matched, np.uint8), np.zeros(matched, np.uint8)
    sent = np.ones((1, 2), np.int64)
    alice = Emissions(np.arange(matched), one, basis, one, sent)
    kept, sifting = exchange(alice, Detections(np.arange(matched), basis, one, 0), both_bases=True)
    assert len(sifting.public_bit) == sample
    assert len(kept) == matched - sample


def test_the_sample_is_drawn_evenly_and_anew_by_every_seed() -> None:
    count, times = 4000, 200
    alice, bob = records(count, 0.0, 3)
    matched = alice.basis == bob.basis
    chosen = np.zeros(count)
    for seed in range(times):
        body, _ = answer_detections(alice, bob.slot, bob.basis, both_bases=True, seed=seed)
        chosen += read_bases(body, bob.basis, 1, both_bases=True).is_test
    assert not chosen[~matched].any()
    share = 500 / matched.sum()
    z = (chosen[matched] - times * share) / np.sqrt(times * share * (1.0 - share))
    assert abs(z.std() - 1.0) < 4.0 / np.sqrt(2.0 * len(z))
    assert np.abs(z).max() < 5.0


# --- what each end's modules record


def some_clicks() -> Clicks:
    pattern = np.array([ONLY_0, ONLY_1, BOTH, ONLY_1, BOTH] * 200, dtype=np.uint8)
    setting = np.random.default_rng(1).integers(0, 24, 1000).astype(np.int16)
    return Clicks(np.arange(1000) * 7, setting, pattern)


@pytest.mark.parametrize("discard", [False, True])
def test_double_clicks_become_coins_or_go(discard: bool) -> None:
    clicks = some_clicks()
    bob = detections(clicks, np.random.default_rng(3), discard_doubles=discard)
    assert bob.doubles == 400
    assert len(bob.slot) == (600 if discard else 1000)
    single = clicks.pattern[np.isin(clicks.slot, bob.slot)] != BOTH
    expected = (clicks.pattern[clicks.pattern != BOTH] == ONLY_1).astype(np.uint8)
    assert np.array_equal(bob.bit[single], expected)
    if not discard:
        assert abs(bob.bit[~single].mean() - 0.5) < 4.0 * 0.5 / 20.0


def test_settings_part_into_the_two_ends_records() -> None:
    clicks = some_clicks()
    sent = np.arange(24).reshape(3, 2, 2, 2)
    alice, bob = emissions(clicks, sent), detections(clicks, np.random.default_rng(3))
    intensity, basis, bit, measured = np.unravel_index(clicks.setting, (3, 2, 2, 2))
    for got, expected in ((alice.intensity, intensity), (alice.basis, basis), (alice.bit, bit), (bob.basis, measured)):
        assert np.array_equal(got, expected)
    assert np.array_equal(alice.sent, sent.sum(axis=3).sum(axis=2))


# --- estimation


def test_estimation_sees_the_published_errors() -> None:
    alice, bob = records(5000, 0.1, 3)
    _, sifting = exchange(alice, bob)
    is_test = (alice.basis == TEST_BASIS) & (bob.basis == TEST_BASIS)
    wrong = int((alice.bit != bob.bit)[is_test].sum())
    assert published_errors(sifting, bob.bit) == (wrong, int(is_test.sum()))


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_planned_error_rate_is_never_none_and_never_more_than_a_half(errors: int, more: int) -> None:
    assert 0.0 < planned_qber(errors, errors + more) <= 0.5


@pytest.mark.parametrize("intensities", [1, 2, 3])
@pytest.mark.parametrize("both_bases", [False, True])
def test_bobs_counts_are_the_counts_of_both_records(intensities: int, both_bases: bool) -> None:
    alice, bob = records(3000, 0.05, 3, intensities=intensities)
    kept, sifting = exchange(alice, bob, both_bases=both_bases)
    counts = block_counts(sifting, bob.bit, kept, np.array([0.7, 0.3]), 5)
    expected = np.zeros((intensities, 2, 2, 2, 2))
    np.add.at(expected, (alice.intensity, alice.basis, alice.bit, bob.basis, bob.bit), 1.0)
    assert np.array_equal(counts.bits[0], expected)
    assert np.allclose(counts.sent[0].sum(axis=(2, 3)), alice.sent)
    for basis, share in ((KEY_BASIS, 0.7), (TEST_BASIS, 0.3)):
        assert counts.matched_sent(basis)[0] == pytest.approx(share * alice.sent[:, basis], rel=1e-12)
    assert counts.doubles.tolist() == [5.0]


def test_efficiency_has_no_meaning_without_errors() -> None:
    assert efficiency(10, 100, 0.0) is None
    assert efficiency(10, 0, 0.1) is None
    assert efficiency(50, 100, 0.5) == pytest.approx(0.5)
    assert efficiency(500, 1000, 0.11) == pytest.approx(500 / 499.916, rel=1e-5)  # h(0.11) = 0.49991596
