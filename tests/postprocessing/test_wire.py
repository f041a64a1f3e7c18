"""The service channel: what passes is counted, charged, and bound by tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocessing.blocks import processing, secrets
from qkdsim.crypto import TranscriptTag
from qkdsim.postprocessing.ledger import UNAUTHENTIC, RefusedError
from qkdsim.postprocessing.wire import (
    PHASES,
    TAGS_PER_BLOCK,
    Direction,
    Message,
    Secrets,
    ServiceChannel,
    Traffic,
    Wire,
)

HOW = processing()
TO_ALICE, TO_BOB = Direction.TO_ALICE, Direction.TO_BOB


def wire(seed: int = 1, *, of_bob: int | None = None, tamper: dict[str, bytes] | None = None) -> Wire:
    changed = tamper or {}
    return Wire(
        secrets(HOW, seed),
        secrets(HOW, seed if of_bob is None else of_bob),
        ServiceChannel(),
        tamper=lambda message: changed.get(message.kind, message.body),
    )


def test_a_tag_for_each_direction_and_phase() -> None:
    assert (len(PHASES), TAGS_PER_BLOCK) == (3, 6)


def test_time_on_the_channel_worked_by_hand() -> None:
    # 0.5 ms each turn, 1 kbit/s: bits 80 + 40 take 0.12 s, the answer of 8 bits 0.008 s
    channel, traffic = ServiceChannel(one_way_delay_s=5e-4, rate_bps=1e3), Traffic()
    for message in (Message("a", TO_ALICE, bytes(10)), Message("b", TO_ALICE, bytes(5)), Message("c", TO_BOB, b"x")):
        traffic.add(message, channel)
    assert (traffic.messages, traffic.turns, traffic.bits_to_alice, traffic.bits_to_bob) == (3, 2, 120, 8)
    assert traffic.delay_s == pytest.approx(2 * 5e-4)
    assert traffic.transmission_s == pytest.approx(0.128)
    assert traffic.duration_s == pytest.approx(2 * 5e-4 + 0.128)


@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=40)), max_size=30))
def test_equal_transcripts_have_equal_tags(talk: list[tuple[Direction, bytes]]) -> None:
    one = wire()
    for direction, body in talk:
        received = one.to_alice("word", body) if direction is TO_ALICE else one.to_bob("word", body)
        assert received == body
    for phase in PHASES:
        for direction in Direction:
            one.authenticate(direction, phase)
    assert one.traffic.messages == len(talk) + TAGS_PER_BLOCK
    assert one.traffic.bits_to_alice == 8 * sum(len(b) for d, b in talk if d is TO_ALICE) + 3 * HOW.tag_bits
    # each message with a block of 16 bytes in front, filled up to whole blocks
    assert one.transcript_bits == sum(128 + 128 * -(-len(body) // 16) for _, body in talk)


@given(st.binary(max_size=40), st.binary(max_size=40), st.sampled_from(PHASES), st.sampled_from(Direction))
def test_a_changed_message_fails_every_later_tag(sent: bytes, arrives: bytes, phase: str, direction: Direction) -> None:
    if sent == arrives:
        return
    one = wire(tamper={"word": arrives})
    assert one.to_bob("word", sent) == arrives
    one.to_alice("further", b"words")
    with pytest.raises(RefusedError) as refused:
        one.authenticate(direction, phase)
    assert refused.value.outcome == UNAUTHENTIC


def test_where_a_message_ends_is_bound_too() -> None:
    tags = []
    for words in ((b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"abc", b""), (b"", b"abc")):
        transcript = TranscriptTag(secrets(HOW, 1).key)
        for word in words:
            transcript.feed(word, TO_BOB)
        tags.append(transcript.tag(secrets(HOW, 1).pads[0]).tobytes())
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("direction", Direction)
def test_the_other_ends_pad_does_not_serve(phase: str, direction: Direction) -> None:
    own = secrets(HOW, 1)
    number = 2 * PHASES.index(phase) + direction
    others = Secrets(own.key, np.roll(own.pads, 1, axis=0))  # each tag with the pad of its neighbour
    assert not np.array_equal(others.pads[number], own.pads[number])
    with pytest.raises(RefusedError):
        Wire(own, others, ServiceChannel()).authenticate(direction, phase)


def test_every_tag_has_a_pad_of_its_own() -> None:
    # nothing is said, so all tags hash the same transcript: their differences are those of the pads
    seen: list[bytes] = []
    own = secrets(HOW, 1)
    one = Wire(own, own, ServiceChannel(), on_message=lambda message: seen.append(message.body))
    for phase in PHASES:
        for direction in Direction:
            one.authenticate(direction, phase)
    without = {
        tuple(np.unpackbits(np.frombuffer(tag, dtype=np.uint8)) ^ pad) for tag, pad in zip(seen, own.pads, strict=True)
    }
    assert len(set(seen)) == TAGS_PER_BLOCK
    assert len(without) == 1


@pytest.mark.parametrize("tag", [b"", b"\0", bytes(7), bytes(8), bytes(9), bytes(100)])
def test_a_made_up_tag_is_refused(tag: bytes) -> None:
    with pytest.raises(RefusedError):
        wire(tamper={"tag": tag}).authenticate(TO_BOB, "sifting")


@pytest.mark.parametrize("extra", [1, 2, 4, 8])
def test_bits_behind_a_tag_of_odd_length_must_be_zero(extra: int) -> None:
    how = processing(tag_bits=100)

    def fill(message: Message) -> bytes:
        return message.body[:-1] + bytes([message.body[-1] | extra])

    with pytest.raises(RefusedError):
        Wire(secrets(how, 1), secrets(how, 1), ServiceChannel(), tamper=fill).authenticate(TO_BOB, "sifting")
    Wire(secrets(how, 1), secrets(how, 1), ServiceChannel()).authenticate(TO_BOB, "sifting")


@pytest.mark.parametrize("tag_bits", [1, 2, 3])
def test_a_guess_succeeds_as_often_as_it_should(tag_bits: int) -> None:
    # forged words with the honest tag: accepted with probability 2^-k over the secrets
    how, trials, accepted = processing(tag_bits=tag_bits), 2000, 0
    for seed in range(trials):
        forged = Wire(
            secrets(how, seed),
            secrets(how, seed),
            ServiceChannel(),
            tamper=lambda message: b"forged" if message.kind == "word" else message.body,
        )
        forged.to_bob("word", b"honest")
        try:
            forged.authenticate(TO_BOB, "sifting")
        except RefusedError:
            continue
        accepted += 1
    share = 2.0**-tag_bits
    assert abs(accepted / trials - share) < 4.0 * (share * (1.0 - share) / trials) ** 0.5
