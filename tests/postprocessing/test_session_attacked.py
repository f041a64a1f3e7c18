"""An eavesdropper who changes messages: whatever she does, no key is released and the pads are spent."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postprocessing.blocks import CHANNEL, MOST_MESSAGES, Tap, check_refused, distil, processing, records, secrets
from qkdsim.postprocessing.ledger import KEY, OUTCOMES, UNAUTHENTIC
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.session import DistilledBlock, Session
from qkdsim.postprocessing.wire import Message

EVERY = sorted(RECONCILIATIONS)
KINDS = ["detections", "tag", "bases", "estimate", "question", "answer", "done", "verification", "verdict", "seed"]
Change = Callable[[bytes], bytes]


@functools.cache
def honest(name: str, both_bases: bool = False, seed: int = 1) -> Tap:
    """What passes when nobody interferes."""
    block, tap = distil(processing(name, both_bases=both_bases), *records(6000, 0.01, 7), seed=seed)
    assert block.ledger.outcome == KEY
    return tap


def attacked(name: str, number: int, change: Change, *, both_bases: bool = False) -> tuple[DistilledBlock, Tap]:
    """The block of `honest` with one message changed; the block is refused."""
    how = processing(name, both_bases=both_bases)
    block, tap = distil(
        how,
        *records(6000, 0.01, 7),
        change=lambda place, message: change(message.body) if place == number else message.body,
    )
    check_refused(block, how)
    assert block.ledger.outcome == UNAUTHENTIC, OUTCOMES[block.ledger.outcome]
    assert len(tap.sent) < MOST_MESSAGES
    return block, tap


def flipped(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def numbers(tap: Tap, kind: str) -> list[int]:
    return [number for number, message in enumerate(tap.sent) if message.kind == kind]


# --- one bit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", EVERY)
def test_a_flipped_bit_in_any_kind_of_message_is_caught(name: str, kind: str) -> None:
    tap = honest(name)
    places = numbers(tap, kind)
    assert places
    # every tag; of long exchanges the first, middle and last
    few = places if kind == "tag" else sorted({places[0], places[len(places) // 2], places[-1]})
    for number in few:
        size = 8 * len(tap.sent[number].body)
        for bit in sorted({0, 7, 8, 31, 39, size // 3, size // 2, size - 8, size - 1} & set(range(size))):
            attacked(name, number, functools.partial(flipped, bit=bit))


@settings(max_examples=120)
@given(name=st.sampled_from(EVERY), both_bases=st.booleans(), where=st.floats(0.0, 1.0), bit=st.floats(0.0, 1.0))
def test_a_flipped_bit_anywhere_is_caught(name: str, both_bases: bool, where: float, bit: float) -> None:
    sent = honest(name, both_bases).sent
    number = min(int(where * len(sent)), len(sent) - 1)
    size = 8 * len(sent[number].body)
    attacked(name, number, lambda body: flipped(body, min(int(bit * size), 8 * len(body) - 1)), both_bases=both_bases)


# --- everything else that can be done to a message


WAYS: dict[str, Change] = {
    "empty": lambda body: b"",
    "one byte short": lambda body: body[:-1],
    "half": lambda body: body[: len(body) // 2],
    "without its first byte": lambda body: body[1:],
    "one byte longer": lambda body: body + b"\0",
    "twice": lambda body: body + body,
    "long": lambda body: body + bytes(1 << 16),
    "zeros": lambda body: bytes(len(body) + (not any(body))),
    "ones": lambda body: b"\xff" * (len(body) + (set(body) == {255})),
    "backwards": lambda body: body[::-1] if body[::-1] != body else body + b"\1",
    "a great number in front": lambda body: b"\xff\xff\xff\x7f" + body[4:],
    "nothing counted": lambda body: b"\0\0\0\0" + body[4:] if any(body[:4]) else b"\1" + body[1:],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", EVERY)
def test_a_message_of_another_length_or_content_is_caught(name: str, way: str) -> None:
    tap = honest(name)
    for kind in KINDS:
        places = numbers(tap, kind)
        for number in sorted({places[0], places[-1]}):
            attacked(name, number, WAYS[way])


@settings(max_examples=150)
@given(name=st.sampled_from(EVERY), kind=st.sampled_from(KINDS), last=st.booleans(), body=st.binary(max_size=200))
def test_a_message_of_any_bytes_is_caught(name: str, kind: str, last: bool, body: bytes) -> None:
    number = numbers(honest(name), kind)[-1 if last else 0]
    if body != honest(name).sent[number].body:
        attacked(name, number, lambda _: body)


@pytest.mark.parametrize("name", EVERY)
def test_two_messages_that_change_places_are_caught(name: str) -> None:
    sent = honest(name).sent
    bodies = [message.body for message in sent]
    for first in {*range(min(len(sent), 12)), *range(len(sent) - 7, len(sent))}:
        for second in range(first + 1, min(first + 4, len(sent))):
            if bodies[first] != bodies[second]:
                # Eve holds the first back, for which she sends a copy of what she knows will come
                attacked(name, first, lambda _, other=bodies[second]: other)
                attacked(name, second, lambda _, other=bodies[first]: other)


@pytest.mark.parametrize("name", EVERY)
def test_a_message_of_another_block_is_caught(name: str) -> None:
    sent, other = honest(name).sent, honest(name, seed=2).sent
    by_kind = {kind: [message.body for message in other if message.kind == kind] for kind in KINDS}
    seen = dict.fromkeys(KINDS, 0)
    for number, message in enumerate(sent):
        replay = by_kind[message.kind][min(seen[message.kind], len(by_kind[message.kind]) - 1)]
        seen[message.kind] += 1
        if replay != message.body and (seen[message.kind] <= 2 or message.kind not in {"question", "answer"}):
            attacked(name, number, lambda _, replay=replay: replay)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("towards", ["ALICE", "BOB"])
def test_a_whole_block_played_again_is_caught(name: str, towards: str) -> None:
    # Eve answers one end with all that the other said in an earlier block of the same detections, tags included
    earlier = [message for message in honest(name, seed=2).sent if message.direction.name == f"TO_{towards}"]
    at = [0]

    def replay(_: int, message: Message) -> bytes:
        if message.direction.name != f"TO_{towards}":
            return message.body
        body = earlier[min(at[0], len(earlier) - 1)].body
        at[0] += 1
        return body

    how = processing(name)
    block, tap = distil(how, *records(6000, 0.01, 7), change=replay)
    check_refused(block, how)
    assert block.ledger.outcome == UNAUTHENTIC
    assert len(tap.sent) < MOST_MESSAGES


@settings(max_examples=60)
@given(name=st.sampled_from(EVERY), chance=st.floats(0.01, 1.0), seed=st.integers(0, 1 << 20))
def test_noise_on_every_message_is_caught_and_ends(name: str, chance: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    touched = [False]

    def noise(_: int, message: Message) -> bytes:
        if not message.body or draw.random() > chance:
            return message.body
        touched[0] = True
        return flipped(message.body, int(draw.integers(8 * len(message.body))))

    how = processing(name)
    block, tap = distil(how, *records(3000, 0.02, seed), change=noise, seed=seed)
    assert len(tap.sent) < MOST_MESSAGES
    if touched[0]:
        check_refused(block, how)


# --- what Eve learns


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("both_bases", [False, True])
def test_alice_tells_no_basis_before_bob_is_bound(name: str, both_bases: bool) -> None:
    size = 8 * len(honest(name, both_bases).sent[0].body)
    for bit in [*range(0, 136, 5), size // 2, size - 1]:
        _, tap = attacked(name, 0, functools.partial(flipped, bit=bit), both_bases=both_bases)
        assert tap.kinds() == ["detections", "tag"]
    _, tap = attacked(name, 1, functools.partial(flipped, bit=0), both_bases=both_bases)
    assert tap.kinds() == ["detections", "tag"]


@pytest.mark.parametrize("way", ["empty", "half", "a great number in front", "nothing counted"])
@pytest.mark.parametrize("name", EVERY)
def test_the_leak_is_what_alice_said_whatever_reached_bob(name: str, way: str) -> None:
    places = numbers(honest(name), "answer")
    for number in {places[0], places[-1]}:
        block, tap = attacked(name, number, WAYS[way])
        assert block.ledger.leak_ec_bits == tap.parity_bits > 0


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"seed", "tag"}])
def test_no_seed_is_told_where_an_earlier_message_was_changed(name: str, kind: str) -> None:
    for number in {numbers(honest(name), kind)[0], numbers(honest(name), kind)[-1]}:
        _, tap = attacked(name, number, functools.partial(flipped, bit=0))
        assert "seed" not in tap.kinds()


def test_ends_with_different_secrets_never_agree() -> None:
    how = processing()
    random = np.random.default_rng(3)
    ends = Session(how, CHANNEL)
    alice, bob = records(6000, 0.01, 7)
    check_refused(ends.distil(alice, bob, secrets(how, 1), secrets(how, 2), random), how)


# --- the shortest tags: a forgery that succeeds still must not look like a block that went well


@settings(max_examples=150)
@given(seed=st.integers(0, 1 << 20), kind=st.sampled_from(KINDS), last=st.booleans(), bit=st.integers(0, 63))
def test_a_lucky_forgery_leaves_a_ledger_that_makes_sense(seed: int, kind: str, last: bool, bit: int) -> None:
    how = processing(tag_bits=1)
    number = numbers(honest("cascade"), kind)[-1 if last else 0]

    def change(place: int, message: Message) -> bytes:
        return flipped(message.body, min(bit, 8 * len(message.body) - 1)) if place == number else message.body

    block, _ = distil(how, *records(6000, 0.01, 7), change=change, seed=seed)
    ledger = block.ledger
    assert (ledger.outcome == KEY) == (ledger.secret_bits > 0)
    # with luck at every tag even unequal keys pass: the observer says so
    if ledger.outcome == KEY:
        assert ledger.keys_equal == np.array_equal(block.alice_key, block.bob_key)
    assert ledger.epsilon_authentication >= 0.5
