"""The links of a scenario: which devices, which fibre, which faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from qkdsim import library
from qkdsim.channels import CoexistingChannel, FibreSpan, require_no_amplifier
from qkdsim.errors import InputError, Problem
from qkdsim.links import Disruption, QkdLink, build_link
from qkdsim.links.satellites import SatelliteLink, SatelliteService
from qkdsim.scenario.device_choice import Choice, ProfileShelf, choose
from qkdsim.scenario.model import NamedScenario, Scenario
from qkdsim.scenario.plan import PlannedLink
from qkdsim.scenario.space_plan import space_service
from qkdsim.scenario.stores import Fidelity, LinkSettings
from qkdsim.space import SpaceSettings
from qkdsim.topology import Link, NamedTopology

ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # for looking at devices, where the day does not matter


class LinkPlanner:
    """Builds the links of a topology, for a scenario or for none; gathers problems instead of stopping."""

    def __init__(self, topology: NamedTopology, named: NamedScenario | None, fidelity: Fidelity) -> None:
        """Nothing is read yet. Without a scenario, links without devices in the topology are passed over."""
        self.shelf = ProfileShelf()
        self._topology = topology
        self._named = named
        self._fidelity = fidelity
        self._file = library.display_name(topology.path)
        settings = () if named is None else named.scenario.link
        self._settings = {one.id: (index, one) for index, one in enumerate(settings)}

    @property
    def problems(self) -> list[Problem]:
        """What has been found so far."""
        return self.shelf.problems

    def qkd_links(self) -> Iterator[tuple[Link, LinkSettings, QkdLink]]:
        """Every link that can be built; the others leave problems."""
        for index, link in enumerate(self._topology.topology.link):
            if link.kind == "satellite":
                continue
            number, settings = self._settings.get(link.id, (-1, LinkSettings(id=link.id)))
            if not self._amplifiers_are_bypassed(index, link):
                continue
            choice = choose(self._topology, index, self._named, number)
            if isinstance(choice, Problem):
                if self._named is not None:
                    self.problems.append(choice)
                continue
            qkd = self._qkd_link(link, choice, number, settings)
            if qkd is not None:
                yield link, settings, qkd

    def _amplifiers_are_bypassed(self, index: int, link: Link) -> bool:
        key = f"link[{index}].amplifiers"
        try:
            require_no_amplifier(link.amplifiers, link.quantum_bypass, self._file, key)
        except InputError as error:
            self.problems.extend(error.problems)
            return False
        return True

    def _qkd_link(self, link: Link, choice: Choice, number: int, settings: LinkSettings) -> QkdLink | None:
        pair = self.shelf.pair(choice)
        if pair is None:
            return None
        fidelity = settings.fidelity or self._fidelity
        if fidelity == "declared" and not pair[0].profile.performance.rate_table and self._named is not None:
            key = f"link[{number}].fidelity" if settings.fidelity else "fidelity"
            text = f"another fidelity for link {link.id}: {pair[0].name} has no performance.rate_table"
            self.problems.append(Problem(library.display_name(self._named.path), key, "'declared'", text))
            return None
        try:
            return build_link(link.id, *pair, fibre_span(link), fidelity)
        except InputError as error:
            for problem in error.problems:
                text = f"{problem.expected} (link {link.id})"
                key = choice.keys[1 if problem.key == "receiver" else 0]
                self.problems.append(Problem(choice.file, key, problem.given, text))
            return None


def planned_links(planner: LinkPlanner, scenario: Scenario, duration_s: float) -> list[PlannedLink]:
    """The links with their stores and faults; those that cannot be built leave problems with the planner."""
    planned = []
    for link, settings, qkd in planner.qkd_links():
        initial, capacity = _store(scenario, settings)
        hits = disruptions(scenario, link, duration_s)
        planned.append(PlannedLink(qkd, link.ends, link.published, initial, capacity, hits))
    return planned


def satellite_links(service: SatelliteService, topology: NamedTopology, scenario: Scenario) -> list[PlannedLink]:
    """The pairs of stations that satellites serve, with their stores."""
    settings = {one.id: one for one in scenario.link}
    planned = []
    for link in topology.topology.link:
        if link.kind == "satellite":
            qkd = SatelliteLink(link.id, link.ends, service.plan.fidelity, service)
            initial, capacity = _store(scenario, settings.get(link.id, LinkSettings(id=link.id)))
            planned.append(PlannedLink(qkd, link.ends, link.published, initial, capacity, ()))
    return planned


def in_file_order(links: list[PlannedLink], topology: NamedTopology) -> list[PlannedLink]:
    """Links of all kinds in the order of the topology file."""
    order = {link.id: number for number, link in enumerate(topology.topology.link)}
    return sorted(links, key=lambda link: order[link.qkd.id])


def _store(scenario: Scenario, settings: LinkSettings) -> tuple[int, int | None]:
    """Initial key and capacity of a link's store."""
    store = scenario.store
    initial = store.initial_key_bits if settings.initial_key_bits is None else settings.initial_key_bits
    capacity = store.capacity_bits if settings.capacity_bits is None else settings.capacity_bits
    return round(initial), None if capacity is None else round(capacity)


def check_links(topology: NamedTopology) -> None:
    """Build every link of a topology, to see whether its devices are there and fit.

    Raises InputError with all problems that were found.
    """
    planner = LinkPlanner(topology, None, "tallied")
    for _ in planner.qkd_links():
        pass
    problems = planner.problems
    if topology.topology.ground_station:
        try:
            space_service(topology, SpaceSettings(weather="clear"), ANY_DAY, 1.0, 1, "expected")
        except InputError as error:
            problems = [*problems, *error.problems]
    if problems:
        raise InputError(*problems)


def disruptions(scenario: Scenario, link: Link, duration_s: float) -> tuple[Disruption, ...]:
    """What the faults do to a link, in order of start; a fault at a node hits all links of the node."""
    hits = [
        Disruption(
            kind=fault.kind,
            start_s=fault.at,
            end_s=fault.at + fault.for_,
            noise_photon_rate_hz=float(fault.noise_photon_rate_hz),
            misalignment_error=float(fault.misalignment_error),
        )
        for fault in scenario.fault
        if (fault.link == link.id or fault.node in link.ends) and fault.at < duration_s
    ]
    return tuple(sorted(hits, key=lambda one: one.start_s))


def fibre_span(link: Link) -> FibreSpan:
    """The fibre of a link of the topology."""
    return FibreSpan(
        length_km=link.length_km,
        loss_db=link.loss_db,
        attenuation_db_per_km=link.attenuation_db_per_km,
        connectors=link.connectors,
        connector_loss_db=link.connector_loss_db,
        splices=link.splices,
        splice_loss_db=link.splice_loss_db,
        multiplexer_loss_db=link.multiplexer_loss_db,
        dispersion_ps_per_nm_km=link.dispersion_ps_per_nm_km,
        polarisation_drift_time_s=link.polarisation_drift_time_s,
        phase_drift_time_s=link.phase_drift_time_s,
        classical_channels=tuple(
            CoexistingChannel(
                direction=channel.direction,
                launch_power_dbm=channel.launch_power_dbm,
                wavelength_nm=channel.wavelength_nm,
                raman_coefficient_per_km_nm=channel.raman_coefficient_per_km_nm,
                attenuation_db_per_km=channel.attenuation_db_per_km,
            )
            for channel in link.classical_channel
        ),
    )
