"""From a scenario file to a plan: devices, links, faults and demands, all checked before anything runs."""

from __future__ import annotations

from typing import cast, get_args

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.links.satellites import SatelliteService
from qkdsim.scenario.checks import late_problems, named_here, problems
from qkdsim.scenario.demand_plans import PlannedDemands, key_demands
from qkdsim.scenario.device_choice import ProfileShelf
from qkdsim.scenario.duration import LONGEST_RUN, LONGEST_RUN_S
from qkdsim.scenario.fault_plans import outages
from qkdsim.scenario.link_plans import LinkPlanner, in_file_order, planned_links, satellite_links
from qkdsim.scenario.model import NamedScenario
from qkdsim.scenario.network_plan import network_settings, routing_problems
from qkdsim.scenario.object_checks import object_problems
from qkdsim.scenario.object_plans import stored_objects
from qkdsim.scenario.plan import Plan
from qkdsim.scenario.run_size import size_problems
from qkdsim.scenario.session_plans import session_plans
from qkdsim.scenario.space_faults import space_faults
from qkdsim.scenario.space_plan import space_service
from qkdsim.scenario.stores import Fidelity
from qkdsim.scenario.weather_source import weather_table
from qkdsim.topology import NamedTopology, load_named_topology

_GRID_STEPS = 1440  # one level per minute of a day


def build(
    named: NamedScenario,
    *,
    seed: int | None = None,
    duration_s: float | None = None,
    fidelity: str | None = None,
) -> Plan:
    """Read the topology and profiles of a scenario, check everything, and plan the run.

    `seed`, `duration_s` and `fidelity` replace the file's; a fidelity that the file sets for one link stays.

    Raises InputError with all problems that were found.
    """
    scenario = named.scenario
    _check_overrides(seed, duration_s, fidelity)
    topology = _topology(named)
    length_s = scenario.duration if duration_s is None else float(duration_s)
    chosen = cast(Fidelity, fidelity or scenario.fidelity)
    the_seed = scenario.seed if seed is None else seed
    file = library.display_name(named.path)
    found = list(problems(file, scenario, topology.topology))
    found += routing_problems(file, scenario, topology.topology)
    found += object_problems(file, scenario, topology.topology)
    if duration_s is None:  # a shorter run of the same file leaves out what would come later
        found += late_problems(file, scenario)
    planner = LinkPlanner(topology, named, chosen)
    links = planned_links(planner, scenario, length_s, the_seed)
    service = None
    if topology.topology.ground_station and not planner.problems:
        service = _service(topology, named, length_s, the_seed, chosen, planner.shelf)
        links = in_file_order([*links, *satellite_links(service, topology, scenario)], topology)
    asked = key_demands(named, topology.topology, length_s, the_seed) if not found else PlannedDemands((), (), ())
    found += asked.problems
    if found or planner.problems:
        raise InputError(*found, *planner.problems)
    gone = outages(scenario, topology.topology, the_seed, length_s)
    kept = stored_objects(named, topology.topology, length_s, gone)
    if kept.problems:
        raise InputError(*kept.problems)
    plan = Plan(
        scenario=named,
        topology=topology,
        links=tuple(links),
        demands=asked.demands,
        profiles=planner.shelf.hashes,
        seed=the_seed,
        duration_s=length_s,
        fidelity=chosen,
        grid_s=scenario.grid or length_s / _GRID_STEPS,
        network=network_settings(scenario, topology.topology),
        outages=gone,
        space=service,
        tables=(*asked.tables, *planner.shelf.tables.hashes, *kept.files),
        objects=kept.objects,
        sessions=session_plans(scenario, length_s),
    )
    too_large = list(size_problems(plan))
    if too_large:
        raise InputError(*too_large)
    return plan


def _service(
    topology: NamedTopology, named: NamedScenario, duration_s: float, seed: int, fidelity: Fidelity, shelf: ProfileShelf
) -> SatelliteService:
    """The satellites of a scenario, which must say on which day it starts."""
    file = library.display_name(named.path)
    if named.scenario.start is None:
        raise InputError.of(file, "start", None, "a date and time: the sky over ground stations depends on it")
    for index, fault in enumerate(named.scenario.fault):
        linked = {link.id for link in topology.topology.link if link.kind == "satellite"}
        if fault.link in linked:
            expected = "a node or a satellite: light of satellites belongs to stations, not to pairs of them"
            raise InputError.of(file, f"fault[{index}].link", fault.link, expected)
    table = weather_table(named, shelf.tables)
    faults = space_faults(named.scenario, topology.topology, seed, duration_s)
    return space_service(
        topology, named.scenario.space, named.scenario.start, duration_s, seed, fidelity, shelf, faults, weather=table
    )


def _check_overrides(seed: int | None, duration_s: float | None, fidelity: str | None) -> None:
    if seed is not None and seed < 0:
        raise InputError.of("seed", "", seed, "a whole number >= 0")
    if duration_s is not None and not 0.0 < duration_s <= LONGEST_RUN_S:
        raise InputError.of("duration", "", duration_s, f"a duration above 0, at most {LONGEST_RUN}")
    if fidelity is not None and fidelity not in get_args(Fidelity):
        raise InputError.of("fidelity", "", fidelity, f"one of {', '.join(get_args(Fidelity))}")


def _topology(named: NamedScenario) -> NamedTopology:
    name = named.scenario.topology
    try:
        return load_named_topology(name, beside=named.path)
    except InputError as error:
        raise InputError(*named_here(error, library.display_name(named.path), "topology", name)) from None
