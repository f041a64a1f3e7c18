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

Call: TypeAlias = Callable[[Any], None]


class Turn(IntEnum):
    """Who goes first at one instant.

    Failures and repairs, key that arrives or grows too old, what a request comes to, what the control plane learns,
    readings of levels, requests, ends of waiting, marks.
    """

    OUTAGE = 0
    KEY = 1
    OUTCOME = 2
    CONTROL = 3
    LEVELS = 4
    REQUEST = 5
    EXPIRY = 6
    MARK = 7


class _Alarm(simpy.Event):
    """An event that has its value from the start, like a timeout, with a turn."""

    def __init__(self, env: simpy.Environment, at_s: float, turn: Turn, call: Call, value: object) -> None:
        super().__init__(env)
        self._ok = True
        self._value = value
        self._call = call
        self.callbacks.append(self._ring)
        env.schedule(self, cast(EventPriority, turn), _delay_s(env.now, at_s))

    def _ring(self, _event: simpy.Event) -> None:
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
        _Alarm(self._env, at_s, turn, call, value)

    def run_to(self, at_s: float) -> None:
        """Let time pass until everything up to and including `at_s` has happened."""
        self._env.run(until=_Alarm(self._env, at_s, Turn.MARK, _nothing, None))


def _delay_s(now_s: float, at_s: float) -> float:
    """The delay that brings `now_s` to `at_s` exactly: rounding must not put two equal times apart."""
    delay_s = max(0.0, at_s - now_s)
    reached_s = now_s + delay_s
    if reached_s == at_s:
        return delay_s
    return math.nextafter(delay_s, math.inf if reached_s < at_s else 0.0)


def _nothing(_value: object) -> None:
    """A mark on the time axis needs no action."""
