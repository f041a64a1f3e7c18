"""How many nodes must fall before the keys of one pair do: of the keys delivered, and whatever the route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from qkdsim.errors import InputError
from qkdsim.exposure.keys import delivered
from qkdsim.exposure.link_uses import WHOLE_KEY
from qkdsim.exposure.routes import RouteCuts, route_cuts
from qkdsim.exposure.satellites import all_satellite_uses
from qkdsim.exposure.smallest import PathFamily, SmallestSets, exposing_any, exposing_every
from qkdsim.results import RunResult


@dataclass(frozen=True, slots=True)
class PairSecrecy:
    """The smallest sets of nodes and satellites between two ends that expose their keys, if compromised all the time.

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


Crossing = tuple[int, frozenset[str]]  # number of a path, and satellites whose key one of its hops took


def _families(result: RunResult, pair: tuple[str, str]) -> list[tuple[PathFamily, int]]:
    """The different ways that keys of the pair took, and how many keys took each."""
    either = pl.col("from").is_in(pair) & pl.col("to").is_in(pair) & (pl.col("from") != pl.col("to"))
    mine = delivered(result).filter(either).select("index", "path", "threshold")
    crossed, crossings = crossed_by(result, mine)
    ways = mine.join(crossed.lazy(), left_on="index", right_on="request", how="left")
    table = ways.group_by("path", "threshold", "crossed").agg(keys=pl.len()).collect(engine="streaming")
    return [
        (PathFamily(relays_of(path, [crossings[int(code)] for code in (codes or "").split()]), threshold), keys)
        for path, threshold, codes, keys in table.sort("path", "threshold", "crossed").iter_rows()
    ]


def crossed_by(result: RunResult, keys: pl.LazyFrame) -> tuple[pl.DataFrame, list[Crossing]]:
    """Columns `request`, `crossed`: the crossings of satellite links of each key, as numbers in a list of them all."""
    codes: dict[Crossing, int] = {}
    parts = [pl.DataFrame(schema={"request": pl.Int64, "code": pl.Int64})]
    for found in all_satellite_uses(result):
        satellites = found.announcements["satellite"].to_list()
        taken = found.uses.with_columns(first=pl.Series(found.first), end=pl.Series(found.end))
        taken = taken.join(keys.select(request="index").collect(engine="streaming"), on="request", how="semi")
        stretches = taken.select("path", "first", "end").unique(maintain_order=True).rows()
        numbers = [codes.setdefault((path, frozenset(satellites[a:b])), len(codes)) for path, a, b in stretches]
        known = pl.DataFrame(stretches, schema=["path", "first", "end"], orient="row").with_columns(
            code=pl.Series(numbers, dtype=pl.Int64)
        )
        if stretches:
            parts.append(taken.join(known, on=["path", "first", "end"]).select("request", "code"))
    words = pl.col("code").unique().sort().cast(pl.String).str.join(" ")
    return pl.concat(parts).group_by("request").agg(crossed=words), list(codes)


def relays_of(path: str, crossings: Sequence[Crossing]) -> tuple[frozenset[str], ...]:
    """Whoever sees the share of each path: its relays, and the satellites that announced key of its hops."""
    relays = [frozenset(one.split(">")[1:-1]) for one in path.split("|")]
    direct = next((number for number, one in enumerate(relays) if not one), 0)
    for number, satellites in crossings:
        relays[direct if number == WHOLE_KEY else number] |= satellites
    return tuple(relays)
