"""What only shows when the stored objects of a scenario are read together with its topology and classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qkdsim.errors import Problem, shown
from qkdsim.scenario.model import Scenario
from qkdsim.scenario.objects import ObjectEntry
from qkdsim.scenario.reach import Reach
from qkdsim.scenario.unknown_names import unknown_name
from qkdsim.topology import Topology


def object_problems(source: str, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    """All problems of the objects, named as entries of the scenario file `source`."""
    if not scenario.object_:
        return
    reach = Reach(topology)
    demands = {demand.id for demand in scenario.demand}
    for index, entry in enumerate(scenario.object_):
        key = f"object[{index}]"
        strangers = [*_unknown_nodes(source, key, entry, sorted(reach.ids))]
        yield from strangers or _unjoined(source, key, entry, reach)
        if entry.id in demands:
            yield Problem(source, f"{key}.id", shown(entry.id), "another id than that of a demand")
        yield from _class_problems(source, key, entry, [one.name for one in scenario.class_])


def _unknown_nodes(source: str, key: str, entry: ObjectEntry, known: Sequence[str]) -> Iterator[Problem]:
    named = [("owner", entry.owner), *((f"holders[{place}]", name) for place, name in enumerate(entry.holders))]
    if entry.reader is not None:
        named.append(("reader", entry.reader))
    for where, name in named:
        if name not in known:
            yield unknown_name(source, f"{key}.{where}", name, "the id of a node of the topology", known)


def _unjoined(source: str, key: str, entry: ObjectEntry, reach: Reach) -> Iterator[Problem]:
    """Holders to which no key can ever come from the owner, the reader or one of the others."""
    for place, name in enumerate(entry.holders):
        ends = dict.fromkeys((entry.owner, entry.readers, *entry.holders[:place]))
        apart = next((end for end in ends if end != name and not reach.joins(end, name)), None)
        if apart is not None:
            expected = f"a node that a path over links and relaying nodes joins with {apart}"
            yield Problem(source, f"{key}.holders[{place}]", shown(name), expected)


def _class_problems(source: str, key: str, entry: ObjectEntry, classes: Sequence[str]) -> Iterator[Problem]:
    if entry.class_ is None:
        if entry.id in classes:
            yield Problem(source, f"{key}.id", shown(entry.id), "not the name of a class, or the class by `class`")
    elif entry.class_ not in classes:
        yield unknown_name(source, f"{key}.class", entry.class_, "the name of a class of the scenario", sorted(classes))
