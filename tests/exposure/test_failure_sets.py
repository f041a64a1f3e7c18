"""Smallest sets of failures against brute force: on random attacks, and through the ledger on random small runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.exposure import Compromise, Failures, FailureSets, failure_search, session_failure_sets, session_ledger
from qkdsim.exposure.failure_search import All, Attack, ByAttacks, Failure, failure_sets
from qkdsim.results import RunResult
from tests.exposure.small_runs import MadeKey, made_run
from tests.exposure.small_sessions import BOTH, MadeSession, session_tables

NAMES: list[Failure] = [("algorithm", "k"), ("algorithm", "l"), *(("node", name) for name in "abcd")]
SETS = st.frozensets(st.sampled_from(NAMES), max_size=3)
WAYS = st.lists(SETS, min_size=1, max_size=3).flatmap(
    lambda sets: st.tuples(st.just(tuple(sets)), st.integers(1, len(sets)))
)
ATTACKS: st.SearchStrategy[frozenset[Attack]] = st.frozensets(
    st.lists(WAYS, min_size=1, max_size=3).map(tuple), max_size=3
)


def falls(attacks: frozenset[Attack], chosen: frozenset[Failure]) -> bool:
    return any(all(sum(bool(way & chosen) for way in ways) >= need for ways, need in attack) for attack in attacks)


def minimal(
    names: Iterable[Failure], most: int, judge: Callable[[frozenset[Failure]], bool]
) -> set[frozenset[Failure]]:
    found: set[frozenset[Failure]] = set()
    for size in range(1, most + 1):
        for some in combinations(sorted(names), size):
            chosen = frozenset(some)
            if not any(one <= chosen for one in found) and judge(chosen):
                found.add(chosen)
    return found


def listed(found: FailureSets) -> set[frozenset[Failure]]:
    return {
        frozenset([*(("algorithm", name) for name in one.broken), *(("node", name) for name in one.compromised)])
        for one in found.sets
    }


@given(st.lists(ATTACKS, min_size=1, max_size=3))
def test_against_brute_force(kinds: list[frozenset[Attack]]) -> None:
    every = failure_sets(All([ByAttacks(attacks) for attacks in kinds]))
    assert listed(every) == minimal(NAMES, 4, lambda chosen: all(falls(one, chosen) for one in kinds))
    some = failure_sets(ByAttacks(frozenset().union(*kinds)))
    assert listed(some) == minimal(NAMES, 4, lambda chosen: any(falls(one, chosen) for one in kinds))
    assert every.complete_to == some.complete_to == 4
    assert every.fewest == min((len(one) for one in listed(every)), default=None)


def test_limits_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    many: Attack = tuple(((frozenset({("node", f"{i}{j}") for j in range(9)}),), 1) for i in range(3))
    found = failure_sets(ByAttacks(frozenset([many])))
    assert (len(found.sets), found.complete_to, found.fewest) == (50, 2, 3)  # 729 sets of three, 50 of them listed
    monkeypatch.setattr(failure_search, "MOST_STEPS", 50)
    assert failure_sets(ByAttacks(frozenset([many]))) == FailureSets((), 1)


LINKS = [("a", "b"), ("b", "z"), ("a", "c"), ("c", "z"), ("a", "z"), ("b", "c")]
KEYS = [
    MadeKey(("a>b>z",), 50.0),
    MadeKey(("a>c>z",), 50.0),
    MadeKey(("a>z",), 50.0),
    MadeKey(("a>b>z", "a>c>z"), 50.0, key_class="x"),
    MadeKey(("a>b>c>z",), 50.0),
]
SESSIONS = st.builds(
    MadeSession,
    mixed=st.sampled_from([("qkd", *BOTH), ("qkd", "x25519"), ("x25519",), ("qkd", "x-wing")]),
    at_s=st.sampled_from([60.0, 160.0]),
    key_request=st.integers(0, 4),
    policy=st.sampled_from(["QkdAndPqcRequired", "EitherQkdOrPqcRequired"]),
    authentication=st.sampled_from(["ml-dsa-65", "ml-dsa-65,ed25519"]),
    cipher=st.sampled_from(["aes-256-gcm", "one-time-pad"]),
    pads=st.lists(st.tuples(st.integers(0, 4), st.just(8)), max_size=2).map(tuple),
)
ALGORITHMS = ("qkd", *BOTH, "ml-dsa-65", "ed25519", "aes-256-gcm", "hkdf-sha384")
PLACES: list[Failure] = [*(("algorithm", name) for name in ALGORITHMS), ("node", "b"), ("node", "c")]


def shown(run: RunResult, chosen: frozenset[Failure], since_s: float) -> list[bool]:
    broken = frozenset(name for kind, name in chosen if kind == "algorithm")
    nodes = tuple(Compromise(name) for kind, name in sorted(chosen) if kind == "node")
    return session_ledger(run, Failures(broken, nodes, since_s))["exposed"].to_list()


@settings(max_examples=5, deadline=None)
@given(st.lists(SESSIONS, min_size=1, max_size=3), st.sampled_from([0.0, 100.0]))
def test_sets_of_sessions_are_those_of_the_ledger(sessions: list[MadeSession], since_s: float) -> None:
    run = made_run(LINKS, KEYS, {"x": ("xor", 2)}, more=session_tables(sessions))
    found = {one.ends: one for one in session_failure_sets(run, since_s)}
    known = {
        chosen: shown(run, chosen, since_s)
        for size in (1, 2, 3)
        for chosen in map(frozenset, combinations(PLACES, size))
    }
    some = minimal(PLACES, 3, lambda chosen: any(known[chosen]))
    every = minimal(PLACES, 3, lambda chosen: all(known[chosen]))
    pair = found["a", "z"]
    assert {one for one in listed(pair.any) if len(one) <= 3} == some
    assert {one for one in listed(pair.every) if len(one) <= 3} == every
    own = {frozenset({("node", end)}) for end in "az"}
    assert {one for one in listed(found[None].every) if len(one) <= 3} == {
        one for one in every if not any(end <= one for end in own)
    } | own


def test_a_plan_of_two_pairs() -> None:
    sessions = [MadeSession(("qkd",), key_request=0), MadeSession(("qkd",), key_request=1, ends=("b", "c"))]
    keys = [KEYS[0], MadeKey(("b>z>c",), 50.0)]
    run = made_run(LINKS, keys, more=session_tables(sessions))
    plan, *pairs = session_failure_sets(run)
    assert [one.ends for one in pairs] == [("a", "z"), ("b", "c")]
    alone = {frozenset({("algorithm", name)}) for name in ("qkd", "aes-256-gcm", "hkdf-sha384")}
    assert listed(plan.any) == alone | {frozenset({("node", "b")}), frozenset({("node", "z")})}
    # b relays for one pair and is an end of the other, so it alone exposes both; so does z
    assert listed(plan.every) == listed(plan.any) | {frozenset({("node", "a"), ("node", "c")})}
    (only,) = session_failure_sets(run, pair=("c", "b"))
    assert listed(only.any) == listed(only.every) == alone | {frozenset({("node", "z")})}
