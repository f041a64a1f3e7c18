"""When faults act: repeated ones spelled out, random ones by their laws."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdsim import library, rng
from qkdsim.scenario import Scenario
from qkdsim.scenario.fault_draws import Occurrence, drawn_faults, expected_count, occurrences, stated_spans
from qkdsim.scenario.faults import Fault
from qkdsim.topology import Topology

MTBF_S, MTTR_S = 300.0, 100.0


def spans(duration_s: float, number: int = 0) -> list[tuple[float, float]]:
    return list(drawn_faults(MTBF_S, MTTR_S, duration_s, rng.stream(7, "test", number)))


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(0.0, 100.0), st.integers(0, 1000))
def test_drawn_faults_follow_each_other_within_the_run(mtbf_s: float, mttr_s: float, runs: float, seed: int) -> None:
    duration_s = runs * (mtbf_s + mttr_s)
    found = list(drawn_faults(mtbf_s, mttr_s, duration_s, rng.stream(seed, "test")))
    assert all(0.0 <= start_s <= end_s for start_s, end_s in found)
    assert all(start_s < duration_s for start_s, _ in found if start_s > 0.0)
    assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_a_longer_run_begins_with_the_same_faults() -> None:
    short, long = spans(30_000.0), spans(60_000.0)
    assert len(long) > len(short) > 60  # more than one array draw
    assert long[: len(short)] == short


def test_availability_is_that_of_the_textbook_at_every_moment() -> None:
    runs = 4000
    times_s = np.array([0.0, 20.0, 150.0, 999.0])
    down = np.zeros(len(times_s))
    for number in range(runs):
        for start_s, end_s in spans(1000.0, number):
            down += (start_s <= times_s) & (times_s < end_s)
    share = MTTR_S / (MTBF_S + MTTR_S)
    assert (np.abs(down / runs - share) < 4.0 * math.sqrt(share * (1.0 - share) / runs)).all()


def test_mean_availability_over_a_long_run() -> None:
    # the down time of an alternating renewal process is asymptotically normal, for exponential times with the variance
    # 2 (mtbf mttr)^2 / (mtbf + mttr)^3 per second: D. R. Cox, Renewal Theory (1962), chapter 7
    duration_s = 4e6
    down_s = sum(min(end_s, duration_s) - start_s for start_s, end_s in spans(duration_s))
    share = MTTR_S / (MTBF_S + MTTR_S)
    error = math.sqrt(2.0 * (MTBF_S * MTTR_S) ** 2 / (MTBF_S + MTTR_S) ** 3 / duration_s)
    assert abs(down_s / duration_s - share) < 4.0 * error


def test_times_up_and_down_are_exponential() -> None:
    found = spans(4e6)
    up_s = [after[0] - before[1] for before, after in pairwise(found)]
    down_s = [end_s - start_s for start_s, end_s in found[1:]]
    assert stats.kstest(up_s, stats.expon(scale=MTBF_S).cdf).pvalue > 1e-3
    assert stats.kstest(down_s, stats.expon(scale=MTTR_S).cdf).pvalue > 1e-3


NODES = ["a", "b", "c", "d"]


def topology(*extra: str) -> Topology:
    nodes = [*NODES, *extra]
    links = [{"ends": [first, second], "length_km": 10.0} for first, second in pairwise(nodes)]
    table = {"name": "t", "title": "t", "source": "s", "published": "p", "approximate": "a"}
    return library.validated(Topology, {**table, "node": [{"id": one} for one in nodes], "link": links}, "t.toml")


def scenario(*faults: dict[str, object]) -> Scenario:
    return library.validated(Scenario, {"title": "t", "topology": "t", "duration": "30d", "fault": list(faults)}, "s")


def drawn(on: Topology, *faults: dict[str, object], seed: int = 1, duration_s: float = 2.6e6) -> list[Occurrence]:
    return list(occurrences(scenario(*faults), on, seed, duration_s))


CUTS = {"kind": "cut", "each": "link", "mtbf": "2d", "mttr": "4h"}
LOST = {"kind": "node-lost", "each": "node", "mtbf": "5d", "mttr": "4h"}


def of(found: list[Occurrence], target: str) -> list[tuple[float, float]]:
    return [(one.start_s, one.end_s) for one in found if one.target == target]


def test_each_target_has_its_own_fate() -> None:
    found = drawn(topology(), CUTS)
    fates = [of(found, link) for link in ("a--b", "b--c", "c--d")]
    assert all(fates)
    assert fates[0] != fates[1] != fates[2]


def test_what_else_there_is_changes_nothing() -> None:
    alone = drawn(topology(), CUTS)
    among_others = drawn(topology("e"), {**CUTS, "kind": "off"}, LOST, CUTS)
    same = [one for one in among_others if one.fault.kind == "cut" and one.target != "d--e"]
    assert [(one.target, one.start_s, one.end_s) for one in same] == [
        (one.target, one.start_s, one.end_s) for one in alone
    ]
    assert of(drawn(topology(), CUTS, seed=2), "a--b") != of(alone, "a--b")


def test_two_faults_of_a_kind_are_drawn_apart() -> None:
    twice = drawn(topology(), CUTS, CUTS)
    first, second = ([one for one in twice if one.number == number] for number in (0, 1))
    assert of(first, "a--b") == of(drawn(topology(), CUTS), "a--b")
    assert of(second, "a--b") != of(first, "a--b")


@given(st.floats(0.0, 1e4), st.floats(1.0, 1e4), st.floats(1.0, 1e3), st.floats(0.01, 0.99))
def test_repeated_faults_tile_their_window(at_s: float, for_s: float, every_s: float, share: float) -> None:
    keys = {"at": at_s, "for_": for_s, "repeat_every": every_s, "repeat_for": share * every_s}
    made = Fault.model_construct(kind="cut", link="a--b", **keys)
    found = list(stated_spans(made))
    assert all(at_s <= start_s < end_s <= at_s + for_s for start_s, end_s in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    assert [start_s for start_s, _ in found] == pytest.approx([at_s + k * every_s for k in range(len(found))])
    assert found[-1][0] + every_s >= at_s + for_s - 1e-6
    assert abs(expected_count(made, topology(), 1e9) - len(found)) <= 1.0


def test_faults_after_the_end_do_not_happen() -> None:
    late = {"kind": "cut", "link": "a--b", "at": "2h", "for": "1h"}
    often = {**late, "at": "0s", "for": "10h", "repeat_every": "1h", "repeat_for": "1min"}
    assert of(drawn(topology(), late, often, duration_s=7200.0), "a--b") == [(0.0, 60.0), (3600.0, 3660.0)]
