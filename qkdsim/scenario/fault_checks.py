"""What only shows when the faults of a scenario are read together with its topology and devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from qkdsim.errors import Problem, shown
from qkdsim.links import QkdLink
from qkdsim.scenario.fault_draws import MOST_OCCURRENCES, expected_count, names, targets
from qkdsim.scenario.faults import Fault, Target
from qkdsim.scenario.model import Scenario
from qkdsim.scenario.unknown_names import unknown_name
from qkdsim.topology import Topology

_NAMED: Mapping[str, Target] = {
    "link": "link",
    "node": "node",
    "satellite": "satellite",
    "classical_link": "classical-link",
}


def fault_problems(source: str, scenario: Scenario, topology: Topology, duration_s: float) -> Iterator[Problem]:
    """All problems of the faults, named as entries of the scenario file `source`."""
    known = {kind: dict.fromkeys(names(topology, kind)) for kind in _NAMED.values()}
    for index, fault in enumerate(scenario.fault):
        key = f"fault[{index}]"
        yield from _unknown_targets(source, key, fault, known)
        if fault.island and known["node"].keys() <= set(fault.island):
            yield Problem(source, f"{key}.island", f"a list of {len(fault.island)}", "fewer nodes than all")
        if fault.classical and fault.link in known["link"] and fault.link not in known["classical-link"]:
            expected = f"a classical link {fault.link} in the topology, or false"
            yield Problem(source, f"{key}.classical", "true", expected)
    counts = [expected_count(fault, topology, duration_s) for fault in scenario.fault]
    if sum(counts) > MOST_OCCURRENCES:
        worst = counts.index(max(counts))
        expected = f"faults that come at most {MOST_OCCURRENCES:,} times in all"
        yield Problem(source, f"fault[{worst}]", f"one that comes {counts[worst]:,.0f} times", expected)


def _unknown_targets(
    source: str, key: str, fault: Fault, known: Mapping[Target, Mapping[str, None]]
) -> Iterator[Problem]:
    named = [(name, kind, getattr(fault, name)) for name, kind in _NAMED.items()]
    named += [(f"island[{index}]", "node", name) for index, name in enumerate(fault.island)]
    for name, kind, given in named:
        if given is not None and given not in known[kind]:
            expected = f"the id of a {kind.replace('-', ' ')} of the topology"
            yield unknown_name(source, f"{key}.{name}", given, expected, known[kind])


def eavesdropper_problems(
    source: str, scenario: Scenario, topology: Topology, links: Sequence[tuple[QkdLink, tuple[str, str]]]
) -> Iterator[Problem]:
    """Eavesdroppers on links whose click model knows no photon numbers, on which they act; one line per fault."""
    linear = {qkd.id: (ends, qkd.receiver.name) for qkd, ends in links if _is_linear(qkd)}
    for index, fault in enumerate(scenario.fault):
        if fault.kind != "eavesdropper" or not linear:
            continue
        hit = {name for _, name in targets(fault, topology)}
        for link, (ends, receiver) in linear.items():
            if link in hit or not hit.isdisjoint(ends):
                expected = f"another kind on link {link}: {receiver} has click_model = 'linear', without photon numbers"
                yield Problem(source, f"fault[{index}].kind", shown(fault.kind), expected)
                break


def _is_linear(qkd: QkdLink) -> bool:
    detector = qkd.receiver.profile.detector
    return qkd.fidelity != "declared" and detector is not None and detector.click_model == "linear"
