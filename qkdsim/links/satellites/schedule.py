"""Who talks to whom: a satellite serves one station at a time, and a station's telescope follows one satellite."""

from __future__ import annotations

from bisect import bisect_left, insort
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

    A station counts only with the pairs that it belongs to: one that nobody wants key with comes last, and before it a
    pass that promises no key.
    """
    promised: dict[str, int] = defaultdict(int)
    wanted = {name for pair in pairs for name in pair}
    waiting = sorted(candidates, key=lambda one: (one.begin_s, one.index))
    gone = [False] * len(waiting)
    taken: list[Candidate] = []
    for place, first in enumerate(waiting):
        while not gone[place]:
            rivals = [one for one in _beside(waiting, gone, place, first) if one is first or _collide(one, first)]
            best = min(rivals, key=lambda one: _need(one, promised[one.station], one.station in wanted))
            taken.append(best)
            promised[best.station] += best.expected_secret_bits
            for later in range(place, len(waiting)):
                if waiting[later].begin_s >= best.end_s:
                    break
                gone[later] = gone[later] or waiting[later] is best or _collide(waiting[later], best)
    return sorted(one.index for one in taken)


def _need(one: Candidate, promised_bits: int, is_wanted: bool) -> tuple[bool, bool, int, float, int]:
    """What sorts the passes of stations: those in greatest need first."""
    return not is_wanted, one.expected_secret_bits == 0, promised_bits, one.begin_s, one.index


def _beside(waiting: Sequence[Candidate], gone: Sequence[bool], place: int, one: Candidate) -> list[Candidate]:
    """Those not yet gone that begin no earlier than a candidate, and before its end."""
    found = []
    for later in range(place, len(waiting)):
        if waiting[later].begin_s >= one.end_s:
            break
        if not gone[later]:
            found.append(waiting[later])
    return found


POLICIES: dict[str, Policy] = {
    "greatest-elevation": greatest_elevation,
    "expected-key": expected_key,
    "least-served": least_served,
}


def _greedy(ordered: Sequence[Candidate]) -> list[int]:
    taken: list[int] = []
    busy: dict[str, list[tuple[float, float]]] = defaultdict(list)  # apart and in order of time
    for one in ordered:
        rivals = (busy[f"satellite {one.satellite}"], busy[f"station {one.station}"])
        if all(_is_free(spans, one) for spans in rivals):
            taken.append(one.index)
            for spans in rivals:
                insort(spans, (one.begin_s, one.end_s))
    return sorted(taken)


def _is_free(spans: Sequence[tuple[float, float]], one: Candidate) -> bool:
    """Whether none of the spans, which are apart and in order, overlaps a candidate."""
    place = bisect_left(spans, (one.end_s, -1.0))  # the first that begins at its end or later
    return place == 0 or spans[place - 1][1] <= one.begin_s


def _collide(a: Candidate, b: Candidate) -> bool:
    return (a.satellite == b.satellite or a.station == b.station) and _overlap(a, b)


def _overlap(a: Candidate, b: Candidate) -> bool:
    return a.begin_s < b.end_s and b.begin_s < a.end_s
