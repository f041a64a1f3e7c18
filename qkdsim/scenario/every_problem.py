"""Every problem of a file, also those that hide behind others.

A file is validated level by level: its values, then how they fit together, then the files it names. What is wrong on
one level would keep the next from being looked at. So parts that are wrong are replaced by stand-ins and the file is
looked at again; what the second look says of the stand-ins themselves is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qkdsim import library
from qkdsim.devices import DeviceProfile
from qkdsim.devices.variants import Completed, completed
from qkdsim.errors import InputError, Problem
from qkdsim.scenario.build import build
from qkdsim.scenario.link_plans import check_links
from qkdsim.scenario.model import NamedScenario, Scenario
from qkdsim.topology import NamedTopology, Topology

_ENTRY = re.compile(r"(\w+)\[(\d+)\]")
_LOOKS = 5  # each look replaces what the one before found

_VALID: Mapping[str, Mapping[str, Any]] = {
    "demand": {"from": "-", "to": "--", "kind": "rekeying", "interval": "1h"},
    "object": {"owner": "-", "holders": ["-", "--"], "threshold": 2, "bytes": 1},
    "session": {"from": "-", "to": "--"},
}
_PARTS: Mapping[str, Any] = {
    **{"name": "-", "title": "-", "source": "-", "published": "-", "approximate": "-", "duration": "1h"},
    "migration": {"stage": [{"name": "-", "suite": "classical", "policy": "ClassicalOnly"}]},
}


def every_problem(path: Path) -> list[Problem]:
    """All problems of a topology, scenario or profile and of the files that it names; empty if there are none.

    Raises InputError if the file cannot be read at all.
    """
    source = library.read(path)
    kind = library.kind_of(source)
    return _of_profile(path, completed(source, path)) if kind == "profile" else _problems(kind, path, source)


def _of_profile(path: Path, file: Completed) -> list[Problem]:
    """Problems of the modules of a pair first: those of the pair itself may be theirs."""
    of_modules = [problem for _, module in file.modules for problem in _of_profile(path, module)]
    return of_modules or _problems("profile", path, file.source)


def _problems(kind: str, path: Path, source: library.Source) -> list[Problem]:
    found: list[Problem] = []
    replaced: set[str] = set()
    for _ in range(_LOOKS):
        fresh = [
            one
            for one in _look(kind, path, source, replaced)
            if one not in found and not _is_under(one, source, replaced)
        ]
        if not fresh:
            break
        found += fresh
        table = _with_stand_ins(source, fresh, replaced, is_topology=kind == "topology")
        source = replace(source, table=table)
    return found


def _look(kind: str, path: Path, source: library.Source, replaced: Collection[str]) -> Sequence[Problem]:
    try:
        if kind == "profile":
            library.parse(DeviceProfile, source, kind)
        elif kind == "topology":
            check_links(NamedTopology(path, library.parse(Topology, source, kind), source.sha256))
        else:
            scenario = library.parse(Scenario, source, kind)
            # nothing is too late for the end of a run that a stand-in has set
            length_s = scenario.duration if "duration" in replaced else None
            build(NamedScenario(path.stem, path, scenario, source.sha256), duration_s=length_s)
    except InputError as error:
        return error.problems
    return ()


def _is_under(problem: Problem, source: library.Source, replaced: set[str]) -> bool:
    """Whether a problem is one of a stand-in of this file."""
    return problem.source == source.name and any(
        problem.key == part or problem.key.startswith((f"{part}.", f"{part}[")) for part in replaced
    )


def _with_stand_ins(
    source: library.Source, problems: Sequence[Problem], replaced: set[str], *, is_topology: bool
) -> dict[str, Any]:
    """The table with what the problems name replaced, and `replaced` grown by it."""
    table = {key: value for key, value in source.table.items() if key != "truth"}  # it goes with what is declared
    for problem in problems:
        if problem.source != source.name or not problem.key:
            continue
        entry = _ENTRY.match(problem.key)
        name = entry[1] if entry else problem.key.partition(".")[0]
        replaced.add(entry[0] if entry else name)
        if entry and isinstance(table.get(name), list):
            entries = list(table[name])
            index = int(entry[2])
            entries[index] = _stand_in(name, index, table, is_topology=is_topology)
            table[name] = entries
        elif name in _PARTS:
            table[name] = _PARTS[name]
        elif name != "topology":
            table.pop(name, None)
    return table


def _stand_in(name: str, index: int, table: Mapping[str, Any], *, is_topology: bool) -> dict[str, Any]:
    """A valid entry of a list of a file; what others refer to keeps its name."""
    entry = table[name][index]
    own_id = str(entry["id"]) if isinstance(entry, Mapping) and "id" in entry else f"stand-in {index}"
    match name:
        case "demand" | "object" | "session":
            # without it, the migration would have no session that follows it
            migrates = name == "session" and isinstance(entry, Mapping) and entry.get("migrates") is True
            return {"id": own_id, **_VALID[name], **({"migrates": True} if migrates else {})}
        case "class":
            named = isinstance(entry, Mapping) and isinstance(entry.get("name"), str) and entry["name"]
            return {"name": named or own_id}
        case "fault":
            return {"kind": "cut", "at": "0s", "for": "1s", "link": "-"}
        case "link" if is_topology:
            nodes = [str(one["id"]) for one in table.get("node", ()) if isinstance(one, Mapping) and "id" in one]
            return {"id": own_id, "ends": list(dict.fromkeys([*nodes, "-", "--"]))[:2], "length_km": 0.0}
        case "node":
            return {"id": own_id, "latitude_deg": 0.0, "longitude_deg": 0.0}  # some other table may need a place
        case _:
            return {"id": own_id}
