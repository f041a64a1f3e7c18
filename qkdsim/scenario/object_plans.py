"""From the stored objects of a scenario to what is stored, where, and when it is touched."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qkdsim import library
from qkdsim.apps import Absence, Content, Rebuild, StoredObject, refresh_times
from qkdsim.errors import Problem, shown
from qkdsim.network.outage import Outage
from qkdsim.network.service import ServiceClass
from qkdsim.scenario.model import NamedScenario, Scenario
from qkdsim.scenario.objects import MOST_REQUEST_BITS, ObjectEntry
from qkdsim.scenario.stores import LinkSettings
from qkdsim.securecloud import Holders
from qkdsim.topology import Topology

MOST_REFRESHES = 100_000


@dataclass(frozen=True, slots=True)
class PlannedObjects:
    """The objects of a scenario in file order, the files read for them as (name, hash), and what is wrong."""

    objects: tuple[StoredObject, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()


def stored_objects(
    named: NamedScenario, topology: Topology, duration_s: float, outages: Sequence[Outage]
) -> PlannedObjects:
    """Plan all objects; files are looked up beside the scenario, or in the working folder.

    What the checks find is not looked for again.
    """
    scenario, source = named.scenario, library.display_name(named.path)
    classes = {one.name: one.service() for one in scenario.class_}
    most_bits = _most_request_bits(scenario, topology)
    objects: list[StoredObject] = []
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for index, entry in enumerate(scenario.object_):
        content = _content(entry, named.path, source, f"object[{index}].file")
        if isinstance(content, Problem):
            problems.append(content)
            continue
        if entry.refresh_every is not None and duration_s / entry.refresh_every > MOST_REFRESHES:
            key, given = f"object[{index}].refresh_every", f"{entry.refresh_every:g} s"
            problems.append(Problem(source, key, given, f"at most {MOST_REFRESHES:,} refreshes in the run"))
            continue
        if entry.file is not None:
            files[entry.file] = content.sha256
        own = ServiceClass(entry.id, latency_budget_s=entry.key_wait)
        service = own if entry.class_ is None else classes.get(entry.class_, own)
        bits = most_bits if entry.request_bits is None else entry.request_bits
        objects.append(_planned(entry, content, service, bits, duration_s, outages))
    return PlannedObjects(tuple(objects), tuple(sorted(files.items())), tuple(problems))


def _planned(
    entry: ObjectEntry,
    content: Content,
    service: ServiceClass,
    request_bits: int,
    duration_s: float,
    outages: Sequence[Outage],
) -> StoredObject:
    every_s = duration_s if entry.refresh_every is None else entry.refresh_every
    return StoredObject(
        id=entry.id,
        owner=entry.owner,
        holders=Holders(entry.threshold, entry.holders),
        content=content,
        service=service,
        chunk_bytes=entry.chunk_bytes,
        request_bits=request_bits,
        retries=entry.retries,
        retry_after_s=entry.retry_after,
        start_s=entry.start,
        refresh_s=tuple(refresh_times(entry.start, every_s, duration_s)),
        rebuilds=tuple(Rebuild(at_s, entry.readers) for at_s in sorted(entry.rebuild_at) if at_s < duration_s),
        absences=tuple(
            Absence(one.target, one.start_s, one.end_s, one.key_lost)
            for one in outages
            if one.kind == "node" and one.target in {entry.owner, entry.readers, *entry.holders}
        ),
    )


def _content(entry: ObjectEntry, scenario: Path, source: str, key: str) -> Content | Problem:
    if entry.file is None:
        return Content(entry.bytes_ or 0)
    path = Path(entry.file)
    try:
        if not path.is_absolute() and (beside := scenario.parent / path).is_file():
            path = beside
        if path.exists() and not path.is_file():  # a folder, or a device, which may have no end
            return Problem(source, key, shown(entry.file), "a regular file")
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256")
        return Content(path.stat().st_size, path, digest.hexdigest())
    except FileNotFoundError:
        return Problem(source, key, shown(entry.file), "a file that exists")
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        words = error.strerror if isinstance(error, OSError) else str(error)
        return Problem(source, key, shown(entry.file), f"a file that can be read: {words}")


def _most_request_bits(scenario: Scenario, topology: Topology) -> int:
    """1 Mbit, or less where a store is so small that it would never hold twice as much for others."""
    settings = {one.id: one for one in scenario.link}
    stores = [scenario.store.of(settings.get(link.id, LinkSettings(id=link.id))) for link in topology.link]
    reserve_bits = scenario.store.relay_reserve_bits + scenario.store.hop_tag_bits
    free_bits = [one.capacity_bits - reserve_bits for one in stores if one.capacity_bits is not None]
    return max(1, min([MOST_REQUEST_BITS, *(int(bits // 2) for bits in free_bits)]))
