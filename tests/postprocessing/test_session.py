"""One block between two honest ends: equal keys or none, and a ledger that an ear on the line can check."""

from __future__ import annotations

import gc
import math
import struct
import weakref
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postprocessing.blocks import (
    CHANNEL,
    EPSILON_CORRECTNESS,
    EPSILON_SECRECY,
    TAG_BITS,
    Tap,
    check_refused,
    distil,
    processing,
    records,
    secrets,
    session,
    sifted,
)
from qkdsim.postprocessing import session as session_module
from qkdsim.postprocessing.amplification import ToeplitzSeed
from qkdsim.postprocessing.ledger import ABORTED, KEY, NO_DETECTIONS, NO_KEY, NOT_CONVERGED, NOT_EQUAL, UNAUTHENTIC
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits, packed
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS, Reconciliation
from qkdsim.postprocessing.records import Detections, Emissions
from qkdsim.postprocessing.session import DistilledBlock
from qkdsim.postprocessing.wire import TAGS_PER_BLOCK, Direction, Message
from qkdsim.protocols import KEY_BASIS, TEST_BASIS

EVERY = sorted(RECONCILIATIONS)


def entropy(rate: float) -> float:
    return 0.0 if rate <= 0.0 else -rate * math.log2(rate) - (1.0 - rate) * math.log2(1.0 - rate)


def check_ledger(block: DistilledBlock, tap: Tap, alice: Emissions, bob: Detections) -> None:
    """What holds for every block, whatever became of it."""
    ledger = block.ledger
    assert ledger.raw_bits == len(bob.slot)
    assert ledger.sifted_bits + ledger.disclosed_bits <= ledger.raw_bits
    assert ledger.secret_bits == len(block.alice_key) == len(block.bob_key)
    # no theory can leave more than what was detected less what was told
    assert 0 <= ledger.secret_bits <= max(ledger.sifted_bits - ledger.leak_ec_bits, 0)
    assert (ledger.outcome == KEY) == (ledger.secret_bits > 0) == (not ledger.aborted) == (ledger.reason is None)
    # what passed, as an ear on the line has it
    assert ledger.leak_ec_bits == tap.parity_bits
    assert ledger.bits_to_alice == tap.bits(Direction.TO_ALICE)
    assert ledger.bits_to_bob == tap.bits(Direction.TO_BOB)
    assert ledger.messages == len(tap.arrived)
    assert ledger.turns == tap.turns
    seconds = (tap.bits(Direction.TO_ALICE) + tap.bits(Direction.TO_BOB)) / CHANNEL.rate_bps
    assert ledger.transmission_s == pytest.approx(seconds, rel=1e-9)
    assert ledger.service_channel_s == pytest.approx(seconds + CHANNEL.one_way_delay_s * tap.turns, rel=1e-9)
    assert ledger.authentication_bits == TAGS_PER_BLOCK * TAG_BITS


# --- equal keys or none


@settings(max_examples=150)
@given(
    name=st.sampled_from(EVERY),
    both_bases=st.booleans(),
    discard_doubles=st.booleans(),
    intensities=st.integers(1, 3),
    detected=st.one_of(st.integers(0, 40), st.integers(0, 10_000)),
    error_rate=st.one_of(st.floats(0.0, 0.05), st.floats(0.0, 0.5)),
    qber_abort=st.sampled_from([0.11, 0.5]),
    basis_share=st.sampled_from([0.5, 0.9, 1.0]),
    seed=st.integers(0, 1 << 20),
)
@example("cascade", True, False, 1, 1, 0.0, 0.5, 0.5, 0)
@example("ldpc", False, False, 1, 10_000, 0.5, 0.5, 1.0, 0)
@example("cascade", True, False, 2, 35, 0.0, 0.11, 0.5, 142_244)  # decoys at face value find more photons than bits
def test_keys_are_equal_or_the_block_is_refused(
    name: str,
    both_bases: bool,
    discard_doubles: bool,
    intensities: int,
    detected: int,
    error_rate: float,
    qber_abort: float,
    basis_share: float,
    seed: int,
) -> None:
    how = processing(
        name,
        both_bases=both_bases,
        discard_doubles=discard_doubles,
        intensities=intensities,
        qber_abort=qber_abort,
        key_basis_probability=basis_share,
    )
    alice, bob = records(detected, error_rate, seed, intensities=intensities, key_basis_probability=basis_share)
    block, tap = distil(how, alice, bob, seed=seed)
    check_ledger(block, tap, alice, bob)
    if block.ledger.outcome == KEY:
        assert block.ledger.keys_equal is True
        assert np.array_equal(block.alice_key, block.bob_key)
    else:
        check_refused(block, how)
    if not both_bases:
        of_alice, of_bob = sifted(alice, bob)
        assert block.ledger.sifted_bits == len(of_alice)
        if block.ledger.outcome == KEY:  # equal strings were verified, so the corrections are the errors
            assert block.ledger.qber == pytest.approx(float(np.mean(of_alice != of_bob)), abs=1e-12)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("both_bases", [False, True])
