"""What the faults of a scenario do: to each QKD link, and to nodes, controller and classical links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from qkdsim.links import Disruption
from qkdsim.network.outage import Outage
from qkdsim.scenario.classical_settings import classical_links
from qkdsim.scenario.cut_off import cut_off_spans
from qkdsim.scenario.fault_draws import Occurrence, occurrences
from qkdsim.scenario.model import Scenario
from qkdsim.topology import Link, Topology
from qkdsim.topology.classical import ClassicalLinkEntry


def disruptions(
    scenario: Scenario, topology: Topology, seed: int, duration_s: float
) -> dict[str, tuple[Disruption, ...]]:
    """What the faults do to each link, in order of start; links that nothing hits, and satellite links, are left out.

    A fault at a node hits all links of the node. A link whose ends are cut off from each other on the classical network
    makes no key as long as that lasts.
    """
    links = [link for link in topology.link if link.kind != "satellite"]
    at_node = _at_nodes(links)
    known = {link.id for link in links}
    found: dict[str, list[Disruption]] = defaultdict(list)
    happening = list(occurrences(scenario, topology, seed, duration_s))
    for one in happening:
        hit = link_disruption(one)
        if hit is not None:
            for name in at_node[one.target] if one.on == "node" else [one.target]:
                if name in known:
                    found[name].append(hit)
    gone = _outages(scenario, topology, happening)
    if any(one.kind != "controller" for one in gone):
        number = {node.id: index for index, node in enumerate(topology.node)}
        pairs = [(number[link.ends[0]], number[link.ends[1]]) for link in links]
        classical = classical_links(topology, scenario.classical)
        for pair, start_s, end_s in cut_off_spans(pairs, list(number), classical, gone):
            if start_s < duration_s:
                found[links[pair].id].append(Disruption("classical-cut", start_s, end_s))
    return {name: tuple(sorted(hits, key=lambda one: one.start_s)) for name, hits in found.items()}


def outages(scenario: Scenario, topology: Topology, seed: int, duration_s: float) -> tuple[Outage, ...]:
    """When nodes, controller and classical links are gone, in order of start.

    Spans of one target never overlap: those that do are one, with the key lost if it is in any of them.
    """
    return _outages(scenario, topology, occurrences(scenario, topology, seed, duration_s))


def _outages(scenario: Scenario, topology: Topology, happening: Iterable[Occurrence]) -> tuple[Outage, ...]:
    classical = _Classical(scenario, topology)
    spans: dict[tuple[str, str], list[Outage]] = defaultdict(list)
    for one in happening:
        for outage in _outages_of(one, classical):
            spans[outage.kind, outage.target].append(outage)
    joined = [outage for same in spans.values() for outage in _joined(same)]
    return tuple(sorted(joined, key=lambda one: one.start_s))


class _Classical:
    """The classical links as faults see them: which are where, and which lie in a fibre."""

    def __init__(self, scenario: Scenario, topology: Topology) -> None:
        links = topology.classical_link or topology.link
        self._ends = {link.id: link.ends for link in links}
        self._at_node = _at_nodes(links)
        self._cables_at_node = _at_nodes(link for link in topology.link if link.kind != "satellite")
        fibres = {link.id for link in topology.link if link.kind == "fibre"}
        self._beside_fibres = fibres & self._ends.keys() if scenario.classical.shares_fibre else set()

    def hit_by(self, one: Occurrence) -> list[str]:
        """Ids of the classical links that a cut of fibres or of classical links takes."""
        match one.fault.kind:
            case "classical-cut" if one.on == "island":
                island = set(one.fault.island)
                return [name for name, (a, b) in self._ends.items() if (a in island) != (b in island)]
            case "classical-cut":
                return self._at_node[one.target] if one.on == "node" else [one.target]
            case "cut":
                cut = self._cables_at_node[one.target] if one.on == "node" else [one.target]
                takes = {None: self._beside_fibres, True: self._ends.keys(), False: set()}[one.fault.classical]
                return [name for name in cut if name in takes]
            case _:
                return []


def _at_nodes(links: Iterable[Link | ClassicalLinkEntry]) -> Mapping[str, list[str]]:
    """The ids of the links at each node."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for link in links:
        for end in link.ends:
            found[end].append(link.id)
    return found


def _outages_of(one: Occurrence, classical: _Classical) -> Iterator[Outage]:
    match one.fault.kind:
        case "node-lost" if one.on == "node":
            yield Outage("node", one.target, one.start_s, one.end_s, one.fault.key_lost)
        case "controller-lost":
            yield Outage("controller", "", one.start_s, one.end_s)
        case _:
            for name in classical.hit_by(one):
                yield Outage("classical-link", name, one.start_s, one.end_s)


def _joined(same: Sequence[Outage]) -> Iterator[Outage]:
    """Outages of one target, those that overlap or touch as one."""
    first, *others = sorted(same, key=lambda one: one.start_s)
    for one in others:
        if one.start_s > first.end_s:
            yield first
            first = one
        else:
            first = replace(first, end_s=max(first.end_s, one.end_s), key_lost=first.key_lost or one.key_lost)
    yield first


def link_disruption(one: Occurrence) -> Disruption | None:
    """What a fault does to a link; None for one that hits no link."""
    fault = one.fault
    match fault.kind:
        case "controller-lost" | "classical-cut":
            return None
        case kind:
            return Disruption(
                kind=kind,
                start_s=one.start_s,
                end_s=one.end_s,
                noise_photon_rate_hz=float(fault.noise_photon_rate_hz),
                misalignment_error=float(fault.misalignment_error),
                loss_db=float(fault.loss_db),
                intercepted_fraction=float(fault.fraction),
            )
