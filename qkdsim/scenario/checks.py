"""What only shows when scenario and topology are read together: one function per thing that can be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import networkx as nx

from qkdsim.errors import InputError, Problem, shown
from qkdsim.scenario.demands import Demand
from qkdsim.scenario.model import Scenario
from qkdsim.topology import Topology


def problems(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    """All problems between the two files, named as entries of the scenario file `source`."""
    yield from _unknown_links(source, scenario, topology)
    yield from _fault_nodes(source, scenario, topology)
    known = {node.id for node in topology.node}
    for index, demand in enumerate(scenario.demand):
        key, ends = f"demand[{index}]", (("from", demand.from_), ("to", demand.to))
        strangers = [(end, name) for end, name in ends if name not in known]
        for end, name in strangers:
            yield _unknown(source, f"{key}.{end}", name, "node", sorted(known))
        if not strangers and not _connected(topology, demand):
            text = f"a path from {demand.from_} to {demand.to} over links and relaying nodes; there is none"
            yield Problem(source, key, "", text)
        yield from _demand_numbers(source, key, demand)


def _unknown_links(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    known = [link.id for link in topology.link]
    named = [(f"link[{index}].id", one.id) for index, one in enumerate(scenario.link)]
    named += [(f"fault[{index}].link", one.link) for index, one in enumerate(scenario.fault) if one.link]
    for key, name in named:
        if name not in known:
            yield _unknown(source, key, name, "link", known)


def _fault_nodes(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    known = [node.id for node in topology.node]
    for index, fault in enumerate(scenario.fault):
        if fault.node is not None and fault.node not in known:
            yield _unknown(source, f"fault[{index}].node", fault.node, "node", known)
        if fault.for_ <= 0.0:
            yield Problem(source, f"fault[{index}].for", shown(fault.for_), "a duration above 0")


def _unknown(source: str, key: str, name: str, what: str, known: Sequence[str]) -> Problem:
    near = get_close_matches(name, known, n=3)
    hint = f" (nearest: {', '.join(near)})" if near else ""
    return Problem(source, key, shown(name), f"the id of a {what} of the topology{hint}")


def _connected(topology: Topology, demand: Demand) -> bool:
    """Whether any path joins the two ends, through nodes that pass key on."""
    ends = {demand.from_, demand.to}
    inner = {node.id for node in topology.node if node.may_relay} | ends
    return bool(nx.has_path(topology.to_networkx().subgraph(inner), demand.from_, demand.to))


def _demand_numbers(source: str, key: str, demand: Demand) -> Iterator[Problem]:
    if demand.interval is not None and demand.interval <= 0.0:
        yield Problem(source, f"{key}.interval", shown(demand.interval), "a duration above 0")
    elif demand.kind == "one-time-pad" and request_bits(demand) < 1:
        yield Problem(source, f"{key}.rate_bps", shown(demand.rate_bps), "at least one bit per interval")
    if demand.kind != "one-time-pad" and request_bits(demand) < 1:
        yield Problem(source, f"{key}.key_bits", shown(demand.key_bits), ">= 1")
    if demand.stop is not None and demand.stop <= demand.start:
        yield Problem(source, f"{key}.stop", shown(demand.stop), f"later than start ({demand.start:g} s)")


def request_bits(demand: Demand) -> int:
    """Bits that one request asks for: what a one-time pad uses up in an interval, rounded, or one key."""
    if demand.kind == "one-time-pad":
        return round((demand.rate_bps or 0.0) * fetch_interval_s(demand))
    return round(demand.key_bits)


def fetch_interval_s(demand: Demand) -> float:
    """Time between two fetches of a regular demand; a one-time pad fetches every second if left out."""
    return 1.0 if demand.interval is None else demand.interval


def named_here(error: InputError, source: str, key: str, name: str) -> Iterator[Problem]:
    """A file that cannot be read is a problem of the file that names it; what is wrong inside is its own."""
    for problem in error.problems:
        yield problem if problem.key else Problem(source, key, "", f"{shown(name)}: {problem.expected}")
