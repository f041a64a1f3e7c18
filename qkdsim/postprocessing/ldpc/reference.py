"""Alice's end: syndromes of her frames."""

from __future__ import annotations

import numpy as np

from qkdsim.postprocessing.ldpc.confirmation import confirmation
from qkdsim.postprocessing.ldpc.exchange import frames_asked
from qkdsim.postprocessing.ldpc.layout import LdpcPlan, layout_of
from qkdsim.postprocessing.reconciler import Bits, packed


class LdpcReference:
    """Alice's end of a reconciliation: her string is the one that counts."""

    def __init__(self, bits: Bits, plan: LdpcPlan) -> None:
        """`bits`: Alice's string, uint8 0/1, shape (plan.length_bits,); ValueError for any other length."""
        if bits.shape != (plan.length_bits,):
            raise ValueError("the string is not as long as planned")
        self._bits = np.ascontiguousarray(bits, dtype=np.uint8)
        self._layout = layout_of(plan)
        self._open = np.ones(self._layout.frames, dtype=np.bool_)
        self._round = 0

    def answer(self, question: bytes) -> bytes:
        """The parities that a question is about; all of them leak.

        Raises MessageError if the question makes no sense.
        """
        asked = frames_asked(question, self._round, self._open)
        parities = [self._parities(int(frame)) for frame in np.flatnonzero(asked)]
        self._open, self._round = asked, self._round + 1
        return packed(np.concatenate(parities) if parities else np.zeros(0, dtype=np.uint8))

    def _parities(self, frame: int) -> Bits:
        """What this round discloses of a frame."""
        layout = self._layout
        word = layout.word(self._bits, frame)
        sums = layout.sums(word, self._round).ravel()
        return sums if self._round else np.concatenate([sums, confirmation(layout.masks, word)])
