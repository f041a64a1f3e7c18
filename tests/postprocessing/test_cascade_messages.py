"""Cascade against a partner who lies or garbles: refusal or an end, never a crash."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocessing.cascade_run import reconcile, strings
from qkdsim.postprocessing.cascade import SPARE_PARITIES, CascadeCorrector, CascadeReference
from qkdsim.postprocessing.cascade_plan import SCHEDULES, CascadePlan
from qkdsim.postprocessing.reconciler import MessageError, packed

PLAN = CascadePlan(700, 0.03, 11, "option7", 200)
ALICE, BOB = strings(PLAN, 0.03, 12)


def words(*numbers: int) -> bytes:
    return np.array(numbers, dtype="<u4").tobytes()


def begun_by_two_frames() -> CascadeReference:
    """Alice after frames 0 and 2 began their first pass (blocks of 64, four frames of 175)."""
    reference = CascadeReference(ALICE, PLAN)
    reference.answer(words(2, 0, 2))
    return reference


NODES = PLAN.passes * PLAN.frame_length_bits  # of one frame


@pytest.mark.parametrize(
    "question",
    [
        b"",
        b"\x01",
        words(0),
        words(0, 32)[:-1],
        words(1),
        words(2, 1),
        words(2**32 - 1, 1),
        words(1, 4),
        words(2, 1, 1),
        words(2, 3, 1),
        words(0, 0),  # a block, not a half of one
        words(0, 64),
        words(0, NODES + 32),  # frame 1 has not begun
        words(0, PLAN.frame_length_bits + 32),  # nor has pass 1 of frame 0
        words(0, 4 * NODES + 32),  # no such frame
        words(0, 2**32 - 1),
        words(0, 16),  # the half of a half nobody knows
        words(0, 32, 32),
    ],
)
def test_questions_without_sense_are_refused(question: bytes) -> None:
    with pytest.raises(MessageError):
        begun_by_two_frames().answer(question)


def test_questions_with_sense_are_answered() -> None:
    reference = begun_by_two_frames()
    assert reference.answer(words(0, 32)) == packed(ALICE[:32].sum(keepdims=True) & 1)
    assert reference.answer(words(0, 16)) == packed(ALICE[:16].sum(keepdims=True) & 1)
    assert reference.answer(words(0, 2 * NODES + 32)) == packed(ALICE[350:382].sum(keepdims=True) & 1)


def test_no_pass_beyond_the_last() -> None:
    reference = CascadeReference(ALICE, PLAN)
    for _ in range(PLAN.passes):
        reference.answer(words(1, 0))
    with pytest.raises(MessageError):
        reference.answer(words(1, 0))


@given(st.lists(st.binary(max_size=64), max_size=5))
def test_random_bytes_do_not_break_alice(questions: list[bytes]) -> None:
    reference = begun_by_two_frames()
    for question in questions:
        with contextlib.suppress(MessageError):
            reference.answer(question)


@given(st.lists(st.integers(0, 4 * NODES + 5), max_size=40))
def test_random_nodes_do_not_break_alice(nodes: list[int]) -> None:
    reference = begun_by_two_frames()
    with contextlib.suppress(MessageError):
        assert reference.answer(words(0, *nodes))[:4] == len(nodes).to_bytes(4, "little")


@given(st.binary(max_size=40))
def test_an_answer_that_does_not_fit_is_refused_and_changes_nothing(answer: bytes) -> None:
    corrector = CascadeCorrector(BOB, PLAN)
    question = corrector.question()
    if len(answer) == 4 + (4 * 3 + 7) // 8 and answer[:4] == (12).to_bytes(4, "little"):
        return
    with pytest.raises(MessageError):
        corrector.learn(answer)
    assert corrector.question() == question
    assert np.array_equal(corrector.corrected, BOB)


@given(st.integers(0, 10**6), st.integers(0, 2**32), st.sampled_from(sorted(SCHEDULES)))
def test_one_garbled_bit_in_any_message_ends_in_refusal_or_in_an_end(where: int, seed: int, variant: str) -> None:
    plan = CascadePlan(400, 0.05, seed, variant, 150)
    alice, bob = strings(plan, 0.05, seed)
    total = sum(8 * (len(q) + len(a)) for q, a in reconcile(plan, alice, bob).transcript)
    remaining = where % total

    def garbled(message: bytes) -> bytes:
        nonlocal remaining
        hit, remaining = remaining, remaining - 8 * len(message)
        if not 0 <= hit < 8 * len(message):
            return message
        changed = bytearray(message)
        changed[hit // 8] ^= 1 << hit % 8
        return bytes(changed)

    reference, corrector = CascadeReference(alice, plan), CascadeCorrector(bob, plan)
    with contextlib.suppress(MessageError):
        while (question := corrector.question()) is not None:
            corrector.learn(garbled(reference.answer(garbled(question))))


@pytest.mark.parametrize("variant", sorted(SCHEDULES))
@pytest.mark.parametrize("told", ["random", "ones", "zeros"])
def test_lies_come_to_an_end_and_show(variant: str, told: str) -> None:
    plan = CascadePlan(6000, 0.05, 5, variant, 2000)
    alice, bob = strings(plan, 0.05, 6)
    reference, corrector = CascadeReference(alice, plan), CascadeCorrector(bob, plan)
    rng = np.random.default_rng(7)
    rounds = 0
    while (question := corrector.question()) is not None:
        count = int.from_bytes(reference.answer(question)[:4], "little")
        lies = {"random": rng.integers(0, 2, count), "ones": np.ones(count), "zeros": np.zeros(count)}[told]
        corrector.learn(packed(lies.astype(np.uint8)))
        rounds += 1
    # every round of a frame costs it a parity
    assert rounds <= 2 * plan.frame_length_bits + SPARE_PARITIES + 1
    if told == "random":
        assert corrector.failed_frames == plan.frames
    assert corrector.disclosed_bits > 0


def test_answers_about_another_string_lead_to_that_string() -> None:
    """The lie that cannot be seen here: verification must find it."""
    alice, bob = strings(PLAN, 0.1, 8)
    run = reconcile(PLAN, alice, bob)
    assert np.array_equal(run.corrector.corrected, alice)
    assert run.corrector.failed_frames == 0
