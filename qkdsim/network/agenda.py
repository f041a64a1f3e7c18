"""Simulated time: functions called at stated times, over SimPy.

Events are plain callbacks, not processes: one heap entry and one call each. What falls on the same instant
happens in the order of `Turn`, so that results never depend on the order in which things were announced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeAlias, cast

import simpy
from simpy.events import EventPriority

Call: TypeAlias = Callable[[Any], object]


class Turn(IntEnum):
    """Who goes first at one instant.

    Failures, then repairs; key that grows too old, then key that arrives; what a request comes to, what the control
    plane learns, readings of levels, requests, ends of waiting, marks.
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


class _Alarm:
    """What SimPy needs of an event that has its value from the start, and no more: millions of these are made."""

    __slots__ = ("_call", "_ok", "_value", "callbacks")

    def __init__(self, call: Call, value: object) -> None:
        self._ok = True
        self._call = call
        self._value = value
        self.callbacks = [self._ring]

    def _ring(self, _event: object) -> None:
        self._call(self._value)


class Agenda:
    """The clock of a run, and what is to happen when."""

    def __init__(self) -> None:
        self._env = simpy.Environment()

    @property
    def now_s(self) -> float:
        """Simulated seconds since the start of the run."""
        return self._env.now

    def at(self, at_s: float, turn: Turn, call: Call, value: object = None) -> None:
        """Call `call(value)` at `at_s`, or now if that has passed."""
        env = self._env
        now_s = env.now
        delay_s = at_s - now_s if at_s > now_s else 0.0
        if now_s + delay_s != at_s and at_s > now_s:
            # the delay that brings `now_s` to `at_s` exactly: rounding must not put two equal times apart
            delay_s = math.nextafter(delay_s, math.inf if now_s + delay_s < at_s else 0.0)
        env.schedule(cast(simpy.Event, _Alarm(call, value)), cast(EventPriority, turn), delay_s)

    def run_to(self, at_s: float) -> None:
        """Let time pass until everything up to and including `at_s` has happened."""
        end = self._env.event()
        self.at(at_s, Turn.MARK, lambda _: end.succeed())
        self._env.run(until=end)
