"""Bob's end: find the error pattern behind the difference of the syndromes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.postprocessing.ldpc.confirmation import CONFIRMATION_BITS, confirmation
from qkdsim.postprocessing.ldpc.exchange import CUT_SHARES, LAST_ROUND, cut_rows, question_bytes
from qkdsim.postprocessing.ldpc.kernels import decode
from qkdsim.postprocessing.ldpc.layout import GREATEST_QBER, LdpcPlan, layout_of
from qkdsim.postprocessing.reconciler import Bits, MessageError, unpacked

MOST_ITERATIONS = 100
SHORTENED_LLR = 30.0  # a shortened position is known


@dataclass(slots=True)
class _OpenFrame:
    """A frame not decoded yet: parities of its error pattern, by row, and by first half of the rows cut."""

    rows: Bits  # (rows, Z)
    confirming: Bits  # (CONFIRMATION_BITS,)
    halves: list[Bits]  # each (rows cut in one round, Z)


class LdpcCorrector:
    """Bob's end of a reconciliation."""

    def __init__(self, bits: Bits, plan: LdpcPlan) -> None:
        """`bits`: Bob's string, uint8 0/1, shape (plan.length_bits,); ValueError for any other length."""
        if bits.shape != (plan.length_bits,):
            raise ValueError("the string is not as long as planned")
        self._bits = np.array(bits, dtype=np.uint8)
        self._plan = plan
        self._layout = layout_of(plan)
        self._open: dict[int, _OpenFrame] = {}
        self._failed = np.ones(self._layout.frames, dtype=np.bool_)
        self._round = -1  # of the last question
        self._answered = True
        self._disclosed_bits = 0

    @property
    def corrected(self) -> Bits:
        """The string as it stands, shape (n,)."""
        return self._bits

    @property
    def failed_frames(self) -> int:
        """Frames without an error pattern that fits."""
        return int(self._failed.sum())

    @property
    def disclosed_bits(self) -> int:
        """One for every decoding: whether it succeeded is told, or shows in there being no further question."""
        return self._disclosed_bits

    def question(self) -> bytes | None:
        """Ask for syndromes, then for more about the frames that failed; None when all is well or all is spent."""
        if self._answered:
            if not self._failed.any() or self._round == LAST_ROUND:
                return None
            self._round, self._answered = self._round + 1, False
        return question_bytes(self._round, self._failed)

    def learn(self, answer: bytes) -> None:
        """Take in the answer to the last question, and decode.

        Raises MessageError if it does not fit the question.
        """
        if self._answered:
            raise MessageError("an answer to no question")
        asked = np.flatnonzero(self._failed)
        each = len(self._layout.checks(self._round)[0]) * self._layout.lifting
        each += 0 if self._round else CONFIRMATION_BITS
        parities = unpacked(answer, len(asked) * each).reshape(len(asked), each)
        self._answered = True
        for frame, bits in zip(asked.tolist(), parities, strict=True):
            self._take(frame, bits)
            self._decode(frame)
            self._disclosed_bits += 1

    def _take(self, frame: int, parities: Bits) -> None:
        """Add Alice's parities to what is known of a frame; Bob's own make them parities of the error pattern."""
        layout = self._layout
        word = layout.word(self._bits, frame)
        sums = layout.sums(word, self._round)
        difference = parities[: sums.size].reshape(sums.shape) ^ sums
        if self._round == 0:
            confirming = parities[sums.size :] ^ confirmation(layout.masks, word)
            self._open[frame] = _OpenFrame(difference, confirming, [])
        else:
            self._open[frame].halves.append(difference)

    def _decode(self, frame: int) -> None:
        """Look for the error pattern; correct the frame if it is found, and confirmed."""
        layout, known = self._layout, self._open[frame]
        span = layout.span(frame)
        positions = layout.positions[: span.stop - span.start]
        cut = cut_rows(layout.code.rows, self._round)
        starts = layout.code.starts(cut)
        pattern, iterations = decode(
            starts[:-1],
            starts[1:],
            layout.code.column,
            layout.shift,
            _by_check(known, cut),
            self._prior(positions),
            MOST_ITERATIONS,
        )
        if not iterations or (confirmation(layout.masks, pattern) != known.confirming).any():
            return
        errors = pattern[positions]
        if errors.sum() == pattern.sum():  # an error at a position that is known to both is no solution
            self._bits[span] ^= errors
            self._failed[frame] = False
            del self._open[frame]

    def _prior(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Log-likelihood ratios; a frame that fails is noisier than planned, by about what more it was told."""
        qber = min(self._plan.held_qber * (1.0 + CUT_SHARES[self._round]), GREATEST_QBER)
        prior = np.full(self._layout.word_bits, SHORTENED_LLR, dtype=np.float32)
        prior[positions] = np.log((1.0 - qber) / qber)
        return prior


def _by_check(known: _OpenFrame, cut: int) -> Bits:
    """Parities in the order of the checks: a row that is cut gives its first half and, by difference, its second."""
    if not known.halves:
        return known.rows
    first = np.concatenate(known.halves)
    pairs = np.stack([first, known.rows[:cut] ^ first], axis=1).reshape(2 * cut, -1)
    return np.concatenate([pairs, known.rows[cut:]])
