"""The links of a scenario: which devices, which fibre, which faults."""

from __future__ import annotations

from collections.abc import Iterator

from qkdsim import library
from qkdsim.channels import CoexistingChannel, FibreSpan, require_no_amplifier
from qkdsim.devices import NamedProfile
from qkdsim.errors import InputError, Problem
from qkdsim.links import QkdLink, build_link
from qkdsim.links.satellites import SatelliteLink, SatelliteService
from qkdsim.scenario.device_choice import Choice, ProfileShelf, choose
from qkdsim.scenario.fault_checks import eavesdropper_problems, fault_problems
from qkdsim.scenario.fault_plans import disruptions
from qkdsim.scenario.free_space_plan import FreeSpaceChannels
from qkdsim.scenario.model import NamedScenario, Scenario
from qkdsim.scenario.plan import PlannedLink
from qkdsim.scenario.space_plan import space_service
from qkdsim.scenario.stores import Fidelity, LinkSettings
from qkdsim.scenario.weather_source import ANY_DAY
from qkdsim.space import SpaceSettings
from qkdsim.topology import Link, NamedTopology, Topology


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
        self._air = FreeSpaceChannels(topology, named, self.shelf.tables)

    @property
    def topology(self) -> Topology:
        """The network whose links are planned."""
        return self._topology.topology

    @property
    def scenario_file(self) -> str:
        """How messages call the scenario; empty without one."""
        return "" if self._named is None else library.display_name(self._named.path)

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
            if not self._is_passable(index, link):
                continue
            choice = choose(self._topology, index, self._named, number)
            if isinstance(choice, Problem):
                if self._named is not None:
                    self.problems.append(choice)
                continue
            qkd = self._qkd_link(index, choice, number, settings)
            if qkd is not None:
                yield link, settings, qkd

    def _is_passable(self, index: int, link: Link) -> bool:
        """Whether neither an amplifier nor the Earth is in the way."""
        try:
            if link.kind == "free-space":
                self._air.route(index)
            key = f"link[{index}].amplifiers"
            require_no_amplifier(link.amplifiers, link.quantum_bypass, self._file, key)
        except InputError as error:
            self.problems.extend(error.problems)
            return False
        return True

    def _qkd_link(self, index: int, choice: Choice, number: int, settings: LinkSettings) -> QkdLink | None:
        link, pair = self._topology.topology.link[index], self.shelf.pair(choice)
        if pair is None:
            return None
        fidelity = settings.fidelity or self._fidelity
        if fidelity == "declared" and not pair[0].profile.performance.rate_table and self._named is not None:
            key = f"link[{number}].fidelity" if settings.fidelity else "fidelity"
            text = f"another fidelity for link {link.id}: {pair[0].name} has no performance.rate_table"
            self.problems.append(Problem(library.display_name(self._named.path), key, "'declared'", text))
            return None
        if link.kind == "free-space":
            return self._through_the_air(index, pair, fidelity)
        try:
            return build_link(link.id, *pair, fibre_span(link), fidelity)
        except InputError as error:
            for problem in error.problems:
                text = f"{problem.expected} (link {link.id})"
                key = choice.keys[1 if problem.key == "receiver" else 0]
                self.problems.append(Problem(choice.file, key, problem.given, text))
            return None

    def _through_the_air(self, index: int, pair: tuple[NamedProfile, NamedProfile], fidelity: str) -> QkdLink | None:
        try:
            span, sky = self._air.channel(index, pair, fidelity)
            return build_link(self._topology.topology.link[index].id, *pair, span, fidelity, sky=sky)
        except InputError as error:
            self.problems.extend(one for one in error.problems if one not in self.problems)
            return None


def planned_links(
    planner: LinkPlanner, scenario: Scenario, duration_s: float, seed: int | None = None
) -> list[PlannedLink]:
    """The links with their stores and faults, drawn from the seed of the run (the file's when left out).

    What is wrong is left with the planner.
    """
    topology, file = planner.topology, planner.scenario_file
    wrong = list(fault_problems(file, scenario, topology, duration_s))
    planner.problems.extend(wrong)
    hits = {} if wrong else disruptions(scenario, topology, scenario.seed if seed is None else seed, duration_s)
    planned = []
    for link, settings, qkd in planner.qkd_links():
        store = scenario.store.of(settings)
        planned.append(PlannedLink(qkd, link.ends, link.published, store, hits.get(link.id, ())))
    built = [(one.qkd, one.ends) for one in planned if isinstance(one.qkd, QkdLink)]
    planner.problems.extend(eavesdropper_problems(file, scenario, topology, built))
    return planned


def satellite_links(service: SatelliteService, topology: NamedTopology, scenario: Scenario) -> list[PlannedLink]:
    """The pairs of stations that satellites serve, with their stores."""
    settings = {one.id: one for one in scenario.link}
    planned = []
    for link in topology.topology.link:
        if link.kind == "satellite":
            qkd = SatelliteLink(link.id, link.ends, service.plan.fidelity, service)
            store = scenario.store.of(settings.get(link.id, LinkSettings(id=link.id)))
            planned.append(PlannedLink(qkd, link.ends, link.published, store, ()))
    return planned


def in_file_order(links: list[PlannedLink], topology: NamedTopology) -> list[PlannedLink]:
    """Links of all kinds in the order of the topology file."""
    order = {link.id: number for number, link in enumerate(topology.topology.link)}
    return sorted(links, key=lambda link: order[link.qkd.id])


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
