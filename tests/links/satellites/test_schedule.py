"""Which passes are taken: never two at a time, and by the stated policy."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.links.satellites.schedule import POLICIES, Candidate

PAIRS = [("a", "b"), ("b", "c")]


def candidate(index: int, satellite: str, station: str, begin_s: float, **more: float) -> Candidate:
    return Candidate(
        index,
        satellite,
        station,
        begin_s,
        begin_s + more.get("length_s", 300.0),
        more.get("elevation_deg", 45.0),
        int(more.get("bits", 1000)),
    )


def collides(a: Candidate, b: Candidate) -> bool:
    shared = a.satellite == b.satellite or a.station == b.station
    return shared and max(a.begin_s, b.begin_s) < min(a.end_s, b.end_s)


random_candidates = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "s3"]),
        st.sampled_from(["a", "b", "c", "lonely"]),
        st.floats(0.0, 3000.0),
        st.floats(10.0, 90.0),
        st.integers(0, 10_000),
    ),
    max_size=30,
)


@pytest.mark.parametrize("policy", POLICIES)
@given(drawn=random_candidates)
def test_nobody_serves_two_at_once_and_nobody_stands_idle(policy: str, drawn: list) -> None:
    candidates = [
        candidate(index, satellite, station, begin_s, elevation_deg=elevation_deg, bits=bits)
        for index, (satellite, station, begin_s, elevation_deg, bits) in enumerate(drawn)
    ]
    taken = POLICIES[policy](candidates, PAIRS)
    assert taken == sorted(set(taken))
    chosen = [candidates[index] for index in taken]
    assert not any(collides(a, b) for a, b in combinations(chosen, 2))
    # what was left out collides with something that was taken
    assert all(any(collides(one, other) for other in chosen) for one in candidates if one not in chosen)
    assert POLICIES[policy](candidates[::-1], PAIRS) == taken


def test_policies_differ_where_they_should() -> None:
    high = candidate(0, "s1", "a", 0.0, elevation_deg=80.0, bits=10)
    rich = candidate(1, "s1", "b", 100.0, elevation_deg=30.0, bits=5000)
    assert POLICIES["greatest-elevation"]([high, rich], PAIRS) == [0]
    assert POLICIES["expected-key"]([high, rich], PAIRS) == [1]


def test_the_least_served_station_comes_first_and_one_without_a_pair_last() -> None:
    first = candidate(0, "s1", "a", 0.0, bits=100)
    again = candidate(1, "s1", "a", 1000.0, bits=9000)
    other = candidate(2, "s1", "c", 1100.0, bits=10)
    lonely = candidate(3, "s1", "lonely", 1050.0, bits=99)
    assert POLICIES["least-served"]([first, again, other, lonely], PAIRS) == [0, 2]
