"""A parsed network as a topology: unique ids, positions and lengths where they are missing, and words on all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.topology.geography import great_circle_km, mean_place, route_km
from qkdsim.topology.importing.arcs import pair_arcs
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.model import Topology
from qkdsim.topology.names import MAX_ID_LENGTH, MAX_LABEL_LENGTH, clean_text, id_of, unique_names

_DIGITS = 4  # of positions in degrees: 10 m
_LENGTH_DIGITS = 3  # of lengths in km: 1 m

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gaps:
    """How lengths that a file does not state are filled.

    route_factor        length over great circle; None: the rule of ITU-T G.826
    default_length_km   of links with neither length nor positions; None: they are left out
    quantum_bypass      whether quantum light is led round the amplifiers of amplified links
    """

    route_factor: float | None = None
    default_length_km: float | None = None
    quantum_bypass: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """A topology, and what was decided on the way, one line each."""

    topology: Topology
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Origins:
    """How many lengths came from where."""

    given: int = 0
    losses: int = 0
    drawn: int = 0
    computed: int = 0
    default: int = 0


def assemble(parsed: ParsedNetwork, *, name: str, file: str, form: str, gaps: Gaps) -> Imported:
    """Make the topology. Raises InputError if it has no nodes, an edge joins unknown ones, or a value is refused."""
    notes = list(parsed.notes)
    if parsed.unused:
        notes.append(f"attributes without a place in a topology: {', '.join(parsed.unused)}")
    edges = _checked_edges(parsed, file, notes)
    places, guessed = _placed(parsed.nodes, edges, notes)
    ids = _node_ids(parsed.nodes, notes)
    asked = len(edges)
    edges, origins = _with_lengths(edges, places, ids, gaps, notes)
    if asked and not edges:
        expected = "expected lengths, or positions of both ends: no link has them (--default-length-km assumes one)"
        raise InputError.of(file, "", None, "; ".join([expected, *_about_lengths(parsed)]))
    nodes = [_node(one, ids[one.key], places.get(one.key), notes) for one in parsed.nodes]
    links = _links(edges, ids, gaps, notes)
    joined = {end for link in links for end in link["ends"]}
    if lone := [node["id"] for node in nodes if node["id"] not in joined]:
        notes.append(f"nodes without a link: {_some(lone)}")
    title = clean_text(parsed.title or "")[:MAX_LABEL_LENGTH] or name
    texts = {
        "name": id_of(name) or "network",
        "title": title,
        "source": f"imported from {clean_text(file.replace(chr(92), '/').rpartition('/')[2])} ({form})",
        "published": _published(origins),
        "approximate": _approximate(origins, guessed, gaps),
    }
    topology = library.validated(Topology, {**texts, "node": nodes, "link": links}, file)
    return Imported(topology, tuple(notes))


def _about_lengths(parsed: ParsedNetwork) -> list[str]:
    """Which unused attributes may be lengths."""
    return [one for one in parsed.unused if "(a length?" in one]


def _some(names: Sequence[str], limit: int = 8) -> str:
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


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


def _placed(
    nodes: Sequence[ParsedNode], edges: Sequence[ParsedEdge], notes: list[str]
) -> tuple[dict[str, Place], list[str]]:
    """Positions by key; a node without one that has two neighbours with one or more stands in their middle."""
    places = {node.key: node.place_deg for node in nodes if node.place_deg is not None}
    half = [
        node.key for node in nodes if (node.place_deg is None) and {"latitude_deg", "longitude_deg"} & set(node.values)
    ]
    notes += [f"{clean_text(key)}: half a position is none" for key in half]
    found: dict[str, Place] = {}
    if not places or len(places) == len(nodes):
        return places, []
    neighbours: dict[str, dict[str, None]] = {}
    for edge in edges:
        neighbours.setdefault(edge.source, {})[edge.target] = None
        neighbours.setdefault(edge.target, {})[edge.source] = None
    missing = [node.key for node in nodes if node.key not in places]
    waiting = missing
    while waiting:
        known = {**places, **found} if found else places
        fresh = {}
        for key in waiting:
            around = [known[one] for one in neighbours.get(key, ()) if one in known]
            if len(around) >= 2:
                fresh[key] = mean_place(around)
        if not fresh:
            break
        found |= fresh
        waiting = [key for key in waiting if key not in fresh]
    notes += [f"{clean_text(key)}: no position given; stands in the middle of its neighbours" for key in found]
    return {**places, **found}, list(found)


def _with_lengths(
    edges: Sequence[ParsedEdge], places: Mapping[str, Place], ids: Mapping[str, str], gaps: Gaps, notes: list[str]
) -> tuple[list[ParsedEdge], _Origins]:
    """Edges that have a length: given, along the drawn line, from positions, or the default; others are left out."""
    origins, kept = _Origins(), []
    for edge in edges:
        values = dict(edge.values)
        origins.losses += values.get("loss_db") is not None
        if edge.values.get("length_km") is not None:
            origins.given += 1
        elif edge.drawn_km is not None:
            origins.drawn += 1
            values["length_km"] = _assumed(edge.drawn_km)
        elif edge.source in places and edge.target in places:
            origins.computed += 1
            straight_km = great_circle_km(places[edge.source], places[edge.target])
            values["length_km"] = _assumed(route_km(straight_km, gaps.route_factor))
        elif gaps.default_length_km is not None:
            origins.default += 1
            values["length_km"] = _assumed(gaps.default_length_km)
        else:
            ends = f"{ids[edge.source]} to {ids[edge.target]}"
            notes.append(
                f"left out: the link from {ends} has neither length nor positions (--default-length-km adds it)"
            )
            continue
        kept.append(replace(edge, values=values))
    if zero := sum(
        edge.drawn_km is None and edge.values["length_km"] == {"value": 0.0, "basis": "assumed"} for edge in kept
    ):
        notes.append(f"{zero:,} links have length 0: both ends have the same position")
    return kept, origins


def _assumed(length_km: float) -> dict[str, Any]:
    return {"value": round(length_km, _LENGTH_DIGITS), "basis": "assumed"}


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


def _published(origins: _Origins) -> str:
    """What the file itself gave."""
    parts = ["Nodes, links and positions as far as the imported file gives them."]
    if origins.given:
        parts.append(f"Lengths of {origins.given:,} links.")
    if origins.losses:
        parts.append(f"Losses of {origins.losses:,} links.")
    return " ".join(parts)


def _approximate(origins: _Origins, guessed: Sequence[str], gaps: Gaps) -> str:
    """What was computed or assumed, marked as assumed link by link as well."""
    parts = []
    if origins.drawn:
        parts.append(f"Lengths of {origins.drawn:,} links: along the line drawn in the file, assumed.")
    if origins.computed:
        rule = "1.5 up to 1,000 km, to 1,500 km up to 1,200 km, 1.25 beyond (ITU-T G.826)"
        factor = rule if gaps.route_factor is None else f"{gaps.route_factor:g}"
        parts.append(f"Lengths of {origins.computed:,} links: great circle times a route factor of {factor}, assumed.")
    if origins.default:
        parts.append(
            f"Lengths of {origins.default:,} links: {gaps.default_length_km:g} km each, assumed for want of positions."
        )
    if guessed:
        parts.append(f"Positions of {_some(guessed)}: the middle of their neighbours, assumed.")
    if gaps.quantum_bypass:
        parts.append("That quantum light is led round all amplifiers.")
    parts.append("Attenuation where no loss is stated.")
    return " ".join(parts)
