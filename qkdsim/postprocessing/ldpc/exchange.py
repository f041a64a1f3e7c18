"""What goes over the wire: Bob's questions, and how many bits answer them.

A question is one byte, the round, and from round 1 on a mask with one bit a frame, packed: the frames still open.
Round 0 is answered, frame by frame, with the syndrome and the confirming parities; round k with the first halves of
the rows that round k cuts, for the frames asked. Every bit answered is a parity of Alice's string that does not follow
from the ones before (but for the few dependent rows that a code may have): the bits that a tap reads are the leak, with
nothing to add or take away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.postprocessing.reconciler import MessageError

# share of the rows that are cut after each round; the last round has cut them all, and doubled the syndrome
CUT_SHARES = (0.0, 0.04, 0.08, 0.14, 0.22, 0.34, 0.5, 0.75, 1.0)
LAST_ROUND = len(CUT_SHARES) - 1


def cut_rows(rows: int, turn: int) -> int:
    """Rows cut after a round: at least one more in each."""
    return min(max(round(CUT_SHARES[turn] * rows), turn), rows)


def question_bytes(turn: int, asked: NDArray[np.bool_]) -> bytes:
    """A question about the frames marked in `asked`, shape (frames,)."""
    return bytes([turn]) + (np.packbits(asked).tobytes() if turn else b"")


def frames_asked(question: bytes, turn: int, open_frames: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The frames that a question of the expected round is about, shape (frames,).

    Raises MessageError for another round, a mask of wrong length or without frames, and frames not asked before.
    """
    if turn > LAST_ROUND or not question or question[0] != turn:
        raise MessageError(f"a question out of turn: round {turn} was due")
    if turn == 0:
        if len(question) != 1:
            raise MessageError("the first question is one byte long")
        return open_frames.copy()
    frames = len(open_frames)
    if len(question) != 1 + (frames + 7) // 8:
        raise MessageError(f"a question of {len(question)} bytes does not mark {frames} frames")
    mask = np.unpackbits(np.frombuffer(question, dtype=np.uint8, offset=1)).astype(np.bool_)
    asked = mask[:frames]
    if mask[frames:].any() or not asked.any() or (asked & ~open_frames).any():
        raise MessageError("a question about no frame, or about one that was not open")
    return asked
