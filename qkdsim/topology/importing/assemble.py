"""A parsed network as a topology: edges that join nodes, unique ids, and words on all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.topology.importing.arcs import pair_arcs
from qkdsim.topology.importing.gaps import Gaps, Place, approximate, placed, published, some, with_lengths
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.model import Topology
from qkdsim.topology.names import MAX_ID_LENGTH, MAX_LABEL_LENGTH, clean_text, id_of, unique_names

_DIGITS = 4  # of positions in degrees: 10 m


@dataclass(frozen=True, slots=True)
class Imported:
    """A topology, and what was decided on the way, one line each."""

    topology: Topology
    notes: tuple[str, ...]


def assemble(parsed: ParsedNetwork, *, name: str, file: str, form: str, gaps: Gaps) -> Imported:
    """Make the topology. Raises InputError if it has no nodes, an edge joins unknown ones, or a value is refused."""
    notes = list(parsed.notes)
    if parsed.unused:
        notes.append(f"attributes without a place in a topology: {', '.join(parsed.unused)}")
    edges = _checked_edges(parsed, file, notes)
    places, guessed = placed(parsed.nodes, edges, notes)
    ids = _node_ids(parsed.nodes, notes)
    asked = len(edges)
    edges, origins = with_lengths(edges, places, ids, gaps, notes)
    if asked and not edges:
        expected = "expected lengths, or positions of both ends: no link has them (--default-length-km assumes one)"
        raise InputError.of(file, "", None, "; ".join([expected, *_about_lengths(parsed)]))
    nodes = [_node(one, ids[one.key], places.get(one.key), notes) for one in parsed.nodes]
    links = _links(edges, ids, gaps, notes)
    joined = {end for link in links for end in link["ends"]}
    if lone := [node["id"] for node in nodes if node["id"] not in joined]:
        notes.append(f"nodes without a link: {some(lone)}")
    title = clean_text(parsed.title or "")[:MAX_LABEL_LENGTH] or name
    texts = {
        "name": id_of(name) or "network",
        "title": title,
        "source": f"imported from {clean_text(file.replace(chr(92), '/').rpartition('/')[2])} ({form})",
        "published": published(origins),
        "approximate": approximate(origins, guessed, gaps),
    }
    topology = library.validated(Topology, {**texts, "node": nodes, "link": links}, file)
    return Imported(topology, tuple(notes))


def _about_lengths(parsed: ParsedNetwork) -> list[str]:
    """Which unused attributes may be lengths."""
    return [one for one in parsed.unused if "(a length?" in one]


def _checked_edges(parsed: ParsedNetwork, file: str, notes: list[str]) -> list[ParsedEdge]:
    """Edges between known nodes, opposite arcs as one, without loops."""
    if not parsed.nodes:
        raise InputError.of(file, "", None, "no nodes found")
    counts = Counter(node.key for node in parsed.nodes)
    if twice := next((key for key, count in counts.items() if count > 1), None):
        raise InputError.of(file, "node", twice, "every node once")
    for index, edge in enumerate(parsed.edges):
        for end in (edge.source, edge.target):
            if end not in counts:
                raise InputError.of(file, f"edge {index + 1}", end, "the name of a node of the file")
    edges: Sequence[ParsedEdge] = parsed.edges
    if parsed.directed:
        edges, paired = pair_arcs(edges)
        notes += paired
    loops = [edge.source for edge in edges if edge.source == edge.target]
    notes += [f"left out: a link from {clean_text(key)[:MAX_ID_LENGTH]} to itself" for key in loops]
    return [edge for edge in edges if edge.source != edge.target]


def _node_ids(nodes: Sequence[ParsedNode], notes: list[str]) -> dict[str, str]:
    """Ids by key. A key that is only a number gives way to the label."""
    wanted = [_wanted_id(node) or f"node-{number}" for number, node in enumerate(nodes, 1)]
    ids = unique_names(wanted, join="-")
    notes += [f"node {one}: the name {first} is taken" for first, one in zip(wanted, ids, strict=True) if one != first]
    notes += [
        f"node {own_id}: its id is the beginning of a longer name"
        for node, own_id in zip(nodes, ids, strict=True)
        if len(own_id) >= MAX_ID_LENGTH - 1 and len(clean_text(node.key)) > MAX_ID_LENGTH
    ]
    return {node.key: own_id for node, own_id in zip(nodes, ids, strict=True)}


def _wanted_id(node: ParsedNode) -> str:
    """The name of a node as an id; empty if it has neither letters nor digits."""
    label, key = str(node.values.get("label", "")), str(node.values.get("id", node.key))
    is_number = key.removeprefix("n").isdigit()
    return (id_of(label) if is_number else "") or id_of(key) or id_of(label)


def _node(node: ParsedNode, own_id: str, place: Place | None, notes: list[str]) -> dict[str, Any]:
    label = clean_text(str(node.values.get("label") or node.values.get("id") or node.key))
    if len(label) > MAX_LABEL_LENGTH:
        notes.append(f"node {own_id}: its label of {len(label):,} characters is cut")
        label = label[:MAX_LABEL_LENGTH]
    values: dict[str, Any] = {"id": own_id}
    if kind := node.values.get("kind"):
        values["kind"] = kind
    if label and label != own_id:
        values["label"] = label
    if place is not None:
        values["latitude_deg"], values["longitude_deg"] = (round(part, _DIGITS) for part in place)
    return values | {name: node.values[name] for name in ("weight", "height_m") if name in node.values}


def _links(edges: Sequence[ParsedEdge], ids: Mapping[str, str], gaps: Gaps, notes: list[str]) -> list[dict[str, Any]]:
    """Links under unique ids: their own, or made of their ends."""
    ends = [(ids[edge.source], ids[edge.target]) for edge in edges]
    wanted = [
        id_of(str(edge.values.get("id") or "")) or "--".join(pair) for edge, pair in zip(edges, ends, strict=True)
    ]
    links = []
    for edge, pair, own_id, first in zip(edges, ends, unique_names(wanted), wanted, strict=True):
        if own_id != first:
            notes.append(
                f"link {own_id}: parallel to {first}"
                if "id" not in edge.values
                else f"link {own_id}: its name is taken"
            )
        values = {name: value for name, value in edge.values.items() if name != "id"}
        if isinstance(values["length_km"], float):
            values["length_km"] = round(values["length_km"], 6)
        if isinstance(values.get("loss_db"), float):
            values["loss_db"] = round(values["loss_db"], 6)
        if values.get("amplifiers") and not values.get("quantum_bypass"):
            notes.append(_amplified(own_id, values["amplifiers"], bypass=gaps.quantum_bypass))
            values |= {"quantum_bypass": True} if gaps.quantum_bypass else {}
        links.append({"id": own_id, "ends": pair, **values})
    return links


def _amplified(link: str, count: int, *, bypass: bool) -> str:
    amplifiers = f"{count} amplifier{'s' * (count > 1)}"
    if bypass:
        return f"link {link}: {amplifiers}; the quantum light is assumed to be led round them"
    return f"link {link}: {amplifiers}: not transparent to quantum light, a run will refuse it (or: --quantum-bypass)"
