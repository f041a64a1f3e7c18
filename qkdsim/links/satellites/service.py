"""All satellites and stations of a network over the time of a run: passes, keys on board, keys of pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import product

import numpy as np

from qkdsim.channels.orbit import PassConditions, PassTable, find_passes, usable_intervals
from qkdsim.channels.weather import Weather, draw_weather
from qkdsim.detections import Expected
from qkdsim.links.block import KeyBlocks
from qkdsim.links.sampled_limits import check_sampled
from qkdsim.links.satellites.downlink import Downlink, PassSlices
from qkdsim.links.satellites.fleet import OpticalStation, Spacecraft
from qkdsim.links.satellites.onboard import Announcement, OnBoard
from qkdsim.links.satellites.pass_keys import PassKeys, pass_keys
from qkdsim.links.satellites.schedule import POLICIES, Candidate

TAKEN, NO_PART_USABLE = "", "no part of it is usable"


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One pass and what came of it; seconds after the start of the run.

    usable_s              seconds in which key can be made
    is_usable, is_taken   whether Sun and weather allow it, and whether the scheduler chose it
    reason                why it gave nothing, empty where it was taken
    min_loss_db           least loss between the telescopes, None where no part is usable
    expected_secret_bits  mean key, were it taken
    sifted_bits, qber, secret_bits  what it gave
    """

    satellite: str
    station: str
    rise_s: float
    culmination_s: float
    set_s: float
    max_elevation_deg: float
    usable_s: float
    is_usable: bool
    is_taken: bool
    reason: str
    min_loss_db: float | None
    expected_secret_bits: int
    sifted_bits: float | None
    qber: float | None
    secret_bits: int


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """What a satellite service depends on; `pairs` are the pairs of stations that get key, in order."""

    crafts: tuple[Spacecraft, ...]
    stations: tuple[OpticalStation, ...]
    pairs: tuple[tuple[str, str], ...]
    start: datetime
    duration_s: float
    seed: int
    fidelity: str
    policy: str
    slice_db: float
    announcement_tag_bits: int


class SatelliteService:
    """Passes, on-board keys and announcements of a whole run, computed when first asked for.

    Each pass draws from a stream named by satellite, station and time, and the weather of a station from its own: what
    other satellites do changes which passes are taken, never the sky.
    """

    def __init__(self, plan: ServicePlan) -> None:
        """Check that every satellite fits every station. Raises InputError."""
        self.plan = plan
        if plan.fidelity == "sampled":
            for craft, station in product(plan.crafts, plan.stations):
                check_sampled(craft.transmitter, station.receiver)
        self._downlinks = {
            (craft.name, station.name): Downlink(craft, station, plan.slice_db)
            for craft in plan.crafts
            for station in plan.stations
        }

    def downlink(self, satellite: str, station: str) -> Downlink:
        """The path between a satellite and a station."""
        return self._downlinks[satellite, station]

    @property
    def passes(self) -> list[PassRecord]:
        """All passes, by time of rise."""
        return self._result[0]

    @property
    def announcements(self) -> list[Announcement]:
        """All keys that pairs of stations got, by time."""
        return self._result[1]

    @cached_property
    def table(self) -> PassTable:
        """All passes, by geometry alone."""
        satellites = [craft.satellite for craft in self.plan.crafts]
        stations = [station.station for station in self.plan.stations]
        return find_passes(satellites, stations, self.plan.start, self.plan.duration_s)

    @cached_property
    def weather(self) -> Weather | None:
        """The sky over the stations; None where it is always clear."""
        sites = [station.site for station in self.plan.stations if station.site is not None]
        return draw_weather(sites, self.plan.start, self.plan.duration_s, self.plan.seed) if sites else None

    @property
    def in_validity(self) -> bool:
        """Whether tallies of all passes were in the range for which dead time and afterpulses are corrected."""
        _ = self._result
        return all(one.in_validity for one in self._downlinks.values())

    @cached_property
    def _result(self) -> tuple[list[PassRecord], list[Announcement]]:
        prospects = self._prospects()
        candidates = [one.candidate for one in prospects if one.candidate is not None]
        taken = set(POLICIES[self.plan.policy](candidates, self.plan.pairs))
        return _Run(self, prospects, taken, pass_keys(self.plan.fidelity, self.plan.seed)).result()

    def _prospects(self) -> list[_Prospect]:
        """Every pass with its usable parts and what it promises."""
        usable: dict[int, list[tuple[float, float]]] = defaultdict(list)
        reasons = [""] * len(self.table)
        for station in self.plan.stations:  # each has its own threshold
            rows = np.flatnonzero(self.table.station == self._number(station.name))
            found = usable_intervals(self.table.take(rows), PassConditions(station.sun_below_deg))
            for index, begin_s, end_s in zip(found.pass_index, found.begin_s, found.end_s, strict=True):
                usable[int(rows[index])].append((float(begin_s), float(end_s)))
            for row, reason in zip(rows.tolist(), found.reasons, strict=True):
                reasons[row] = reason
        return [self._prospect(index, usable[index], reasons[index]) for index in range(len(self.table))]

    def _number(self, station: str) -> int:
        return [one.name for one in self.plan.stations].index(station)

    def _prospect(self, index: int, usable_s: list[tuple[float, float]], reason: str) -> _Prospect:
        one = self.table[index]
        downlink = self.downlink(one.satellite.name, one.station.name)
        slices = downlink.slices(one, usable_s)
        clear = self._is_clear(one.station.name, one.culmination_s)
        if not len(slices.start_s):
            return _Prospect(slices, None, 0, reason or NO_PART_USABLE)
        expected = int(downlink.block(slices, Expected(), one.rise_s, one.set_s).secret_bits[0])
        if not clear:
            return _Prospect(slices, None, expected, "clouds")
        begin_s, end_s = float(slices.start_s[0]), float(slices.end_s[-1])
        candidate = Candidate(
            index, one.satellite.name, one.station.name, begin_s, end_s, one.max_elevation_deg, expected
        )
        return _Prospect(slices, candidate, expected, reason)

    def _is_clear(self, station: str, time_s: float) -> bool:
        site = self.plan.stations[self._number(station)].site
        if site is None or self.weather is None:
            return True
        return bool(self.weather.is_clear(station, np.array([time_s]))[0])


