"""Slices of a timeline -> closed finite-key blocks.

Tallies are cut where the channel changes; blocks are not: an open block carries its counts into the next slice. A block
closes when the key basis holds its size (so its *duration* is random) or at its time limit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections import Tally, TallyTable
from qkdsim.links.timeline import Slice
from qkdsim.protocols import Counts

FloatArray = NDArray[np.float64]
# Blocks whose lengths are drawn in one array call; what they hold is drawn for those only that the slice has room for.
# Never by the length of the slice: what happens later must not change what a batch holds.
FIRST_BATCH, LARGEST_BATCH = 256, 1024


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


# slice index, purpose and number -> an own source of draws
Draws = Callable[[int, str, int], Tally]


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
    draws: Draws,
) -> Iterator[ClosedBlocks]:
    """Closed blocks in time order; `table_of` gives the tally table of a lit slice."""
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
        worker = _LitSlice(piece, index, rule, pulse_rate_hz, table_of(piece), draws)
        open_block = yield from worker.run(open_block)


@dataclass(frozen=True, slots=True)
class _LitSlice:
    piece: Slice
    index: int
    rule: BlockRule
    pulse_rate_hz: float
    table: TallyTable
    draws: Draws

    def run(self, open_block: _Open | None) -> Generator[ClosedBlocks, None, _Open | None]:
        """Work through the slice; yields what closes, returns the block that is still open at its end."""
        now_s = self.piece.start_s
        if open_block is not None:
            now_s, is_closed = self._continue(open_block, now_s)
            if not is_closed:
                return open_block
            yield _closed(open_block, now_s)
        for number in count():
            if now_s >= self.piece.end_s:
                return None
            batch, now_s, is_last = self._fresh_batch(now_s, number)
            if batch is not None:
                yield batch
            if is_last:
                return self._opened(now_s)
        return None

    def _pulses_until(self, end_s: float, now_s: float) -> float:
        return float(np.floor(max(end_s - now_s, 0.0) * self.pulse_rate_hz))

    def _continue(self, block: _Open, now_s: float) -> tuple[float, bool]:
        """Add to an open block until it closes or the slice ends; returns the time reached and whether it closed."""
        tally = self.draws(self.index, "continue", 0)
        limit_s = block.start_s + self.rule.time_limit_s
        until_s = min(self.piece.end_s, limit_s)
        missing = self.rule.size_bits - block.key
        needed = float(tally.pulses_to_fill(self.table, missing, 1)[0])
        pulses = np.array([min(needed, self._pulses_until(until_s, now_s))])
        if needed <= pulses[0]:
            key, until_s, is_closed = np.array([missing]), now_s + needed / self.pulse_rate_hz, True
        else:
            key, is_closed = tally.key_detections(self.table, pulses, missing), until_s >= limit_s
        block.counts = block.counts + _first(tally.counts(self.table, pulses, key))
        block.key += float(key[0])
        return until_s, is_closed

    def _fresh_batch(self, now_s: float, number: int) -> tuple[ClosedBlocks | None, float, bool]:
        """A batch of whole blocks, as many as fit; also the time reached, and whether the next block is cut off."""
        tally = self.draws(self.index, "batch", number)
        limit_pulses = max(np.floor(self.rule.time_limit_s * self.pulse_rate_hz), 1.0)
        size = min(FIRST_BATCH << min(number, 10), LARGEST_BATCH)
        needed = tally.pulses_to_fill(self.table, self.rule.size_bits, size)
        pulses = np.minimum(needed, limit_pulses)
        key = np.full(size, self.rule.size_bits)
        short = needed > limit_pulses
        if short.any():
            key[short] = tally.key_detections(self.table, pulses[short], self.rule.size_bits)
        ends_s = now_s + np.cumsum(pulses) / self.pulse_rate_hz
        fits = int(np.searchsorted(ends_s, self.piece.end_s, side="right"))
        if fits == 0:
            return None, now_s, True
        counts = tally.counts(self.table, pulses[:fits], key[:fits])
        starts_s = np.concatenate([[now_s], ends_s[: fits - 1]])
        closed = ClosedBlocks(starts_s, ends_s[:fits], counts)
        return closed, float(ends_s[fits - 1]), fits < size

    def _opened(self, now_s: float) -> _Open:
        """The block that opens at `now_s` and is known not to close within the slice."""
        tally = self.draws(self.index, "open", 0)
        pulses = np.array([self._pulses_until(self.piece.end_s, now_s)])
        key = tally.key_detections(self.table, pulses, self.rule.size_bits)
        return _Open(now_s, float(key[0]), _first(tally.counts(self.table, pulses, key)))


def _first(counts: Counts) -> Counts:
    return Counts(counts.sent[0], counts.bits[0], counts.doubles[0])


def _closed(block: _Open, end_s: float) -> ClosedBlocks:
    counts = block.counts
    stacked = Counts(counts.sent[None], counts.bits[None], counts.doubles[None])
    return ClosedBlocks(np.array([block.start_s]), np.array([end_s]), stacked)
