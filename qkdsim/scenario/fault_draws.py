"""Faults as a scenario states them -> when they act on what: repeated ones spelled out, random ones drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qkdsim import rng
from qkdsim.scenario.faults import Fault, Target
from qkdsim.scenario.model import Scenario
from qkdsim.space import satellite_names
from qkdsim.topology import Topology

MOST_OCCURRENCES = 1_000_000  # of all faults of a run
_DRAWN = 64  # times in one array draw


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One fault between two moments; `number` is its place in the file, `target` is empty for the controller."""

    number: int
    fault: Fault
    on: Target
    target: str
    start_s: float
    end_s: float


def occurrences(scenario: Scenario, topology: Topology, seed: int, duration_s: float) -> Iterator[Occurrence]:
    """All that goes wrong within a run, fault by fault in file order, and in time for each target.

    A random fault has its own stream for each target: other faults, other targets and a longer run change none of it.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for number, fault in enumerate(scenario.fault):
        for on, target in targets(fault, topology):
            if fault.mtbf is None or fault.mttr is None:
                spans = stated_spans(fault)
            else:
                name = (fault.kind, on, target)
                draws = rng.stream(seed, "fault", *name, seen[name])
                seen[name] += 1  # a second fault of this kind there is another
                spans = drawn_faults(fault.mtbf, fault.mttr, duration_s, draws)
            for start_s, end_s in spans:
                if start_s >= duration_s:
                    break
                yield Occurrence(number, fault, on, target, start_s, end_s)


def stated_spans(fault: Fault) -> Iterator[tuple[float, float]]:
    """Start and end of a fault whose times the file states, each time that it comes back."""
    start_s, end_s = fault.at or 0.0, (fault.at or 0.0) + (fault.for_ or 0.0)
    if fault.repeat_every is None or fault.repeat_for is None:
        yield start_s, end_s
        return
    count = 0
    while (again_s := start_s + count * fault.repeat_every) < end_s:
        yield again_s, min(again_s + fault.repeat_for, end_s)
        count += 1


def drawn_faults(
    mtbf_s: float, mttr_s: float, duration_s: float, draws: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Start and end of the random faults of one target that begin before `duration_s`.

    It works and stands still in turn, for exponential times with the means `mtbf_s` and `mttr_s`. The run is a stretch
    of a long life: it begins while the target stands still with the probability mttr / (mtbf + mttr), and then with
    what is left of that repair, so that the availability is mtbf / (mtbf + mttr) at every moment.
    """
    now_s = 0.0
    if draws.random() * (mtbf_s + mttr_s) < mttr_s:
        now_s = mttr_s * draws.standard_exponential()
        yield 0.0, now_s
    while now_s < duration_s:
        for up_s, down_s in (draws.standard_exponential((_DRAWN, 2)) * (mtbf_s, mttr_s)).tolist():
            start_s = now_s + up_s
            if start_s >= duration_s:
                return
            now_s = start_s + down_s
            yield start_s, now_s


def targets(fault: Fault, topology: Topology) -> list[tuple[Target, str]]:
    """What a fault hits, each with a fate of its own."""
    if fault.each is not None:
        return [(fault.each, name) for name in names(topology, fault.each)]
    if fault.link is not None:
        return [("link", fault.link)]
    if fault.node is not None:
        return [("node", fault.node)]
    if fault.satellite is not None:
        return [("satellite", fault.satellite)]
    if fault.classical_link is not None:
        return [("classical-link", fault.classical_link)]
    return [("island", "|".join(sorted(fault.island)))] if fault.island else [("controller", "")]


def names(topology: Topology, kind: Target) -> list[str]:
    """The ids of all links, nodes, satellites or classical links, in file order."""
    if kind == "node":
        return [node.id for node in topology.node]
    if kind == "satellite":
        return satellite_names(topology.satellite, topology.constellation)
    own = topology.classical_link if kind == "classical-link" else ()
    return [link.id for link in own or topology.link]


def expected_count(fault: Fault, topology: Topology, duration_s: float) -> float:
    """How often a fault comes within a run, on all targets together; the mean where it is drawn."""
    if fault.mtbf is not None and fault.mttr is not None:
        return len(targets(fault, topology)) * (1.0 + duration_s / (fault.mtbf + fault.mttr))
    if fault.repeat_every is None:
        return 1.0
    return 1.0 + min(fault.for_ or 0.0, duration_s) / fault.repeat_every