@dataclass(frozen=True, slots=True)
class _Prospect:
    slices: PassSlices
    candidate: Candidate | None
    expected_secret_bits: int
    reason: str


@dataclass(slots=True)
class _Run:
    """Passes in the order in which their contacts close: key comes on board, and pairs are served."""

    service: SatelliteService
    prospects: list[_Prospect]
    taken: set[int]
    keys: PassKeys
    stores: dict[str, OnBoard] = field(default_factory=dict)

    def result(self) -> tuple[list[PassRecord], list[Announcement]]:
        service, table = self.service, self.service.table
        self.stores = {craft.name: OnBoard(craft.name, craft.storage_bits) for craft in service.plan.crafts}
        records: dict[int, PassRecord] = {}
        announced: list[Announcement] = []
        served: dict[tuple[str, str], int] = dict.fromkeys(service.plan.pairs, 0)
        for index in np.argsort(table.set_s, kind="stable").tolist():
            one = table[index]
            records[index] = self._pass(index)
            # the radio contact closes with the pass, whether or not light went through the clouds
            announced += self._announced(one.satellite.name, one.station.name, one.set_s, served)
        return [records[index] for index in range(len(table))], announced

    def _pass(self, index: int) -> PassRecord:
        prospect, one = self.prospects[index], self.service.table[index]
        block = self._key(index) if index in self.taken else None
        if block is not None and block.stored_bits[0] > 0:
            store = self.stores[one.satellite.name]
            store.store(one.station.name, int(block.stored_bits[0]), float(block.epsilon[0]))
        is_usable = prospect.candidate is not None
        reason = prospect.reason
        if is_usable:
            reason = TAKEN if block is not None else "satellite or station busy"
        slices = prospect.slices
        return PassRecord(
            satellite=one.satellite.name,
            station=one.station.name,
            rise_s=one.rise_s,
            culmination_s=one.culmination_s,
            set_s=one.set_s,
            max_elevation_deg=one.max_elevation_deg,
            usable_s=float((slices.end_s - slices.start_s).sum()),
            is_usable=is_usable,
            is_taken=block is not None,
            reason=reason,
            min_loss_db=slices.min_loss_db if len(slices.start_s) else None,
            expected_secret_bits=prospect.expected_secret_bits,
            sifted_bits=None if block is None else float(block.sifted_bits[0]),
            qber=None if block is None or np.isnan(block.qber[0]) else float(block.qber[0]),
            secret_bits=0 if block is None else int(block.secret_bits[0]),
        )

    def _key(self, index: int) -> KeyBlocks:
        """The key of a pass that is taken, its authentication paid."""
        one = self.service.table[index]
        downlink = self.service.downlink(one.satellite.name, one.station.name)
        return self.keys.block(downlink, self.prospects[index].slices, one)

    def _announced(
        self, satellite: str, station: str, time_s: float, served: dict[tuple[str, str], int]
    ) -> list[Announcement]:
        plan, store = self.service.plan, self.stores[satellite]
        if not store.can_announce(station, plan.pairs):
            return []
        # one tag over all announcements of a contact
        if not self.keys.spend(self.service.downlink(satellite, station), plan.announcement_tag_bits):
            return []
        return store.announce(station, plan.pairs, served, time_s)


def pair_blocks(announcements: Sequence[Announcement], pair: tuple[str, str]) -> KeyBlocks:
    """What satellites brought to a pair of stations, one block per announcement."""
    mine = [one for one in announcements if one.pair == pair]
    times_s = np.array([one.time_s for one in mine])
    bits = np.array([one.bits for one in mine], dtype=np.int64)
    unknown, nothing = np.full(len(mine), np.nan), np.zeros(len(mine), dtype=np.int64)
    return KeyBlocks(
        start_s=times_s,
        end_s=times_s,
        available_s=times_s,
        pulses=np.zeros(len(mine)),
        sifted_bits=unknown,
        qber=unknown,
        phase_error_rate=unknown,
        leak_ec_bits=unknown,
        secret_bits=bits,
        authentication_bits=nothing,
        pool_refill_bits=nothing,
        epsilon=np.array([one.epsilon for one in mine]),
        outcome=nothing,
    )
