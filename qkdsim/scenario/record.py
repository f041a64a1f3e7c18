"""The rows of a run, gathered while it lasts and handed to a sink in large chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from qkdsim.links import ABORTED, OUTCOMES, POOL_EMPTY, KeyBlocks
from qkdsim.network import Incident, KeyRequest
from qkdsim.network.link_states import IntArray
from qkdsim.results import RunSink
from qkdsim.results.frames import Coded, Values
from qkdsim.scenario.plan import Plan
from qkdsim.scenario.request_rows import relay_columns, request_columns
from qkdsim.scenario.session_rows import pad_columns, session_columns

if TYPE_CHECKING:
    from qkdsim.sessions import PadRecord, SessionRecord

CHUNK_ROWS = 50_000
RELAYED_AT_ONCE = 10_000  # requests whose hops are turned into rows together


@dataclass(slots=True)
class LinkTotals:
    """What the blocks of one link add up to."""

    blocks: int = 0
    aborted_blocks: int = 0
    keyless_blocks: int = 0  # aborted ones included
    stopped_s: float = float("nan")  # when the authentication pool ran dry
    secret_bits: int = 0
    authentication_bits: int = 0
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
    """Turns blocks, levels, requests and incidents into rows; memory stays flat however long the run."""

    def __init__(self, plan: Plan, sink: RunSink) -> None:
        """Start with empty buffers."""
        self._sink = sink
        self._ids = [link.qkd.id for link in plan.links]
        self._nodes = [node.id for node in plan.topology.topology.node]
        self._tag_bits = plan.network.hop_tag_bits
        self.totals = [LinkTotals() for _ in plan.links]
        self._batches: list[tuple[int, int, KeyBlocks]] = []
        self._block_rows = 0
        self._times: list[float] = []
        self._levels: list[IntArray] = []
        self._incidents: list[Incident] = []

    def blocks(self, link: int, batch: KeyBlocks) -> None:
        """A batch of blocks was drawn."""
        totals = self.totals[link]
        self._batches.append((link, totals.blocks, batch))
        self._block_rows += len(batch)
        totals.add(batch)
        if self._block_rows >= CHUNK_ROWS:
            self._flush_blocks()

    def levels(self, time_s: float, held_bits: IntArray) -> None:
        """The stores were read, one level per link."""
        self._times.append(time_s)
        self._levels.append(held_bits)
        if len(self._times) * len(self._ids) >= CHUNK_ROWS:
            self._flush_levels()

    def incident(self, incident: Incident) -> None:
        """Something cost key."""
        self._incidents.append(incident)
        if len(self._incidents) >= CHUNK_ROWS:
            self._flush_incidents()

    def requests(self, settled: Sequence[KeyRequest]) -> None:
        """Requests were served, blocked or lost."""
        self._sink.append("requests", request_columns(settled))
        for start in range(0, len(settled), RELAYED_AT_ONCE):
            relayed = relay_columns(settled[start : start + RELAYED_AT_ONCE], self._ids, self._tag_bits)
            if relayed:
                self._sink.append("relays", relayed)

    def sessions(self, records: Sequence[SessionRecord]) -> None:
        """Handshakes and their sessions, final, in the order in which they were begun."""
        self._sink.append("sessions", session_columns(records))

    def session_pads(self, pads: Sequence[PadRecord]) -> None:
        """Keys became pads of sessions."""
        self._sink.append("session_pads", pad_columns(pads))

    def close(self) -> None:
        """Hand over what is left."""
        self._flush_blocks()
        self._flush_levels()
        self._flush_incidents()

    def _flush_blocks(self) -> None:
        batches, self._batches, self._block_rows = self._batches, [], 0
        if not batches:
            return
        links = np.repeat([link for link, *_ in batches], [len(batch) for *_, batch in batches])
        columns: dict[str, Values] = {
            "link": Coded(self._ids, links),
            "index": np.concatenate([np.arange(first, first + len(batch)) for _, first, batch in batches]),
        }
        for name, _ in batches[0][2].columns():
            columns[name] = np.concatenate([getattr(batch, name) for _, _, batch in batches])
        columns["outcome"] = Coded(OUTCOMES, np.concatenate([batch.outcome for *_, batch in batches]))
        self._sink.append("blocks", columns)

    def _flush_levels(self) -> None:
        times, levels = self._times, self._levels
        self._times, self._levels = [], []
        if times and self._ids:
            links = len(self._ids)
            self._sink.append(
                "stores",
                {
                    "time_s": np.repeat(np.array(times), links),
                    "link": Coded(self._ids, np.tile(np.arange(links), len(times))),
                    "stored_bits": np.concatenate(levels),
                },
            )

    def _flush_incidents(self) -> None:
        incidents, self._incidents = self._incidents, []
        if incidents:
            self._sink.append(
                "incidents",
                {
                    "time_s": [one.time_s for one in incidents],
                    "kind": [one.kind for one in incidents],
                    "link": ["" if one.link is None else self._ids[one.link] for one in incidents],
                    "node": ["" if one.node is None else self._nodes[one.node] for one in incidents],
                    "request": [-1 if one.request is None else one.request for one in incidents],
                    "bits": [one.bits for one in incidents],
                },
            )
