"""Slices of a timeline -> closed finite-key blocks.

Tallies are cut where the channel changes; blocks are not: an open block carries its counts into the next slice. A block
closes when the key basis holds its size (so its *duration* is random) or at its time limit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections import Tally, TallyTable
from qkdsim.links.timeline import Slice
from qkdsim.protocols import Counts

FloatArray = NDArray[np.float64]
MAX_BATCH = 2048  # blocks drawn in one array call; bounds memory at about 3 MB of tallies


@dataclass(frozen=True, slots=True)
class ClosedBlocks:
    """Blocks whose counts are final; arrays run over blocks."""

    start_s: FloatArray
    end_s: FloatArray
    counts: Counts


@dataclass(frozen=True, slots=True)
class BlockRule:
    """When a block closes: `size_bits` key-basis detections, or `time_limit_s` after it opened."""

    size_bits: float
    time_limit_s: float


@dataclass(slots=True)
class _Open:
    start_s: float
    key: float
    counts: Counts


def accumulate(
    slices: Sequence[Slice],
    rule: BlockRule,
    pulse_rate_hz: float,
    table_of: Callable[[Slice], TallyTable],
    tally_of: Callable[[int], Tally],
) -> Iterator[ClosedBlocks]:
    """Closed blocks in time order; `table_of` gives the tally table of a lit slice, `tally_of` its draws by index."""
    open_block: _Open | None = None
    for index, piece in enumerate(slices):
        if piece.state == "off":
            open_block = None  # raw data does not survive a loss of power
        if piece.state != "lit":
            limit_s = open_block.start_s + rule.time_limit_s if open_block else np.inf
            if open_block is not None and limit_s <= piece.end_s:
                yield _closed(open_block, limit_s)
                open_block = None
            continue
        worker = _LitSlice(piece, rule, pulse_rate_hz, table_of(piece), tally_of(index))
        open_block = yield from worker.run(open_block)


@dataclass(frozen=True, slots=True)
class _LitSlice:
    piece: Slice
    rule: BlockRule
    pulse_rate_hz: float
    table: TallyTable
    tally: Tally

    def run(self, open_block: _Open | None) -> Generator[ClosedBlocks, None, _Open | None]:
        """Work through the slice; yields what closes, returns the block that is still open at its end."""
        now_s = self.piece.start_s
        while open_block is not None and now_s < self.piece.end_s:
            now_s, is_closed = self._continue(open_block, now_s)
            if is_closed:
                yield _closed(open_block, now_s)
                open_block = None
        while open_block is None and now_s < self.piece.end_s:
            batch, now_s, is_last = self._fresh_batch(now_s)
            if batch is not None:
                yield batch
            if is_last:
                open_block = self._opened(now_s)
                break
        return open_block

    def _continue(self, block: _Open, now_s: float) -> tuple[float, bool]:
        """Add to an open block until it closes or the slice ends; returns the time reached and whether it closed."""
        limit_s = block.start_s + self.rule.time_limit_s
        until_s = min(self.piece.end_s, limit_s)
        room = np.floor(max(until_s - now_s, 0.0) * self.pulse_rate_hz)
        missing = self.rule.size_bits - block.key
        needed = float(self.tally.pulses_to_fill(self.table, missing, 1)[0])
        if needed <= room:
            pulses, key, until_s, closes = (
                np.array([needed]),
                np.array([missing]),
                now_s + needed / self.pulse_rate_hz,
                True,
            )
        else:
            pulses = np.array([room])
            key = self.tally.key_detections(self.table, pulses, missing)
            closes = until_s >= limit_s
        block.counts = block.counts + _first(self.tally.counts(self.table, pulses, key))
        block.key += float(key[0])
        return until_s, closes

    def _fresh_batch(self, now_s: float) -> tuple[ClosedBlocks | None, float, bool]:
        """As many whole blocks as fit, in one array; also the time reached, and whether the next block is cut off."""
        limit_pulses = max(np.floor(self.rule.time_limit_s * self.pulse_rate_hz), 1.0)
        needed = self.tally.pulses_to_fill(self.table, self.rule.size_bits, self._guess(now_s, limit_pulses))
        pulses = np.minimum(needed, limit_pulses)
        ends_s = now_s + np.cumsum(pulses) / self.pulse_rate_hz
        fits = int(np.searchsorted(ends_s, self.piece.end_s, side="right"))
        is_last = fits < len(pulses)
        if fits == 0:
            return None, now_s, is_last
        pulses, needed, ends_s = pulses[:fits], needed[:fits], ends_s[:fits]
        key = np.full(fits, self.rule.size_bits)
        short = needed > limit_pulses
        if short.any():
            key[short] = self.tally.key_detections(self.table, pulses[short], self.rule.size_bits)
        starts_s = np.concatenate([[now_s], ends_s[:-1]])
        closed = ClosedBlocks(starts_s, ends_s, self.tally.counts(self.table, pulses, key))
        return closed, float(ends_s[-1]), is_last

    def _guess(self, now_s: float, limit_pulses: float) -> int:
        probability = self.table.key_probability
        typical = min(self.rule.size_bits / probability if probability > 0.0 else np.inf, limit_pulses)
        expected = (self.piece.end_s - now_s) * self.pulse_rate_hz / typical
        return int(min(np.ceil(expected + 3.0 * np.sqrt(expected) + 2.0), MAX_BATCH))

    def _opened(self, now_s: float) -> _Open:
        """The block that opens at `now_s` and is known not to close within the slice."""
        pulses = np.array([np.floor((self.piece.end_s - now_s) * self.pulse_rate_hz)])
        key = self.tally.key_detections(self.table, pulses, self.rule.size_bits)
        return _Open(now_s, float(key[0]), _first(self.tally.counts(self.table, pulses, key)))


def _first(counts: Counts) -> Counts:
    return Counts(counts.sent[0], counts.bits[0], counts.doubles[0])


def _closed(block: _Open, end_s: float) -> ClosedBlocks:
    counts = block.counts
    stacked = Counts(counts.sent[None], counts.bits[None], counts.doubles[None])
    return ClosedBlocks(np.array([block.start_s]), np.array([end_s]), stacked)
