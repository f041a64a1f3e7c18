"""What a file leaves open: positions of nodes, lengths of links, and the words on how they were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qkdsim.topology.geography import great_circle_km, mean_place, route_km
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNode
from qkdsim.topology.names import clean_text

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


@dataclass(slots=True)
class Origins:
    """How many lengths came from where."""

    given: int = 0
    losses: int = 0
    drawn: int = 0
    computed: int = 0
    default: int = 0


def some(names: Sequence[str], limit: int = 8) -> str:
    """The first names, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


def placed(
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


def with_lengths(
    edges: Sequence[ParsedEdge], places: Mapping[str, Place], ids: Mapping[str, str], gaps: Gaps, notes: list[str]
) -> tuple[list[ParsedEdge], Origins]:
    """Edges that have a length: given, along the drawn line, from positions, or the default; others are left out."""
    origins, kept = Origins(), []
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


def published(origins: Origins) -> str:
    """What the file itself gave."""
    parts = ["Nodes, links and positions as far as the imported file gives them."]
    if origins.given:
        parts.append(f"Lengths of {origins.given:,} links.")
    if origins.losses:
        parts.append(f"Losses of {origins.losses:,} links.")
    return " ".join(parts)


def approximate(origins: Origins, guessed: Sequence[str], gaps: Gaps) -> str:
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
        parts.append(f"Positions of {some(guessed)}: the middle of their neighbours, assumed.")
    if gaps.quantum_bypass:
        parts.append("That quantum light is led round all amplifiers.")
    parts.append("Attenuation where no loss is stated.")
    return " ".join(parts)