def test_good_blocks_do_give_key(name: str, both_bases: bool) -> None:
    how = processing(name, both_bases=both_bases)
    keys = [distil(how, *records(8000, 0.01, seed), seed=seed)[0] for seed in range(20)]
    # a sample of 200 bits may show no error of the 1 %: then codes are chosen too weak, and a few blocks are refused
    assert sum(block.ledger.outcome == KEY for block in keys) >= (15 if both_bases else 19)
    assert all(block.ledger.keys_equal for block in keys if block.ledger.outcome == KEY)


def test_keys_look_like_coins() -> None:
    how = processing()
    bits = np.concatenate([distil(how, *records(8000, 0.01, seed), seed=seed)[0].bob_key for seed in range(20)])
    assert len(bits) > 10_000
    assert set(np.unique(bits).tolist()) == {0, 1}
    assert abs(bits.mean() - 0.5) * 2.0 * math.sqrt(len(bits)) < 4.0


def test_alice_may_have_seen_more_than_bob() -> None:
    how = processing()
    alice, bob = records(8000, 0.01, 5, unseen=2000, doubles=7)
    block, tap = distil(how, alice, bob)
    check_ledger(block, tap, alice, bob)
    assert block.ledger.outcome == KEY
    assert block.ledger.double_clicks == 7


# --- the length of the key, worked out anew


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("seed", range(5))
def test_the_key_is_as_long_as_the_counts_allow(name: str, seed: int) -> None:
    how = processing(name)
    alice, bob = records(9000, 0.015, seed)
    block, tap = distil(how, alice, bob, seed=seed)
    of_alice, _ = sifted(alice, bob)
    is_test = (alice.basis == TEST_BASIS) & (bob.basis == TEST_BASIS)
    n, k = len(of_alice), int(is_test.sum())
    wrong = int((alice.bit[is_test] != bob.bit[is_test]).sum())
    # Tomamichel et al., Nat. Commun. 3, 634 (2012), Theorem 2 and Eq. (2)
    margin = math.sqrt((n + k) / (n * k) * (k + 1) / k * math.log(4.0 / EPSILON_SECRECY))
    length = n * (1.0 - entropy(min(wrong / k + margin, 0.5))) - tap.parity_bits
    length -= 2.0 * math.log2(1.0 / EPSILON_SECRECY) + math.log2(2.0 / EPSILON_CORRECTNESS)
    # LDPC: whether each decoding succeeded was told by Bob; with Cascade his questions are recorded only
    length -= 0 if name.startswith("cascade") else block.ledger.bob_leak_bits
    assert length > 100.0
    assert block.ledger.secret_bits == math.floor(length)
    assert block.ledger.phase_error_rate == pytest.approx(wrong / k + margin, rel=1e-12)
    assert block.ledger.disclosed_bits == k
    assert block.ledger.verification_bits == 40
    assert block.ledger.epsilon_secrecy == EPSILON_SECRECY
    assert EPSILON_CORRECTNESS <= block.ledger.epsilon_correctness < EPSILON_CORRECTNESS * (1.0 + 1e-6)


