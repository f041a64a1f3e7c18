"""The network files of gnpy: chains of fibres and amplifiers between ROADMs become links.

Format: the documentation of gnpy (Telecom Infra Project, oopt-gnpy). Elements are joined in both directions, so a cable
is two chains. Amplifiers that gnpy would add while it designs a network are not in its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qkdsim.errors import InputError
from qkdsim.topology.importing.arcs import pair_arcs
from qkdsim.topology.importing.attributes import number
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.importing.reading import ImportFile, check_size, objects

_SITES = ("Roadm", "Transceiver")
_FIBRES = ("Fiber", "RamanFiber")
_AMPLIFIERS = ("Edfa", "Multiband_amplifier")
_TYPES = (*_SITES, *_FIBRES, *_AMPLIFIERS, "Fused")
_FUSED_LOSS_DB = 1.0  # what gnpy takes where the element states none
_PREFIX = re.compile(
    r"^(roadm|trx|transceiver)[ _-]+(?=.)", re.IGNORECASE
)  # the usual way to tell a site's elements apart
_UNITS_KM = {"km": 1.0, "m": 1e-3}
_C_BAND_HZ = 193.4e12  # where a loss that depends on frequency is read: 1550 nm


def read_gnpy(file: ImportFile) -> ParsedNetwork:
    """Read a gnpy network. Raises InputError.

    A Transceiver belongs to the site of its ROADM. A Fused element between two fibres joins them; its loss counts.
    A location of 0, 0 is the format's way to say that none is known.
    """
    network = _Network(file)
    arcs, notes = [], []
    sites = {name: name for name in network.junctions}
    for chain in network.chains():
        if not any(network.kind(name) in _FIBRES for name in chain[1:-1]):
            _merge(sites, network, chain[0], chain[-1])
    for chain in network.chains():
        if any(network.kind(name) in _FIBRES for name in chain[1:-1]):
            values = network.link_values(chain[1:-1])
            arcs.append(ParsedEdge(_root(sites, chain[0]), _root(sites, chain[-1]), values))
    edges, paired = pair_arcs(arcs)
    edges, fused = _without_fused(network, edges)
    notes += [*paired, *fused, *network.notes]
    if edges and not any(network.kind(name) in _AMPLIFIERS for name in network.elements):
        notes.append("the file has no amplifiers; gnpy would add them while it designs the network")
    used = {end for edge in edges for end in (edge.source, edge.target)}
    keys = [name for name in dict.fromkeys(_root(sites, one) for one in sites) if network.kind(name) != "Fused"]
    keys += [name for name in network.junctions if network.kind(name) == "Fused" and name in used]
    check_size(file, len(keys), len(edges))
    title = network.table.get("network_name")
    return ParsedNetwork(
        tuple(network.node(name) for name in keys),
        tuple(edges),
        title=title if isinstance(title, str) else None,
        notes=tuple(notes),
    )


def _root(sites: dict[str, str], name: str) -> str:
    while sites[name] != name:
        sites[name] = sites[sites[name]]
        name = sites[name]
    return name


def _merge(sites: dict[str, str], network: _Network, first: str, second: str) -> None:
    """Two junctions without fibre between them are one site; it keeps the name of a ROADM if there is one."""
    names = sorted({_root(sites, first), _root(sites, second)}, key=lambda name: network.kind(name) != "Roadm")
    if len(names) == 2:
        sites[names[1]] = names[0]


@dataclass(frozen=True, slots=True)
class _Fibre:
    length_km: float
    loss_db: float | None


class _Network:
    """Elements by uid, and who feeds whom."""

    def __init__(self, file: ImportFile) -> None:
        self.file = file
        self.table = file.json()
        self.elements: dict[str, Mapping[str, Any]] = {}
        self.notes: list[str] = []
        for index, element in enumerate(objects(file, "elements", self.table.get("elements"))):
            uid = element.get("uid")
            if not isinstance(uid, str) or uid in self.elements:
                raise InputError.of(file.name, f"elements[{index}].uid", uid, "a text, and every uid once")
            if element.get("type") not in _TYPES:
                expected = f"one of {', '.join(_TYPES)}"
                raise InputError.of(file.name, f"elements[{index}].type", element.get("type", "nothing"), expected)
            self.elements[uid] = element
        self._after: dict[str, list[str]] = {uid: [] for uid in self.elements}
        self._before: dict[str, int] = dict.fromkeys(self.elements, 0)
        for index, joint in enumerate(objects(file, "connections", self.table.get("connections"))):
            ends = (joint.get("from_node"), joint.get("to_node"))
            for name, end in zip(("from_node", "to_node"), ends, strict=True):
                if not isinstance(end, str) or end not in self.elements:
                    raise InputError.of(file.name, f"connections[{index}].{name}", end, "the uid of an element")
            self._after[str(ends[0])].append(str(ends[1]))
            self._before[str(ends[1])] += 1
        self.junctions = [uid for uid in self.elements if self._is_junction(uid)]

    def kind(self, uid: str) -> str:
        """The type of an element."""
        return str(self.elements[uid]["type"])

    def _is_junction(self, uid: str) -> bool:
        meets = max(len(self._after[uid]), self._before[uid]) > 1
        return self.kind(uid) in _SITES or (self.kind(uid) == "Fused" and meets)

    def chains(self) -> Iterator[list[str]]:
        """Every chain of elements from one junction to the next, both included."""
        self.notes = []
        ends = set(self.junctions)
        for start in self.junctions:
            for first in self._after[start]:
                chain = [start, first]
                while chain[-1] not in ends:
                    following = self._after[chain[-1]]
                    if len(following) > 1 or len(chain) > len(self.elements):
                        raise InputError.of(self.file.name, chain[-1], None, "expected one output, and no circle")
                    if not following:
                        self.notes.append(f"{chain[-1]}: leads nowhere; its chain from {start} is left out")
                        break
                    chain.append(following[0])
                else:
                    yield chain

    def link_values(self, inner: Sequence[str]) -> dict[str, Any]:
        """Length, loss where every fibre states one, and amplifiers of a chain."""
        fibres = [self._fibre(uid) for uid in inner if self.kind(uid) in _FIBRES]
        amplifiers = sum(self.kind(uid) in _AMPLIFIERS for uid in inner)
        values: dict[str, Any] = {"length_km": sum(one.length_km for one in fibres)}
        losses = [one.loss_db for one in fibres if one.loss_db is not None]
        if len(losses) == len(fibres):
            values["loss_db"] = sum(losses) + sum(self.fused_loss_db(uid) for uid in inner if self.kind(uid) == "Fused")
        return values | ({"amplifiers": amplifiers} if amplifiers else {})

    def _parameters(self, uid: str) -> Mapping[str, Any]:
        found = self.elements[uid].get("params")
        return found if isinstance(found, dict) else {}

    def fused_loss_db(self, uid: str) -> float:
        """Loss of a Fused element."""
        given = self._parameters(uid).get("loss")
        return _FUSED_LOSS_DB if given is None else number(self.file.name, f"{uid}: loss", given)

    def _fibre(self, uid: str) -> _Fibre:
        given = self._parameters(uid)
        unit = given.get("length_units", "km")
        if unit not in _UNITS_KM:
            raise InputError.of(self.file.name, f"{uid}: length_units", unit, "km or m")
        length_km = number(self.file.name, f"{uid}: length", given.get("length")) * _UNITS_KM[unit]
        per_km = self._loss_coefficient(uid, given.get("loss_coef"))
        if per_km is None:
            return _Fibre(length_km, None)
        ends_db = [
            number(self.file.name, f"{uid}: {name}", given.get(name) or 0) for name in ("con_in", "con_out", "att_in")
        ]
        lumps = objects(self.file, f"{uid}: lumped_losses", given.get("lumped_losses") or [])
        lumps_db = [number(self.file.name, f"{uid}: lumped_losses", one.get("loss")) for one in lumps]
        return _Fibre(length_km, per_km * length_km + sum(ends_db) + sum(lumps_db))

    def _loss_coefficient(self, uid: str, given: object) -> float | None:
        if isinstance(given, dict):
            try:
                pairs = list(zip(given["frequency"], given["value"], strict=True))
                given = min(pairs, key=lambda pair: abs(pair[0] - _C_BAND_HZ))[1]
            except (KeyError, TypeError, ValueError):
                raise InputError.of(
                    self.file.name, f"{uid}: loss_coef", None, "expected equal lists value, frequency"
                ) from None
        return None if given is None else number(self.file.name, f"{uid}: loss_coef", given)

    def node(self, uid: str) -> ParsedNode:
        """A site under its uid, with city and position as its metadata state them."""
        metadata = self.elements[uid].get("metadata")
        place = metadata.get("location") if isinstance(metadata, dict) else None
        place = place if isinstance(place, dict) else {}
        values: dict[str, Any] = {"id": _PREFIX.sub("", uid)}
        if isinstance(city := place.get("city"), str) and city.strip():
            values["label"] = city
        position = [place.get("latitude"), place.get("longitude")]
        if None not in position and position != [0, 0]:
            names = zip(("latitude_deg", "longitude_deg"), position, (90.0, 180.0), strict=True)
            for name, given, limit in names:
                values[name] = number(self.file.name, f"{uid}: {name}", given)
                if abs(values[name]) > limit:
                    raise InputError.of(
                        self.file.name, f"{uid}: {name}", given, f"degrees from {-limit:g} to {limit:g}"
                    )
        return ParsedNode(uid, values)


def _without_fused(network: _Network, edges: list[ParsedEdge]) -> tuple[list[ParsedEdge], list[str]]:
    """Links that meet in a Fused element joined to one; where it joins more than two it stays, as a node."""
    at: dict[str, list[int]] = {}
    kept: dict[int, ParsedEdge] = dict(enumerate(edges))
    for index, edge in kept.items():
        for end in {edge.source, edge.target}:
            at.setdefault(end, []).append(index)
    notes = []
    for name in network.junctions:
        if network.kind(name) != "Fused" or name not in at:
            continue
        if len(set(at[name])) != 2:
            notes.append(f"{name}: a Fused element that does not join two fibres is taken as a node")
            continue
        first, second = (_from(kept.pop(index), name) for index in at[name])
        joined = _joined(first, second, network.fused_loss_db(name))
        index = at[name][0]
        kept[index] = joined
        at[joined.target] = [index if one == at[name][1] else one for one in at[joined.target]]
    return [kept[index] for index in sorted(kept)], notes


def _from(edge: ParsedEdge, start: str) -> ParsedEdge:
    return edge if edge.source == start else replace(edge, source=edge.target, target=edge.source)


def _joined(first: ParsedEdge, second: ParsedEdge, loss_db: float) -> ParsedEdge:
    """Two links that start at the same element as one."""
    values = {"length_km": first.values["length_km"] + second.values["length_km"]}
    if "loss_db" in first.values and "loss_db" in second.values:
        values["loss_db"] = first.values["loss_db"] + second.values["loss_db"] + loss_db
    if amplifiers := first.values.get("amplifiers", 0) + second.values.get("amplifiers", 0):
        values["amplifiers"] = amplifiers
    return ParsedEdge(first.target, second.target, values)
