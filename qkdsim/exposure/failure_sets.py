"""The smallest sets of failures that expose the sessions of a plan, of a pair, or an object."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from qkdsim.crypto.kem import kem_facts, list_kems
from qkdsim.exposure.broken import QKD
from qkdsim.exposure.failure_search import (
    All,
    Attack,
    ByAttacks,
    Failure,
    FailureSets,
    Ways,
    failure_sets,
)
from qkdsim.exposure.key_ways import key_ways
from qkdsim.exposure.object_ledger import why_exposed
from qkdsim.exposure.object_story import StoredObject, stored_objects
from qkdsim.exposure.session_ledger import MAKE, established, with_ends
from qkdsim.exposure.session_verdict import SessionMake
from qkdsim.exposure.smallest import PathFamily
from qkdsim.hybrid.assumptions import QKD_PAD, parse_assumptions
from qkdsim.results import RunResult

MOST_PAIRS = 40  # of which sets are looked for, those with most bytes first
MOST_OBJECTS = 20


@dataclass(frozen=True, slots=True)
class SessionSets:
    """The smallest sets that expose a session, and those that expose every session, of a plan or of one of its pairs.

    ends    in alphabetical order; None for all pairs of the plan
    any     without the own ends of the session, each of which exposes it alone
    every   for a pair again without its ends, for a plan with them
    """

    plan: str
    ends: tuple[str, str] | None
    any: FailureSets
    every: FailureSets


@dataclass(frozen=True, slots=True)
class ObjectSets:
    """The smallest sets that expose an object, without its owner and readers, each of whom exposes it alone."""

    name: str
    sets: FailureSets


def session_failure_sets(
    result: RunResult, since_s: float = 0.0, pair: tuple[str, str] | None = None
) -> tuple[SessionSets, ...]:
    """By plan, and by plan and pair for the pairs with most bytes; or of one pair.

    A broken signature counts from `since_s` on, all else from the start.

    Raises InputError if the summary does not say how the keys of a class are shared.
    """
    rows = with_ends(established(result), pair)
    table, families = _with_ways(result, rows.with_columns(late=pl.col("established_s") >= since_s))
    kinds = [*MAKE, "late", "way", "pad_ways"]
    demands = table.group_by("plan", "first", "second").agg(bytes=pl.col("protected_bytes").sum())
    demands = demands.sort("bytes", "plan", "first", "second", descending=[True, False, False, False])
    shown = demands.head(MOST_PAIRS).drop("bytes").rows()
    pairs: dict[tuple[str, str, str], set[frozenset[Attack]]] = {}
    for plan, first, second, *kind in table.select("plan", "first", "second", *kinds).unique().iter_rows():
        *make, late, way, pads = kind
        attacks = _attacks(SessionMake(*make), late, _family(families, way), [families[one] for one in pads or ()])
        pairs.setdefault((plan, first, second), set()).add(attacks)
    plans = sorted({plan for plan, _, _ in pairs}) if pair is None else []
    found = [_of_plan(plan, pairs) for plan in plans]
    found += [SessionSets(plan, (a, b), *_sets(pairs[plan, a, b])) for plan, a, b in shown]
    return tuple(found)


def object_failure_sets(result: RunResult) -> tuple[ObjectSets, ...]:
    """Of the first objects of a run. Nodes are supposed to be compromised all the time.

    Raises InputError if the summary does not say how the keys of a class are shared.
    """
    stored = stored_objects(result)[:MOST_OBJECTS]
    requests = sorted({request for one in stored for request in one.requests})
    table, families = key_ways(result, pl.Series("index", requests, dtype=pl.Int64))
    ways = {request: families[way] for request, way in table.iter_rows()}
    return tuple(ObjectSets(one.name, failure_sets(_ObjectTarget(one, ways))) for one in stored)


def _of_plan(plan: str, pairs: Mapping[tuple[str, str, str], set[frozenset[Attack]]]) -> SessionSets:
    every: set[frozenset[Attack]] = set()
    for (one, *ends), kinds in pairs.items():
        if one == plan:
            own = frozenset(((((frozenset({_node(end)}),), 1)),) for end in ends)
            every |= {attacks | own for attacks in kinds}
    kinds = set().union(*(kinds for (one, *_), kinds in pairs.items() if one == plan))
    return SessionSets(plan, None, _sets(kinds)[0], _sets(every)[1])


def _sets(kinds: Iterable[frozenset[Attack]]) -> tuple[FailureSets, FailureSets]:
    """For any and for every session, of the attacks to which each kind of session falls."""
    ordered = sorted(kinds, key=len)
    every = All([ByAttacks(attacks) for attacks in ordered])
    return failure_sets(ByAttacks(frozenset().union(*ordered))), failure_sets(every)


def _with_ways(result: RunResult, rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[PathFamily, ...]]:
    """With `way` of the key of the handshake and `pad_ways`, the ways of all pads; numbers of families."""
    pads = result.table("session_pads").select("session", "request")
    used = pl.concat([rows["key_request"].filter(rows["key_request"] >= 0), pads["request"]])
    ways, families = key_ways(result, used)
    by_session = pads.join(ways, on="request").group_by("session").agg(pad_ways=pl.col("way").unique().sort())
    table = rows.join(ways, left_on="key_request", right_on="request", how="left")
    return table.join(by_session, left_on="index", right_on="session", how="left"), families


def _family(families: Sequence[PathFamily], way: int | None) -> PathFamily | None:
    return None if way is None else families[way]


def _attacks(make: SessionMake, late: bool, key: PathFamily | None, pads: Sequence[PathFamily]) -> frozenset[Attack]:
    """Everything by which sessions of a make fall, but their ends."""
    found: set[Attack] = set()
    for clause in make.clauses:
        if clause == (QKD_PAD,):
            found |= {(_known(pad),) for pad in (*pads, None)}  # with the devices, also one that got no pad
        else:
            found.add(tuple(part for name in clause for part in ((_known(key),) if name == QKD else _broken(name))))
    if late and not make.is_pad and make.methods:
        proofs = tuple(part for name in make.methods for part in _broken(name))
        found.add((*proofs, _known(key)) if make.needs_qkd else proofs)
    return frozenset(found)


def _known(key: PathFamily | None) -> Ways:
    """The key is known from its relays, or from QKD devices that gave all link keys away."""
    devices: Failure = ("algorithm", QKD)
    if key is None:
        return (frozenset({devices}),), 1
    return tuple(frozenset({devices, *map(_node, path)}) for path in key.paths), key.threshold


def _broken(name: str) -> tuple[Ways, ...]:
    parts = kem_facts(name).rests_on if name in {one.facts.name for one in list_kems()} else (name,)
    return tuple(((frozenset({("algorithm", part)}),), 1) for part in parts)


def _node(name: str) -> Failure:
    return "node", name


class _ObjectTarget:
    """An object, judged by the ledger itself."""

    def __init__(self, stored: StoredObject, ways: Mapping[int, PathFamily]) -> None:
        self._stored = stored
        self._ways = {request: ways[request] for request in stored.requests if request in ways}
        apart = {one.node for one in stored.operations if one.kind in ("store", "rebuild")}
        nodes = {node for family in self._ways.values() for path in family.paths for node in path}
        names = {name for clause in parse_assumptions(stored.rests_on) for name in clause}
        algorithms = {name for name in names if name != QKD_PAD and not name.startswith("shares:")}
        self._every: frozenset[Failure] = frozenset(
            [_node(one) for one in (nodes | set(stored.holders)) - apart]
            + [("algorithm", one) for one in algorithms | {QKD}]
        )
        self._known: dict[frozenset[Failure], bool] = {}

    def open(self, chosen: frozenset[Failure]) -> frozenset[Failure] | None:
        """See `Target`."""
        if chosen not in self._known:
            self._known[chosen] = self._is_exposed(chosen)
        return None if self._known[chosen] else self._every - chosen

    def _is_exposed(self, chosen: frozenset[Failure]) -> bool:
        nodes = {name for kind, name in chosen if kind == "node"}
        fallen = {name for kind, name in chosen if kind == "algorithm"}
        known = {
            request
            for request, family in self._ways.items()
            if sum(1 for path in family.paths if path & nodes) >= family.threshold
        }
        windows = dict.fromkeys(nodes, ((0.0, math.inf),))
        return bool(why_exposed(self._stored, known, windows, fallen))