def test_a_sample_of_the_key_is_paid_for() -> None:
    # key from both bases: no basis is published, so 500 bits of 4,500 are, and leave the key
    how = processing(both_bases=True)
    alice, bob = records(9000, 0.01, 3)
    block, tap = distil(how, alice, bob)
    matched = alice.basis == bob.basis
    ledger = block.ledger
    assert ledger.disclosed_bits == 500
    assert ledger.sifted_bits == int(matched.sum()) - 500
    # the bound of either basis, tested by the other; published bits and parities of both come off
    length = 0.0
    for basis in (KEY_BASIS, TEST_BASIS):
        in_basis = matched & (alice.basis == basis)
        other = matched & (alice.basis != basis)
        n, k = int(in_basis.sum()), int(other.sum())
        rate = float((alice.bit[other] != bob.bit[other]).mean())
        margin = math.sqrt((n + k) / (n * k) * (k + 1) / k * math.log(4.0 / EPSILON_SECRECY))
        length += n * (1.0 - entropy(rate + margin))
        length -= 2.0 * math.log2(1.0 / EPSILON_SECRECY) + math.log2(2.0 / EPSILON_CORRECTNESS)
    length -= tap.parity_bits + ledger.disclosed_bits
    assert length - 2.0 <= ledger.secret_bits <= length  # each basis rounds down
    assert ledger.epsilon_secrecy == 2.0 * EPSILON_SECRECY


def test_a_tag_longer_than_its_claim_needs_costs_the_rest() -> None:
    # log2(2/eps) = 41 bits pay for a tag of 40 bits; lengths that differ are the same theory at the same counts
    alice, bob = records(9000, 0.01, 3)
    short = distil(processing(epsilon_correctness=2.0**-40), alice, bob)[0].ledger
    long = distil(processing(epsilon_correctness=2.0**-60), alice, bob)[0].ledger
    assert (short.verification_bits, long.verification_bits) == (40, 60)
    assert short.secret_bits - long.secret_bits == 20


# --- blocks that cannot give key


@pytest.mark.parametrize("name", EVERY)
def test_an_empty_block_says_so(name: str) -> None:
    block, tap = distil(processing(name), *records(0, 0.0, 1))
    check_refused(block, processing(name))
    assert block.ledger.outcome == NO_DETECTIONS
    assert block.ledger.qber is None
    assert block.ledger.ec_efficiency is None
    assert tap.kinds() == ["detections", "tag", "bases", "tag", "estimate", "tag", "tag"]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("detected", [1, 2, 3, 5, 20, 100, 300])
@pytest.mark.parametrize("both_bases", [False, True])
def test_a_block_too_small_has_no_key_and_a_reason(name: str, detected: int, both_bases: bool) -> None:
    how = processing(name, both_bases=both_bases, qber_abort=0.5)
    for seed in range(5):
        block, tap = distil(how, *records(detected, 0.0, seed), seed=seed)
        check_refused(block, how)
        assert block.ledger.outcome in {NO_DETECTIONS, NO_KEY}
        assert "seed" not in tap.kinds()


def test_without_a_test_there_is_no_key() -> None:
    how = processing(key_basis_probability=1.0)
    block, tap = distil(how, *records(5000, 0.0, 1, key_basis_probability=1.0))
    check_refused(block, how)
    assert block.ledger.outcome == NO_KEY
    assert block.ledger.leak_ec_bits == 0
    assert "question" not in tap.kinds()


@pytest.mark.parametrize("name", EVERY)
def test_too_many_errors_abort_before_parities_are_told(name: str) -> None:
    how = processing(name)
    block, tap = distil(how, *records(8000, 0.2, 1))
    check_refused(block, how)
    assert block.ledger.outcome == ABORTED
    assert block.ledger.qber == pytest.approx(0.2, abs=0.04)
    assert tap.parity_bits == block.ledger.leak_ec_bits == 0


def with_noise_in_the_key_basis(share: float) -> tuple[Emissions, Detections]:
    """Records with 1 % of errors in the test basis, and a share of further ones in the key basis."""
    alice, bob = records(12_000, 0.01, 1)
    noise = (np.random.default_rng(2).random(len(bob.bit)) < share) & (bob.basis == KEY_BASIS)
    return alice, Detections(bob.slot, bob.basis, bob.bit ^ noise.astype(np.uint8), 0)


