"""How a block is cut into frames, and which code and lifting fit them.

The rate is adapted by *shortening* alone: of the code's columns * Z positions, a frame fills as many as make the
syndrome the wanted share of it; the others are known to be zero at both ends and cost nothing. (Shortening as in
D. Elkouss, J. Martinez-Mateo, V. Martin, arXiv:1006.2660; nothing is punctured.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import InputError
from qkdsim.postprocessing.ldpc.codes import Ints, LdpcCode, shipped_codes
from qkdsim.postprocessing.ldpc.confirmation import confirmation_masks
from qkdsim.postprocessing.ldpc.exchange import cut_rows
from qkdsim.postprocessing.ldpc.failures import planned_efficiency
from qkdsim.postprocessing.ldpc.kernels import check_sums
from qkdsim.protocols.entropy import binary_entropy
from qkdsim.rng import stream

FRAME_BITS = 100_000
LEAST_QBER, GREATEST_QBER = 1e-4, 0.499  # the code and the decoder's prior follow from the QBER held within these
# Shorter frames fluctuate more: the share of errors in a frame of n bits moves the least syndrome, a share h(q) of it,
# by sqrt(v / n) with v = q (1 - q) log2((1 - q) / q)^2. Two of these deviations keep first failures near 5 %
# (M. Tomamichel, J. Martinez-Mateo, C. Pacher, D. Elkouss, Quantum Inf. Process. 16, 280 (2017), eq. 5).
DEVIATIONS = 2.0


@dataclass(frozen=True, slots=True)
class LdpcPlan:
    """What both ends know beforehand: block length, planned QBER (a fraction), seed of the positions.

    `first_efficiency`: first syndrome over n h(QBER); by default as the failure table asks for.
    """

    length_bits: int
    qber: float
    seed: int
    first_efficiency: float | None = None

    def __post_init__(self) -> None:
        """Raise InputError for a length below 0, or a QBER that is no probability."""
        if self.length_bits < 0:
            raise InputError.of("LDPC reconciliation", "length_bits", self.length_bits, "0 or more")
        if not 0.0 <= self.qber <= 1.0:
            raise InputError.of("LDPC reconciliation", "qber", self.qber, "a number from 0 to 1")
        if self.first_efficiency is not None and not 0.0 < self.first_efficiency < math.inf:
            raise InputError.of("LDPC reconciliation", "first_efficiency", self.first_efficiency, "a number above 0")

    @property
    def held_qber(self) -> float:
        """The QBER that code and prior follow."""
        return min(max(self.qber, LEAST_QBER), GREATEST_QBER)


@dataclass(frozen=True, slots=True)
class Layout:
    """The frames of a block: all of `frame_bits`, but for the last, which takes what is left.

    shift      int32, (edges,): circulant shifts reduced modulo the lifting
    positions  int64, (frame_bits,): where in the code word each bit of a frame goes
    masks      uint8, (CONFIRMATION_BITS, bytes of a word): what the confirming parities take in
    """

    length_bits: int
    frames: int
    frame_bits: int
    code: LdpcCode
    lifting: int
    shift: Ints
    positions: NDArray[np.int64]
    masks: NDArray[np.uint8]

    @property
    def word_bits(self) -> int:
        """Length of a code word, shortened positions included."""
        return self.code.columns * self.lifting

    def span(self, frame: int) -> slice:
        """Where a frame lies in the block."""
        return slice(frame * self.frame_bits, min((frame + 1) * self.frame_bits, self.length_bits))

    def checks(self, turn: int) -> tuple[Ints, Ints]:
        """First edge of each check that is disclosed in a round, and the edge after its last."""
        if turn == 0:
            return self.code.row_start[:-1], self.code.row_start[1:]
        cut = slice(cut_rows(self.code.rows, turn - 1), cut_rows(self.code.rows, turn))
        return self.code.row_start[:-1][cut], self.code.half_start[cut]

    def sums(self, word: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
        """Parities of a word that are disclosed in a round, 0/1, shape (checks, Z)."""
        return check_sums(*self.checks(turn), self.code.column, self.shift, word, self.lifting)

    def word(self, bits: NDArray[np.uint8], frame: int) -> NDArray[np.uint8]:
        """The code word of a frame of the block `bits`: its bits at their positions, zeros elsewhere."""
        part = bits[self.span(frame)]
        word = np.zeros(self.word_bits, dtype=np.uint8)
        word[self.positions[: len(part)]] = part
        return word


def layout_of(plan: LdpcPlan) -> Layout:
    """The frames that both ends find in a plan: from the nearest code of a higher rate."""
    frames = math.ceil(plan.length_bits / FRAME_BITS)
    frame_bits = math.ceil(plan.length_bits / frames) if frames else 0
    share = syndrome_share(plan, max(frame_bits, 1))
    codes = shipped_codes()
    code = max((code for code in codes if code.rows <= share * code.columns), key=lambda c: c.rows, default=codes[0])
    lifting = max(math.ceil(share * frame_bits / code.rows), math.ceil(frame_bits / code.columns), 1)
    word_bits = code.columns * lifting
    return Layout(
        plan.length_bits,
        frames,
        frame_bits,
        code,
        lifting,
        np.mod(code.reach, lifting).astype(np.int32),
        stream(plan.seed, "ldpc", "positions").permutation(word_bits)[:frame_bits],
        confirmation_masks(plan.seed, word_bits),
    )


def syndrome_share(plan: LdpcPlan, frame_bits: int) -> float:
    """First syndrome over frame length, at most 1."""
    qber = plan.held_qber
    efficiency = plan.first_efficiency or planned_efficiency(qber)
    spread = math.sqrt(qber * (1.0 - qber)) * math.log2((1.0 - qber) / qber)
    extra = DEVIATIONS * spread * max(1.0 / math.sqrt(frame_bits) - 1.0 / math.sqrt(FRAME_BITS), 0.0)
    return min(efficiency * float(binary_entropy(qber)) + extra, 1.0)
