"""Cascade: interactive correction by parities of shuffled blocks, all frames of a block side by side.

G. Brassard, L. Salvail, EUROCRYPT '93. In each pass Bob learns the parity of every block. A block with an odd number of
errors is searched by halving until one wrong bit is found; correcting it turns blocks of other passes odd, which are
searched in turn. All open searches of all frames travel in one message, and a frame begins its next pass as soon as
its own searches are done: the round trips of a block are those of its slowest frame.

**Question.** uint32 words, little endian: the number of frames that begin their next pass; those frames, rising; then
the nodes asked for, each (frame * passes + pass) * n + m for the node that is halved at position m of its pass
(`cascade_kernels` has the tree). **Answer.** For each frame begun the parities of all blocks of the pass, then for each
node the parity of its left half, as `packed` writes them. The right half follows from what is known and is not asked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.postprocessing import cascade_kernels as kernels
from qkdsim.postprocessing.cascade_plan import CascadePlan, in_frames, out_of_frames
from qkdsim.postprocessing.reconciler import Bits, MessageError, packed, unpacked

__all__ = ["CascadeCorrector", "CascadePlan", "CascadeReference"]

WORD = np.dtype("<u4")
SPARE_PARITIES = 1024
NO_WORDS = np.empty(0, dtype=np.uint32)


class CascadeReference:
    """Alice's end: she tells parities of her string, each of them once."""

    def __init__(self, bits: Bits, plan: CascadePlan) -> None:
        """Take Alice's string, shape (plan.length_bits,), and the plan that Bob has too."""
        self._bits = in_frames(bits, plan)
        self._blocks = np.array(plan.blocks)
        self._sizes = np.array(plan.block_sizes_bits)
        self._orders = kernels.shuffled(np.uint64(plan.seed), plan.passes, plan.frame_length_bits)
        self._state = np.empty((plan.frames, plan.passes, plan.frame_length_bits + 1), dtype=np.uint8)
        self._begun = np.zeros(plan.frames, dtype=np.int64)

    def answer(self, question: bytes) -> bytes:
        """The parities asked for.

        Raises MessageError for frames, passes or nodes that do not exist, and for a parity asked before its block's or
        asked twice.
        """
        frames, nodes = self._read(question)
        parities = np.empty(self._blocks[self._begun[frames]].sum() + len(nodes), dtype=np.uint8)
        kernels.begin_pass(self._bits, self._orders, self._state, self._begun, frames)
        if not kernels.answered(self._sizes, self._state, self._begun, frames, nodes, parities):
            raise MessageError("a question asks for a parity that is not there to ask")
        return packed(parities)

    def _read(self, question: bytes) -> tuple[kernels.Words, kernels.Words]:
        """The frames that begin a pass, and the nodes asked for."""
        if len(question) < 2 * WORD.itemsize or len(question) % WORD.itemsize:
            raise MessageError(f"a question of {len(question)} bytes")
        words = np.frombuffer(question, dtype=WORD).astype(np.uint32)
        count = int(words[0])
        if count >= len(words):
            raise MessageError(f"a question of {len(question)} bytes does not name {count} frames")
        frames, nodes = words[1 : count + 1], words[count + 1 :]
        if count and (frames[-1] >= len(self._bits) or (frames[1:] <= frames[:-1]).any()):
            raise MessageError("the frames of a question do not rise")
        if (self._begun[frames] >= len(self._sizes)).any():
            raise MessageError("a frame has no pass left")
        return frames, nodes


class CascadeCorrector:
    """Bob's end: he corrects his string by Alice's parities.

    A frame whose answers contradict each other (one bit would be corrected twice), or that cost so many parities that
    no key can come of it (two for each bit, and `SPARE_PARITIES` for the shortest frames), asks no more and counts as
    failed. So the protocol ends whatever is answered: a frame pays at least one parity in every round.
    """

    def __init__(self, bits: Bits, plan: CascadePlan) -> None:
        """Take Bob's string, shape (plan.length_bits,), and the plan that Alice has too."""
        length = plan.frame_length_bits
        self._plan = plan
        self._bits = in_frames(bits, plan)
        self._blocks = np.array(plan.blocks)
        self._sizes = np.array(plan.block_sizes_bits)
        self._orders = kernels.shuffled(np.uint64(plan.seed), plan.passes, length)
        self._places = kernels.places(self._orders)
        self._state = np.empty((plan.frames, plan.passes, length + 1), dtype=np.uint8)
        self._begun = np.zeros(plan.frames, dtype=np.int64)
        self._limit = 2 * length + SPARE_PARITIES
        self._spent = np.zeros(plan.frames, dtype=np.int64)
        self._standing = np.zeros(plan.frames, dtype=np.uint8)
        # sizes for the worst case: two places for each node answered and one for each pass of each bit flipped;
        # as many questions as blocks of two bits. Memory that is never written is never used.
        self._stack = np.empty(3 * plan.passes * length + 1, dtype=np.int64)
        self._questions = np.empty(plan.frames * plan.passes * ((length + 1) // 2), dtype=np.uint32)
        self._frames = np.arange(plan.frames, dtype=np.uint32)
        self._nodes = NO_WORDS

    @property
    def corrected(self) -> Bits:
        """The string as it stands, shape (plan.length_bits,)."""
        return out_of_frames(self._bits & np.uint8(kernels.VALUE), self._plan)

    @property
    def failed_frames(self) -> int:
        """Frames given up. Errors left in other frames show in verification only."""
        return int(np.count_nonzero(self._standing != kernels.OPEN))

    @property
    def disclosed_bits(self) -> int:
        """Bits about Bob's string that his questions gave away: as many as the parities he was told.

        What he asks next depends on Alice's answers and on his own parities of the same positions, and on nothing else:
        given her answers, his questions tell at most those parities.
        """
        return int(self._spent.sum())

    def question(self) -> bytes | None:
        """The next question, the same until it is answered; None when every frame is through or has failed."""
        if not len(self._frames) and not len(self._nodes):
            return None
        count = np.array([len(self._frames)], dtype=np.uint32)
        return np.concatenate([count, self._frames, self._nodes]).astype(WORD).tobytes()

    def learn(self, answer: bytes) -> None:
        """Take in Alice's parities and correct what they show.

        Raises MessageError if there are not as many as were asked for.
        """
        expected = int(self._blocks[self._begun[self._frames]].sum()) + len(self._nodes)
        parities = unpacked(answer, expected)
        kernels.begin_pass(self._bits, self._orders, self._state, self._begun, self._frames)
        kernels.learn(self._sizes, self._state, self._begun, self._frames, self._nodes, parities, self._spent)
        self._standing[self._spent > self._limit] = kernels.FAILED
        asked = kernels.next_questions(
            self._bits,
            self._orders,
            self._places,
            self._sizes,
            self._state,
            self._begun,
            self._frames,
            self._nodes,
            self._standing,
            self._stack,
            self._questions,
        )
        self._nodes = self._questions[:asked].copy()
        self._frames = self._ready_for_next_pass()

    def _ready_for_next_pass(self) -> NDArray[np.uint32]:
        """Frames without an open search that have passes left."""
        ready = (self._begun < self._plan.passes) & (self._standing == kernels.OPEN)
        ready[self._nodes // (self._plan.passes * self._plan.frame_length_bits)] = False
        return np.flatnonzero(ready).astype(np.uint32)
