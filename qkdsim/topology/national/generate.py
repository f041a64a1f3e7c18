"""A fictional national network of exactly the size asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import InputError
from qkdsim.rng import stream
from qkdsim.topology.geography import great_circle_km
from qkdsim.topology.model import Topology
from qkdsim.topology.names import unique_names
from qkdsim.topology.national.cities import Cities, draw_cities
from qkdsim.topology.national.links import SECOND_FIBRES, Pair, doubled_routes, ring_pairs, short_cuts
from qkdsim.topology.national.trunks import ROUTE_FACTOR, Trunk, lay_trunk, trunk_routes, widest_scale

DEFAULT_PROFILE = "t12-2013"
MIN_NODES, MAX_NODES = 20, 20_000
MIN_SPAN_KM, MAX_SPAN_KM = 10.0, 400.0
_NODES_PER_CITY = 25
_RELAY_SHARE = 0.05  # of all nodes
_MAX_WIDTH_KM = 4000.0
_CENTRE_DEG = (35.0, -45.0)  # the open Atlantic: no coast of a real country shows on a map
_KM_PER_DEG = 111.195  # of latitude


@dataclass(frozen=True, slots=True)
class _Sites:
    """Nodes in the order of the file: positions [n, 2] in km, and what the file says of them."""

    positions_km: NDArray[np.float64]
    tables: list[dict[str, Any]]


def generate_network(
    nodes: int,
    links: int,
    *,
    seed: int = 1,
    max_span_km: float = 80.0,
    profile: str | None = DEFAULT_PROFILE,
    name: str = "national",
) -> Topology:
    """A made-up country: clustered cities with populations by Zipf's law, rings in each, and trunk routes between them.

    Trunk routes have a relay node every `max_span_km` of fibre at most; no single city or route cuts the network of
    trunks in two. Links beyond what that takes double important trunk routes and join near nodes. The country is as
    wide as a twentieth of the nodes, as relays, can span. Fibre is 1.3 times as long as the straight line.

    profile     device of every link; None leaves the choice to the scenario

    Raises InputError for a size that cannot be, with the least or greatest number that can.
    """
    _check(nodes, links, seed, max_span_km)
    cities = draw_cities(max(4, round(nodes / _NODES_PER_CITY)), stream(seed, "national", "cities"))
    routes = trunk_routes(cities.positions)
    ends = cities.positions[np.array(routes)]
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    scale_km = min(_MAX_WIDTH_KM, widest_scale(lengths, max_span_km, round(_RELAY_SHARE * nodes)))
    centres_km = (cities.positions - 0.5) * scale_km
    rng = stream(seed, "national", "trunks")
    trunks = [lay_trunk(route, centres_km, max_span_km, rng) for route in routes]
    access = _shares(cities.populations, nodes - len(cities.names) - sum(len(one.relays) for one in trunks))
    sites, rings, spans = _sites(cities, centres_km, trunks, access, max_span_km, stream(seed, "national", "access"))
    pairs = _pairs(
        sites, rings, spans, _importance(cities, trunks), links, max_span_km, stream(seed, "national", "links")
    )
    asked = f"{nodes} nodes, {links} links, spans up to {max_span_km:g} km, seed {seed}"
    return Topology.model_validate(
        {
            "name": name,
            "title": f"Fictional national network of {nodes:,} nodes and {links:,} links",
            "source": f"fictional; made by `qkdsim generate`: {asked}",
            "published": "Nothing: the country, its cities and its network do not exist.",
            "approximate": f"Everything. {_words(cities, scale_km)}",
            "node": sites.tables,
            "link": _link_tables(pairs, sites, max_span_km, profile),
        }
    )


def _check(nodes: int, links: int, seed: int, max_span_km: float) -> None:
    """Raise InputError for numbers out of range."""
    for key, value, least, greatest in (
        ("nodes", nodes, MIN_NODES, MAX_NODES),
        ("links", links, 1, math.inf),
        ("seed", seed, 0, math.inf),
        ("max_span_km", max_span_km, MIN_SPAN_KM, MAX_SPAN_KM),
    ):
        if not least <= value <= greatest:
            bound = f"{least:g} or more" if greatest == math.inf else f"{least:,g} to {greatest:,g}"
            raise InputError.of("generate", key, value, bound)


def _shares(populations: NDArray[np.float64], total: int) -> list[int]:
    """Access nodes of every city: two each, the others by population, summing up exactly (largest remainders)."""
    exact = (total - 2 * len(populations)) * populations / populations.sum()
    whole = np.floor(exact).astype(int)
    left = total - 2 * len(populations) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return [2 + int(one) for one in whole]


def _sites(
    cities: Cities,
    centres_km: NDArray[np.float64],
    trunks: Sequence[Trunk],
    access: Sequence[int],
    max_span_km: float,
    rng: np.random.Generator,
) -> tuple[_Sites, list[Pair], list[list[Pair]]]:
    """All nodes, the links of the rings, and the links of every trunk route."""
    places, names = [*centres_km], [name.lower() for name in cities.names]
    tables: list[dict[str, Any]] = [{"id": name.lower(), "label": name} for name in cities.names]
    rings: list[Pair] = []
    for number, count in enumerate(access):
        radius_km = _city_radius_km(cities, number, centres_km, max_span_km)
        bearings = np.sort(rng.random(count)) * 2.0 * np.pi
        away_km = radius_km * np.sqrt(rng.uniform(0.02, 1.0, count))
        members = range(len(places), len(places) + count)
        places += [*(centres_km[number] + away_km[:, None] * np.column_stack((np.cos(bearings), np.sin(bearings))))]
        width = len(str(count))
        tables += [{"id": f"{names[number]}-{one:0{width}d}"} for one in range(1, count + 1)]
        rings += ring_pairs(number, members)
        weight = round(float(cities.populations[number]) / (count + 1))
        for member in (number, *members):
            tables[member]["weight"] = weight
    spans = []
    for trunk in trunks:
        start, end = trunk.cities
        stops = [start, *range(len(places), len(places) + len(trunk.relays)), end]
        places += [*trunk.relays]
        prefix = f"{names[start]}-{names[end]}"
        tables += [{"id": f"{prefix}-{one}", "kind": "relay"} for one in range(1, len(trunk.relays) + 1)]
        spans.append(list(itertools.pairwise(stops)))
    positions_km = np.array(places)
    for table, (latitude_deg, longitude_deg) in zip(tables, _degrees(positions_km), strict=True):
        table |= {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    return _Sites(positions_km, tables), rings, spans


def _city_radius_km(cities: Cities, number: int, centres_km: NDArray[np.float64], max_span_km: float) -> float:
    """Wide as the root of the population, but apart from the neighbours, and no chord longer than a link may be."""
    gaps_km = np.linalg.norm(centres_km - centres_km[number], axis=1)
    gaps_km[number] = np.inf
    wanted_km = 8.0 + 20.0 * math.sqrt(cities.populations[number] / cities.populations[0])
    return min(wanted_km, 0.6 * float(gaps_km.min()), 0.48 * max_span_km / ROUTE_FACTOR)


def _degrees(positions_km: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Latitude and longitude of places in the plane: true to north and, at every latitude, to east."""
    latitudes = _CENTRE_DEG[0] + positions_km[:, 1] / _KM_PER_DEG
    longitudes = _CENTRE_DEG[1] + positions_km[:, 0] / (_KM_PER_DEG * np.cos(np.radians(latitudes)))
    return list(zip(np.round(latitudes, 4).tolist(), np.round(longitudes, 4).tolist(), strict=True))


