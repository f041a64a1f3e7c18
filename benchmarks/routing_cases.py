"""Route decisions in this process: 1,000 nodes at random places, about 3,000 links between neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from figure import Figure

if TYPE_CHECKING:
    from qkdsim.network.costs import LinkFacts
    from qkdsim.network.search import RouteSearch

NODES, DECISIONS, ROUNDS = 1000, 20_000, 3
FEWEST_HOPS, MOST_HOPS = 5, 10  # between the ends of a request, at least
KEY_BITS, RELAY_BITS = 4096, 4096 + 128
BETWEEN_S, UPDATE_EVERY = 0.0864, 500  # a million requests a day
MEAN_RATE_BPS = 1000.0  # of which routes use about an eighth
LOW_BITS, HIGH_BITS, CAPACITY_BITS = 20_000, 100_000, 150_000
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Network:
    """What the searches read, and the pairs they are asked for."""

    search: RouteSearch
    facts: LinkFacts
    pairs: list[tuple[int, int]]


def routing(_peer_python: Path | None) -> list[Figure]:
    """Mean processor time of a decision: key-aware while key is used and refilled; then others on one state."""
    import numpy as np

    network = _network()
    spent = [_key_aware(network) for _ in range(ROUNDS + 1)][1:]  # the first compiles, and settles the levels
    cost_s, hops, served, dear = min(spent)
    note = (
        f"{NODES} nodes, {len(network.facts.held_bits)} links, ends {FEWEST_HOPS} to {MOST_HOPS} hops apart, routes of "
        f"{hops:.1f} hops on average, {served:.0%} of {DECISIONS} served, {dear:.0%} of links cost more than 1; levels "
        f"change with each decision, costs at watermarks and every {UPDATE_EVERY} decisions, which is timed, too"
    )
    figures = [Figure("routing, key-aware", 1e6 * cost_s, "CPU us", goal=20.0, note=note)]
    search, facts = network.search, network.facts
    held, usable = facts.held_bits, facts.usable
    ones, spread = np.ones(len(held)), np.random.default_rng(3).uniform(1.0, 4.0, len(held))
    full = np.full(len(held), HIGH_BITS)
    others: dict[str, Callable[[int, int], object]] = {
        "fewest hops": lambda a, b: search.cheapest(ones, full, usable, a, b, KEY_BITS, RELAY_BITS),
        "costs 1 to 4": lambda a, b: search.cheapest(spread, full, usable, a, b, KEY_BITS, RELAY_BITS),
        "widest": lambda a, b: search.widest(held, usable, a, b, KEY_BITS, RELAY_BITS),
        "2 disjoint": lambda a, b: search.disjoint(spread, full, usable, a, b, RELAY_BITS, 2),
        "3 disjoint": lambda a, b: search.disjoint(spread, full, usable, a, b, RELAY_BITS, 3),
    }
    for name, decide in others.items():
        figures.append(Figure(f"routing, {name}", 1e6 * _mean_s(decide, network.pairs[:4000]), "CPU us"))
    return figures


def _network() -> Network:
    """Delaunay triangles over random places; key rates and levels drawn, so that some links are short of key."""
    import numpy as np
    from scipy.spatial import Delaunay

    from qkdsim.network.costs import LinkFacts
    from qkdsim.network.search import RouteSearch, SearchGraph

    random = np.random.default_rng(1)
    corners = Delaunay(random.random((NODES, 2))).simplices
    sides = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    ends = [(int(a), int(b)) for a, b in np.unique(sides, axis=0)]
    links = len(ends)
    facts = LinkFacts(
        held_bits=random.integers(0, CAPACITY_BITS, links),
        low_bits=np.full(links, LOW_BITS),
        high_bits=np.full(links, HIGH_BITS),
        rate_bps=random.exponential(MEAN_RATE_BPS, links),
        loss_db=np.ones(links),
        usable=np.ones(links, np.bool_),
    )
    search = RouteSearch(SearchGraph.of([True] * NODES, ends))
    pairs: list[tuple[int, int]] = []
    everything = (np.ones(links), np.ones(links, np.int64), facts.usable)
    while len(pairs) < DECISIONS:
        source, target = (int(node) for node in random.choice(NODES, 2, replace=False))
        route = search.cheapest(*everything, source, target, 1, 1)
        if isinstance(route, tuple) and FEWEST_HOPS <= len(route) <= MOST_HOPS:
            pairs.append((source, target))
    return Network(search, facts, pairs)


def _key_aware(network: Network) -> tuple[float, float, float, float]:
    """Seconds of a decision, new costs included; hops of a route; shares of requests served and of dear links."""
    import numpy as np

    from qkdsim.network.costs import key_aware, key_aware_cost

    facts, search = network.facts, network.search
    held, rates_bps, costs = facts.held_bits, facts.rate_bps.tolist(), np.ones(len(facts.rate_bps))
    crossed: list[int] = []
    spent_s, hops, served = 0.0, 0, 0
    for number, (source, target) in enumerate(network.pairs):
        if number % UPDATE_EVERY == 0:  # key arrives
            np.minimum(held + facts.rate_bps * BETWEEN_S * UPDATE_EVERY, CAPACITY_BITS, out=held, casting="unsafe")
            zone = np.digitize(held, [LOW_BITS, HIGH_BITS]).tolist()
        start_s = time.process_time()
        if number % UPDATE_EVERY == 0:
            costs = key_aware(facts, PATIENCE_S)
        for link in crossed:
            costs[link] = key_aware_cost(int(held[link]), HIGH_BITS, rates_bps[link], PATIENCE_S)
        route = search.cheapest(costs, held, facts.usable, source, target, KEY_BITS, RELAY_BITS)
        spent_s += time.process_time() - start_s
        crossed = []
        if isinstance(route, tuple):
            for link in route:
                level = int(held[link]) - RELAY_BITS
                held[link] = level
                now = (level >= LOW_BITS) + (level >= HIGH_BITS)
                if now != zone[link]:
                    zone[link] = now
                    crossed.append(link)
            hops += len(route)
            served += 1
    return spent_s / len(network.pairs), hops / max(1, served), served / len(network.pairs), float((costs > 1.0).mean())


def _mean_s(decide: Callable[[int, int], object], pairs: list[tuple[int, int]]) -> float:
    means = []
    for _ in range(ROUNDS):
        start_s = time.process_time()
        for source, target in pairs:
            decide(source, target)
        means.append((time.process_time() - start_s) / len(pairs))
    return min(means)
