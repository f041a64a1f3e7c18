"""A pair of ground stations joined by satellites, as the network sees it: one more link that brings key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qkdsim.devices import NamedProfile
from qkdsim.devices.claims import assumed_values
from qkdsim.errors import InputError
from qkdsim.links.block import KeyBlocks
from qkdsim.links.satellites.service import SatelliteService, pair_blocks
from qkdsim.links.timeline import Disruption
from qkdsim.protocols import Coverage, coverage, theory_of


@dataclass(frozen=True, slots=True)
class SatelliteLink:
    """Two stations and all satellites of a service that pass over them."""

    id: str
    pair: tuple[str, str]
    fidelity: str
    service: SatelliteService = field(repr=False)

    @property
    def transmitter(self) -> NamedProfile:
        """The module of the first satellite."""
        return self.service.plan.crafts[0].transmitter

    @property
    def receiver(self) -> NamedProfile:
        """The receiver of the first station of the pair."""
        return next(one.receiver for one in self.service.plan.stations if one.name == self.pair[0])

    @property
    def profile_name(self) -> str:
        """Names of all modules, satellites first."""
        stations = (one.receiver.name for one in self.service.plan.stations if one.name in self.pair)
        names = [craft.transmitter.name for craft in self.service.plan.crafts]
        return " > ".join([", ".join(dict.fromkeys(names)), ", ".join(dict.fromkeys(stations))])

    @property
    def protocol(self) -> str:
        """Protocol of the satellites."""
        return self.transmitter.profile.protocol.name

    @property
    def length_km(self) -> None:
        """A pair of stations has no length."""
        return

    @property
    def loss_db(self) -> None:
        """Every pass has its own losses."""
        return

    @property
    def bounds(self) -> str:
        """Key-length theory and bounds by name."""
        return theory_of(self.transmitter.profile).bounds

    @property
    def coverage(self) -> Coverage:
        """Whether an implemented proof covers the key of the passes; between stations the satellite is trusted."""
        tx, rx = self.transmitter.profile, self.receiver.profile
        found = coverage(tx, rx, theory_of(tx), observed_length=self.fidelity != "expected")
        return Coverage(found.reasons, (*found.caveats, "the satellite is a trusted node"))

    @property
    def assumed(self) -> tuple[str, ...]:
        """Profile values that nobody declared or measured, as `key = value`."""
        both = (*assumed_values(self.transmitter.profile), *assumed_values(self.receiver.profile))
        return tuple(dict.fromkeys(both))

    @property
    def relock_s(self) -> float:
        """Passes begin anew each time."""
        return 0.0

    @property
    def cold_start_s(self) -> float:
        """Passes begin anew each time."""
        return 0.0

    def in_validity(self, disruptions: Sequence[Disruption] = ()) -> bool:
        """Whether dead time and afterpulses stay in the range for which tallies are corrected, over all passes."""
        return self.service.in_validity

    def blocks(self, duration_s: float, seed: int, disruptions: Sequence[Disruption] = ()) -> Iterator[KeyBlocks]:
        """What the satellites bring, one block per announcement.

        Raises InputError for other times or seeds than those of the service, or faults, which satellites do not have.
        """
        plan = self.service.plan
        if (duration_s, seed) != (plan.duration_s, plan.seed) or disruptions:
            raise InputError.of(self.id, "", None, "the duration and seed of its satellite service, and no faults")
        found = pair_blocks(self.service.announcements, self.pair)
        if len(found):
            yield found
