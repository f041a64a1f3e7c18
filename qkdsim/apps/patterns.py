"""The laws by which requests come. Each makes ascending times of one pair that asks every `interval_s` on average."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qkdsim.apps.arrivals import LOT, FloatArray, before, poisson_times, regular_times
from qkdsim.apps.day_shape import DayShape


class Pattern(Protocol):
    """How requests of one pair are spread over time."""

    def times_s(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        """Lots of ascending times in [start_s, stop_s), none of them empty, `interval_s` apart on average.

        Lots are drawn when they are asked for, and are the same however they are put together afterwards.
        """
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """One request every interval, the first at the start; of `staggered` pairs, each at a random phase of its own."""

    is_staggered: bool = False

    def times_s(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        """Multiples of the interval after the first request."""
        phase_s = interval_s * draws.random() if self.is_staggered else 0.0
        return before(stop_s, regular_times(start_s + phase_s, interval_s))


@dataclass(frozen=True, slots=True)
class Poisson:
    """Requests of many independent users: the number in any time is Poisson, whatever came before."""

    def times_s(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        """Sums of exponential times between requests."""
        return before(stop_s, poisson_times(start_s, interval_s, draws))


@dataclass(frozen=True, slots=True)
class Diurnal:
    """A Poisson process whose rate follows the hour of day; `interval_s` is the mean over a whole day.

    Exact, by change of time: on the clock of `DayShape.busy_s` the process has a steady rate.
    (D. J. Daley, D. Vere-Jones, An Introduction to the Theory of Point Processes, 2nd ed., vol. I, sec. 7.4.)
    """

    shape: DayShape

    def times_s(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        """Poisson times on the busy clock, as simulated seconds."""
        begin_s, end_s = self.shape.busy_s(start_s), self.shape.busy_s(stop_s)
        lots = before(end_s, poisson_times(begin_s, interval_s, draws))
        # rounding may put a time a hair before the start, or on the stop
        return before(stop_s, (np.maximum(self.shape.times_s(busy_s), start_s) for busy_s in lots))


@dataclass(frozen=True, slots=True)
class OnOff:
    """A source that is on and off in turn, for exponential times; it asks as a Poisson process while it is on.

    The interrupted Poisson process, a two-state Markov-modulated one (W. Fischer, K. Meier-Hellstern, Performance
    Evaluation 18, 149 (1993)), stationary from the start: on with probability mean_on / (mean_on + mean_off).
    """

    mean_on_s: float
    mean_off_s: float

    def times_s(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        """Poisson times on a clock that stands still while the source is off, as simulated seconds."""
        return before(stop_s, self._lots(interval_s, start_s, stop_s, draws))

    def _lots(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        on_share = self.mean_on_s / (self.mean_on_s + self.mean_off_s)
        lots = poisson_times(0.0, interval_s * on_share, draws)  # in time spent on
        pending = next(lots)
        is_on, spent_on_s = draws.random() < on_share, 0.0
        while start_s < stop_s:
            waits_s, spells_s = draws.exponential(self.mean_off_s, LOT), draws.exponential(self.mean_on_s, LOT)
            if is_on:  # the first spell is under way
                waits_s[0], is_on = 0.0, False
            edges_s = start_s + np.cumsum(np.stack([waits_s, spells_s], axis=-1).ravel())
            begins_s, ends_s = edges_s[::2], edges_s[1::2]
            before_s = spent_on_s + np.append(0.0, np.cumsum(spells_s))
            start_s, spent_on_s = float(edges_s[-1]), float(before_s[-1])
            while inside := int(np.searchsorted(pending, spent_on_s)):
                spell = np.searchsorted(before_s, pending[:inside], side="right") - 1
                yield np.minimum(begins_s[spell] + (pending[:inside] - before_s[spell]), ends_s[spell])
                pending = pending[inside:] if inside < len(pending) else next(lots)


@dataclass(frozen=True, slots=True)
class Batches:
    """`size` requests at once, at the times of a Poisson process."""

    size: int

    def times_s(
        self, interval_s: float, start_s: float, stop_s: float, draws: np.random.Generator
    ) -> Iterator[FloatArray]:
        """Poisson times, each as often as a batch has requests."""
        lots = poisson_times(start_s, interval_s * self.size, draws, max(1, LOT // self.size))
        return (np.repeat(times_s, self.size) for times_s in before(stop_s, lots))
