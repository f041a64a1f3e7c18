"""Simulated time: functions called at stated times, over SimPy.

Most of what happens are plain calls, not processes: one heap entry and one call each. What falls on the same instant
happens in the order of `Turn`, so that results never depend on the order in which things were announced.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, TypeAlias

import simpy

Call: TypeAlias = Callable[[Any], object]


class Turn(IntEnum):
    """Who goes first at one instant.

    Failures, then repairs; key that grows too old, then key that arrives; what a request comes to, what the control
    plane learns, readings of levels, requests, ends of waiting; then whoever only looks.
    """

    OUTAGE = 0
    REPAIR = 1
    AGE = 2
    KEY = 3
    OUTCOME = 4
    CONTROL = 5
    LEVELS = 6
    REQUEST = 7
    EXPIRY = 8
    MARK = 9


class _Clock(simpy.Environment):
    """SimPy's environment, in whose heap calls stand beside events: (time, turn, number, function, argument).

    A call is all that an event would be here, at a third of the price; millions of them are made.
    """

    @property
    def pending(self) -> int:
        return len(self._queue)

    def call_at(self, at_s: float, turn: Turn, call: Call, value: object) -> None:
        heap: list[Any] = self._queue
        heappush(heap, (at_s, turn, next(self._eid), call, value))

    def run_to(self, at_s: float) -> None:
        heap: list[Any] = self._queue
        while heap and heap[0][0] <= at_s:
            if len(heap[0]) == 4:  # an event of SimPy's own, such as a step of a process
                self.step()
                continue
            self._now, _, _, call, value = heappop(heap)
            call(value)
        self._now = at_s


class Agenda:
    """The clock of a run, and what is to happen when."""

    def __init__(self) -> None:
        self._clock = _Clock()

    @property
    def environment(self) -> simpy.Environment:
        """SimPy's environment, for processes of one's own; their steps share the clock with all else."""
        return self._clock

    @property
    def pending(self) -> int:
        """How many things are going to happen."""
        return self._clock.pending

    @property
    def now_s(self) -> float:
        """Simulated seconds since the start of the run."""
        return self._clock.now

    def at(self, at_s: float, turn: Turn, call: Call, value: object = None) -> None:
        """Call `call(value)` at `at_s`, or now if that has passed."""
        now_s = self._clock.now
        self._clock.call_at(at_s if at_s > now_s else now_s, turn, call, value)

    def run_to(self, at_s: float) -> None:
        """Let time pass until everything up to and including `at_s` has happened."""
        self._clock.run_to(at_s)
