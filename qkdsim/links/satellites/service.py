"""All satellites and stations of a network over the time of a run: passes, keys on board, keys of pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from qkdsim.channels.orbit import PassConditions, PassTable, find_passes, usable_intervals
from qkdsim.channels.weather import Weather, draw_weather
from qkdsim.detections import Expected
from qkdsim.links.block import KeyBlocks
from qkdsim.links.sampled_limits import check_sampled
from qkdsim.links.satellites.fleet import OpticalStation, Spacecraft, link_direction
from qkdsim.links.satellites.onboard import Announcement
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.links.satellites.outages import PairFaults, SpaceFault, check_eavesdroppers, recovered_s
from qkdsim.links.satellites.parts import PassPart, part_spans, within
from qkdsim.links.satellites.pass_keys import pass_keys
from qkdsim.links.satellites.records import PassRecord
from qkdsim.links.satellites.schedule import POLICIES, Candidate
from qkdsim.links.satellites.service_run import ServiceRun


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """What a satellite service depends on; `pairs` are the pairs of stations that get key, in order.

    passes_per_block  taken passes of one satellite and station whose counts make one block
    raw_record_bits   storage that a detection takes on board while its block waits for more passes
    weather           the sky over the stations from a table; None: drawn for those that have a site, clear elsewhere
    """

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
    passes_per_block: int = 1
    raw_record_bits: float = 8.0
    faults: tuple[SpaceFault, ...] = ()
    weather: Weather | None = None


class SatelliteService:
    """Passes, on-board keys and announcements of a whole run, computed when first asked for.

    Each pass draws from a stream named by satellite, station and time, and the weather of a station from its own: what
    other satellites do changes which passes are taken, never the sky.
    """

    def __init__(self, plan: ServicePlan) -> None:
        """Check that satellites and stations with modules for each other fit. Raises InputError."""
        self.plan = plan
        self._links = {
            (craft.name, station.name): OpticalLink(craft, station, plan.slice_db)
            for craft in plan.crafts
            for station in plan.stations
            if link_direction(craft, station) is not None
        }
        for link in self._links.values():
            if plan.fidelity == "sampled":
                check_sampled(link.transmitter, link.receiver)
            check_eavesdroppers(link, plan.faults)

    def link(self, satellite: str, station: str) -> OpticalLink:
        """The path between a satellite and a station. Raises KeyError where they have no modules for each other."""
        return self._links[satellite, station]

    def links_of(self, pair: tuple[str, str]) -> list[OpticalLink]:
        """All paths over which satellites bring key to a pair of stations: those of satellites that fit both."""
        return [
            self._links[craft.name, station]
            for craft in self.plan.crafts
            if all((craft.name, station) in self._links for station in pair)
            for station in pair
        ]

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
        """All passes of satellites over stations that have modules for each other, by geometry alone."""
        satellites = [craft.satellite for craft in self.plan.crafts]
        stations = [station.station for station in self.plan.stations]
        found = find_passes(satellites, stations, self.plan.start, self.plan.duration_s)
        fits = np.array([[(a.name, b.name) in self._links for b in stations] for a in satellites], dtype=np.bool_)
        return found if fits.all() else found.take(np.flatnonzero(fits[found.satellite, found.station]))

    @cached_property
    def weather(self) -> Weather | None:
        """The sky over the stations; None where it is always clear."""
        if self.plan.weather is not None:
            return self.plan.weather
        sites = [station.site for station in self.plan.stations if station.site is not None]
        return draw_weather(sites, self.plan.start, self.plan.duration_s, self.plan.seed) if sites else None

    @property
    def in_validity(self) -> bool:
        """Whether tallies of all passes were in the range for which dead time and afterpulses are corrected."""
        _ = self._result
        return all(one.in_validity for one in self._links.values())

    def faults(self, satellite: str, station: str) -> PairFaults | None:
        """What goes wrong at either of the two; None where nothing does."""
        return PairFaults.of(self.link(satellite, station), self.plan.faults, self.plan.duration_s)

    def live_again_s(self, fault: SpaceFault) -> float:
        """When the satellite or station of a fault is ready again: relock after a cut, cold start after a loss."""
        for link in self._links.values():
            if fault.on in (link.craft.name, link.station.name):
                return recovered_s(fault, link)
        return fault.disruption.end_s

    @cached_property
    def _result(self) -> tuple[list[PassRecord], list[Announcement]]:
        reasons, parts = self._parts()
        candidates = [self._candidate(number, part) for number, part in enumerate(parts) if part.is_usable]
        taken = POLICIES[self.plan.policy](candidates, self.plan.pairs)
        return ServiceRun(self, reasons, parts, set(taken), pass_keys(self.plan.fidelity, self.plan.seed)).result()

    def _candidate(self, number: int, part: PassPart) -> Candidate:
        begin_s, end_s = float(part.slices.start_s[0]), float(part.slices.end_s[-1])
        elevation_deg = float(self.table.max_elevation_deg[part.pass_index])
        return Candidate(number, part.satellite, part.station, begin_s, end_s, elevation_deg, part.expected_secret_bits)

    def _parts(self) -> tuple[list[str], list[PassPart]]:
        """Why the Sun takes some of each pass, and all passes in parts, each with its light and what it promises."""
        usable: dict[int, list[tuple[float, float]]] = defaultdict(list)
        reasons = [""] * len(self.table)
        for number, station in enumerate(self.plan.stations):  # each has its own threshold
            rows = np.flatnonzero(self.table.station == number)
            found = usable_intervals(self.table.take(rows), PassConditions(station.sun_below_deg))
            for index, begin_s, end_s in zip(found.pass_index, found.begin_s, found.end_s, strict=True):
                usable[int(rows[index])].append((float(begin_s), float(end_s)))
            for row, reason in zip(rows.tolist(), found.reasons, strict=True):
                reasons[row] = reason
        return reasons, [part for index in range(len(self.table)) for part in self._parts_of(index, usable[index])]

    def _parts_of(self, index: int, usable_s: list[tuple[float, float]]) -> list[PassPart]:
        one = self.table[index]
        link = self.link(one.satellite.name, one.station.name)
        found = []
        for begin_s, end_s, moment_s in part_spans(one, float(link.post_processing.block_time_limit_s)):
            slices = link.slices(one, within(usable_s, begin_s, end_s))
            secret_bits, detections = 0, 0.0
            if len(slices):
                counts = link.counts(slices, Expected())
                detections = float(counts.bits.sum())
                secret_bits = int(link.block_of(counts, begin_s, end_s).secret_bits[0])
            clear = self._is_clear(one.station.name, moment_s)
            found.append(
                PassPart(
                    index,
                    one.satellite.name,
                    one.station.name,
                    begin_s,
                    end_s,
                    moment_s,
                    slices,
                    clear,
                    secret_bits,
                    detections,
                )
            )
        return found

    def _is_clear(self, station: str, time_s: float) -> bool:
        if self.weather is None or station not in self.weather.spells:
            return True
        return bool(self.weather.is_clear(station, np.array([time_s]))[0])


def pair_blocks(mine: Sequence[Announcement]) -> KeyBlocks:
    """What satellites brought to a pair of stations, one block per announcement to it."""
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
