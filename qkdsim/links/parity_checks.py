"""The parity checks of an LDPC reconciliation written out, for devices that do not have the shipped codes."""

from __future__ import annotations

import numpy as np

from qkdsim.links.stages import StageTable, stage_table
from qkdsim.postprocessing.ldpc import LdpcPlan
from qkdsim.postprocessing.ldpc.exchange import LAST_ROUND, cut_rows
from qkdsim.postprocessing.ldpc.layout import layout_of


def parity_checks(length_bits: int, qber: float, seed: int) -> StageTable:
    """The checks of a full frame as both ends find them: check (base row) Z + r reads one bit for each of its edges.

    Edges that end in shortened positions are left out: these bits are 0. A shorter last frame has no bits beyond its
    end, which are 0, too. The last checks are the confirming parities of a frame, dense and random.
    """
    layout = layout_of(LdpcPlan(length_bits, qber, seed))
    code, lifting = layout.code, layout.lifting
    place = np.full(layout.word_bits, -1, dtype=np.int64)
    place[layout.positions] = np.arange(layout.frame_bits)
    row = np.repeat(np.arange(code.rows), np.diff(code.row_start))
    half = (np.arange(len(code.column)) >= code.half_start[row]).astype(np.uint8)
    turn = np.zeros(code.rows, dtype=np.uint8)
    for number in range(LAST_ROUND, 0, -1):
        turn[: cut_rows(code.rows, number)] = number
    offset = np.arange(lifting)
    bit = place[code.column[:, None] * lifting + (layout.shift[:, None] + offset) % lifting]
    check = np.broadcast_to(row[:, None] * lifting + offset, bit.shape)
    read = bit >= 0
    order = np.lexsort((bit[read], check[read]))
    edge = np.broadcast_to(np.arange(len(row))[:, None], bit.shape)[read][order]
    # the confirming parities stand behind the syndrome, and are never cut
    taken = np.unpackbits(layout.masks, axis=1, count=layout.word_bits)[:, layout.positions]
    confirming, confirmed = np.nonzero(taken)
    uncut = np.zeros(len(confirming), dtype=np.uint8)
    return stage_table(
        "parity-checks",
        check=np.concatenate([check[read][order], code.rows * lifting + confirming]),
        bit=np.concatenate([bit[read][order], confirmed]),
        half=np.concatenate([half[edge], uncut]),
        round=np.concatenate([turn[row[edge]], uncut]),
    )