def test_errors_that_only_the_key_has_abort_after_reconciliation() -> None:
    how = processing(qber_abort=0.02)
    alice, bob = with_noise_in_the_key_basis(0.03)
    block, tap = distil(how, alice, bob)
    check_refused(block, how)
    check_ledger(block, tap, alice, bob)
    assert block.ledger.outcome == ABORTED
    assert block.ledger.qber == pytest.approx(0.04, abs=0.01)
    assert block.ledger.leak_ec_bits == tap.parity_bits > 0
    assert distil(processing(qber_abort=0.11), alice, bob)[0].ledger.outcome == KEY


@pytest.mark.parametrize("name", EVERY)
def test_a_plan_far_too_hopeful_gives_no_unequal_keys(name: str) -> None:
    how = processing(name)
    alice, bob = with_noise_in_the_key_basis(0.2)
    block, tap = distil(how, alice, bob)
    check_refused(block, how)
    check_ledger(block, tap, alice, bob)
    assert block.ledger.outcome in {ABORTED, NO_KEY, NOT_CONVERGED, NOT_EQUAL}
    assert tap.parity_bits > 0


@dataclass
class IdleCorrector:
    """Bob's end of a protocol that asks once and corrects nothing."""

    corrected: Bits
    failed_frames: int
    disclosed_bits: int = 0
    asked: bool = False

    def question(self) -> bytes | None:
        return None if self.asked else b"?"

    def learn(self, answer: bytes) -> None:
        self.asked = True


@dataclass(frozen=True)
class IdleReference:
    def answer(self, question: bytes) -> bytes:
        return packed(np.zeros(100, np.uint8))


def idle(*, failed_frames: int = 0, disclosed_bits: int = 0, subtracts_bob: bool = False) -> KeyProcessing:
    protocol = Reconciliation(
        lambda bits, qber, seed: IdleReference(),
        lambda bits, qber, seed: IdleCorrector(bits, failed_frames, disclosed_bits),
        subtracts_bob=subtracts_bob,
    )
    return replace(processing(), reconciliation=protocol)


@pytest.mark.parametrize(("failed_frames", "outcome"), [(0, NOT_EQUAL), (1, NOT_CONVERGED)])
def test_strings_that_stayed_different_are_refused_and_their_leak_counted(failed_frames: int, outcome: int) -> None:
    how = idle(failed_frames=failed_frames)
    alice, bob = records(8000, 0.01, 1)
    block, tap = distil(how, alice, bob)
    check_refused(block, how)
    check_ledger(block, tap, alice, bob)
    assert block.ledger.outcome == outcome
    assert block.ledger.leak_ec_bits == 100
    assert "seed" not in tap.kinds()
    assert tap.bodies("done") == [struct.pack("<I", failed_frames)]
    # both ends know that it failed: then nothing more is told of the strings
    assert len(tap.bodies("verification")) == 1 - failed_frames


def test_an_answer_that_lost_bits_on_the_way_shortens_bobs_key_by_what_he_heard() -> None:
    # 100 parities by Alice's word, 7 by the word that reached Bob: each counts what is before it
    how = idle()

    def fewer(_: int, message: Message) -> bytes:
        return packed(np.zeros(7, np.uint8)) if message.kind == "answer" else message.body

    honest, tap = distil(how, *records(8000, 0.0, 1))
    block, changed = distil(how, *records(8000, 0.0, 1), change=fewer)
    (_, length), (_, longer) = (struct.unpack("<BQ", one.bodies("verdict")[0]) for one in (tap, changed))
    assert longer - length == 100 - 7
    assert honest.ledger.leak_ec_bits == block.ledger.leak_ec_bits == 100
    assert block.ledger.outcome == UNAUTHENTIC


@pytest.mark.parametrize("subtracts_bob", [False, True])
def test_what_bob_tells_comes_off_the_key_where_it_is_to(subtracts_bob: bool) -> None:
    none, told = (
        distil(idle(disclosed_bits=bits, subtracts_bob=subtracts_bob), *records(8000, 0.0, 1))[0].ledger
        for bits in (0, 30)
    )
    assert (none.bob_leak_bits, told.bob_leak_bits) == (0, 30)
    assert none.leak_ec_bits == told.leak_ec_bits == 100
    assert none.secret_bits - told.secret_bits == (30 if subtracts_bob else 0)
    assert told.secret_bits > 1000


