"""The clock of a run: order at one instant, and SimPy's own processes beside plain calls."""

from __future__ import annotations

from collections.abc import Generator

import simpy
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.network.agenda import Agenda, Turn


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.1 + 0.2, 0.3, 7.0]), st.sampled_from(list(Turn)))))
def test_calls_come_by_time_then_turn_then_order_of_announcement(announced: list[tuple[float, Turn]]) -> None:
    agenda, seen = Agenda(), list[tuple[float, Turn, int]]()
    for number, (at_s, turn) in enumerate(announced):
        agenda.at(at_s, turn, seen.append, (at_s, turn, number))
    agenda.run_to(7.0)
    assert seen == sorted(seen)
    assert len(seen) == len(announced)
    assert agenda.pending == 0
    assert agenda.now_s == 7.0


def test_what_should_have_been_happens_now_and_what_is_later_waits() -> None:
    agenda, seen = Agenda(), list[float]()
    agenda.run_to(5.0)
    agenda.at(1.0, Turn.KEY, lambda _: seen.append(agenda.now_s))
    agenda.at(5.5, Turn.KEY, lambda _: seen.append(agenda.now_s))
    agenda.run_to(5.0)
    assert seen == [5.0]
    agenda.run_to(5.5)
    assert seen == [5.0, 5.5]


def test_processes_of_simpy_share_the_clock() -> None:
    agenda, seen = Agenda(), list[tuple[str, float]]()

    def process(environment: simpy.Environment) -> Generator[simpy.Event, None, None]:
        for _ in range(3):
            yield environment.timeout(2.0)
            seen.append(("process", environment.now))

    agenda.environment.process(process(agenda.environment))
    for at_s in (1.0, 3.0, 4.5):
        agenda.at(at_s, Turn.KEY, lambda _: seen.append(("call", agenda.now_s)))
    agenda.run_to(10.0)
    assert seen == [("call", 1.0), ("process", 2.0), ("call", 3.0), ("process", 4.0), ("call", 4.5), ("process", 6.0)]
