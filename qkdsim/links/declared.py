"""Links that live by the rate table their profile publishes: no physics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from qkdsim.devices import DeviceProfile
from qkdsim.links.block import KeyBlocks
from qkdsim.links.timeline import Slice
from qkdsim.postprocessing.ledger import ABORTED, KEY, NO_KEY_AT_LOSS

BLOCK_S = 10.0  # key arrives in blocks of this length; only the rate is declared
MAX_BATCH = 65_536  # blocks in one array call
_SAME_LOSS_DB = 1e-6


@dataclass(frozen=True, slots=True)
class DeclaredRate:
    """Secret key rate and QBER that a table states for a loss; `qber` is nan where it states none."""

    secret_key_rate_bps: float
    qber: float


def declared_rate(profile: DeviceProfile, loss_db: float) -> DeclaredRate:
    """Interpolate the rate table, its rate on a logarithmic scale.

    Below the least loss the first point holds, which is cautious; beyond the greatest nothing is claimed: no key.
    """
    table = profile.performance.rate_table
    losses = [float(point.loss_db) for point in table]
    qbers = [math.nan if point.qber is None else float(point.qber) for point in table]
    if loss_db > losses[-1] + _SAME_LOSS_DB:
        return DeclaredRate(0.0, math.nan)
    upper = next(i for i, value in enumerate(losses) if loss_db <= value + _SAME_LOSS_DB)
    if upper == 0 or abs(loss_db - losses[upper]) <= _SAME_LOSS_DB:
        return DeclaredRate(float(table[upper].secret_key_rate_bps), qbers[upper])
    share = (loss_db - losses[upper - 1]) / (losses[upper] - losses[upper - 1])
    low, high = float(table[upper - 1].secret_key_rate_bps), float(table[upper].secret_key_rate_bps)
    # a rate of 0 has no logarithm: go down to it in a straight line
    rate = low * (high / low) ** share if low > 0.0 and high > 0.0 else low + share * (high - low)
    return DeclaredRate(rate, qbers[upper - 1] + share * (qbers[upper] - qbers[upper - 1]))


def _batches(slices: Sequence[Slice]) -> Iterator[Slice]:
    """The lit slices, cut so that each gives at most `MAX_BATCH` blocks: years of key need not fit into one array."""
    for piece in slices:
        if piece.state == "lit":
            starts_s = np.arange(piece.start_s, piece.end_s, BLOCK_S * MAX_BATCH).tolist()
            for start_s, end_s in pairwise([*starts_s, piece.end_s]):
                yield replace(piece, start_s=start_s, end_s=end_s)


def declared_blocks(
    slices: Sequence[Slice], rate_at: Callable[[float], DeclaredRate], latency_s: float, epsilon: float
) -> Iterator[KeyBlocks]:
    """Blocks of `BLOCK_S` while the link is lit; a disturbed slice gives none, for lack of physics to judge it by.

    `rate_at` gives the rate at so many decibels of extra loss.
    """
    carried_bits = 0.0
    for piece in _batches(slices):
        rate = rate_at(piece.loss_db)
        edges_s = np.append(np.arange(piece.start_s, piece.end_s, BLOCK_S), piece.end_s)
        bits = np.diff(edges_s) * (0.0 if piece.is_disturbed else rate.secret_key_rate_bps)
        whole = np.floor(carried_bits + np.cumsum(bits))
        secret = np.diff(np.concatenate([[0.0], whole])).astype(np.int64)
        carried_bits += float(bits.sum()) - float(whole[-1])
        nothing = ABORTED if piece.is_disturbed else NO_KEY_AT_LOSS
        count = len(secret)
        unknown = np.full(count, np.nan)
        outcome = KEY if rate.secret_key_rate_bps > 0.0 and not piece.is_disturbed else nothing
        yield KeyBlocks(
            start_s=edges_s[:-1],
            end_s=edges_s[1:],
            available_s=edges_s[1:] + latency_s,
            pulses=np.zeros(count),
            sifted_bits=unknown,
            qber=np.full(count, np.nan if piece.is_disturbed else rate.qber),
            phase_error_rate=unknown,
            leak_ec_bits=unknown,
            secret_bits=secret,
            authentication_bits=np.zeros(count, dtype=np.int64),
            pool_refill_bits=np.zeros(count, dtype=np.int64),
            epsilon=np.full(count, epsilon),
            outcome=np.full(count, outcome, dtype=np.int64),
        )
