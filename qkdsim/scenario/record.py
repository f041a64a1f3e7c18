"""The rows of a run, gathered while it lasts and handed to a sink in large chunks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from qkdsim.links import ABORTED, OUTCOMES, POOL_EMPTY, KeyBlocks
from qkdsim.network import KeyRequest
from qkdsim.results import RunSink
from qkdsim.scenario.plan import Plan

CHUNK_ROWS = 50_000


@dataclass(slots=True)
class LinkTotals:
    """What the blocks of one link add up to."""

    blocks: int = 0
    aborted_blocks: int = 0
    keyless_blocks: int = 0  # aborted ones included
    stopped_s: float = float("nan")  # when the authentication pool ran dry
    secret_bits: int = 0
    authentication_bits: int = 0
    stored_bits: int = 0
    sifted_bits: float = float("nan")  # stays so when every block is declared
    epsilon: float = 0.0
    _qber_weight: float = field(default=0.0, repr=False)
    _weighted_qber: float = field(default=0.0, repr=False)

    @property
    def qber(self) -> float:
        """Mean over blocks that were not aborted, weighted by sifted bits (by time where the rate is declared).

        NaN without any.
        """
        return self._weighted_qber / self._qber_weight if self._qber_weight > 0.0 else float("nan")

    def add(self, batch: KeyBlocks) -> None:
        """Add a batch of blocks."""
        self.blocks += len(batch)
        self.aborted_blocks += int((batch.outcome == ABORTED).sum())
        self.keyless_blocks += int((batch.secret_bits == 0).sum())
        if batch.outcome[-1] == POOL_EMPTY:
            self.stopped_s = float(batch.end_s[-1])
        self.secret_bits += int(batch.secret_bits.sum())
        self.authentication_bits += int(batch.authentication_bits.sum())
        self.stored_bits += int(batch.stored_bits.sum())
        self.epsilon += float(batch.epsilon.sum())
        counted = ~np.isnan(batch.sifted_bits)
        if counted.any():
            sifted = float(batch.sifted_bits[counted].sum())
            self.sifted_bits = sifted if np.isnan(self.sifted_bits) else self.sifted_bits + sifted
        weights = np.where(counted, batch.sifted_bits, batch.end_s - batch.start_s)
        known = ~np.isnan(batch.qber) & (batch.outcome != ABORTED)
        self._qber_weight += float(weights[known].sum())
        self._weighted_qber += float((weights[known] * batch.qber[known]).sum())


class Recorder:
    """Turns blocks, levels and requests into rows; memory stays flat however long the run."""

    def __init__(self, plan: Plan, sink: RunSink) -> None:
        """Start with empty buffers."""
        self._sink = sink
        self._ids = [link.qkd.id for link in plan.links]
        self._tag_bits = round(plan.scenario.scenario.store.hop_tag_bits)
        self.totals = [LinkTotals() for _ in plan.links]
        self._batches: list[tuple[int, int, KeyBlocks]] = []
        self._block_rows = 0
        self._times: list[float] = []
        self._levels: list[Sequence[int]] = []

    def blocks(self, link: int, batch: KeyBlocks) -> None:
        """A batch of blocks was drawn."""
        totals = self.totals[link]
        self._batches.append((link, totals.blocks, batch))
        self._block_rows += len(batch)
        totals.add(batch)
        if self._block_rows >= CHUNK_ROWS:
            self._flush_blocks()

    def levels(self, time_s: float, held_bits: Sequence[int]) -> None:
        """The stores were read, one level per link."""
        self._times.append(time_s)
        self._levels.append(held_bits)
        if len(self._times) * len(self._ids) >= CHUNK_ROWS:
            self._flush_levels()

    def requests(self, settled: Sequence[KeyRequest]) -> None:
        """Requests were served or blocked."""
        delays = [request.delay_s for request in settled]
        self._sink.append(
            "requests",
            {
                "index": [request.index for request in settled],
                "demand": [request.demand for request in settled],
                "class": [request.demand for request in settled],
                "priority": [0] * len(settled),
                "from": [request.ends[0] for request in settled],
                "to": [request.ends[1] for request in settled],
                "arrival_s": [request.arrival_s for request in settled],
                "bits": [request.bits for request in settled],
                "outcome": [request.outcome for request in settled],
                "delay_s": delays,
                "cause": ["no key in time" if request.route is None else "" for request in settled],
                "attempts": [1] * len(settled),
                "paths": [0 if request.route is None else 1 for request in settled],
                "consumed_bits": [self._consumed_bits(request) for request in settled],
                "hops": [0 if request.route is None else request.route.hops for request in settled],
                "path": ["" if request.route is None else request.route.path for request in settled],
                "epsilon": [None if request.route is None else request.epsilon for request in settled],
            },
        )
        self._relays(request for request in settled if request.route is not None and request.route.hops > 1)

    def _consumed_bits(self, request: KeyRequest) -> int:
        if request.route is None:
            return 0
        hops = request.route.hops
        return request.bits if hops == 1 else hops * (request.bits + self._tag_bits)

    def close(self) -> None:
        """Hand over what is left."""
        self._flush_blocks()
        self._flush_levels()

    def _relays(self, relayed: Iterable[KeyRequest]) -> None:
        index: list[int] = []
        hops: list[int] = []
        links: list[str] = []
        times: list[float] = []
        bits: list[int] = []
        for request in relayed:
            route = request.route
            if route is None:
                continue
            index += [request.index] * route.hops
            hops += range(route.hops)
            links += route.link_ids
            times += [request.served_s + start_s for start_s in route.hop_start_s]
            bits += [request.bits] * route.hops
            if len(index) >= CHUNK_ROWS:
                self._append_relays(index, hops, links, times, bits)
                index, hops, links, times, bits = [], [], [], [], []
        self._append_relays(index, hops, links, times, bits)

    def _append_relays(
        self, index: list[int], hops: list[int], links: list[str], times: list[float], bits: list[int]
    ) -> None:
        if index:
            tags = np.full(len(index), self._tag_bits, dtype=np.int64)
            self._sink.append(
                "relays",
                {
                    "request": index,
                    "path": np.zeros(len(index), dtype=np.int64),
                    "hop": hops,
                    "link": links,
                    "time_s": times,
                    "key_bits": bits,
                    "tag_bits": tags,
                },
            )

    def _flush_blocks(self) -> None:
        batches, self._batches, self._block_rows = self._batches, [], 0
        if not batches:
            return
        columns: dict[str, list[str] | np.ndarray] = {
            "link": [self._ids[link] for link, _, batch in batches for _ in range(len(batch))],
            "index": np.concatenate([np.arange(first, first + len(batch)) for _, first, batch in batches]),
        }
        for name, _ in batches[0][2].columns():
            columns[name] = np.concatenate([getattr(batch, name) for _, _, batch in batches])
        columns["outcome"] = [OUTCOMES[code] for *_, batch in batches for code in batch.outcome.tolist()]
        self._sink.append("blocks", columns)

    def _flush_levels(self) -> None:
        times, levels = self._times, self._levels
        self._times, self._levels = [], []
        if times and self._ids:
            self._sink.append(
                "stores",
                {
                    "time_s": np.repeat(np.array(times), len(self._ids)),
                    "link": self._ids * len(times),
                    "stored_bits": np.array(levels, dtype=np.int64).ravel(),
                },
            )
