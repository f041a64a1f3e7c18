"""The faults of a scenario that hit ground stations and satellites."""

from __future__ import annotations

from typing import Any

from qkdsim.links.satellites import SatelliteService, SpaceFault
from qkdsim.scenario.fault_draws import occurrences
from qkdsim.scenario.fault_plans import link_disruption
from qkdsim.scenario.model import Scenario
from qkdsim.space import satellite_names
from qkdsim.topology import Topology


def space_faults(scenario: Scenario, topology: Topology, seed: int, duration_s: float) -> tuple[SpaceFault, ...]:
    """What hits satellites, and the nodes with ground stations, in order of start."""
    ours = {("node", one.node) for one in topology.ground_station}
    ours |= {("satellite", name) for name in satellite_names(topology.satellite, topology.constellation)}
    found = []
    for one in occurrences(scenario, topology, seed, duration_s):
        hit = link_disruption(one) if (one.on, one.target) in ours else None
        if hit is not None:
            key_lost = one.fault.kind == "node-lost" and one.fault.key_lost
            found.append(SpaceFault(one.target, hit, key_lost))
    return tuple(sorted(found, key=lambda one: one.disruption.start_s))


def space_fault_rows(service: SatelliteService | None) -> list[dict[str, Any]]:
    """Faults of satellites and of the telescopes of stations, as rows of the table of faults.

    Lost sites of ground stations are left out: they stand there as nodes.
    """
    if service is None:
        return []
    crafts = {one.name for one in service.plan.crafts}
    return [
        {
            "kind": one.disruption.kind,
            "on": "satellite" if one.on in crafts else "node",
            "target": one.on,
            "start_s": one.disruption.start_s,
            "end_s": one.disruption.end_s,
            "live_again_s": service.live_again_s(one),
        }
        for one in service.plan.faults
        if one.on in crafts or one.disruption.kind != "node-lost"
    ]
