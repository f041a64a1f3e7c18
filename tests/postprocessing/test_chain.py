"""Block after block: pools that stay in step, pay for every tag, and are refilled before key is released."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postprocessing.blocks import CHANNEL, Tap, processing, records
from qkdsim.postprocessing import chain as chain_module
from qkdsim.postprocessing.chain import KeyChain, initial_secret_bits
from qkdsim.postprocessing.ledger import KEY, POOL_EMPTY, UNAUTHENTIC
from qkdsim.postprocessing.pool import SecretPool
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.session import DistilledBlock, Session
from qkdsim.postprocessing.wire import Message, Tamper

EVERY = sorted(RECONCILIATIONS)


@dataclass
class PoolBook:
    """What every pool has taken in and given out, in order of their making: Alice's first, then Bob's."""

    pools: list[SecretPool] = field(default_factory=list)
    taken: list[list[Bits]] = field(default_factory=list)
    added: list[list[Bits]] = field(default_factory=list)


@contextmanager
def watched_pools() -> Iterator[PoolBook]:
    """Pools that write down what passes through them."""
    book = PoolBook()

    class Watched(SecretPool):
        def __init__(self, bits: Bits) -> None:
            super().__init__(bits)
            self._number = len(book.pools)
            book.pools.append(self)
            book.taken.append([])
            book.added.append([bits.copy()])

        def take(self, count: int) -> Bits:
            bits = super().take(count)
            book.taken[self._number].append(bits.copy())
            return bits

        def add(self, bits: Bits) -> None:
            book.added[self._number].append(bits.copy())
            super().add(bits)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain_module, "SecretPool", Watched)
        yield book


def chain(how: KeyProcessing, tamper: Tamper | None = None, *, seed: int = 1, tap: Tap | None = None) -> KeyChain:
    ends = Session(how, CHANNEL, on_message=tap.arrived.append if tap else None, tamper=tamper)
    secret = np.random.default_rng([seed, 9]).integers(0, 2, initial_secret_bits(ends), dtype=np.uint8)
    return KeyChain(ends, secret)


def run(
    of: KeyChain, error_rates: list[float], *, detected: int = 5000, before: Callable[[int], None] = lambda _: None
) -> list[DistilledBlock]:
    """Blocks of the given error rates until the chain is dry."""
    blocks = []
    for number, error_rate in enumerate(error_rates):
        before(number)
        alice, bob = records(detected, error_rate, 100 + number)
        blocks.append(of.distil(alice, bob, np.random.default_rng([number, 2])))
        if of.is_dry:
            break
    return blocks


# --- the pool


@given(st.integers(0, 60), st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=30))
def test_a_pool_is_a_queue(first: int, steps: list[tuple[bool, int]]) -> None:
    draw = np.random.default_rng(1)
    bits = draw.integers(0, 2, first, dtype=np.uint8)
    pool, model = SecretPool(bits), bits.tolist()
    bits[:] = 7  # what the caller does to his array is not the pool's
    for is_take, count in steps:
        if not is_take:
            fresh = draw.integers(0, 2, count, dtype=np.uint8)
            pool.add(fresh)
            model += fresh.tolist()
        elif count <= len(model):
            assert pool.take(count).tolist() == model[:count]
            model = model[count:]
        else:
            with pytest.raises(ValueError, match="asked of a pool"):
                pool.take(count)
        assert len(pool) == len(model)


def test_bits_taken_do_not_carry_the_rest_of_the_pool_along() -> None:
    taken = SecretPool(np.zeros(1000, np.uint8)).take(10)
    assert taken.base is None or taken.base.nbytes == 10


def test_a_pool_gives_no_negative_number_of_bits() -> None:
    with pytest.raises(ValueError, match="-1 bits"):
        SecretPool(np.zeros(5, np.uint8)).take(-1)


# --- many blocks


def test_the_initial_secret_must_fit() -> None:
    ends = Session(processing(), CHANNEL)
    for size in (0, initial_secret_bits(ends) - 1, initial_secret_bits(ends) + 1):
        with pytest.raises(ValueError, match="initial secret"):
            KeyChain(ends, np.zeros(size, dtype=np.uint8))


def test_refilled_before_key_is_released_worked_by_hand() -> None:
    # a pool of 1152 bits, 384 for each block: good, bad, bad, good
    how = processing(pool_blocks=3)
    blocks = run(chain(how), [0.0, 0.3, 0.3, 0.0])
    assert [block.ledger.outcome == KEY for block in blocks] == [True, False, False, True]
    assert [block.ledger.authentication_bits for block in blocks] == [384] * 4
    # the second good block finds all 1152 spent, but no block gives more than about 700
    assert [block.ledger.pool_refill_bits for block in blocks] == [384, 0, 0, min(1152, blocks[3].ledger.secret_bits)]
    assert len(blocks[0].bob_key) == blocks[0].ledger.secret_bits - 384
    assert len(blocks[3].bob_key) == max(blocks[3].ledger.secret_bits - 1152, 0)


@settings(max_examples=40)
@given(
    name=st.sampled_from(EVERY),
    error_rates=st.lists(st.sampled_from([0.0, 0.01, 0.05, 0.3]), min_size=1, max_size=12),
    pool_blocks=st.sampled_from([1, 1.5, 2, 4]),
    tampered=st.sets(st.integers(0, 300), max_size=6),
    detected=st.sampled_from([300, 3000, 5000]),
)
def test_pools_pay_and_stay_in_step(
    name: str, error_rates: list[float], pool_blocks: float, tampered: set[int], detected: int
) -> None:
    how = processing(name, pool_blocks=pool_blocks)
    at = [0]

    def noise(message: Message) -> bytes:
        at[0] += 1
        return message.body[:-1] + bytes([message.body[-1] ^ 1]) if at[0] in tampered else message.body

    with watched_pools() as book:
        made = chain(how, noise)
        blocks = run(made, error_rates, detected=detected)
    alice, bob = book.pools
    held = how.pool_bits
    for block in blocks:
        ledger = block.ledger
        if ledger.outcome == POOL_EMPTY:
            assert held < how.block_tag_bits
            assert ledger.authentication_bits == ledger.messages == ledger.secret_bits == 0
            continue
        held -= ledger.authentication_bits
        assert ledger.authentication_bits == how.block_tag_bits
        assert held >= 0
        # conservation: what was made refills the pool first; only from a full pool is anything released
        assert ledger.secret_bits == ledger.pool_refill_bits + len(block.bob_key)
        held += ledger.pool_refill_bits
        assert held <= how.pool_bits
        assert len(block.bob_key) == 0 or held == how.pool_bits
        assert np.array_equal(block.alice_key, block.bob_key)
    assert len(alice) == len(bob) == held
    # both ends took the same pads, each of them once, in the order in which they came in
    assert made.is_dry == (blocks[-1].ledger.outcome == POOL_EMPTY)
    for number in (0, 1):
        spent = np.concatenate([*book.taken[number], np.empty(0, np.uint8)])
        income = np.concatenate(book.added[number])
        assert np.array_equal(spent, income[: len(spent)])
        assert len(income) - len(spent) == held
    assert np.array_equal(np.concatenate(book.added[0]), np.concatenate(book.added[1]))


def test_pads_are_never_key_that_was_released() -> None:
    with watched_pools() as book:
        blocks = run(chain(processing()), [0.0] * 6)
    released = np.concatenate([block.bob_key for block in blocks]).tobytes()
    pads = np.concatenate(book.taken[0])
    assert len(released) > 1000
    for start in range(0, len(pads) - 64, 64):
        assert pads[start : start + 64].tobytes() not in released


@pytest.mark.parametrize("name", EVERY)
def test_a_chain_that_only_fails_runs_dry_and_stops(name: str) -> None:
    tap = Tap()
    made = chain(processing(name, pool_blocks=3.5), tap=tap)
    blocks = run(made, [0.4] * 10)
    assert len(blocks) == 4
    assert [block.ledger.authentication_bits for block in blocks] == [384, 384, 384, 0]
    assert blocks[-1].ledger.reason == "authentication pool empty"
    assert blocks[-1].ledger.epsilon == 0.0
    assert made.is_dry
    passed = len(tap.arrived)
    # it stays dry: not a message without a tag
    after = made.distil(*records(5000, 0.0, 1), np.random.default_rng(1))
    assert after.ledger.outcome == POOL_EMPTY
    assert len(after.bob_key) == 0
    assert len(tap.arrived) == passed


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("kind", ["detections", "tag", "bases", "answer", "done", "verdict", "seed"])
def test_a_block_that_was_attacked_pays_and_the_next_one_goes_on(name: str, kind: str) -> None:
    block_now = [0]

    def second_block_only(message: Message) -> bytes:
        return b"?" if block_now[0] == 1 and message.kind == kind else message.body

    blocks = run(
        chain(processing(name), second_block_only),
        [0.0, 0.0, 0.0],
        before=lambda number: block_now.__setitem__(0, number),
    )
    assert [block.ledger.outcome for block in blocks] == [KEY, UNAUTHENTIC, KEY]
    assert [block.ledger.authentication_bits for block in blocks] == [384] * 3
    # the third block refills for two
    assert blocks[2].ledger.pool_refill_bits == min(768, blocks[2].ledger.secret_bits)
    assert all(block.ledger.keys_equal for block in blocks if block.ledger.outcome == KEY)


def test_messages_of_an_earlier_block_do_not_serve() -> None:
    # the same detections again; Eve plays all that Alice told Bob in the first block, tags included
    heard: list[Message] = []
    block_now, at = [0], [0]

    def replay(message: Message) -> bytes:
        if block_now[0] == 0:
            heard.append(message)
            return message.body
        if message.direction.name != "TO_BOB":
            return message.body
        old = [one.body for one in heard if one.direction.name == "TO_BOB"]
        at[0] += 1
        return old[min(at[0], len(old)) - 1]

    made = chain(processing(pool_blocks=5), replay)
    for number in (0, 1):
        block_now[0] = number
        block = made.distil(*records(5000, 0.0, 1), np.random.default_rng([7, 2]))
        assert block.ledger.outcome == (KEY if number == 0 else UNAUTHENTIC)


# --- the same bytes


@pytest.mark.parametrize("name", EVERY)
def test_a_chain_repeats_itself_and_earlier_blocks_know_nothing_of_later_ones(name: str) -> None:
    def keys(error_rates: list[float], seed: int = 1) -> list[bytes]:
        return [b.bob_key.tobytes() for b in run(chain(processing(name), seed=seed), error_rates)]

    whole = keys([0.0, 0.01, 0.3, 0.0])
    assert keys([0.0, 0.01, 0.3, 0.0]) == whole
    assert keys([0.0, 0.01]) == whole[:2]
    assert keys([0.0, 0.01, 0.0, 0.0])[:2] == whole[:2]


def test_the_secret_of_the_ends_does_not_show_in_their_key() -> None:
    # pads and hash keys go into tags alone, so another initial secret leaves the first key what it is
    one, other = (run(chain(processing(), seed=seed), [0.0])[0] for seed in (1, 2))
    assert np.array_equal(one.bob_key, other.bob_key)


# --- memory


def test_nothing_of_old_blocks_is_kept() -> None:
    made = chain(processing())
    kept: list[weakref.ref[np.ndarray]] = []
    for number in range(5):
        alice, bob = records(5000, 0.0, number)
        block = made.distil(alice, bob, np.random.default_rng(number))
        assert block.ledger.outcome == KEY
        whole = [array if array.base is None else array.base for array in (block.alice_key, block.bob_key)]
        kept += [weakref.ref(array) for array in (alice.slot, alice.bit, bob.slot, bob.bit, *whole)]
    del alice, bob, block, whole
    gc.collect()
    assert [one for one in kept if one() is not None] == []


def test_memory_is_flat_over_many_blocks() -> None:
    made = chain(processing(pool_blocks=3, tag_bits=20))  # tags that blocks so small can pay for
    error_rates = [0.0, 0.0, 0.3, 0.01]

    def several(first: int) -> None:
        for number in range(first, first + 50):
            alice, bob = records(4000, error_rates[number % 4], number)
            made.distil(alice, bob, np.random.default_rng(number))
        gc.collect()

    several(0)
    tracemalloc.start()
    several(50)
    before, _ = tracemalloc.get_traced_memory()
    several(100)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not made.is_dry
    assert after - before < 20_000  # one block's records alone are 50 kB


def test_released_key_does_not_carry_the_pads_along() -> None:
    # key[refill:] as a view would hand out the whole array, next block's pads in front
    block = run(chain(processing()), [0.0])[0]
    assert block.ledger.pool_refill_bits > 0
    for key in (block.alice_key, block.bob_key):
        assert key.base is None or key.base.nbytes == key.nbytes
