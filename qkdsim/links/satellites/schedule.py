"""Who talks to whom: a satellite serves one station at a time, and a station's telescope follows one satellite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pass that could be used: begin and end of its first and last usable moments, elevation, key it promises."""

    index: int
    satellite: str
    station: str
    begin_s: float
    end_s: float
    max_elevation_deg: float
    expected_secret_bits: int


Policy = Callable[[Sequence[Candidate], Sequence[tuple[str, str]]], list[int]]


def greatest_elevation(candidates: Sequence[Candidate], pairs: Sequence[tuple[str, str]]) -> list[int]:
    """The highest pass first, then the highest of those that do not collide with it, and so on."""
    return _greedy(sorted(candidates, key=lambda one: (-one.max_elevation_deg, one.begin_s, one.index)))


def expected_key(candidates: Sequence[Candidate], pairs: Sequence[tuple[str, str]]) -> list[int]:
    """The pass with the most key first, then the most of those that do not collide with it, and so on."""
    return _greedy(sorted(candidates, key=lambda one: (-one.expected_secret_bits, one.begin_s, one.index)))


def least_served(candidates: Sequence[Candidate], pairs: Sequence[tuple[str, str]]) -> list[int]:
    """In order of time: of passes that collide, the one whose station has been promised the least key so far.

    A station counts only with the pairs that it belongs to: one that nobody wants key with comes last.
    """
    promised: dict[str, int] = defaultdict(int)
    wanted = {name for pair in pairs for name in pair}
    waiting = sorted(candidates, key=lambda one: (one.begin_s, one.index))
    taken: list[Candidate] = []
    while waiting:
        first = waiting[0]
        rivals = [one for one in waiting if one is first or _collide(one, first)]
        best = min(rivals, key=lambda one: (one.station not in wanted, promised[one.station], one.begin_s, one.index))
        taken.append(best)
        promised[best.station] += best.expected_secret_bits
        waiting = [one for one in waiting if one is not best and not _collide(one, best)]
    return sorted(one.index for one in taken)


POLICIES: dict[str, Policy] = {
    "greatest-elevation": greatest_elevation,
    "expected-key": expected_key,
    "least-served": least_served,
}


def _greedy(ordered: Sequence[Candidate]) -> list[int]:
    taken: list[Candidate] = []
    busy: dict[str, list[Candidate]] = defaultdict(list)
    for one in ordered:
        rivals = (*busy[f"satellite {one.satellite}"], *busy[f"station {one.station}"])
        if not any(_overlap(one, other) for other in rivals):
            taken.append(one)
            busy[f"satellite {one.satellite}"].append(one)
            busy[f"station {one.station}"].append(one)
    return sorted(one.index for one in taken)


def _collide(a: Candidate, b: Candidate) -> bool:
    return (a.satellite == b.satellite or a.station == b.station) and _overlap(a, b)


def _overlap(a: Candidate, b: Candidate) -> bool:
    return a.begin_s < b.end_s and b.begin_s < a.end_s
