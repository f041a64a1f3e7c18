"""How many nodes must fall before the keys of one pair do: of the keys delivered, and whatever the route."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from qkdsim.errors import InputError
from qkdsim.exposure.keys import delivered
from qkdsim.exposure.routes import RouteCuts, route_cuts
from qkdsim.exposure.smallest import PathFamily, SmallestSets, exposing_any, exposing_every
from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class PairSecrecy:
    """The smallest sets of nodes between two ends that expose their keys, if compromised all the time.

    ends        in alphabetical order
    keys        delivered
    safe_keys   those that no node between the ends can expose, as a direct link carried enough of their shares
    any_key     sets that expose at least one delivered key
    every_key   sets that expose all delivered keys but the safe ones
    routes      the same without regard to the keys delivered, from the links of the network
    """

    ends: tuple[str, str]
    keys: int
    safe_keys: int
    any_key: SmallestSets
    every_key: SmallestSets
    routes: RouteCuts


def pair_secrecy(result: RunResult, pair: tuple[str, str]) -> PairSecrecy:
    """The smallest sets of nodes that expose the keys of a pair.

    Raises InputError for a node that is not in the run, for twice the same, and where the search is beyond its limits
    (see `exposing_every`).
    """
    known = set(result.table("nodes")["id"].to_list())
    for end in pair:
        if end not in known:
            raise InputError.of("pair", "", end, f"a node of the run, such as {min(known, default='')}")
    if pair[0] == pair[1]:
        raise InputError.of("pair", "", ",".join(pair), "two different nodes")
    counted = _families(result, pair)
    families = [family for family, _ in counted]
    return PairSecrecy(
        ends=(min(pair), max(pair)),
        keys=sum(keys for _, keys in counted),
        safe_keys=sum(keys for family, keys in counted if not family.is_exposable),
        any_key=exposing_any(families),
        every_key=exposing_every(families),
        routes=route_cuts(result, pair),
    )


def _families(result: RunResult, pair: tuple[str, str]) -> list[tuple[PathFamily, int]]:
    """The different ways that keys of the pair took, and how many keys took each."""
    either = pl.col("from").is_in(pair) & pl.col("to").is_in(pair) & (pl.col("from") != pl.col("to"))
    ways = delivered(result).filter(either).group_by("path", "threshold").agg(keys=pl.len())
    table = ways.sort("path", "threshold").collect(engine="streaming")
    return [(PathFamily(_relays(path), threshold), keys) for path, threshold, keys in table.iter_rows()]


def _relays(path: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(one.split(">")[1:-1]) for one in path.split("|"))
