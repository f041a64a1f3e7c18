"""Intervals cut where conditions begin and cease to hold, for many intervals at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# from the intervals' numbers and times, (n,) each, to a continuous quantity that is positive where the condition holds
Condition = Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.float64]]
_HALVINGS = 26  # one minute to one microsecond
_SAMPLES_AT_ONCE = 400_000  # some 30 MB of working space


@dataclass(frozen=True, slots=True)
class Pieces:
    """Intervals in pieces within which no condition changes, by interval and time; columns (pieces,).

    holds  (pieces, conditions)
    """

    interval: NDArray[np.int64]
    begin_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    holds: NDArray[np.bool_]


def cut(
    begin_s: NDArray[np.float64], end_s: NDArray[np.float64], step_s: float, conditions: Sequence[Condition]
) -> Pieces:
    """Look at each interval every `step_s` or closer, and place each change of a condition by bisection.

    A condition that changes twice within one step is not seen to change.
    """
    samples = 2 + ((end_s - begin_s) // step_s).astype(np.int64)
    batch = np.cumsum(samples) // _SAMPLES_AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(batch)) + 1), len(begin_s)]
    parts = [
        _cut_batch(np.arange(low, high), begin_s, end_s, samples[low:high], conditions)
        for low, high in pairwise(edges)
        if high > low
    ]
    if not parts:
        nothing = np.empty(0)
        return Pieces(np.empty(0, np.int64), nothing, nothing, np.empty((0, len(conditions)), np.bool_))
    return Pieces(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _cut_batch(
    intervals: NDArray[np.int64],
    begin_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    samples: NDArray[np.int64],
    conditions: Sequence[Condition],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    owner = np.repeat(intervals, samples)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(samples) - samples, samples)
    share = place / np.repeat(samples - 1, samples)
    time_s = begin_s[owner] + (end_s[owner] - begin_s[owner]) * share
    changes = [_changes(owner, time_s, condition) for condition in conditions]
    mark = np.concatenate([intervals, intervals, *(owners for owners, _ in changes)])
    mark_s = np.concatenate([begin_s[intervals], end_s[intervals], *(times_s for _, times_s in changes)])
    order = np.lexsort((mark_s, mark))
    mark, mark_s = mark[order], mark_s[order]
    is_piece = (mark[1:] == mark[:-1]) & (mark_s[1:] > mark_s[:-1])
    interval, low_s, high_s = mark[:-1][is_piece], mark_s[:-1][is_piece], mark_s[1:][is_piece]
    middle_s = 0.5 * (low_s + high_s)
    holds = np.empty((len(interval), len(conditions)), np.bool_)
    for column, condition in enumerate(conditions):
        holds[:, column] = condition(interval, middle_s) > 0.0
    return interval, low_s, high_s, holds


def _changes(
    owner: NDArray[np.int64], time_s: NDArray[np.float64], condition: Condition
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the condition begins or ceases to hold: intervals and times."""
    holds = condition(owner, time_s) > 0.0
    before = np.flatnonzero((owner[1:] == owner[:-1]) & (holds[1:] != holds[:-1]))
    owner, low_s, high_s, at_low = owner[before], time_s[before], time_s[before + 1], holds[before]
    for _ in range(_HALVINGS if len(before) else 0):
        middle_s = 0.5 * (low_s + high_s)
        is_low = (condition(owner, middle_s) > 0.0) == at_low
        low_s, high_s = np.where(is_low, middle_s, low_s), np.where(is_low, high_s, middle_s)
    return owner, 0.5 * (low_s + high_s)
