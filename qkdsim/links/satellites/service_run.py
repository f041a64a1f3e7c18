"""A run of satellites in order of time: light is gathered, blocks close, key comes on board, pairs are served."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from qkdsim.links.block import KeyBlocks
from qkdsim.links.satellites.onboard import Announcement, OnBoard
from qkdsim.links.satellites.outages import PairFaults
from qkdsim.links.satellites.parts import CLOUDS, NO_PART_USABLE, PassPart, joined_reasons
from qkdsim.links.satellites.pass_keys import Gathered, PassKeys
from qkdsim.links.satellites.radio import Radio
from qkdsim.links.satellites.records import PassRecord
from qkdsim.links.satellites.slices import PassSlices

if TYPE_CHECKING:
    from qkdsim.links.satellites.service import SatelliteService

BUSY = "satellite or station busy"
POOLED = "pooled into a later block"
RAW_LOST = "raw data lost"
LATER, NEVER = "key only in a later contact", "post-processing not over by the end"
ROOM_SIGMAS = 6.0  # standard deviations that the detections of a pass may exceed their mean by

Ends = tuple[str, str]


@dataclass(slots=True)
class _Outcome:
    """What a part that was taken brought."""

    lit: PassSlices
    gathered: Gathered | None = None
    reason: str = ""
    block: KeyBlocks | None = None  # that closed with it
    secret_bits: int = 0


@dataclass(slots=True)
class _Pair:
    """A satellite and a station: their radio, their faults, and the block that is open between them."""

    radio: Radio
    faults: PairFaults | None
    left: int  # taken parts to come, the present one included
    seen: int = 0  # of the open block
    parts: list[int] = field(default_factory=list)
    raw_bits: int = 0


class ServiceRun:
    """Events of a run in order of time; of one moment, in the order of passes.

    What the schedule took is known beforehand, and with it how passes join into blocks: neither errors nor decoy counts
    have a say in it. Raw data that finds no room on board, by its mean, closes its block at once.
    """

    def __init__(
        self,
        service: SatelliteService,
        reasons: Sequence[str],
        parts: Sequence[PassPart],
        taken: set[int],
        keys: PassKeys,
    ) -> None:
        """`reasons` of the Sun by pass; `taken` holds numbers of parts."""
        self._service, self._reasons, self._parts, self._keys = service, reasons, parts, keys
        plan = service.plan
        self._stores = {craft.name: OnBoard(craft.name, craft.storage_bits) for craft in plan.crafts}
        self._served: dict[Ends, int] = dict.fromkeys(plan.pairs, 0)
        self._outcomes: dict[int, _Outcome] = {}
        self._announced: list[Announcement] = []
        self._events: list[tuple[float, int, int, Callable[[float], None]]] = []
        self._number = count()
        self._pairs = self._start_pairs(Counter((parts[one].satellite, parts[one].station) for one in taken))
        for number in sorted(taken):
            part = parts[number]
            self._at(part.due_s, part.pass_index, partial(self._part_over, number))
        for fault in plan.faults:
            if fault.key_lost:
                self._at(fault.disruption.start_s, -1, partial(self._site_lost, fault.on))

    def result(self) -> tuple[list[PassRecord], list[Announcement]]:
        """All passes, by time of rise, and all announcements, by time."""
        while self._events:
            time_s, _, _, happen = heapq.heappop(self._events)
            happen(time_s)
        numbers: dict[int, list[int]] = defaultdict(list)
        for number, part in enumerate(self._parts):
            numbers[part.pass_index].append(number)
        return [self._record(index, numbers[index]) for index in range(len(self._service.table))], self._announced

    def _at(self, time_s: float, order: int, happen: Callable[[float], None]) -> None:
        """Let something happen, unless the run is over by then."""
        if time_s <= self._service.plan.duration_s:
            heapq.heappush(self._events, (time_s, order, next(self._number), happen))

    def _start_pairs(self, taken: Counter[Ends]) -> dict[Ends, _Pair]:
        """Radios of all pairs; at the end of each contact the satellite announces, also by day and under clouds."""
        table, found = self._service.table, {}
        rows: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row, key in enumerate(zip(table.satellite.tolist(), table.station.tolist(), strict=True)):
            rows[key].append(row)
        for (satellite, station), mine in rows.items():
            ends = (table.satellites[satellite].name, table.stations[station].name)
            faults = self._service.faults(*ends)
            begin_s, end_s = table.rise_s[mine], table.set_s[mine]
            if faults is not None:
                begin_s, end_s = faults.contacts(begin_s, end_s)
            rate_bps = float(self._service.link(*ends).post_processing.service_channel_rate_bps)
            found[ends] = _Pair(Radio(begin_s, end_s, rate_bps), faults, taken[ends])
            for time_s in end_s.tolist():
                place = int(np.searchsorted(table.set_s[mine], time_s, side="left"))
                order = mine[min(place, len(mine) - 1)]
                self._at(time_s, order, partial(self._announce, ends))
        return found

    def _part_over(self, number: int, _: float) -> None:
        """The light of a part is over: gather it, and close the block where this was its last part."""
        part = self._parts[number]
        ends = (part.satellite, part.station)
        pair, store = self._pairs[ends], self._stores[part.satellite]
        pair.left -= 1
        pair.seen += 1
        lit = self._lit(part, pair)
        outcome = self._outcomes[number] = _Outcome(lit)
        room_bits = 0
        if len(lit):
            outcome.gathered = self._keys.gather(self._service.link(*ends), lit, part.moment_s)
            outcome.reason = POOLED
            pair.radio.send(outcome.gathered.sifting_traffic_bits, float(lit.start_s[0]))
            pair.parts.append(number)
            room_bits = self._room_bits(part.expected_detections)
        is_last = pair.seen == self._service.plan.passes_per_block or not pair.left
        if is_last or room_bits > store.free_bits:
            self._close(number, pair)
        else:
            pair.raw_bits += room_bits
            store.raw_bits += room_bits

    def _room_bits(self, detections: float) -> int:
        return math.ceil(self._service.plan.raw_record_bits * (detections + ROOM_SIGMAS * math.sqrt(detections)))

    def _lit(self, part: PassPart, pair: _Pair) -> PassSlices:
        """The light that faults leave; a loss of power takes the raw data that is not key yet."""
        if pair.faults is None:
            return part.slices
        lit = pair.faults.left(part.slices)
        opened_s = self._parts[pair.parts[0]].begin_s if pair.parts else part.begin_s
        back_s = pair.faults.power_back_s(opened_s, part.due_s)
        if back_s is None:
            return lit
        self._lose([one for one in pair.parts if self._parts[one].due_s < back_s])
        pair.parts = [one for one in pair.parts if self._parts[one].due_s >= back_s]
        return lit.after(back_s)

    def _lose(self, numbers: Sequence[int]) -> None:
        for one in numbers:
            self._outcomes[one].reason = RAW_LOST

    def _close(self, number: int, pair: _Pair) -> None:
        """Make key of what was gathered; it is there when its messages have come through."""
        part = self._parts[number]
        ends = (part.satellite, part.station)
        store, link = self._stores[part.satellite], self._service.link(*ends)
        numbers, raw_bits = pair.parts, pair.raw_bits
        pair.parts, pair.raw_bits, pair.seen = [], 0, 0
        if not numbers:
            store.raw_bits -= raw_bits
            return
        first, last = self._parts[numbers[0]], self._parts[numbers[-1]]
        gathered = [one for one in (self._outcomes[number].gathered for number in numbers) if one is not None]
        made = self._keys.distil(link, gathered, last.moment_s, first.begin_s, part.due_s)
        begin_s = float(self._outcomes[numbers[-1]].lit.start_s[0])
        through_s = pair.radio.next_open_s(max(pair.radio.send(made.traffic_bits, begin_s), part.due_s))
        ready_s = through_s + float(link.post_processing.latency_s)
        outcome = self._outcomes[numbers[-1]]
        outcome.block = made.block if len(numbers) == 1 else None
        outcome.reason = LATER if through_s > self._service.table.set_s[part.pass_index] else ""
        if pair.faults is not None and pair.faults.power_back_s(part.due_s, ready_s) is not None:
            self._lose(numbers)
        elif ready_s > self._service.plan.duration_s:
            outcome.reason = NEVER
        else:
            outcome.secret_bits = int(made.block.secret_bits[0])
            self._at(ready_s, part.pass_index, partial(self._ready, ends, made.block))
        self._at(min(ready_s, self._service.plan.duration_s), -1, partial(self._release, store, raw_bits))

    def _ready(self, ends: Ends, block: KeyBlocks, time_s: float) -> None:
        """Key comes on board; in contact it is announced at once."""
        if block.stored_bits[0] > 0:
            bits, epsilon, since_s = int(block.stored_bits[0]), float(block.epsilon[0]), float(block.start_s[0])
            self._stores[ends[0]].store(ends[1], bits, epsilon, since_s)
        if self._pairs[ends].radio.is_open(time_s):
            self._announce(ends, time_s)

    def _announce(self, ends: Ends, time_s: float) -> None:
        plan, store = self._service.plan, self._stores[ends[0]]
        if not store.can_announce(ends[1], plan.pairs):
            return
        # one tag over all announcements of a contact
        link = self._service.link(*ends)
        if self._keys.spend(link, plan.announcement_tag_bits):
            tag_epsilon = float(link.post_processing.epsilon_authentication)
            self._announced += store.announce(ends[1], plan.pairs, self._served, time_s, tag_epsilon)

    def _release(self, store: OnBoard, raw_bits: int, _: float) -> None:
        """Raw data has become key, or is of no use any more."""
        store.raw_bits -= raw_bits

    def _site_lost(self, name: str, _: float) -> None:
        """A lost site takes its copy of all keys with it, a lost satellite both."""
        for satellite, station in self._pairs:
            if name in (satellite, station):
                self._stores[satellite].destroy(station)

    def _record(self, index: int, numbers: Sequence[int]) -> PassRecord:
        """One pass from its parts."""
        one = self._service.table[index]
        parts = [self._parts[number] for number in numbers]
        ends = (one.satellite.name, one.station.name)
        lit = [self._left(part, self._pairs[ends].faults) for part in parts]
        taken = [self._outcomes[number] for number in numbers if number in self._outcomes]
        gathered = [outcome.gathered for outcome in taken if outcome.gathered is not None]
        sifted_bits, qber = _sifted(taken, gathered)
        minima = [part.slices.min_loss_db for part in parts if len(part.slices)]
        return PassRecord(
            satellite=ends[0],
            station=ends[1],
            rise_s=one.rise_s,
            culmination_s=one.culmination_s,
            set_s=one.set_s,
            max_elevation_deg=one.max_elevation_deg,
            usable_s=sum(slices.lit_s for slices in lit),
            is_usable=any(part.is_clear and len(slices) for part, slices in zip(parts, lit, strict=True)),
            is_taken=bool(gathered),
            reason=joined_reasons([self._reason(*both) for both in zip(numbers, parts, lit, strict=True)]),
            min_loss_db=min(minima) if minima else None,
            expected_secret_bits=sum(part.expected_secret_bits for part in parts),
            sifted_bits=sifted_bits,
            qber=qber,
            secret_bits=sum(outcome.secret_bits for outcome in taken),
            direction=self._service.link(*ends).path.direction,
        )

    def _left(self, part: PassPart, faults: PairFaults | None) -> PassSlices:
        return part.slices if faults is None else faults.left(part.slices)

    def _reason(self, number: int, part: PassPart, lit: PassSlices) -> str:
        """Why a part gave nothing or less."""
        if not len(part.slices):
            return self._reasons[part.pass_index] or NO_PART_USABLE
        if not part.is_clear:
            return CLOUDS
        faults, down = self._pairs[part.satellite, part.station].faults, ""
        if faults is not None and lit.lit_s < part.slices.lit_s:
            down = faults.reason(float(part.slices.start_s[0]), float(part.slices.end_s[-1]))
            if not len(lit):
                return down
        own = self._outcomes[number].reason if number in self._outcomes else BUSY
        return ", ".join(words for words in (own, down) if words)


def _sifted(taken: Sequence[_Outcome], gathered: Sequence[Gathered]) -> tuple[float | None, float | None]:
    """Sifted bits and QBER of a pass: as its block found them, or as they were gathered for one of several."""
    if not gathered:
        return None, None
    if len(taken) == 1 and taken[0].block is not None:
        block = taken[0].block
        return float(block.sifted_bits[0]), None if np.isnan(block.qber[0]) else float(block.qber[0])
    sifted = sum(one.sifted_bits for one in gathered)
    return sifted, sum(one.errors for one in gathered) / sifted if sifted > 0.0 else None
