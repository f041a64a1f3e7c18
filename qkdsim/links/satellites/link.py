"""A pair of ground stations joined by satellites, as the network sees it: one more link that brings key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from qkdsim.devices import NamedProfile
from qkdsim.devices.claims import assumed_values
from qkdsim.errors import InputError
from qkdsim.links.block import KeyBlocks
from qkdsim.links.sampled_limits import leakage_caveat
from qkdsim.links.satellites.onboard import Announcement
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.links.satellites.service import SatelliteService, pair_blocks
from qkdsim.links.timeline import Disruption
from qkdsim.protocols import Coverage, coverage, theory_of


@dataclass(frozen=True, slots=True)
class SatelliteLink:
    """Two stations and all satellites of a service that have modules for both."""

    id: str
    pair: tuple[str, str]
    fidelity: str
    service: SatelliteService = field(repr=False)

    @property
    def paths(self) -> list[OpticalLink]:
        """All paths between a satellite and a station over which the key of the pair comes."""
        return self.service.links_of(self.pair)

    @property
    def announcements(self) -> list[Announcement]:
        """What satellites announced to the pair, by time."""
        return [one for one in self.service.announcements if one.pair == self.pair]

    @property
    def modules(self) -> tuple[NamedProfile, ...]:
        """The profiles of all modules in use, transmitters first."""
        paths = self.paths
        found = {one.name: one for one in (*(path.transmitter for path in paths), *(path.receiver for path in paths))}
        return tuple(found.values())

    @property
    def transmitter(self) -> NamedProfile:
        """The transmitter of the first path; `modules` has all."""
        return self.paths[0].transmitter

    @property
    def receiver(self) -> NamedProfile:
        """The receiver of the first path; `modules` has all."""
        return self.paths[0].receiver

    @property
    def profile_name(self) -> str:
        """Names of all modules, transmitters first."""
        paths = self.paths
        sending, receiving = (path.transmitter.name for path in paths), (path.receiver.name for path in paths)
        return " > ".join([_listed(sending, ", "), _listed(receiving, ", ")])

    @property
    def protocol(self) -> str:
        """Protocols of the paths."""
        return _listed((path.sending.protocol.name for path in self.paths), ", ")

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
        """Key-length theories and bounds of all paths by name."""
        return _listed((theory_of(path.sending).bounds for path in self.paths), "; ")

    @property
    def coverage(self) -> Coverage:
        """Whether an implemented proof covers the key of every path; between stations the satellites are trusted.

        Where paths differ, a reason is told with the modules that it holds for.
        """
        found = {_modules(path): self._coverage(path) for path in self.paths}
        caveats = _told({name: one.caveats for name, one in found.items()})
        return Coverage(
            tuple(_told({name: one.reasons for name, one in found.items()})),
            (*caveats, "the satellite is a trusted node"),
        )

    def _coverage(self, path: OpticalLink) -> Coverage:
        receiver = path.receiver.profile
        return coverage(
            path.sending,
            receiver,
            theory_of(path.sending),
            observed_length=self.fidelity != "expected",
            reconciliation=leakage_caveat(receiver) if self.fidelity == "sampled" else "",
        )

    @property
    def assumed(self) -> tuple[str, ...]:
        """Profile values that nobody declared or measured, as `key = value`."""
        return tuple(dict.fromkeys(value for one in self.modules for value in assumed_values(one.profile)))

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

        Raises InputError for other times or seeds than those of the service, or for disruptions: faults hit stations
        and satellites, and are part of the service.
        """
        plan = self.service.plan
        if (duration_s, seed) != (plan.duration_s, plan.seed) or disruptions:
            raise InputError.of(self.id, "", None, "the duration and seed of its satellite service, and its faults")
        found = pair_blocks(self.announcements)
        if len(found):
            yield found


def _modules(path: OpticalLink) -> str:
    return f"{path.transmitter.name} > {path.receiver.name}"


def _listed(words: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(words))


def _told(words: dict[str, tuple[str, ...]]) -> list[str]:
    """Words that hold for all paths as they are, the others with the names of those that they hold for."""
    told = []
    for one in dict.fromkeys(word for mine in words.values() for word in mine):
        names = [name for name, mine in words.items() if one in mine]
        told.append(one if len(names) == len(words) else f"{one} ({', '.join(names)})")
    return told