def _importance(cities: Cities, trunks: Sequence[Trunk]) -> NDArray[np.float64]:
    """Product of the populations that a trunk route joins."""
    return np.array([math.prod(cities.populations[list(one.cities)].tolist()) for one in trunks])


def _pairs(
    sites: _Sites,
    rings: Sequence[Pair],
    spans: Sequence[Sequence[Pair]],
    importance: NDArray[np.float64],
    links: int,
    max_span_km: float,
    rng: np.random.Generator,
) -> list[Pair]:
    """Exactly the links asked for. Raises InputError if they are too few or too many."""
    least = [*itertools.chain.from_iterable(spans), *rings]
    spare = links - len(least)
    if spare < 0:
        raise InputError.of("generate", "links", links, f"{len(least):,} or more with {len(sites.tables):,} nodes")
    second = doubled_routes(spans, importance, int(SECOND_FIBRES * spare))
    ends = [number for number, table in enumerate(sites.tables) if table.get("kind") != "relay"]
    place_of = {number: place for place, number in enumerate(ends)}
    taken = {
        (min(pair), max(pair))
        for a, b in least
        if a in place_of and b in place_of
        for pair in [(place_of[a], place_of[b])]
    }
    wanted = spare - len(second)
    found = short_cuts(sites.positions_km[ends], taken, wanted, 0.98 * max_span_km / ROUTE_FACTOR, rng)
    if isinstance(found, int):
        raise InputError.of("generate", "links", links, f"{links - wanted + found:,} or fewer with this many nodes")
    return [*least, *second, *((ends[a], ends[b]) for a, b in found)]


def _link_tables(pairs: Sequence[Pair], sites: _Sites, max_span_km: float, profile: str | None) -> list[dict[str, Any]]:
    ids = [table["id"] for table in sites.tables]
    places = [(table["latitude_deg"], table["longitude_deg"]) for table in sites.tables]
    devices = {} if profile is None else {"profile": profile}
    ends = [(ids[a], ids[b]) for a, b in pairs]
    names = unique_names("--".join(pair) for pair in ends)
    tables = []
    for name, pair, (a, b) in zip(names, ends, pairs, strict=True):
        length_km = min(max_span_km, max(0.1, round(great_circle_km(places[a], places[b]) * ROUTE_FACTOR, 1)))
        tables.append({"id": name, "ends": pair, "length_km": length_km, **devices})
    return tables


def _words(cities: Cities, width_km: float) -> str:
    return (
        f"{len(cities.names)} cities in a square {width_km:.0f} km wide, clustered, with populations by Zipf's law; "
        f"weights are inhabitants per node. Fibre is taken {ROUTE_FACTOR:g} times as long as the straight line. "
        "Names are made of syllables; a likeness to real ones is chance."
    )
