"""Slices of a timeline -> raw blocks of single clicks, which close by the same rule as tallied ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim.detections.clicks import Clicks, Stretch
from qkdsim.detections.sampled import ClickSampler
from qkdsim.links.accumulate import BlockRule
from qkdsim.links.operating_point import OperatingPoint
from qkdsim.links.timeline import Slice

LAST_SLOT = 1 << 61  # no simulation comes so far


@dataclass(frozen=True, slots=True)
class RawBlock:
    """The clicks of one block before any processing, and all pulses sent by setting, int64 (K, 2, 2, 2)."""

    start_s: float
    end_s: float
    clicks: Clicks = field(repr=False)
    sent: NDArray[np.int64] = field(repr=False)

    @property
    def times(self) -> dict[str, float]:
        """When the block opened and closed, and what it took, for tables."""
        return {"start_s": self.start_s, "end_s": self.end_s, "pulses": float(self.pulses)}

    @property
    def pulses(self) -> int:
        """Pulses sent while the block was open and the channel stood."""
        return int(self.sent.sum())


@dataclass(slots=True)
class _Open:
    start_s: float
    parts: list[Clicks]
    sent: NDArray[np.int64]
    counted: int = 0

    def add(self, stretch: Stretch) -> None:
        self.parts.append(stretch.clicks)
        self.sent += stretch.sent
        self.counted += stretch.counted

    def closed(self, end_s: float) -> RawBlock:
        arrays = [
            np.concatenate([getattr(part, name) for part in self.parts]) for name in ("slot", "setting", "pattern")
        ]
        return RawBlock(self.start_s, end_s, Clicks(*arrays), self.sent)


def joined(stretches: Sequence[Stretch], start_s: float, end_s: float) -> RawBlock:
    """All clicks of some stretches as one block."""
    parts = [stretch.clicks for stretch in stretches]
    return _Open(start_s, parts, np.sum([stretch.sent for stretch in stretches], axis=0)).closed(end_s)


# slice number -> its own source of draws
Generators = Callable[[int], np.random.Generator]


def raw_blocks(
    slices: Sequence[Slice],
    rule: BlockRule,
    point_of: Callable[[Slice], OperatingPoint],
    counted: NDArray[np.bool_],
    generators: Generators,
) -> Iterator[RawBlock]:
    """Raw blocks in time order. `counted` (K, 2, 2, 2, 4) says which clicks count towards the size of a block."""
    rate_hz = point_of(slices[0]).pulse_rate_hz
    sampler = ClickSampler(point_of(slices[0]).memory)
    block: _Open | None = None
    for number, piece in enumerate(slices):
        if piece.state == "off":
            block = None  # raw data does not survive a loss of power
        if piece.state != "lit":
            limit_s = block.start_s + rule.time_limit_s if block else np.inf
            if block is not None and limit_s <= piece.end_s:
                yield block.closed(limit_s)
                block = None
            continue
        point, generator, end_slot = point_of(piece), generators(number), _slot(piece.end_s * rate_hz)
        sampler.skip_to(max(sampler.slot, _slot(piece.start_s * rate_hz)))
        while sampler.slot < end_slot:
            now_s = max(piece.start_s, sampler.slot / rate_hz)
            block = block or _Open(now_s, [], np.zeros(counted.shape[:-1], dtype=np.int64))
            limit_slot = max(_slot((block.start_s + rule.time_limit_s) * rate_hz), sampler.slot + 1)
            missing = int(rule.size_bits) - block.counted
            until = min(end_slot, limit_slot)
            block.add(sampler.stretch(point.light, until, generator, counted=counted, target=missing))
            if block.counted >= rule.size_bits or sampler.slot >= limit_slot:
                yield block.closed(min(sampler.slot / rate_hz, piece.end_s))
                block = None


def _slot(pulses: float) -> int:
    return int(min(pulses, LAST_SLOT))
