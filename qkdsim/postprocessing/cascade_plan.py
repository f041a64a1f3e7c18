"""The public plan of a Cascade reconciliation: frames, passes and block sizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qkdsim.errors import InputError
from qkdsim.postprocessing.reconciler import Bits

LEAST_QBER, GREATEST_QBER = 1e-5, 0.5  # block sizes follow from the QBER held within these
GREATEST_FRAME_BITS = 1 << 20
GREATEST_NODES = 1 << 32  # a question names a node in 32 bits


@dataclass(frozen=True, slots=True)
class Schedule:
    """Block sizes of the first passes at a given QBER; the passes that follow halve the frame."""

    passes: int
    first_sizes: Callable[[float], tuple[float, ...]]


def _original(qber: float) -> tuple[float, ...]:
    first = math.ceil(0.73 / qber)
    return first, 2 * first, 4 * first, 8 * first


def _yan(qber: float) -> tuple[float, ...]:
    first = math.ceil(0.80 / qber)
    return first, 5 * first


def _option3(qber: float) -> tuple[float, ...]:
    first = math.ceil(1.0 / qber)
    return first, 2 * first


def _option7(qber: float) -> tuple[float, ...]:
    first = 2.0 ** math.ceil(math.log2(1.0 / qber))
    return first, 4 * first


def _option8(qber: float) -> tuple[float, ...]:
    exponent = math.log2(1.0 / qber) - 0.5
    return 2.0 ** math.ceil(exponent), 2.0 ** math.ceil((exponent + 12.0) / 2.0), 4096


SCHEDULES = {
    "original": Schedule(4, _original),
    "yan": Schedule(10, _yan),
    "option3": Schedule(16, _option3),
    "option7": Schedule(14, _option7),
    "option8": Schedule(14, _option8),
}


@dataclass(frozen=True, slots=True)
class CascadePlan:
    """What both ends must know beforehand, and nobody needs to hide.

    length_bits  bits to reconcile
    qber         the error rate expected; outside 1e-5 ... 0.5 the nearest of these sets the block sizes
    seed         of the shuffles, 0 ... 2^64 - 1; to be drawn after the detections
    variant      block sizes: `original` (G. Brassard, L. Salvail, EUROCRYPT '93), `yan`, `option3`, `option7`,
                 `option8` (as in J. Martinez-Mateo et al., Quantum Inf. Comput. 15, 453 (2015), arXiv:1407.3257)
    frame_bits   the greatest length of a frame; frames are evened out, their lengths differ by one bit at most

    All frames are shuffled alike. Errors in different frames are independent, and so is their correction.

    Raises InputError for a value out of range.
    """

    length_bits: int
    qber: float
    seed: int
    variant: str = "original"
    frame_bits: int = 100_000

    def __post_init__(self) -> None:
        """Check every value; a block too long for 32-bit questions is refused too."""
        checks = (
            ("variant", self.variant in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
            ("length_bits", self.length_bits >= 1, "at least 1"),
            ("qber", 0.0 <= self.qber <= 1.0, "0 to 1"),
            ("seed", 0 <= self.seed < 1 << 64, "0 to 2^64 - 1"),
            ("frame_bits", 1 <= self.frame_bits <= GREATEST_FRAME_BITS, f"1 to {GREATEST_FRAME_BITS}"),
        )
        for key, is_good, expected in checks:
            if not is_good:
                raise InputError.of("cascade", key, getattr(self, key), expected)
        nodes = self.frames * self.passes * self.frame_length_bits
        if nodes > GREATEST_NODES:
            raise InputError.of("cascade", "length_bits", self.length_bits, f"at most {GREATEST_NODES // self.passes}")

    @property
    def passes(self) -> int:
        """How many times the whole frame is cut into blocks."""
        return SCHEDULES[self.variant].passes

    @property
    def frames(self) -> int:
        """Frames worked side by side."""
        return -(-self.length_bits // self.frame_bits)

    @property
    def frame_length_bits(self) -> int:
        """Length of the longest frame; shorter ones end in one zero that both ends know."""
        return -(-self.length_bits // self.frames)

    @property
    def block_sizes_bits(self) -> tuple[int, ...]:
        """Size of the blocks of each pass; never more than half a frame, so that no pass repeats another."""
        half = -(-self.frame_length_bits // 2)
        schedule = SCHEDULES[self.variant]
        sizes = schedule.first_sizes(min(max(self.qber, LEAST_QBER), GREATEST_QBER))
        return tuple(int(min(size, half)) for size in sizes) + (half,) * (schedule.passes - len(sizes))

    @property
    def blocks(self) -> tuple[int, ...]:
        """Blocks of each pass in one frame."""
        return tuple(-(-self.frame_length_bits // size) for size in self.block_sizes_bits)


def in_frames(bits: Bits, plan: CascadePlan) -> Bits:
    """A copy of the bits, shape (frames, frame length), the shorter frames filled up with a zero.

    Raises ValueError unless there are as many bits as planned.
    """
    if bits.shape != (plan.length_bits,):
        raise ValueError(f"{bits.shape} bits for a plan of {plan.length_bits}")
    length = plan.frame_length_bits
    long = plan.length_bits - plan.frames * (length - 1)  # frames of full length
    framed = np.zeros((plan.frames, length), dtype=np.uint8)
    framed[:long] = bits[: long * length].reshape(long, length)
    framed[long:, : length - 1] = bits[long * length :].reshape(plan.frames - long, length - 1)
    return framed


def out_of_frames(framed: Bits, plan: CascadePlan) -> Bits:
    """The bits of all frames in one row, without what filled them up."""
    length = plan.frame_length_bits
    long = plan.length_bits - plan.frames * (length - 1)
    return np.concatenate([framed[:long].ravel(), framed[long:, : length - 1].ravel()])