def test_one_wrong_bit_is_enough() -> None:
    # the strings are equal already but for one bit, anywhere
    how = idle()
    alice, bob = records(8000, 0.0, 1)
    assert distil(how, alice, bob)[0].ledger.outcome == KEY
    place = np.flatnonzero((alice.basis == KEY_BASIS) & (bob.basis == KEY_BASIS))
    for wrong in (place[0], place[len(place) // 2], place[-1]):
        bit = bob.bit.copy()
        bit[wrong] ^= 1
        assert distil(how, alice, replace(bob, bit=bit))[0].ledger.outcome == NOT_EQUAL


# --- order of things


def test_bob_is_bound_before_alice_speaks_and_both_before_the_seed() -> None:
    _, tap = distil(processing(), *records(8000, 0.01, 1))
    kinds = [f"{message.kind} {message.direction.name[-3:]}" for message in tap.arrived]
    rounds = kinds.count("question ICE")
    assert kinds == [
        "detections ICE",
        "tag ICE",
        "bases BOB",
        "tag BOB",
        "estimate ICE",
        *["question ICE", "answer BOB"] * rounds,
        "done ICE",
        "verification BOB",
        "verdict ICE",
        "tag BOB",
        "tag ICE",
        "seed BOB",
        "tag BOB",
        "tag ICE",
    ]
    assert rounds > 1


def test_parities_pass_once_each_way_and_bits_of_the_key_never() -> None:
    how = processing()
    alice, bob = records(8000, 0.01, 1)
    block, tap = distil(how, alice, bob)
    everything = b"".join(message.body for message in tap.arrived)
    for secret in (block.alice_key, *sifted(alice, bob)):
        assert np.packbits(secret[:128]).tobytes() not in everything


# --- the hash


def test_a_matrix_is_prepared_once_where_both_ends_have_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[ToeplitzSeed]] = []

    class Counted(ToeplitzSeed):
        def __init__(self, bits: Bits, length_bits: int, secret_bits: int) -> None:
            super().__init__(bits, length_bits, secret_bits)
            made.append(weakref.ref(self))

    monkeypatch.setattr(session_module, "ToeplitzSeed", Counted)
    how = processing()
    honest, _ = distil(how, *records(8000, 0.01, 1))
    assert honest.ledger.outcome == KEY
    gc.collect()
    assert [one() for one in made] == [None]  # and it goes with the block
    # another seed on the way: each end works with what it has, and no key comes of it
    made.clear()
    changed, _ = distil(
        how,
        *records(8000, 0.01, 1),
        change=lambda _, one: bytes([one.body[0] ^ 1]) + one.body[1:] if one.kind == "seed" else one.body,
    )
    assert changed.ledger.outcome == UNAUTHENTIC
    assert len(made) == 2


# --- the same bytes


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("both_bases", [False, True])
def test_the_same_seed_gives_the_same_bytes(name: str, both_bases: bool) -> None:
    how = processing(name, both_bases=both_bases)
    one, two, other = (distil(how, *records(6000, 0.01, 4), seed=seed) for seed in (1, 1, 2))
    assert one[0].ledger == two[0].ledger
    assert one[1].arrived == two[1].arrived
    assert one[0].alice_key.tobytes() == two[0].alice_key.tobytes()
    assert one[0].bob_key.tobytes() == two[0].bob_key.tobytes()
    assert other[0].bob_key.tobytes() != one[0].bob_key.tobytes()
    assert other[1].arrived != one[1].arrived


def test_a_session_keeps_nothing_from_block_to_block() -> None:
    how, tap = processing(), Tap()
    ends = session(how, tap)

    def again(seed: int) -> bytes:
        random = np.random.default_rng([seed, 2])
        return ends.distil(*records(6000, 0.01, seed), secrets(how, seed), secrets(how, seed), random).bob_key.tobytes()

    first = again(1)
    again(2)
    assert again(1) == first


def test_records_are_left_as_they_were() -> None:
    alice, bob = records(6000, 0.03, 4)
    before = [part.copy() for part in (alice.slot, alice.basis, alice.bit, bob.slot, bob.basis, bob.bit)]
    distil(processing(), alice, bob)
    after = (alice.slot, alice.basis, alice.bit, bob.slot, bob.basis, bob.bit)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
